"""A catalogue prepared for scoring: a folder with its postings and their vectors."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from streaming.catalogue import Catalogue
from streaming.errors import ModelError

_CATALOGUE_FILE = "catalogue.parquet"
_VECTORS_FILE = "vectors.npy"
_MOST_KEPT = 8_192


@dataclass(frozen=True, eq=False)
class PreparedCatalogue:
    """An opened folder."""

    folder: Path
    catalogue: Catalogue
    vectors: Tensor
    """(N, D) float32, mapped from the file; never to be written to."""
    opens: Tensor
    """(N,) int64 microseconds, as `Catalogue.opens`."""
    posting: Callable[[int], Mapping[str, Any]]
    """A row of the catalogue as `records.Posting` values; the last few thousand are kept."""


def write_prepared(catalogue: Catalogue, vectors: np.ndarray, folder: Path) -> None:
    """Write a catalogue and its posting vectors, (N, D), into a folder."""
    catalogue.write(folder / _CATALOGUE_FILE)
    np.save(folder / _VECTORS_FILE, np.ascontiguousarray(vectors, dtype=np.float32))


def open_prepared(folder: Path) -> PreparedCatalogue:
    """Open what `write_prepared` wrote; once per process, and anew when it was written anew.

    Raises:
        ModelError: the folder is not a prepared catalogue.
    """
    try:
        stamp = (folder / _VECTORS_FILE).stat().st_mtime_ns
    except OSError as error:
        raise ModelError(
            f"{folder} holds no prepared catalogue; call prepare with a catalogue first"
        ) from error
    return _open(folder, stamp)


@lru_cache(maxsize=2)
def _open(folder: Path, stamp: int) -> PreparedCatalogue:
    del stamp
    catalogue = Catalogue.read(folder / _CATALOGUE_FILE)
    # Copy-on-write, because torch warns about memory that it could write to but must not.
    vectors = torch.from_numpy(np.load(folder / _VECTORS_FILE, mmap_mode="c"))

    @lru_cache(maxsize=_MOST_KEPT)
    def posting(row: int) -> Mapping[str, Any]:
        found: Mapping[str, Any] = catalogue.table.slice(row, 1).to_pylist()[0]
        return found

    opens = torch.from_numpy(catalogue.opens.copy())
    return PreparedCatalogue(folder, catalogue, vectors, opens, posting)
