"""ALS: matrix factorisation of implicit feedback, by the library `implicit`.

Hu, Koren and Volinsky, Collaborative filtering for implicit feedback datasets (2008). Histories are
folded in: their factors are solved for with the items' factors fixed. So a list depends on other
users only through the learned item factors.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from implicit.als import AlternatingLeastSquares
from scipy import sparse
from threadpoolctl import threadpool_limits

from training.benchmark.baselines.grid_search import (
    Baseline,
    BaselineScorer,
    Builder,
    Choices,
    decayed_histories,
)
from training.benchmark.protocols.training_view import History, TrainingView


def _prepare(training: TrainingView, histories: Sequence[History], seed: int) -> Builder:
    @lru_cache(maxsize=2)
    def fitted(factors: int, iterations: int, regularization: float, alpha: float) -> Any:
        # Beside a multi-threaded BLAS the library is slow and warns.
        with threadpool_limits(1, "blas"):
            model = AlternatingLeastSquares(
                factors=factors,
                iterations=iterations,
                regularization=regularization,
                alpha=alpha,
                random_state=seed,
                num_threads=1,  # else equal seeds give different factors
                use_gpu=False,
            )
            model.fit(_confidences(histories, training.items, 0.0), show_progress=False)
        return model

    def build(choices: Choices) -> BaselineScorer:
        model = fitted(
            int(choices["factors"]),
            int(choices["iterations"]),
            choices["regularization"],
            choices["alpha"],
        )

        def score(histories: Sequence[History]) -> np.ndarray:
            held = _confidences(histories, training.items, choices["decay"])
            with threadpool_limits(1, "blas"):
                users = model.recalculate_user(np.arange(len(histories)), held)  # (B, factors)
                return np.asarray(users @ model.item_factors.T, dtype=np.float32)

        return BaselineScorer(score, {"item_factors": model.item_factors})

    return build


def _confidences(histories: Sequence[History], items: int, decay: float) -> sparse.csr_matrix:
    """Return confidences, (B, N), the newest item's 1; the library does not take a csr_array."""
    weights = decayed_histories(histories, items, decay).astype(np.float32)
    newest = sparse.diags_array(1 / weights.max(axis=1).toarray().ravel())
    return sparse.csr_matrix(newest @ weights, dtype=np.float32)


ALS = Baseline(
    _prepare,
    {
        "factors": (64, 128),
        "alpha": (10.0, 3.0, 30.0),
        "regularization": (1.0, 0.1, 10.0, 30.0),
        "iterations": (10, 20),
        "decay": (0.0, 0.1, 0.3, 0.6, 1.0),
    },
)
