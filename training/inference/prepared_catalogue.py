"""A catalogue prepared for ranking: a folder with postings, posting vectors, codes and terms."""

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
from training.inference import quantisation
from training.inference.posting_terms import PostingTerms
from training.model.features import posting_text
from training.model.time_encoding import Freshness
from training.text.tokenizer import tokens

_CATALOGUE_FILE = "catalogue.parquet"
_VECTORS_FILE = "vectors.npy"
_CODES_FILE, _STEPS_FILE = "codes.npy", "units.npy"
_TEXTS_FILE = "said.parquet"
_TERM_FIELDS = ("posting_id", "title", "employer", "place", "skills", "occupation", "language")
_CACHED_TERMS, _CACHED_WORDS = 32_768, 8_192


@dataclass(frozen=True, eq=False)
class PreparedCatalogue:
    """An opened folder."""

    folder: Path
    catalogue: Catalogue
    vectors: np.ndarray
    """(N, D) float32, mapped from the file."""
    freshness: Freshness
    """Of the postings."""
    approximate_products: Callable[[np.ndarray], np.ndarray]
    """Maps (B, D) queries to (B, N) estimates of their inner products with the posting vectors,
    each row less one number (`quantisation.approximate_products`)."""
    terms: Callable[[int], PostingTerms]
    """Returns the terms of the posting in a row; those used last are kept."""
    words: Callable[[int], frozenset[str]]
    """Returns all words of the posting in a row; those used last are kept."""


def posting_words(posting: Mapping[str, Any]) -> str:
    """Return the distinct words of a posting, sorted, with a blank between them."""
    words = {*tokens(posting_text(posting)), *tokens(posting.get("description"))}
    return " ".join(sorted(words))


def write_prepared(
    catalogue: Catalogue, vectors: np.ndarray, words: Sequence[str], folder: Path
) -> None:
    """Write N postings, their (N, D) vectors and their `posting_words` into an existing folder."""
    catalogue.write(folder / _CATALOGUE_FILE)
    # As JSON: a value is read from it several times as fast as from a row of a table.
    fields = [name for name in _TERM_FIELDS if name in catalogue.table.column_names]
    terms = map(json.dumps, catalogue.table.select(fields).to_pylist())
    texts = {"words": pa.array(words, pa.string()), "named": pa.array(terms, pa.string())}
    pq.write_table(pa.table(texts), folder / _TEXTS_FILE)
    np.save(folder / _VECTORS_FILE, np.ascontiguousarray(vectors, dtype=np.float32))
    codes, steps = quantisation.quantise(vectors)
    np.save(folder / _CODES_FILE, codes)
    np.save(folder / _STEPS_FILE, steps)


def open_prepared(folder: Path) -> PreparedCatalogue:
    """Open what `write_prepared` wrote; once in a process, and again when it was written again.

    Raises:
        ModelError: the folder is not a prepared catalogue.
    """
    try:
        stamp = max((folder / name).stat().st_mtime_ns for name in (_VECTORS_FILE, _TEXTS_FILE))
    except OSError as error:
        raise ModelError(
            f"{folder} holds no prepared catalogue; call prepare with a catalogue first"
        ) from error
    return _open(folder, stamp)


@lru_cache(maxsize=2)
def _open(folder: Path, stamp: int) -> PreparedCatalogue:
    del stamp
    catalogue = Catalogue.read(folder / _CATALOGUE_FILE)
    # Rows are taken from a plain array twice as fast as from a `np.memmap`.
    vectors = np.asarray(np.load(folder / _VECTORS_FILE, mmap_mode="r"))
    codes = np.asarray(np.load(folder / _CODES_FILE, mmap_mode="c"))
    steps = np.load(folder / _STEPS_FILE)
    multiply = quantisation.fastest_multiply(codes)
    texts = pq.read_table(folder / _TEXTS_FILE)
    terms_column, words_column = (texts.column(n).combine_chunks() for n in ("named", "words"))

    @lru_cache(maxsize=_CACHED_TERMS)
    def terms(row: int) -> PostingTerms:
        return PostingTerms.of(json.loads(terms_column[row].as_py()))

    @lru_cache(maxsize=_CACHED_WORDS)
    def words(row: int) -> frozenset[str]:
        return frozenset(words_column[row].as_py().split())

    return PreparedCatalogue(
        folder=folder,
        catalogue=catalogue,
        vectors=vectors,
        freshness=Freshness(catalogue.opens),
        approximate_products=partial(quantisation.approximate_products, multiply, steps),
        terms=terms,
        words=words,
    )
