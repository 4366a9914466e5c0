"""Rankers measured on what candidates did later, in the shape the stream asks them in.

Every ranker answers the same profiles, as they were known at the cut, for the moment of the
candidate's next step, over the postings open then and unknown to the candidate.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from streaming.serving.catalogue import Catalogue
from streaming.serving.ranker import Ranker
from training.data.dataset import HeldOut

CUTOFFS = (1, 5, 10)
GATED = "ndcg@10"
"""The metric that decides a promotion."""

_GROUPS = ("", "seen/", "unseen/")
_CHUNK = 256  # profiles ranked at once


@dataclass(frozen=True, kw_only=True)
class Protocol:
    """How a ranker is measured."""

    candidates: int = 1000
    """A seeded sample of at most so many."""
    targets: int = 5
    """The first distinct postings of each that count; those no list may hold are left out."""
    size: int = 10
    """Places of a list."""
    draws: int = 2000
    """Bootstrap samples of the candidates."""
    seed: int = 7


@dataclass(frozen=True)
class Interval:
    """An estimate and its 95 % bootstrap interval over candidates."""

    estimate: float
    low: float
    high: float


@dataclass(frozen=True)
class Cases:
    """What is to be foretold: per candidate a profile, a moment and at least one target."""

    held_out: tuple[HeldOut, ...]
    seen: frozenset[str]
    """Postings that somebody did something with before the cut."""
    left_out: int
    """Candidates of the sample without a target that a list may hold."""


@dataclass(frozen=True, eq=False)
class Quality:
    """How one ranker did."""

    per_candidate: Mapping[str, np.ndarray]
    """Metric to values, (U,) float64; NaN where a candidate has no target of the group."""
    coverage: float
    """Share of the catalogue that stood in somebody's list."""

    def intervals(self, protocol: Protocol) -> dict[str, Interval]:
        """Estimate every metric that anybody has a value for."""
        return {
            name: interval(values[~np.isnan(values)], protocol)
            for name, values in self.per_candidate.items()
            if not np.isnan(values).all()
        }


def make_cases(
    held_out: Sequence[HeldOut], catalogue: Catalogue, seen: Collection[str], protocol: Protocol
) -> Cases:
    """Sample candidates and keep the targets that a list may hold at that moment.

    Args:
        held_out: from `Dataset.split`.
        catalogue: all rankers rank this one.
        seen: ids of the postings with an event before the cut.
        protocol: how many, and the seed.
    """
    chance = np.random.default_rng(protocol.seed)
    chosen = np.sort(chance.permutation(len(held_out))[: protocol.candidates])
    kept = []
    for case in (held_out[place] for place in chosen.tolist()):
        eligible = catalogue.eligible(case.profile, case.as_of)
        rows = ((target, catalogue.rows.get(target)) for target in case.targets)
        targets = [target for target, row in rows if row is not None and eligible[row]]
        if targets:
            kept.append(HeldOut(case.profile, case.as_of, tuple(targets[: protocol.targets])))
    return Cases(tuple(kept), frozenset(seen), len(chosen) - len(kept))


def measure(ranker: Ranker, catalogue: Catalogue, cases: Cases, protocol: Protocol) -> Quality:
    """Ask a ranker for every case's list and compare with what the candidate did next.

    HR@k: 1 where a target is among the first k. NDCG@k: gains of the targets, discounted by
    log2(1 + rank), over the best possible. MRR: 1 / rank of the first target, 0 where none is in
    the list. The groups `seen/` and `unseen/` look at the targets with and without events before
    the cut alone.
    """
    with TemporaryDirectory(prefix="careerstream-") as temporary:
        folder = Path(temporary)
        ranker.prepare(catalogue, folder)
        return quality_of(lists_of(ranker, folder, cases, protocol), catalogue, cases)


def quality_of(lists: Sequence[Sequence[str]], catalogue: Catalogue, cases: Cases) -> Quality:
    """Compare a list for each case with what the candidate did next; metrics as in `measure`."""
    rows = [
        _metrics(items, case.targets, cases.seen)
        for items, case in zip(lists, cases.held_out, strict=True)
    ]
    names = rows[0].keys() if rows else ()
    shown = {posting_id for items in lists for posting_id in items}
    return Quality(
        {name: np.array([row[name] for row in rows]) for name in names},
        len(shown) / max(len(catalogue), 1),
    )


def difference(one: Quality, other: Quality, metric: str, protocol: Protocol) -> Interval:
    """Estimate by how much one ranker is better than another, paired by candidate."""
    return interval(one.per_candidate[metric] - other.per_candidate[metric], protocol)


def interval(values: np.ndarray, protocol: Protocol) -> Interval:
    """Bootstrap the mean of (U,) values, U at least 1; the same seed gives the same interval."""
    count = len(values)
    chance = np.random.default_rng(protocol.seed)
    # How often each candidate is drawn says all about a bootstrap sample: (draws, U).
    weights = chance.multinomial(count, np.full(count, 1 / count), size=protocol.draws)
    low, high = np.quantile(weights @ values / count, [0.025, 0.975])
    return Interval(float(values.mean()), float(low), float(high))


def lists_of(ranker: Ranker, folder: Path, cases: Cases, protocol: Protocol) -> list[list[str]]:
    """Ask a ranker, which has prepared the catalogue in a folder, for the lists: posting ids."""
    lists: list[list[str]] = []
    for start in range(0, len(cases.held_out), _CHUNK):
        chunk = cases.held_out[start : start + _CHUNK]
        profiles, moments = [case.profile for case in chunk], [case.as_of for case in chunk]
        ranked = ranker.rank(profiles, moments, folder, protocol.size)
        lists += [[item["posting_id"] for item in items] for items in ranked]
    return lists


def _metrics(
    items: Sequence[str], targets: tuple[str, ...], seen: frozenset[str]
) -> dict[str, float]:
    groups = {
        "": set(targets),
        "seen/": seen.intersection(targets),
        "unseen/": set(targets) - seen,
    }
    return {
        f"{group}{name}": value
        for group in _GROUPS
        for name, value in _of_group(items, groups[group]).items()
    }


def _of_group(items: Sequence[str], targets: Collection[str]) -> dict[str, float]:
    names = [f"{metric}@{k}" for metric in ("hr", "ndcg") for k in CUTOFFS]
    if not targets:
        return dict.fromkeys([*names, "mrr"], np.nan)
    hits = np.array([posting_id in targets for posting_id in items], dtype=bool)
    ranks = np.flatnonzero(hits) + 1
    found = {"mrr": float(1 / ranks[0]) if len(ranks) else 0.0}
    for k in CUTOFFS:
        best = _gain(np.arange(1, min(k, len(targets)) + 1))
        found[f"hr@{k}"] = float((ranks <= k).any())
        found[f"ndcg@{k}"] = _gain(ranks[ranks <= k]) / best
    return found


def _gain(ranks: np.ndarray) -> float:
    return float((1 / np.log2(1 + ranks)).sum())
