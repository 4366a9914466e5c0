"""The stream's ways of decoding, compared on a sample of the validation part."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

import numpy as np

from training.benchmark.baselines.content import has_content, text_vectors
from training.benchmark.baselines.grid_search import sample
from training.benchmark.protocols.training_view import Cases, History, TrainingView
from training.evaluation.list_diversity import likeness
from training.model.presets import DECODINGS, Decoding

PLACES = 10
_MOST_USERS = 300


class Decodes(Protocol):
    """What a scorer has that can make lists as the stream does."""

    def prepare(self, folder: Path) -> None:
        """Write what `lists` needs into an empty folder."""

    def lists(
        self, histories: Sequence[History], allowed: np.ndarray, folder: Path, decoding: Decoding
    ) -> list[list[int]]:
        """Make a list of at most ten items for each of B histories, of what is allowed, (B, N)."""


def compare_decodings(scorer: Decodes, training: TrainingView, seed: int) -> dict[str, float]:
    """Measure lists by each of `presets.DECODINGS`, made of what the target competes with.

    Args:
        scorer: trained on `training.histories`, which hold no validation target.
        training: the data.
        seed: of the sample.

    Returns:
        `decoding/WAY/hr@10` and `…/ndcg@10`; `…/coverage`, the share of the catalogue in anybody's
        list; `…/similarity@10` where items say something. Nothing without a validation part.
    """
    cases = sample(training.validation, seed, _MOST_USERS)
    if not len(cases):
        return {}
    allowed = _allowed(cases)
    vectors = text_vectors(training) if has_content(training) else None
    found: dict[str, float] = {}
    with TemporaryDirectory(prefix="careerstream-") as temporary:
        folder = Path(temporary)
        scorer.prepare(folder)
        for name, decoding in DECODINGS.items():
            lists = scorer.lists(cases.histories, allowed, folder, decoding)
            rows, real = _side_by_side(lists)
            gains = ((rows == cases.targets[:, None]) & real) / np.log2(np.arange(PLACES) + 2)
            measured = {
                f"hr@{PLACES}": (gains > 0).any(axis=1).mean(),
                f"ndcg@{PLACES}": gains.sum(axis=1).mean(),
                "coverage": len(np.unique(rows[real])) / training.items,
            }
            if vectors is not None:
                measured[f"similarity@{PLACES}"] = likeness(vectors, rows, real).mean()
            found |= {f"decoding/{name}/{key}": float(v) for key, v in measured.items()}
    return found


def _allowed(cases: Cases) -> np.ndarray:
    """Tell what competes with each target, (U, N) bool: its pool without the history."""
    allowed = cases.pools[None, :] == cases.pools[cases.targets][:, None]
    for row, history in zip(allowed, cases.histories, strict=True):
        row[history.items] = False
    return np.asarray(allowed)


def _side_by_side(lists: Sequence[Sequence[int]]) -> tuple[np.ndarray, np.ndarray]:
    """Lay lists out as (U, 10) int64, and tell what is real of them, (U, 10) bool."""
    rows = np.zeros((len(lists), PLACES), dtype=np.int64)
    real = np.arange(PLACES) < np.array([len(one) for one in lists])[:, None]
    for row, one in zip(rows, lists, strict=True):
        row[: len(one)] = one
    return rows, real
