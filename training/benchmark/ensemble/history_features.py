"""A history and a posting as numbers: every kind of likeness, gathered over the history.

For a kind of likeness the numbers are that with the newest step, the mean weighed by recency, the
most, and the mean over the newest session. Beside them stand what others looked at together with
the history's steps, and how busy things like the posting are just then. Those that say what others
did with the very posting are its traffic: 0 for a posting that nobody has seen.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from training.benchmark.ensemble.field_co_occurrence import MEASURES, Kinship
from training.benchmark.ensemble.field_similarity import Likeness
from training.benchmark.ensemble.posting_vectors import Said
from training.benchmark.ensemble.temporal_popularity import ITSELF, Seasons
from training.benchmark.protocols.training_view import History

_GATHERED = ("newest", "recent", "most", "this session")
_RECENCY = 0.3
"""A step weighs e^(-0.3 · age in steps)."""
_MOST_STEPS = 20
_PAUSE = 3_600e6
"""Microseconds between two views after which a new session begins."""
_KINDRED = ("locality", "employer")
_TRAFFIC = ("viewed together", "viewed")


@dataclass(frozen=True, eq=False)
class Features:
    """Turns histories into numbers; knows other people only by what it has counted.

    Args:
        likeness: compares postings.
        kinships: by field.
        seasons: None where there are no times.
        held: (H, N) float32 sparse, which history holds what.
        names: of the F numbers.
        traffic: (F,) bool, those that say what others did with the very posting.
    """

    likeness: Likeness
    kinships: dict[str, Kinship]
    seasons: Seasons | None
    held: sparse.csr_array
    names: tuple[str, ...]
    traffic: np.ndarray

    @classmethod
    def count(cls, said: Said, histories: Sequence[History]) -> "Features":
        """Count what some histories show."""
        likeness = Likeness.of(said)
        kinships = {
            name: Kinship.count(said.codes[name], histories)
            for name in _KINDRED
            if name in said.codes
        }
        seasons = Seasons.count(said, histories, said.count)
        kinds = likeness.kinds() + tuple(
            f"{name} by {measure}" for name in kinships for measure in MEASURES
        )
        names = tuple(f"{kind}, {how}" for kind in kinds for how in _GATHERED)
        busy = seasons.names() if seasons else ()
        names += (*busy, *_TRAFFIC)
        traffic = np.array([name.startswith(ITSELF) or name in _TRAFFIC for name in names])
        return cls(likeness, kinships, seasons, _held(histories, said.count), names, traffic)

    def of(
        self,
        history: History,
        columns: np.ndarray | None = None,
        own: History | None = None,
        place: int | None = None,
    ) -> np.ndarray:
        """Compute the numbers of one history with many postings.

        Args:
            history: what is known of somebody.
            columns: (C,) rows of the catalogue; None for all of it.
            own: what was counted of the same person, to be left out; None for others.
            place: the row of `held` that is theirs.

        Returns:
            (C, F) float32.
        """
        recent = history.items[-_MOST_STEPS:]
        rows = [self.likeness.rows(recent, columns)]
        rows += [
            kinship.rows(recent, columns, None if own is None else own.items)
            for kinship in self.kinships.values()
        ]
        alike = np.concatenate(rows)  # (kinds, n, C)
        weights = np.exp(-_RECENCY * np.arange(len(recent))[::-1])
        weights = (weights / weights.sum()).astype(np.float32)
        gathered = np.stack(
            [
                alike[:, -1],
                np.einsum("n,knc->kc", weights, alike),
                alike.max(axis=1),
                alike[:, _session(history)[-_MOST_STEPS:]].mean(axis=1),
            ],
            axis=1,
        ).reshape(-1, alike.shape[2])  # (kinds · ways, C)
        busy = []
        if self.seasons and history.times is not None:
            busy.append(self.seasons.at(float(history.times[-1]), columns, own))
        elif self.seasons:
            busy.append(np.zeros((len(self.seasons.names()), alike.shape[2]), dtype=np.float32))
        found = np.concatenate([gathered, *busy, self._traffic(recent, columns, own, place)])
        return np.asarray(found.T)

    def _traffic(
        self,
        recent: np.ndarray,
        columns: np.ndarray | None,
        own: History | None,
        place: int | None,
    ) -> np.ndarray:
        """Count the people who viewed the same steps and each posting; and all who viewed it."""
        weights = np.zeros(self.held.shape[1], dtype=np.float32)
        weights[recent] = np.exp(-_RECENCY * np.arange(len(recent))[::-1])
        people = self.held @ weights  # (H,)
        views = np.asarray(self.held.sum(axis=0), dtype=np.float32).copy()
        if own is not None and place is not None:
            people[place] = 0.0
            views[own.items] -= 1.0
        together = people @ self.held
        found = np.log1p(np.maximum(np.stack([together, views]), 0.0))
        return np.asarray(found if columns is None else found[:, columns])


def _session(history: History) -> np.ndarray:
    """Tell which steps belong to the newest session, (L,) bool; all where there are no times."""
    if history.times is None:
        return np.ones(len(history), dtype=bool)
    apart = np.diff(history.times, append=history.times[-1]) > _PAUSE
    return np.asarray(np.cumsum(apart[::-1])[::-1] == 0)


def _held(histories: Sequence[History], items: int) -> sparse.csr_array:
    owners = np.repeat(np.arange(len(histories)), [len(history) for history in histories])
    columns = np.concatenate([history.items for history in histories])
    ones = np.ones(len(columns), dtype=np.float32)
    held = sparse.csr_array((ones, (owners, columns)), shape=(len(histories), items))
    held.sum_duplicates()
    held.data[:] = 1.0
    return held
