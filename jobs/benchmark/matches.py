"""How well matches fit both sides, on simulated markets, against one-sided rankings.

The markets were fixed before any ranker was tried on them. Of each posting's ten first candidates
the true mutual fit is averaged (`Market.mutual_fit`): what the candidate really wants, times the
share of the posting's skills that they really have.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from infra.simulator import Market, MarketConfig
from infra.simulator.taxonomy_export import embedded_taxonomy
from jobs.benchmark.languages import write_market
from streaming.market.match_index import Entry
from streaming.market.reach import PreparedRanker, make_reaches
from streaming.serving.champion import ServingVersions
from streaming.settings import MatchSettings, TrainingSettings
from training.data.dataset import Dataset, add_taxonomy
from training.evaluation.bootstrap import column_intervals
from training.fitting.fit import fit

MARKETS: tuple[dict[str, Any], ...] = (
    {"seed": 11},
    {"seed": 12, "share_chinese": 0.2},
    {"seed": 13, "occupations": 12},
    {"seed": 14, "events_per_candidate": 6.0},
    {"seed": 15, "days": 30, "share_chinese": 0.9},
)
"""What distinguishes the five markets."""
PLACES = 10
_REACH = 100
_DRAWS = 1000
RANKINGS: dict[str, Callable[[Entry], float]] = {
    "match": lambda one: one.log2_score,
    "both sides": lambda one: one.posting.score,
    "the candidate's side": lambda one: one.posting.probability,
    "the posting's side": lambda one: one.posting.requirement,
}
"""Scores by which candidates are ranked."""
OnProgress = Callable[[str, float], None]


@dataclass(frozen=True)
class MatchesPlan:
    """The size of the markets."""

    candidates: int = 600
    postings: int = 1_500
    epochs: int | None = None


def measure_matches(plan: MatchesPlan, folder: Path, on_progress: OnProgress) -> dict[str, Any]:
    """Train on each market in a folder, and match everybody who may be shown.

    Returns:
        By RANKING/fit the mean mutual fit with its interval, postings resampled, and the ratios of
        both sides to one side; also for each market.
    """
    every: dict[str, list[list[float]]] = {}
    for number, options in enumerate(MARKETS):
        name = ", ".join(f"{key} {value}" for key, value in options.items())
        on_progress(f"market of {name}", number / len(MARKETS))
        market = Market(
            MarketConfig(
                candidates=plan.candidates,
                postings=plan.postings,
                **options,
            )
        )
        every[name] = _fits(market, folder / str(number), plan)
    report: dict[str, Any] = {"postings": sum(map(len, every.values()))}
    for prefix, rows in (*every.items(), ("", [row for own in every.values() for row in own])):
        start = f"{prefix}/" if prefix else ""
        found = column_intervals(np.array(rows), draws=_DRAWS, seed=7)
        for ranking, interval in zip(RANKINGS, found, strict=True):
            report |= interval.flat(f"{start}{ranking}/fit")
        _, both, *sides = RANKINGS
        for side in sides:
            ratio = report[f"{start}{both}/fit"] / max(report[f"{start}{side}/fit"], 1e-9)
            report[f"{start}ratio to {side}"] = ratio
    return report


def _fits(market: Market, folder: Path, plan: MatchesPlan) -> list[list[float]]:
    """Return the mean fit of each posting's first ten by each of `RANKINGS`."""
    write_market(market, folder / "dataset")
    add_taxonomy(folder / "dataset", embedded_taxonomy())
    dataset = Dataset.read(folder / "dataset")
    settings = TrainingSettings(processes=1, epochs=plan.epochs)
    trained = fit(folder / "dataset", folder / "run", settings).ranker
    prepared = folder / "prepared"
    prepared.mkdir()
    trained.prepare(dataset.catalogue, prepared)
    versions = ServingVersions("benchmark", "1", 1)
    served = PreparedRanker(trained, dataset.catalogue, prepared, versions)
    entries: dict[str, list[Entry]] = defaultdict(list)
    profiles = [dataset.profile(candidate) for candidate in range(len(dataset))]
    for reach in make_reaches(profiles, served, _REACH, MatchSettings().activity_half_life_days):
        for one in reach.postings:
            entries[one.posting_id].append(Entry(reach, one))
    rows = []
    for posting_id, own in sorted(entries.items()):
        if len(own) <= PLACES:
            continue  # any order holds the same candidates
        fits = [market.mutual_fit(entry.reach.candidate_id, posting_id) for entry in own]
        rows.append(
            [
                float(np.mean([fits[place] for place in _order(own, score)[:PLACES]]))
                for score in RANKINGS.values()
            ]
        )
    return rows


def _order(entries: list[Entry], score: Callable[[Entry], float]) -> list[int]:
    keys = [(-score(entry), entry.key[1]) for entry in entries]
    return sorted(range(len(entries)), key=keys.__getitem__)
