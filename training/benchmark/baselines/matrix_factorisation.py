"""ALS: matrix factorisation of implicit feedback, by the library `implicit`.

Hu, Koren and Volinsky, Collaborative filtering for implicit feedback datasets (2008). A history is
folded in: its factors are solved for with the items' factors fixed, so that a list depends on
nothing of other users but what was learned.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from implicit.als import AlternatingLeastSquares
from scipy import sparse
from threadpoolctl import threadpool_limits

from training.benchmark.baselines.grid_search import Built, Choices, Make, Recipe, decayed
from training.benchmark.protocols.training_view import History, TrainingView


def _prepare(training: TrainingView, histories: Sequence[History], seed: int) -> Make:
    @lru_cache(maxsize=2)
    def fitted(factors: int, iterations: int, regularization: float, alpha: float) -> Any:
        # The library warns where it is made beside a BLAS of several threads, and is slow there.
        with threadpool_limits(1, "blas"):
            model = AlternatingLeastSquares(
                factors=factors,
                iterations=iterations,
                regularization=regularization,
                alpha=alpha,
                random_state=seed,
                num_threads=1,  # so that a seed says all
                use_gpu=False,
            )
            model.fit(_held(histories, training.items, 0.0), show_progress=False)
        return model

    def make(choices: Choices) -> Built:
        model = fitted(
            int(choices["factors"]),
            int(choices["iterations"]),
            choices["regularization"],
            choices["alpha"],
        )

        def score(asked: Sequence[History]) -> np.ndarray:
            held = _held(asked, training.items, choices["decay"])
            with threadpool_limits(1, "blas"):
                users = model.recalculate_user(np.arange(len(asked)), held)  # (B, factors)
                return np.asarray(users @ model.item_factors.T, dtype=np.float32)

        return Built(score, {"item_factors": model.item_factors})

    return make


def _held(histories: Sequence[History], items: int, decay: float) -> sparse.csr_matrix:
    """Lay histories out as confidences, the newest item's 1; the library knows no csr_array."""
    found = decayed(histories, items, decay).astype(np.float32)
    newest = sparse.diags_array(1 / found.max(axis=1).toarray().ravel())
    return sparse.csr_matrix(newest @ found, dtype=np.float32)


ALS = Recipe(
    _prepare,
    {
        "factors": (64, 128),
        "alpha": (10.0, 3.0, 30.0),
        "regularization": (1.0, 0.1, 10.0, 30.0),
        "iterations": (10, 20),
        "decay": (0.0, 0.1, 0.3, 0.6, 1.0),
    },
)
