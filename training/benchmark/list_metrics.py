"""Lists beside accuracy: coverage, likeness within a list, the rule on employers."""

from collections.abc import Sequence

import numpy as np
from scipy import sparse

from training.benchmark.baselines.content import TEXTS, has_content, text_vectors
from training.benchmark.protocols.observer import Observer
from training.benchmark.protocols.training_view import Cases, History, TrainingView
from training.evaluation.list_diversity import likeness
from training.evaluation.ranking_metrics import known, listed
from training.ranking.employer_cap import best_rows

PLACES = 10


def observers(training: TrainingView, cases: Cases, seed: int) -> list[Observer]:
    """Make fresh observers of all that the data allow."""
    found: list[Observer] = [Coverage(training.items)]
    if has_content(training):
        found.append(Likeness(text_vectors(training)))
    employers = _employers(training)
    if employers.any():
        found.append(EmployersRule(employers, cases.pools, seed))
    return found


class Coverage:
    """`coverage`: the expected share of the catalogue in the first ten of at least one list.

    Lists are those a user would get: of the whole catalogue, whatever the target's pool.
    """

    def __init__(self, items: int) -> None:
        self._absent = np.zeros(items)  # logarithm of the chance to be in nobody's list

    def see(self, scores: np.ndarray, histories: Sequence[History], targets: np.ndarray) -> None:
        """Look at the scores of a batch."""
        del targets
        with np.errstate(divide="ignore"):
            self._absent += np.log1p(-listed(scores, histories, PLACES)).sum(axis=0)

    def report(self) -> dict[str, float]:
        """Return the share."""
        return {"coverage": float(1 - np.exp(self._absent).mean())}


class Likeness:
    """`similarity@10`: how alike the items of a list are, the mean cosine over its pairs.

    The vectors are TF-IDF vectors of what items say, (N, ·), unit or zero: the same for every
    scorer, so that no model is judged by its own idea of likeness. Lower is more diverse.
    """

    def __init__(self, vectors: sparse.csr_array) -> None:
        self._vectors = vectors
        self._found: list[np.ndarray] = []

    def see(self, scores: np.ndarray, histories: Sequence[History], targets: np.ndarray) -> None:
        """Look at the scores of a batch."""
        del targets
        rows, real = _best(scores, histories, PLACES)  # (B, K)
        self._found.append(likeness(self._vectors, rows, real))

    def report(self) -> dict[str, float]:
        """Return the mean over users."""
        return {f"similarity@{PLACES}": float(np.concatenate(self._found).mean())}


class EmployersRule:
    """`capped/hr@10`, `capped/ndcg@10`: accuracy under the rule that served lists keep.

    An employer has at most 5 of the 10 places, unless nothing else fits
    (`training.ranking.employer_cap`). Equal scores stand in a random order, by the seed.
    """

    def __init__(self, employers: np.ndarray, pools: np.ndarray, seed: int) -> None:
        self._employers = employers
        """(N,) int64, 0 for none: no rule binds what says no employer."""
        self._pools = pools
        self._chance = np.random.default_rng(seed)
        self._ranks: list[int] = []

    def see(self, scores: np.ndarray, histories: Sequence[History], targets: np.ndarray) -> None:
        """Look at the scores of a batch."""
        shuffled = np.argsort(self._chance.permutation(scores.shape[1]))
        for row, history, target in zip(scores, histories, targets.tolist(), strict=True):
            rivals = self._pools == self._pools[target]
            rivals[history.items] = False
            best = best_rows(row[shuffled], rivals[shuffled], self._employers[shuffled], PLACES)
            place = np.flatnonzero(shuffled[best] == target)
            self._ranks.append(int(place[0]) + 1 if len(place) else 0)

    def report(self) -> dict[str, float]:
        """Return the means over users."""
        ranks = np.array(self._ranks)
        hits = ranks > 0
        gains = np.where(hits, 1 / np.log2(1 + np.maximum(ranks, 1)), 0.0)
        return {
            f"capped/hr@{PLACES}": float(hits.mean()),
            f"capped/ndcg@{PLACES}": float(gains.mean()),
        }


def _best(
    scores: np.ndarray, histories: Sequence[History], size: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows of the best items, minus the histories, in no order.

    Returns:
        (B, K) int64; and (B, K) bool, false where there was nothing left to list.
    """
    allowed = scores.astype(np.float64)
    allowed[known(histories)] = -np.inf
    size = min(size, scores.shape[1])
    rows = np.argpartition(-allowed, size - 1, axis=1)[:, :size]
    return rows, np.isfinite(np.take_along_axis(allowed, rows, axis=1))


def _employers(training: TrainingView) -> np.ndarray:
    """Number the employers, (N,) int64 from 1; 0 where a posting names none."""
    names = [TEXTS["employer"](posting) or "" for posting in training.postings or ()]
    folded = [" ".join(name.casefold().split()) for name in names]
    numbers = {name: place for place, name in enumerate(sorted({*folded, ""}))}  # "" comes first
    return np.array([numbers[name] for name in folded], dtype=np.int64)
