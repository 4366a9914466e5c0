"""Which items compete with a target, and where the target ranks among them."""

from collections.abc import Callable, Sequence

import numpy as np

from training.benchmark.protocols.training_view import Cases, History
from training.evaluation.ranking_metrics import METRICS, TiedRanks, expected_metrics, tied_ranks

SELECTION_METRIC = "ndcg@10"
"""The metric on the validation part by which everything is chosen."""

_BATCH = 500


def history_cells(histories: Sequence[History]) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows and columns of what B histories hold, for indexing (B, N) arrays."""
    rows = np.repeat(np.arange(len(histories)), [len(history) for history in histories])
    return rows, np.concatenate([history.items for history in histories])


def competing_items(
    histories: Sequence[History], targets: np.ndarray, pools: np.ndarray
) -> np.ndarray:
    """Return which items of each target's pool its history does not hold, (B, N) bool.

    Targets are (B,) int64 rows of items, pools (N,), as `Cases.pools`.
    """
    competing = np.asarray(pools[None, :] == pools[targets][:, None])
    competing[history_cells(histories)] = False
    return competing


def target_ranks(
    scores: np.ndarray, histories: Sequence[History], targets: np.ndarray, pools: np.ndarray
) -> TiedRanks:
    """Rank each target among its competitors by (B, N) finite scores."""
    return tied_ranks(scores, targets, competing_items(histories, targets, pools))


def mean_metric(
    scores: Callable[[slice], np.ndarray], cases: Cases, metric: str = SELECTION_METRIC
) -> float:
    """Average one of `METRICS` over cases; 0 where there are none.

    `scores` returns the scores of a slice of the cases, (B, N).
    """
    total = 0.0
    for start in range(0, len(cases), _BATCH):
        rows = slice(start, start + _BATCH)
        ranks = target_ranks(scores(rows), cases.histories[rows], cases.targets[rows], cases.pools)
        total += float(expected_metrics(ranks)[:, METRICS.index(metric)].sum())
    return total / max(len(cases), 1)
