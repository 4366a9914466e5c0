"""Features of single postings: codes of their fields and TF-IDF vectors of their texts.

Training fixes which fields and texts are compared and how much a word weighs. Words are hashed, so
that there is no vocabulary to keep, and a word that training never saw counts as much as the rarest
one. The features of a posting do not depend on the rest of the catalogue, so a new posting can be
ranked as soon as it is indexed.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from scipy import sparse

from streaming.serving.catalogue import Catalogue
from training.data.posting_fields import (
    MIN_ABSENT_SHARE,
    TEXT_FIELDS,
    category_codes,
    flatten_fields,
)
from training.taxonomy.entry_concepts import CONCEPT_SKILLS, concept_fields
from training.taxonomy.mapper import Mapper
from training.text.tokenizer import tokens

if TYPE_CHECKING:
    from sklearn.feature_extraction.text import HashingVectorizer

SLOTS = 2**20
"""Columns of the hashed vectors."""
_TEXTS: Mapping[str, tuple[str, str]] = {
    "title letters": ("title", "letters"),
    "title words": ("title", "words"),
    "employer letters": ("employer", "letters"),
    "locality letters": ("locality", "letters"),
    "skills words": ("skills", "words"),
    "concepts words": (CONCEPT_SKILLS, "words"),
}
"""Text to field and unit. Names are spelt in many ways, so they are compared by character n-grams
too. Long texts are left to the word vectors of the encoder-decoder: their words did not help."""
_WORDS_ALONE = TEXT_FIELDS | {CONCEPT_SKILLS}
"""Fields that are not compared for equality."""
CO_VISITED_FIELDS = ("locality", "employer")
"""Fields whose values are compared by co-visitation, too."""
_FILE, _COUNTS = "posting_features.json", "document_counts.npz"

Vectorise = Callable[[str, Sequence[str]], sparse.csr_array]
"""Maps a text and its V values to their vectors, as `PostingFeaturizer.tfidf` does."""


@dataclass(frozen=True, eq=False)
class PostingFeatures:
    """The features of the N postings of a catalogue.

    Many postings share an employer, a place, or a title, so texts are kept for each value.
    """

    columns: tuple[str, ...]
    """As `PostingFeaturizer.columns`."""
    codes: np.ndarray
    """(columns, N) int64: equal for equal values, `posting_fields.ABSENT` for none."""
    texts: tuple[sparse.csr_array, ...]
    """By text (V + 1, ·) float32 unit rows, one for each value of its column; the last one, which
    `ABSENT` selects, is zero."""
    slots: tuple[np.ndarray, ...]
    """By text the hash of each of its columns, ascending int64."""
    values: Mapping[str, Sequence[str]]
    """By column its V distinct values, in the order of their codes, and '' as the last one."""

    def codes_of(self, column: str) -> np.ndarray:
        """Return the codes of a column, (N,) int64."""
        return np.asarray(self.codes[self.columns.index(column)])


@dataclass(frozen=True, eq=False)
class PostingFeaturizer:
    """Computes the features of postings."""

    fields: tuple[str, ...]
    """Compared for equality."""
    missing: tuple[str, ...]
    """Fields that are often absent; two postings that lack them are similar in that."""
    texts: tuple[str, ...]
    """Compared by words or character n-grams, names in `_TEXTS`."""
    mapper: Mapper | None
    """Maps titles and skills to concepts, which are compared like fields."""
    documents: Mapping[str, tuple[np.ndarray, np.ndarray]]
    """By text the (S,) slots that training postings hold, and how many hold each."""
    count: int
    """Training postings."""

    @classmethod
    def fit(cls, catalogue: Catalogue, mapper: Mapper | None = None) -> Self:
        """Find out which fields and texts the postings of a catalogue have to compare."""
        rows = _fields(catalogue.table.drop_columns(["open"]).to_pylist(), mapper)
        names = sorted({name for row in rows for name in row} - _WORDS_ALONE)
        values = {name: {row.get(name, "") for row in rows} - {""} for name in names}
        fields = tuple(name for name in names if len(values[name]) > 1)
        absent = {name: np.mean([not row.get(name) for row in rows]) for name in fields}
        documents = {}
        for text, (field, unit) in _TEXTS.items():
            counts = _term_counts([row.get(field, "") for row in rows], unit)
            if counts.nnz and (field in _WORDS_ALONE or field in fields):
                documents[text] = np.unique(counts.indices, return_counts=True)
        return cls(
            fields=fields,
            missing=tuple(
                name for name in fields if MIN_ABSENT_SHARE <= absent[name] <= 1 - MIN_ABSENT_SHARE
            ),
            texts=tuple(documents),
            mapper=mapper,
            documents=documents,
            count=len(rows),
        )

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns of `PostingFeatures.codes`; the compared fields are first."""
        of_texts = map(self.column_of, self.texts)
        return tuple(dict.fromkeys((*self.fields, *of_texts, *CO_VISITED_FIELDS)))

    def column_of(self, text: str) -> str:
        """Return the column that holds the values of a text."""
        return _TEXTS[text][0]

    def transform(
        self, postings: Sequence[Mapping[str, Any]], vectorise: Vectorise | None = None
    ) -> PostingFeatures:
        """Compute the features of N rows of a catalogue's table."""
        vectorise, rows = vectorise or self.tfidf, _fields(postings, self.mapper)
        columns = {name: [row.get(name, "") for row in rows] for name in self.columns}
        values = {name: [*sorted({*column} - {""}), ""] for name, column in columns.items()}
        codes = np.array([category_codes(column) for column in columns.values()], dtype=np.int64)
        vectors = [vectorise(text, values[self.column_of(text)]) for text in self.texts]
        return PostingFeatures(
            columns=self.columns,
            codes=codes.reshape(len(columns), len(rows)),
            texts=tuple(map(_used_columns, vectors)),
            slots=tuple(np.unique(text.indices).astype(np.int64) for text in vectors),
            values=values,
        )

    def tfidf(self, text: str, values: Sequence[str]) -> sparse.csr_array:
        """Return TF-IDF rows of cleaned values of one text, (N, SLOTS) float32, of length 1 or 0.

        The inverse document frequency is that of training.
        """
        terms = _term_counts(values, _TEXTS[text][1])
        slots, counts = self.documents[text]
        place = np.minimum(np.searchsorted(slots, terms.indices), len(slots) - 1)
        holders = np.where(slots[place] == terms.indices, counts[place], 0)
        inverse_frequency = 1 + np.log((1 + self.count) / (1 + holders))
        data = (1 + np.log(terms.data)) * inverse_frequency
        lengths = np.sqrt(np.add.reduceat(np.append(data**2, 0.0), terms.indptr[:-1]))
        data /= np.repeat(lengths, np.diff(terms.indptr))
        return sparse.csr_array(
            (data.astype(np.float32), terms.indices, terms.indptr), shape=terms.shape
        )

    def save(self, folder: Path) -> None:
        """Write everything but the mapper into an existing folder."""
        settings = {
            "fields": self.fields,
            "missing": self.missing,
            "texts": self.texts,
            "count": self.count,
        }
        (folder / _FILE).write_text(json.dumps(settings), encoding="utf-8")
        arrays = {
            f"{part}/{text}": values
            for text, pair in self.documents.items()
            for part, values in zip(("slots", "counts"), pair, strict=True)
        }
        np.savez(folder / _COUNTS, allow_pickle=False, **arrays)

    @classmethod
    def load(cls, folder: Path, mapper: Mapper | None) -> Self:
        """Read what `save` wrote; the mapper is the encoder-decoder's."""
        settings = json.loads((folder / _FILE).read_text(encoding="utf-8"))
        texts = settings["texts"]
        with np.load(folder / _COUNTS) as arrays:
            documents = {
                text: (arrays[f"slots/{text}"], arrays[f"counts/{text}"]) for text in texts
            }
        return cls(
            fields=tuple(settings["fields"]),
            missing=tuple(settings["missing"]),
            texts=tuple(texts),
            mapper=mapper,
            documents=documents,
            count=settings["count"],
        )


def _fields(postings: Sequence[Mapping[str, Any]], mapper: Mapper | None) -> list[dict[str, str]]:
    if mapper is None:
        return [flatten_fields(posting) for posting in postings]
    return [flatten_fields(posting) | concept_fields(posting, mapper) for posting in postings]


def _used_columns(text: sparse.csr_array) -> sparse.csr_array:
    """Drop empty columns; the order of the others stays."""
    used, places = np.unique(text.indices, return_inverse=True)
    parts = (text.data, places.astype(np.int32), text.indptr)
    return sparse.csr_array(parts, shape=(text.shape[0], max(len(used), 1)))


def _term_counts(values: Sequence[str], unit: str) -> sparse.csr_matrix:
    """Count the words or character n-grams of values, (N, SLOTS) with sorted columns."""
    if not values:  # the vectorizer does not take an empty list
        return sparse.csr_matrix((0, SLOTS), dtype=np.float64)
    counts = _vectorizer(unit).transform(values)
    counts.sum_duplicates()
    return counts


@cache
def _vectorizer(unit: str) -> "HashingVectorizer":
    # Only torch takes longer to import; processes that score need it for what people state alone.
    from sklearn.feature_extraction.text import HashingVectorizer  # noqa: PLC0415

    options: dict[str, Any] = {
        "words": {"analyzer": tokens},
        "letters": {"analyzer": "char_wb", "ngram_range": (3, 5)},
    }
    return HashingVectorizer(n_features=SLOTS, alternate_sign=False, norm=None, **options[unit])
