"""The content score of a whole catalogue for one profile, and what each step adds to it.

A step adds, for each kind of likeness, its likeness with the posting times what the kind weighs for
it. So fields become tables of what each of their values is worth to this profile, texts become one
vector of worth by word, looked up in an index from words to postings, and the catalogue is never
compared posting by posting.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse

from training.content_ranker.co_visitation import MEASURES
from training.content_ranker.profile_features import BESIDE, GATHERED, Numbers, Steps
from training.data.posting_fields import ABSENT


@dataclass(frozen=True, eq=False)
class Weighing:
    """Scores the N postings of a prepared catalogue.

    Args:
        numbers: over that catalogue.
        weights: (F,) float32, of `numbers.names`.
        index: by text its columns, (·, N): which postings hold a word.
    """

    numbers: Numbers
    weights: np.ndarray
    index: tuple[sparse.csr_array, ...]

    def scores(self, steps: Steps, moment: int) -> np.ndarray:
        """Score every posting at a moment, (N,) float32, by itself.

        Args:
            steps: n of a profile, at least one.
            moment: microseconds since 1970, for which the list is made.
        """
        said, near = self.numbers.said, self.numbers.near
        worth = iter(self._worth(steps))
        found = self._beside @ self.numbers.beside(steps, moment, slice(None))
        for code, size in zip(said.codes, self._sizes, strict=True):
            table = np.zeros(size + 1, dtype=np.float32)  # the last: absent
            np.add.at(table, code[steps.rows], next(worth))
            table[ABSENT] = 0.0
            found += table[code]
        for lack in said.lacking:
            found += lack * np.float32(next(worth) @ lack[steps.rows])
        for text, index in zip(said.texts, self.index, strict=True):
            found += _looked_up(text[steps.rows], next(worth), index)
        for field, place in near.items():
            each = np.stack([next(worth) for _ in MEASURES], axis=1)  # (n, measures)
            table = np.zeros(len(self.numbers.habits.kin[field].names) + 1, dtype=np.float32)
            for value, weigh in zip(place[steps.rows].tolist(), each, strict=True):
                others, how_near = self.numbers.habits.kin[field].neighbours(value)
                table[others] += how_near @ weigh
            table[place[steps.rows]] = 0.0
            found += table[place]
        return np.asarray(found, dtype=np.float32)

    def shares(self, steps: Steps, columns: np.ndarray) -> np.ndarray:
        """Tell what each of n steps adds to the scores of C postings, (n, C) float32.

        What people turned to together with the steps is shared out by how much each brings.
        """
        alike = self.numbers.alike(steps.rows, columns)
        found = np.einsum("kn,knc->nc", self._worth(steps), alike)
        return np.asarray(found + self._together(steps, columns), dtype=np.float32)

    def _together(self, steps: Steps, columns: np.ndarray) -> np.ndarray:
        near, shown = self.numbers.habits.together, self.numbers.shown
        each = np.zeros((len(steps), len(near.names) + 1), dtype=np.float32)
        for place, row in enumerate(steps.rows.tolist()):
            others, numbers = near.neighbours(int(shown[row]))
            each[place, others] = steps.liked[place] * numbers[:, 0]
        mine = each[:, shown[columns]]
        total = mine.sum(axis=0)
        weight = self._beside[BESIDE.index("together")]
        return np.asarray(mine * (weight * np.log1p(total) / np.maximum(total, 1e-12)))

    def _worth(self, steps: Steps) -> np.ndarray:
        """What a full likeness of each kind with each step is worth, (kinds, n) float32."""
        return np.asarray(self._gathered.T @ steps.weights)

    @cached_property
    def _sizes(self) -> list[int]:
        """How many values each field has."""
        codes = self.numbers.said.codes
        return [int(size) for size in codes.max(axis=1, initial=-1) + 1]

    @cached_property
    def _gathered(self) -> np.ndarray:
        return self.weights[: -len(BESIDE)].reshape(len(GATHERED), -1)  # (G, kinds)

    @cached_property
    def _beside(self) -> np.ndarray:
        return self.weights[-len(BESIDE) :]


def _looked_up(mine: sparse.csr_array, worth: np.ndarray, index: sparse.csr_array) -> np.ndarray:
    """Sum the worth of the words that each posting shares with n steps, (N,) float64."""
    words, places = np.unique(mine.indices, return_inverse=True)
    each = mine.data * np.repeat(worth, np.diff(mine.indptr))
    weights = np.bincount(places, weights=each, minlength=len(words))
    starts, ends = index.indptr[words], index.indptr[words + 1]
    sizes = ends - starts
    total = int(sizes.sum())
    begin = np.repeat(starts - np.concatenate([[0], np.cumsum(sizes)[:-1]]), sizes)
    entries = begin + np.arange(total)
    worth_of = np.repeat(weights, sizes) * index.data[entries]
    return np.bincount(index.indices[entries], weights=worth_of, minlength=index.shape[1])
