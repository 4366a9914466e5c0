"""A catalogue prepared for scoring: a folder with its postings and their vectors."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from streaming.errors import ModelError
from streaming.serving.catalogue import Catalogue
from training.explanation.posting_names import Named
from training.model.features import posting_text
from training.model.time_encoding import Freshness
from training.ranking import quantisation
from training.text.tokenizer import tokens

_CATALOGUE_FILE = "catalogue.parquet"
_VECTORS_FILE = "vectors.npy"
_CODES_FILE, _UNITS_FILE = "codes.npy", "units.npy"
_SAID_FILE = "said.parquet"
_NAMED = ("posting_id", "title", "employer", "place", "skills", "occupation", "language")
"""Fields that reasons and answers name, where a catalogue has them."""
_MOST_KEPT, _MOST_READ = 32_768, 8_192


@dataclass(frozen=True, eq=False)
class PreparedCatalogue:
    """An opened folder."""

    folder: Path
    catalogue: Catalogue
    vectors: np.ndarray
    """(N, D) float32, mapped from the file."""
    freshness: Freshness
    """Of the postings."""
    products: Callable[[np.ndarray], np.ndarray]
    """(B, D) queries to (B, N) estimates of their inner products, each row less some number
    (`training.ranking.quantisation`)."""
    named: Callable[[int], Named]
    """What people know the posting of a row by, its values of `_NAMED`; those asked for last are
    kept."""
    words: Callable[[int], frozenset[str]]
    """All words that the posting of a row says; those asked for last are kept."""


def words_of(posting: Mapping[str, Any]) -> str:
    """Return all words that a posting says, each once, with a blank between them."""
    said = {*tokens(posting_text(posting)), *tokens(posting.get("description"))}
    return " ".join(sorted(said))


def write_prepared(
    catalogue: Catalogue, vectors: np.ndarray, words: Sequence[str], folder: Path
) -> None:
    """Write a prepared catalogue into a folder.

    Args:
        catalogue: N postings.
        vectors: (N, D) float32, theirs.
        words: what `words_of` says of each.
        folder: an existing one.
    """
    catalogue.write(folder / _CATALOGUE_FILE)
    # As JSON: an object is made from it several times as fast as from a row of a table.
    fields = [name for name in _NAMED if name in catalogue.table.column_names]
    jsons = map(json.dumps, catalogue.table.select(fields).to_pylist())
    said = {"words": pa.array(words, pa.string()), "named": pa.array(jsons, pa.string())}
    pq.write_table(pa.table(said), folder / _SAID_FILE)
    np.save(folder / _VECTORS_FILE, np.ascontiguousarray(vectors, dtype=np.float32))
    rounded, units = quantisation.encode(vectors)
    np.save(folder / _CODES_FILE, rounded)
    np.save(folder / _UNITS_FILE, units)


def open_prepared(folder: Path) -> PreparedCatalogue:
    """Open what `write_prepared` wrote; once per process, and anew when it was written anew.

    Raises:
        ModelError: the folder is not a prepared catalogue.
    """
    try:
        stamp = max((folder / name).stat().st_mtime_ns for name in (_VECTORS_FILE, _SAID_FILE))
    except OSError as error:
        raise ModelError(
            f"{folder} holds no prepared catalogue; call prepare with a catalogue first"
        ) from error
    return _open(folder, stamp)


@lru_cache(maxsize=2)
def _open(folder: Path, stamp: int) -> PreparedCatalogue:
    del stamp
    catalogue = Catalogue.read(folder / _CATALOGUE_FILE)
    # A plain array: taking rows of a mapped one takes as long again to make one of its kind.
    vectors = np.asarray(np.load(folder / _VECTORS_FILE, mmap_mode="r"))
    rounded, units = np.load(folder / _CODES_FILE, mmap_mode="c"), np.load(folder / _UNITS_FILE)
    products = partial(quantisation.products, quantisation.multiplier(np.asarray(rounded)), units)

    said = pq.read_table(folder / _SAID_FILE)
    named_of, words_of_row = (said.column(name).combine_chunks() for name in ("named", "words"))

    @lru_cache(maxsize=_MOST_KEPT)
    def named(row: int) -> Named:
        return Named.of(json.loads(named_of[row].as_py()))

    @lru_cache(maxsize=_MOST_READ)
    def words(row: int) -> frozenset[str]:
        return frozenset(words_of_row[row].as_py().split())

    return PreparedCatalogue(
        folder, catalogue, vectors, Freshness(catalogue.opens), products, named, words
    )
