"""Who will turn to a posting: matches against the most active, the most recent, and likeness."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from streaming.market.activity import log2_activity
from streaming.settings import MatchSettings, TrainingSettings
from training.benchmark.baselines.candidate_likeness import CandidateLikeness
from training.benchmark.protocols.reverse_views import DAY, WINDOW_DAYS, Day, ReverseTask
from training.benchmark.protocols.training_view import OnProgress
from training.data.dataset import Dataset
from training.evaluation.bootstrap import column_intervals
from training.evaluation.ranking_metrics import METRICS, expected_metrics, tied_ranks
from training.fitting.fit import fit
from training.model.time_encoding import to_microseconds

MATCH, PROBABILITY = "match", "probability alone"
ACTIVE, RECENT, LIKENESS = "most active", "most recent", "likeness"
RANKINGS = (MATCH, PROBABILITY, ACTIVE, RECENT, LIKENESS)
_NOT_REACHED = 1e-4
"""The probability of a posting that is not in somebody's list."""
_DRAWS = 1000
_BATCH = 256
_WINDOW = WINDOW_DAYS * DAY

Scores = Mapping[str, np.ndarray]
"""Ranking to (T, P) float64: how high it places each candidate in each case."""


def measure_candidates(
    task: ReverseTask,
    training: TrainingSettings,
    match: MatchSettings,
    folder: Path,
    on_progress: OnProgress,
) -> dict[str, Any]:
    """Train before each block from the second, and rank the candidates of its cases.

    Returns:
        By RANKING/METRIC the mean over cases with its interval, candidates resampled; the
        difference of `MATCH` to each of the others; the numbers of cases and of who competes.

    Raises:
        TrainingError: a training process died.
    """
    rows: list[np.ndarray] = []
    owners: list[np.ndarray] = []
    sizes: list[int] = []
    for number, block in enumerate(task.blocks[1:], start=2):
        stage = f"block {number} of {len(task.blocks)}"
        share = (number - 2) / (len(task.blocks) - 1)
        on_progress(f"{stage}: training", share)
        ranker = fit(block.training, folder / f"run-{number}", training).ranker
        prepared = folder / f"prepared-{number}"
        prepared.mkdir()
        ranker.prepare(task.catalogue, prepared)
        earlier = [day for before in task.blocks[: number - 1] for day in before.days]
        likeness = CandidateLikeness.fit(task.views, earlier, training.seed)
        for day in block.days:
            on_progress(f"{stage}: {day.as_of[:10]}", share)
            lists = []
            for start in range(0, len(day.profiles), _BATCH):
                asked = day.profiles[start : start + _BATCH]
                lists += ranker.rank(asked, [day.as_of] * len(asked), prepared, match.reach)
            scores = {
                **_matches(lists, day, task, match.activity_half_life_days),
                **_by_activity(day, task.views),
                LIKENESS: likeness.scores(day),
            }
            rows.append(_metrics(scores, day, task.views))
            owners.append(day.candidates[day.targets])
            sizes += [len(day.candidates)] * len(day.targets)
    values, people = np.concatenate(rows), np.concatenate(owners)  # (T, rankings, metrics)
    report: dict[str, Any] = {
        "cases": len(values),
        "candidates": len(np.unique(people)),
        "competing": float(np.mean(sizes)),
    }
    report |= _estimates(values, people, training.seed, RANKINGS, "")
    return report | _estimates(
        values[:, :1] - values[:, 1:], people, training.seed, RANKINGS[1:], "difference/"
    )


def _estimates(
    values: np.ndarray, owners: np.ndarray, seed: int, names: Sequence[str], prefix: str
) -> dict[str, float]:
    flat = values.reshape(len(values), -1)
    found = column_intervals(flat, draws=_DRAWS, seed=seed, owners=owners)
    keys = [f"{prefix}{name}/{metric}" for name in names for metric in METRICS]
    report: dict[str, float] = {}
    for key, interval in zip(keys, found, strict=True):
        report |= interval.flat(key)
    return report


def _matches(
    lists: Sequence[Sequence[Mapping[str, Any]]], day: Day, task: ReverseTask, half_life: float
) -> Scores:
    """Score by the candidates' own lists, as the job match does."""
    rows = task.catalogue.rows
    chances = np.full((len(lists), len(task.catalogue)), _NOT_REACHED)
    for place, items in enumerate(lists):
        for item in items:
            chances[place, rows[item["posting_id"]]] += item.get("probability") or 0.0
    alone = np.log2(chances[:, day.postings].T)
    activity = np.array([log2_activity(profile, half_life) for profile in day.profiles])
    return {MATCH: alone + activity, PROBABILITY: alone}


def _by_activity(day: Day, views: Dataset) -> Scores:
    begin = to_microseconds(day.as_of) - _WINDOW
    count = np.array([(views.times[own] >= begin).sum() for own in day.events], dtype=np.float64)
    newest = np.array([views.times[own[-1]] for own in day.events], dtype=np.float64)
    shape = (len(day.targets), len(day.candidates))
    return {ACTIVE: np.broadcast_to(count, shape), RECENT: np.broadcast_to(newest, shape)}


def _metrics(scores: Scores, day: Day, views: Dataset) -> np.ndarray:
    """Compute the expected metrics of each case, (T, rankings, metrics)."""
    viewed = [set(views.postings[own].tolist()) for own in day.events]
    competing = np.array([[row not in own for own in viewed] for row in day.postings.tolist()])
    found = [
        expected_metrics(tied_ranks(scores[name], day.targets, competing)) for name in RANKINGS
    ]
    return np.stack(found, axis=1)
