"""A profile and a posting as numbers: every kind of likeness, gathered over the profile's events.

For a kind of likeness the numbers are that with the newest posting, the mean weighed by recency,
and the means over the newest session, over what was saved or applied to, and over what was
dismissed. All are sums over the profile's postings, and so is a score that weighs them: that lets
it be computed for a whole catalogue, and says what each posting of the profile adds. Beside them
stand how fresh a posting is, and what others did with it and with what goes with it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse

from streaming.contract.records import EventKind
from streaming.serving.ranker import Profile
from training.content_ranker.co_visitation import MEASURES, Habits, Near
from training.content_ranker.text_features import Said, Wording
from training.data.dataset import DISMISS, KINDS
from training.data.posting_fields import ABSENT
from training.model.time_encoding import freshness_at, micros

GATHERED = ("newest", "recent", "this session", "wanted", "dismissed")
BESIDE = (*(f"fresh within {days} d" for days in (2, 7, 30)), "together", "turned to", "lately")
"""Numbers that are no likeness."""
_WANTED = tuple(KINDS.index(kind) for kind in (EventKind.SAVE, EventKind.APPLY, EventKind.HIRE))
_RECENCY = 0.3
"""A step weighs e^(-0.3 · age in steps)."""
MOST_STEPS = 20
_PAUSE = 3_600_000_000
"""Microseconds between two events after which a new session begins."""


@dataclass(frozen=True, eq=False)
class Steps:
    """The n newest distinct postings of a profile, in the order of their newest events."""

    rows: np.ndarray
    """(n,) int64 of the catalogue."""
    times: np.ndarray
    """(n,) int64 microseconds."""
    wanted: np.ndarray
    """(n,) bool: saved, applied to, or hired for."""
    dismissed: np.ndarray
    """(n,) bool."""

    @classmethod
    def of(cls, rows: np.ndarray, kinds: np.ndarray, times: np.ndarray) -> "Steps":
        """Gather the events of a profile, oldest first: rows, places in `KINDS`, microseconds."""
        newest = {row: place for place, row in enumerate(rows.tolist())}
        kept = np.sort(list(newest.values()))[-MOST_STEPS:].astype(np.int64)
        own = rows[kept]
        return cls(
            own,
            times[kept],
            np.isin(own, rows[np.isin(kinds, _WANTED)]),
            np.isin(own, rows[kinds == DISMISS]),
        )

    @classmethod
    def read(cls, profile: Profile, rows: Mapping[str, int]) -> "Steps":
        """Read a value of the topic `profiles`; events of unknown postings are skipped."""
        events = [e for e in profile.get("events") or () if e["posting_id"] in rows]
        return cls.of(
            np.array([rows[event["posting_id"]] for event in events], dtype=np.int64),
            np.array([KINDS.index(event["kind"]) for event in events], dtype=np.int64),
            np.array([micros(event["event_time"]) for event in events], dtype=np.int64),
        )

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def speaks(self) -> bool:
        """Whether there is anything that was not dismissed."""
        return bool((~self.dismissed).any())

    @cached_property
    def liked(self) -> np.ndarray:
        """(n,) float32: the weights by recency, those of what was dismissed 0."""
        real = ~self.dismissed
        ages = np.cumsum(real[::-1])[::-1] - 1
        return np.asarray(np.exp(-_RECENCY * ages) * real, dtype=np.float32)

    @cached_property
    def weights(self) -> np.ndarray:
        """(G, n) float32: how the gathered numbers weigh the steps; rows sum to 1 or 0."""
        real, place = ~self.dismissed, np.arange(len(self))
        newest = real & (place == place[real].max(initial=-1))
        apart = np.diff(self.times, append=self.times[-1:]) > _PAUSE
        session = real & (np.cumsum(apart[::-1])[::-1] == 0)
        chosen = [newest, self.liked, session, self.wanted & real, self.dismissed]
        found = np.stack(chosen).astype(np.float32)
        return np.asarray(found / np.maximum(found.sum(axis=1, keepdims=True), 1e-12))


@dataclass(frozen=True, eq=False)
class Numbers:
    """Turns profiles into numbers over one catalogue.

    Args:
        said: what its postings say.
        wording: names what is compared.
        habits: what people did.
        near: by field of `habits.kin` the place of each posting's value, (N,) int64.
        shown: (N,) int64, the place of each posting among `habits.together`.
        lately: (N,) float64, weights of `habits.counts`.
        opens: (N,) int64 microseconds, as `Catalogue.opens`.
    """

    said: Said
    wording: Wording
    habits: Habits
    near: Mapping[str, np.ndarray]
    shown: np.ndarray
    lately: np.ndarray
    opens: np.ndarray

    @cached_property
    def kinds(self) -> tuple[str, ...]:
        """Names of the kinds of likeness, in the order of `alike`."""
        return (
            *self.wording.fields,
            *(f"{name} absent" for name in self.wording.lacking),
            *self.wording.texts,
            *(f"{field} by {measure}" for field in self.near for measure in MEASURES),
        )

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of the F numbers."""
        gathered = (f"{kind}, {how}" for how in GATHERED for kind in self.kinds)
        return (*gathered, *BESIDE)

    def of(self, steps: Steps, moment: int, columns: np.ndarray) -> np.ndarray:
        """Compute the numbers of a profile with some postings.

        Args:
            steps: of the profile.
            moment: microseconds, for which the list is made.
            columns: (C,) rows of the catalogue.

        Returns:
            (C, F) float32.
        """
        alike = self.alike(steps.rows, columns)
        gathered = np.moveaxis(np.matmul(steps.weights, alike), 1, 0)  # (G, kinds, C)
        beside = self.beside(steps, moment, columns)
        found = np.concatenate([gathered.reshape(-1, len(columns)), beside])
        return np.ascontiguousarray(found.T, dtype=np.float32)

    def alike(self, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """Compare n postings with C others, kind by kind: (kinds, n, C) float32 from 0 to 1."""
        found: dict[str, np.ndarray] = {}
        for name, code in zip(self.wording.fields, self.said.codes, strict=True):
            own = code[rows][:, None]
            found[name] = (own == code[columns]) & (own != ABSENT)
        for name, lack in zip(self.wording.lacking, self.said.lacking, strict=True):
            found[f"{name} absent"] = lack[rows][:, None] & lack[columns]
        for name, text in zip(self.wording.texts, self.said.texts, strict=True):
            found[name] = _cosines(text, rows, columns)
        kin = [
            np.moveaxis(_kinship(self.habits.kin[field], place, rows, columns), 2, 0)
            for field, place in self.near.items()
        ]
        plain = [np.asarray(one, dtype=np.float32)[None] for one in found.values()]
        none = np.zeros((0, len(rows), len(columns)), dtype=np.float32)
        return np.concatenate([none, *plain, *kin])

    def beside(self, steps: Steps, moment: int, columns: np.ndarray | slice) -> np.ndarray:
        """Compute the numbers that are no likeness, in the order of `BESIDE`, (6, C) float32."""
        shown = self.shown[columns]
        people = np.append(self.habits.people, np.float32(0))
        lately = self.lately[columns] * self.habits.left(moment)
        others = np.stack([self.together(steps)[shown], people[shown], lately])
        fresh = freshness_at(self.opens[columns], moment)
        return np.concatenate([fresh, np.log1p(others)]).astype(np.float32)

    def together(self, steps: Steps) -> np.ndarray:
        """Count the people who turned to the steps, weighed by recency, and to each posting.

        Returns:
            (P + 1,) float32, by the places that `shown` says; 0 for what was never shown.
        """
        near = self.habits.together
        found = np.zeros(len(near.names) + 1, dtype=np.float32)
        for row, weight in zip(steps.rows.tolist(), steps.liked.tolist(), strict=True):
            others, numbers = near.neighbours(int(self.shown[row]))
            found[others] += np.float32(weight) * numbers[:, 0]
        return found


def _kinship(near: Near, place: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Tell how near the values of some postings are to those of others, (n, C, measures).

    A value that a step itself holds is near in another way, and has 0 here.
    """
    own = place[rows]
    found = np.zeros((len(rows), len(near.names) + 1, len(MEASURES)), dtype=np.float32)
    for step, value in enumerate(own.tolist()):
        others, numbers = near.neighbours(value)
        found[step, others] = numbers
    found[:, own] = 0.0
    return np.asarray(found[:, place[columns]])


def _cosines(text: sparse.csr_array, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Compare n unit rows with C others, (n, C): only the words of the n are looked at."""
    mine = text[rows]
    words, places = np.unique(mine.indices, return_inverse=True)
    table = np.zeros((len(words) + 1, len(rows)), dtype=np.float32)
    owners = np.repeat(np.arange(len(rows)), np.diff(mine.indptr))
    table[places, owners] = mine.data
    theirs = text[columns]
    slots = np.full(text.shape[1], len(words), dtype=np.int32)
    slots[words] = np.arange(len(words), dtype=np.int32)
    found = slots[theirs.indices]
    hit = found < len(words)
    ends = np.concatenate([[0], np.cumsum(hit)])[theirs.indptr]
    few = sparse.csr_array(
        (theirs.data[hit], found[hit], ends), shape=(len(columns), len(words) + 1)
    )
    return np.asarray((few @ table).T)
