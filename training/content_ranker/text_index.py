"""A catalogue prepared for comparing, in a folder of arrays that are mapped from their files."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

from streaming.serving.catalogue import Catalogue
from training.content_ranker.co_visitation import Habits
from training.content_ranker.profile_features import Numbers
from training.content_ranker.text_features import Said, Wording
from training.model.features import fingerprint

_PARTS = ("data", "indices", "indptr")


class Overview:
    """Makes numbers of catalogues; words are read anew only of postings that changed.

    Args:
        wording: what is compared.
        habits: what people did.
    """

    def __init__(self, wording: Wording, habits: Habits) -> None:
        self.wording = wording
        self.habits = habits
        self._places: dict[str, int] = {}
        self._texts: tuple[sparse.csr_array, ...] = ()

    def over(self, catalogue: Catalogue) -> Numbers:
        """Compare what the postings of a catalogue say."""
        postings = catalogue.table.to_pylist()
        said = self.wording.say(postings, self._read(postings), tuple(self.habits.kin))
        return compare(said, self.wording, self.habits, catalogue)

    def write(self, catalogue: Catalogue, folder: Path) -> None:
        """Write what `open` needs into an empty folder."""
        found = self.over(catalogue)
        np.save(folder / "codes.npy", found.said.codes)
        np.save(folder / "lacking.npy", found.said.lacking)
        np.save(folder / "shown.npy", found.shown)
        np.save(folder / "lately.npy", found.lately)
        for place, text in enumerate(found.said.texts):
            _save(text, folder, f"text{place}")
            _save(text.T.tocsr(), folder, f"index{place}")
        for field, near in found.near.items():
            np.save(folder / f"near.{field}.npy", near)

    def open(
        self, catalogue: Catalogue, folder: Path
    ) -> tuple[Numbers, tuple[sparse.csr_array, ...]]:
        """Open what `write` wrote of the same catalogue; and by text an index of its words."""
        count = len(self.wording.texts)
        texts = tuple(_load(folder, f"text{place}") for place in range(count))
        index = tuple(_load(folder, f"index{place}") for place in range(count))
        said = Said(_open(folder / "codes.npy"), _open(folder / "lacking.npy"), texts, {})
        numbers = Numbers(
            said=said,
            wording=self.wording,
            habits=self.habits,
            near={field: _open(folder / f"near.{field}.npy") for field in self.habits.kin},
            shown=_open(folder / "shown.npy"),
            lately=_open(folder / "lately.npy"),
            opens=catalogue.opens,
        )
        return numbers, index

    def _read(self, postings: Sequence[Mapping[str, Any]]) -> tuple[sparse.csr_array, ...]:
        """Make the rows of texts, those of unchanged postings taken from last time."""
        keys = [fingerprint(posting) for posting in postings]
        # note: not the number of places, since postings that say the same share one
        known, old = self._places, self._texts[0].shape[0] if self._texts else 0
        new = [place for place, key in enumerate(keys) if key not in known]
        made = self.wording.texts_of([postings[place] for place in new])
        fresh = {keys[place]: old + row for row, place in enumerate(new)}
        order = [known[key] if key in known else fresh[key] for key in keys]
        whole = (
            [sparse.vstack(pair, format="csr") for pair in zip(self._texts, made, strict=True)]
            if self._texts
            else made
        )
        self._texts = tuple(text[order] for text in whole)
        self._places = {key: place for place, key in enumerate(keys)}
        return self._texts


def compare(said: Said, wording: Wording, habits: Habits, catalogue: Catalogue) -> Numbers:
    """Find what was counted of the postings of a catalogue, by their ids and values."""
    return Numbers(
        said=said,
        wording=wording,
        habits=habits,
        near={field: near.aligned(said.values[field]) for field, near in habits.kin.items()},
        shown=habits.together.aligned(catalogue.posting_ids),
        lately=habits.counts.aligned(catalogue),
        opens=catalogue.opens,
    )


def _open(file: Path) -> np.ndarray:
    return np.asarray(np.load(file, mmap_mode="r"))  # a plain view of the map is quicker to cut


def _save(rows: sparse.csr_array, folder: Path, name: str) -> None:
    for part in _PARTS:
        np.save(folder / f"{name}.{part}.npy", getattr(rows, part))
    np.save(folder / f"{name}.shape.npy", np.array(rows.shape))


def _load(folder: Path, name: str) -> sparse.csr_array:
    parts = [_open(folder / f"{name}.{part}.npy") for part in _PARTS]
    shape = tuple(np.load(folder / f"{name}.shape.npy").tolist())
    return sparse.csr_array(tuple(parts), shape=shape, copy=False)
