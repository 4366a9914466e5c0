"""A catalogue prepared for scoring: a folder with its postings and their vectors."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np

from streaming.catalogue import Catalogue
from streaming.errors import ModelError
from training import codes
from training.features import posting_text
from training.tokens import tokens

_CATALOGUE_FILE = "catalogue.parquet"
_VECTORS_FILE = "vectors.npy"
_CODES_FILE, _UNITS_FILE = "codes.npy", "units.npy"
_MOST_KEPT, _MOST_READ = 8_192, 2_048


@dataclass(frozen=True, eq=False)
class PreparedCatalogue:
    """An opened folder."""

    folder: Path
    catalogue: Catalogue
    vectors: np.ndarray
    """(N, D) float32, mapped from the file."""
    products: Callable[[np.ndarray], np.ndarray]
    """(B, D) queries to (B, N) estimates of their inner products, each row less some number
    (`training.codes`)."""
    posting: Callable[[int], Mapping[str, Any]]
    """A row of the catalogue as `records.Posting` values; the last few thousand are kept."""
    words: Callable[[int], frozenset[str]]
    """All words that the posting of a row says; the last few thousand are kept."""


def write_prepared(catalogue: Catalogue, vectors: np.ndarray, folder: Path) -> None:
    """Write a catalogue and its posting vectors, (N, D), into a folder."""
    catalogue.write(folder / _CATALOGUE_FILE)
    np.save(folder / _VECTORS_FILE, np.ascontiguousarray(vectors, dtype=np.float32))
    rounded, units = codes.encode(vectors)
    np.save(folder / _CODES_FILE, rounded)
    np.save(folder / _UNITS_FILE, units)


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
    vectors = np.load(folder / _VECTORS_FILE, mmap_mode="r")
    if (folder / _UNITS_FILE).exists():
        rounded, units = np.load(folder / _CODES_FILE, mmap_mode="r"), np.load(folder / _UNITS_FILE)
    else:  # prepared by an earlier version
        rounded, units = codes.encode(vectors)
    products = partial(codes.products, rounded, units)

    @lru_cache(maxsize=_MOST_KEPT)
    def posting(row: int) -> Mapping[str, Any]:
        found: Mapping[str, Any] = catalogue.table.slice(row, 1).to_pylist()[0]
        return found

    @lru_cache(maxsize=_MOST_READ)
    def words(row: int) -> frozenset[str]:
        said = posting(row)
        return frozenset(tokens(posting_text(said))) | frozenset(tokens(said.get("description")))

    return PreparedCatalogue(folder, catalogue, vectors, products, posting, words)
