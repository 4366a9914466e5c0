"""Metrics of lists beside accuracy: coverage, intra-list similarity, the cap on employers."""

from collections.abc import Sequence

import numpy as np
from scipy import sparse

from streaming.names import comparable
from training.benchmark.baselines.content import TEXTS, has_content, item_vectors
from training.benchmark.protocols.competitors import competing_items, without_history
from training.benchmark.protocols.scorer_evaluation import Observer
from training.benchmark.protocols.training_view import Cases, History, TrainingView
from training.evaluation.list_diversity import intra_list_similarity
from training.evaluation.ranking_metrics import inclusion_probabilities, ndcg_of_ranks
from training.retrieval.employer_cap import capped_top_rows

PLACES = 10


def observers(training: TrainingView, cases: Cases, seed: int) -> list[Observer]:
    """Return fresh observers of everything that the data allow to measure."""
    chosen: list[Observer] = [Coverage(training.items)]
    if has_content(training):
        chosen.append(IntraListSimilarity(item_vectors(training)))
    employers = _employer_numbers(training)
    if employers.any():
        chosen.append(CappedAccuracy(employers, cases.pools, seed))
    return chosen


class Coverage:
    """`coverage`: the expected share of the catalogue in the first ten of at least one list.

    The lists are those that users would get: of the whole catalogue, whatever the target's pool.
    """

    def __init__(self, items: int) -> None:
        self._log_absent = np.zeros(items)  # log-probability of being in no list

    def see(self, scores: np.ndarray, histories: Sequence[History], targets: np.ndarray) -> None:
        """Take in the scores of a batch."""
        del targets
        probabilities = inclusion_probabilities(without_history(scores, histories), PLACES)
        with np.errstate(divide="ignore"):
            self._log_absent += np.log1p(-probabilities).sum(axis=0)

    def report(self) -> dict[str, float]:
        """Return the share."""
        return {"coverage": float(1 - np.exp(self._log_absent).mean())}


class IntraListSimilarity:
    """`similarity@10`: the mean cosine over the pairs of a list; lower is more diverse.

    The vectors are TF-IDF vectors of the items' texts, (N, V), unit or zero. They are the same for
    every scorer, so that no model is judged by its own notion of similarity.
    """

    def __init__(self, vectors: sparse.csr_array) -> None:
        self._vectors = vectors
        self._values: list[np.ndarray] = []

    def see(self, scores: np.ndarray, histories: Sequence[History], targets: np.ndarray) -> None:
        """Take in the scores of a batch."""
        del targets
        rows, filled = _highest(without_history(scores, histories), PLACES)  # (B, K)
        self._values.append(intra_list_similarity(self._vectors, rows, filled))

    def report(self) -> dict[str, float]:
        """Return the mean over users."""
        return {f"similarity@{PLACES}": float(np.concatenate(self._values).mean())}


class CappedAccuracy:
    """`capped/hr@10`, `capped/ndcg@10`: accuracy under the cap on employers that served lists keep.

    An employer has at most 5 of the 10 places, unless nothing else fits
    (`training.retrieval.employer_cap`). Equal scores stand in a random order, by the seed.
    """

    def __init__(self, employers: np.ndarray, pools: np.ndarray, seed: int) -> None:
        self._employers = employers
        """(N,) int64, 0 for none: the cap does not bind items without an employer."""
        self._pools = pools
        self._random = np.random.default_rng(seed)
        self._ranks: list[int] = []

    def see(self, scores: np.ndarray, histories: Sequence[History], targets: np.ndarray) -> None:
        """Take in the scores of a batch."""
        order = np.argsort(self._random.permutation(scores.shape[1]))
        competing = competing_items(histories, targets, self._pools)
        for row, allowed, target in zip(scores, competing, targets.tolist(), strict=True):
            best = capped_top_rows(row[order], allowed[order], self._employers[order], PLACES)
            place = np.flatnonzero(order[best] == target)
            self._ranks.append(int(place[0]) + 1 if len(place) else 0)

    def report(self) -> dict[str, float]:
        """Return the means over users."""
        ranks = np.array(self._ranks)
        return {
            f"capped/hr@{PLACES}": float((ranks > 0).mean()),
            f"capped/ndcg@{PLACES}": float(ndcg_of_ranks(ranks, PLACES).mean()),
        }


def _highest(scores: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows of the K highest of (B, N) scores, in no order, and which are finite."""
    size = min(size, scores.shape[1])
    rows = np.argpartition(-scores, size - 1, axis=1)[:, :size]
    return rows, np.isfinite(np.take_along_axis(scores, rows, axis=1))


def _employer_numbers(training: TrainingView) -> np.ndarray:
    """Number the employers, (N,) int64 from 1; 0 where a posting names none."""
    folded = [comparable(TEXTS["employer"](posting)) for posting in training.postings or ()]
    return np.unique([*folded, ""], return_inverse=True)[1][:-1].astype(np.int64)  # "" comes first
