"""What is measured of the lists that a ranker made before the turns of a question."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from streaming.serving.catalogue import Catalogue
from streaming.serving.ranker import RankedItem, Ranker
from training.benchmark.protocols.training_view import OnProgress
from training.content_ranker.calibration import expected_calibration_error, reliability
from training.evaluation.bootstrap import Interval, column_intervals
from training.evaluation.list_diversity import intra_list_similarity, padded_rows, posting_vectors
from training.evaluation.prequential import (
    ALL,
    SEGMENTS,
    HeldOutTurns,
    rank_turns,
    ranks_of_targets,
)
from training.evaluation.ranking_metrics import CUTOFFS, METRICS, metrics_of_ranks

SIZE = max(CUTOFFS)
"""Places of the lists that are asked for."""
PLACES = 10
"""Places that coverage and similarity look at."""
_DRAWS = 1000

Lists = Sequence[Sequence[RankedItem]]


@dataclass(frozen=True, eq=False)
class ListQuality:
    """What was measured on T turns."""

    values: np.ndarray
    """(T, number of `METRICS`) float64."""
    measured: Mapping[str, Any]
    """What is measured of the lists beside, by the report's keys."""


def make_lists(
    ranker: Ranker, folder: Path, turns: HeldOutTurns, on_progress: OnProgress
) -> list[list[RankedItem]]:
    """Ask for a list before each turn, from a folder that the ranker has prepared."""
    lists: list[list[RankedItem]] = []
    for items in rank_turns(ranker, folder, turns, SIZE):
        lists.append(items)
        on_progress("evaluating", len(lists) / len(turns))
    return lists


def measure_lists(lists: Lists, turns: HeldOutTurns, catalogue: Catalogue) -> ListQuality:
    """Look for the target of each turn in its list.

    `coverage` is the share of the catalogue in the first ten places of a list. `similarity@10` is
    the mean cosine over the pairs of these, by TF-IDF vectors of the postings' texts; data without
    texts lack it. `calibration/…` is about probabilities; rankers that give none lack it.
    """
    ids = [[item["posting_id"] for item in items] for items in lists]
    rows = [[catalogue.rows[posting_id] for posting_id in own[:PLACES]] for own in ids]
    measured: dict[str, Any] = {"coverage": len({r for own in rows for r in own}) / len(catalogue)}
    vectors = posting_vectors(catalogue.table.to_pylist())
    if vectors.nnz:
        alike = intra_list_similarity(vectors, *padded_rows(rows, PLACES))
        measured[f"similarity@{PLACES}"] = float(alike.mean())
    values = metrics_of_ranks(ranks_of_targets(ids, turns))
    return ListQuality(values, {**measured, **_calibration(lists, turns)})


def intervals(
    qualities: Mapping[str, ListQuality], turns: HeldOutTurns, seed: int
) -> dict[str, Interval]:
    """Estimate every metric of several rankers on the same turns, by segment.

    Candidates are resampled, for all rankers together, so that differences are paired. The names of
    the rankers are prefixes such as `baselines/als/`; the first is compared with every other, under
    `difference/PREFIX`.

    Returns:
        Keys such as `seen/hr@10` and `baselines/als/hr@10`.
    """
    stacked = {prefix: quality.values for prefix, quality in qualities.items()}
    first = next(iter(stacked.values()))
    others = list(stacked.items())[1:]
    stacked |= {f"difference/{prefix}": first - values for prefix, values in others}
    report: dict[str, Interval] = {}
    for segment, own in segments(turns).items():
        values = np.concatenate([values[own] for values in stacked.values()], axis=1)
        keys = [f"{prefix}{segment}{metric}" for prefix in stacked for metric in METRICS]
        estimates = column_intervals(values, draws=_DRAWS, seed=seed, owners=turns.owners[own])
        report |= dict(zip(keys, estimates, strict=True))
    return report


def segments(turns: HeldOutTurns) -> dict[str, np.ndarray]:
    """Return the turns of each segment, (T,) bool, by its prefix: none for all, `seen/` and so on.

    Segments without turns, and those that hold all, are left out.
    """
    parts = {name: turns.segments[name] for name in SEGMENTS if name != ALL}
    partial = {f"{name}/": own for name, own in parts.items() if own.any() and not own.all()}
    return {"": turns.segments[ALL], **partial}


def _calibration(lists: Lists, turns: HeldOutTurns) -> dict[str, Any]:
    """Compare the items' probabilities with how often the next turn was to them."""
    pairs = [
        (item["probability"], item["posting_id"] == case.targets[0])
        for items, case in zip(lists, turns.cases, strict=True)
        for item in items
        if item.get("probability") is not None
    ]
    if not pairs:
        return {}
    probabilities, turned = (np.array(column) for column in zip(*pairs, strict=True))
    predicted, observed, _ = reliability(probabilities, turned).T
    return {
        "calibration/error": expected_calibration_error(probabilities, turned),
        "calibration/items": len(pairs),
        "calibration/predicted": predicted.tolist(),
        "calibration/observed": observed.tolist(),
    }
