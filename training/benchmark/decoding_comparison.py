"""The stream's ways of decoding, compared on a sample of the validation part."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

import numpy as np

from training.benchmark.baselines.content import has_content, item_vectors
from training.benchmark.baselines.grid_search import sample_cases
from training.benchmark.protocols.competitors import competing_items
from training.benchmark.protocols.training_view import History, TrainingView
from training.evaluation.list_diversity import intra_list_similarity, padded_rows
from training.evaluation.ranking_metrics import ndcg_of_ranks
from training.model.presets import DECODINGS, Decoding

PLACES = 10
_MOST_USERS = 300


class ListMaker(Protocol):
    """A scorer that can make lists as the stream does."""

    def prepare(self, folder: Path) -> None:
        """Write what `lists` needs into an empty folder."""

    def lists(
        self, histories: Sequence[History], allowed: np.ndarray, folder: Path, decoding: Decoding
    ) -> list[list[int]]:
        """Return a list of at most ten allowed items, (B, N) bool, for each of B histories."""


def compare_decodings(scorer: ListMaker, training: TrainingView, seed: int) -> dict[str, float]:
    """Measure the lists that each of `presets.DECODINGS` makes of the target's competitors.

    The scorer was trained on `training.histories`, which hold no validation target.

    Returns:
        `decoding/WAY/hr@10` and `…/ndcg@10`; `…/coverage`, the share of the catalogue that is in at
        least one list; `…/similarity@10` where items have content. Empty without a validation part.
    """
    cases = sample_cases(training.validation, seed, _MOST_USERS)
    if not len(cases):
        return {}
    allowed = competing_items(cases.histories, cases.targets, cases.pools)
    vectors = item_vectors(training) if has_content(training) else None
    report: dict[str, float] = {}
    with TemporaryDirectory(prefix="careerstream-") as temporary:
        folder = Path(temporary)
        scorer.prepare(folder)
        for name, decoding in DECODINGS.items():
            lists = scorer.lists(cases.histories, allowed, folder, decoding)
            rows, filled = padded_rows(lists, PLACES)
            hits = (rows == cases.targets[:, None]) & filled
            ranks = np.where(hits.any(axis=1), hits.argmax(axis=1) + 1, 0)
            values = {
                f"hr@{PLACES}": (ranks > 0).mean(),
                f"ndcg@{PLACES}": ndcg_of_ranks(ranks, PLACES).mean(),
                "coverage": len(np.unique(rows[filled])) / training.items,
            }
            if vectors is not None:
                values[f"similarity@{PLACES}"] = intra_list_similarity(vectors, rows, filled).mean()
            report |= {f"decoding/{name}/{key}": float(v) for key, v in values.items()}
    return report
