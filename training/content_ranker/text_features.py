"""What the postings of a catalogue say, for comparing them; made of each posting by itself.

Which fields and texts are compared, and how much a word weighs, is fixed at training. A word is a
place in a hashed space, so that there is no vocabulary to keep and a word that training never saw
counts too: as much as the rarest. A posting's vectors therefore never change with its neighbours,
and a new posting can be ranked the moment it is indexed.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from scipy import sparse

from streaming.serving.catalogue import Catalogue
from training.data.posting_fields import PROSE, RARELY, codes_of, flat
from training.text.tokenizer import tokens

if TYPE_CHECKING:
    from sklearn.feature_extraction.text import HashingVectorizer

SLOTS = 2**20
_TEXTS: Mapping[str, tuple[str, str]] = {
    "title letters": ("title", "letters"),
    "title words": ("title", "words"),
    "employer letters": ("employer", "letters"),
    "locality letters": ("locality", "letters"),
    "skills words": ("skills", "words"),
}
"""Text to field and what of it is compared: names are spelt in many ways, so their letters too.
Prose is left to the word vectors of the encoder-decoder: its words brought nothing here."""
_FILE, _COUNTS = "wording.json", "wording.npz"


@dataclass(frozen=True, eq=False)
class Said:
    """What the N postings of a catalogue say."""

    codes: np.ndarray
    """(fields, N) int32: equal for equal values, `fields.ABSENT` for none."""
    lacking: np.ndarray
    """(lacking fields, N) bool."""
    texts: tuple[sparse.csr_array, ...]
    """(N, ·) float32 unit rows each; a zero row for no text."""
    values: Mapping[str, Sequence[str]]
    """Of some fields the N values, '' for none."""


@dataclass(frozen=True, eq=False)
class Wording:
    """What is compared, and what words weigh.

    Args:
        fields: compared for equality.
        lacking: also alike where both lack them.
        texts: compared by words or letters, names in `_TEXTS`.
        held: by text the (S,) slots that training postings hold, and how many hold each.
        count: training postings.
    """

    fields: tuple[str, ...]
    lacking: tuple[str, ...]
    texts: tuple[str, ...]
    held: Mapping[str, tuple[np.ndarray, np.ndarray]]
    count: int

    @classmethod
    def of(cls, catalogue: Catalogue) -> Self:
        """Find out what the postings of a catalogue have to compare."""
        rows = [flat(posting) for posting in catalogue.table.drop_columns(["open"]).to_pylist()]
        names = sorted({name for row in rows for name in row} - PROSE)
        values = {name: {row.get(name, "") for row in rows} - {""} for name in names}
        fields = tuple(name for name in names if len(values[name]) > 1)
        lack = {name: np.mean([not row.get(name) for row in rows]) for name in fields}
        held = {}
        for text, (field, how) in _TEXTS.items():
            counted = _counted([row.get(field, "") for row in rows], how)
            if counted.nnz and (field in PROSE or field in fields):
                held[text] = np.unique(counted.indices, return_counts=True)
        return cls(
            fields=fields,
            lacking=tuple(n for n in fields if RARELY <= lack[n] <= 1 - RARELY),
            texts=tuple(held),
            held=held,
            count=len(rows),
        )

    def say(
        self,
        postings: Sequence[Mapping[str, Any]],
        texts: Sequence[sparse.csr_array],
        keep: Sequence[str],
    ) -> Said:
        """Say what N postings say, rows of a catalogue's table.

        Args:
            postings: them.
            texts: of `texts_of`.
            keep: fields whose values are wanted as they are.
        """
        rows = [flat(posting) for posting in postings]
        columns = {name: [row.get(name, "") for row in rows] for name in {*self.fields, *keep}}
        codes = [codes_of(columns[name]) for name in self.fields]
        lacking = [[not value for value in columns[name]] for name in self.lacking]
        return Said(
            codes=np.array(codes, dtype=np.int32).reshape(len(self.fields), len(rows)),
            lacking=np.array(lacking, dtype=bool).reshape(len(self.lacking), len(rows)),
            texts=tuple(_narrow(text) for text in texts),
            values={name: columns[name] for name in keep},
        )

    def texts_of(self, postings: Sequence[Mapping[str, Any]]) -> list[sparse.csr_array]:
        """Make the rows of the texts of N postings, (N, SLOTS) each."""
        rows = [flat(posting) for posting in postings]
        return [
            self.vectors(text, [row.get(_TEXTS[text][0], "") for row in rows])
            for text in self.texts
        ]

    def vectors(self, text: str, values: Sequence[str]) -> sparse.csr_array:
        """Make TF-IDF rows of cleaned values, (N, SLOTS) float32, each of length 1 or 0."""
        found = _counted(values, _TEXTS[text][1])
        slots, held = self.held[text]
        place = np.minimum(np.searchsorted(slots, found.indices), len(slots) - 1)
        known = slots[place] == found.indices
        holders = np.where(known, held[place], 0)
        rarity = 1 + np.log((1 + self.count) / (1 + holders))
        data = (1 + np.log(found.data)) * rarity
        lengths = np.sqrt(np.add.reduceat(np.append(data**2, 0.0), found.indptr[:-1]))
        sizes = np.diff(found.indptr)
        data /= np.repeat(lengths, sizes)
        return sparse.csr_array(
            (data.astype(np.float32), found.indices, found.indptr), shape=found.shape
        )

    def save(self, folder: Path) -> None:
        """Write everything `load` needs into an existing folder."""
        about = {
            "fields": self.fields,
            "lacking": self.lacking,
            "texts": self.texts,
            "count": self.count,
        }
        (folder / _FILE).write_text(json.dumps(about), encoding="utf-8")
        arrays = {
            f"{part}/{text}": values
            for text, pair in self.held.items()
            for part, values in zip(("slots", "held"), pair, strict=True)
        }
        np.savez(folder / _COUNTS, allow_pickle=False, **arrays)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote."""
        about = json.loads((folder / _FILE).read_text(encoding="utf-8"))
        with np.load(folder / _COUNTS) as arrays:
            held = {t: (arrays[f"slots/{t}"], arrays[f"held/{t}"]) for t in about["texts"]}
        return cls(
            fields=tuple(about["fields"]),
            lacking=tuple(about["lacking"]),
            texts=tuple(about["texts"]),
            held=held,
            count=about["count"],
        )


def _narrow(text: sparse.csr_array) -> sparse.csr_array:
    """Leave out the slots that nothing holds; the order of the others stays."""
    held, places = np.unique(text.indices, return_inverse=True)
    width = max(len(held), 1)
    parts = (text.data, places.astype(np.int32), text.indptr)
    return sparse.csr_array(parts, shape=(text.shape[0], width))


def _counted(values: Sequence[str], how: str) -> sparse.csr_matrix:
    """Count the words or letters of values, (N, SLOTS) with sorted columns."""
    if not values:  # which the library refuses
        return sparse.csr_matrix((0, SLOTS), dtype=np.float64)
    found = _counter(how).transform(values)
    found.sum_duplicates()
    return found


@cache
def _counter(how: str) -> "HashingVectorizer":
    # Takes longer to import than all else but torch; who only scores has no text to read.
    from sklearn.feature_extraction.text import HashingVectorizer  # noqa: PLC0415

    kinds: dict[str, Any] = {
        "words": {"analyzer": tokens},
        "letters": {"analyzer": "char_wb", "ngram_range": (3, 5)},
    }
    return HashingVectorizer(n_features=SLOTS, alternate_sign=False, norm=None, **kinds[how])
