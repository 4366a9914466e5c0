"""Offline evaluation of rankers on what candidates did after a cut in time.

Every ranker ranks the same profiles, as they were known at the cut, for the moment of the
candidate's next event, over the postings that were open then and new to the candidate. The calls
are those of the stream.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from streaming.serving.catalogue import Catalogue
from streaming.serving.ranker import Ranker
from training.data.dataset import HeldOut
from training.evaluation.bootstrap import Interval, mean_interval
from training.evaluation.ranking_metrics import list_metrics

CUTOFFS = (1, 5, 10)
GATE_METRIC = "ndcg@10"
"""The metric that decides a promotion."""

_BATCH = 256  # profiles ranked in one call


@dataclass(frozen=True, kw_only=True)
class EvaluationProtocol:
    """How a ranker is measured."""

    candidates: int = 1000
    """Size of the seeded sample of candidates."""
    targets: int = 5
    """The first distinct postings of a candidate that count, of those that a list may hold."""
    size: int = 10
    """Places of a list."""
    draws: int = 2000
    """Bootstrap samples of the candidates."""
    seed: int = 7


@dataclass(frozen=True)
class EvaluationCases:
    """Profiles to rank for: each with a moment and at least one target."""

    held_out: tuple[HeldOut, ...]
    seen: frozenset[str]
    """Postings with an event before the cut."""
    left_out: int
    """Candidates of the sample without a target that a list may hold."""


@dataclass(frozen=True, eq=False)
class RankerQuality:
    """What was measured of one ranker."""

    per_candidate: Mapping[str, np.ndarray]
    """Metric to values, (U,) float64; NaN where a candidate has no target of the group."""
    coverage: float
    """Share of the catalogue that is in at least one list."""

    def intervals(self, protocol: EvaluationProtocol) -> dict[str, Interval]:
        """Estimate every metric that at least one candidate has a value for."""
        return {
            name: _interval(values[~np.isnan(values)], protocol)
            for name, values in self.per_candidate.items()
            if not np.isnan(values).all()
        }


def make_cases(
    held_out: Sequence[HeldOut],
    catalogue: Catalogue,
    seen: Collection[str],
    protocol: EvaluationProtocol,
) -> EvaluationCases:
    """Sample candidates, and keep the targets that a list may hold at their moment.

    `held_out` is from `Dataset.split`; `seen` are ids of the postings with an event before the cut.
    """
    random = np.random.default_rng(protocol.seed)
    chosen = np.sort(random.permutation(len(held_out))[: protocol.candidates])
    cases = []
    for case in (held_out[place] for place in chosen.tolist()):
        eligible = catalogue.eligible(case.profile, case.as_of)
        rows = ((target, catalogue.rows.get(target)) for target in case.targets)
        targets = [target for target, row in rows if row is not None and eligible[row]]
        if targets:
            cases.append(HeldOut(case.profile, case.as_of, tuple(targets[: protocol.targets])))
    return EvaluationCases(tuple(cases), frozenset(seen), len(chosen) - len(cases))


def evaluate_ranker(
    ranker: Ranker, catalogue: Catalogue, cases: EvaluationCases, protocol: EvaluationProtocol
) -> RankerQuality:
    """Let a ranker make a list for every case, and compare the lists with the targets.

    The metrics are those of `ranking_metrics.list_metrics`, over all targets and, under `seen/` and
    `unseen/`, over the targets with and without events before the cut.
    """
    with TemporaryDirectory(prefix="careerstream-") as temporary:
        folder = Path(temporary)
        ranker.prepare(catalogue, folder)
        return evaluate_lists(recommend(ranker, folder, cases, protocol), catalogue, cases)


def recommend(
    ranker: Ranker, folder: Path, cases: EvaluationCases, protocol: EvaluationProtocol
) -> list[list[str]]:
    """Return a list of posting ids for each case, from a folder that the ranker has prepared."""
    lists: list[list[str]] = []
    for start in range(0, len(cases.held_out), _BATCH):
        batch = cases.held_out[start : start + _BATCH]
        profiles, moments = [case.profile for case in batch], [case.as_of for case in batch]
        ranked = ranker.rank(profiles, moments, folder, protocol.size)
        lists += [[item["posting_id"] for item in items] for items in ranked]
    return lists


def evaluate_lists(
    lists: Sequence[Sequence[str]], catalogue: Catalogue, cases: EvaluationCases
) -> RankerQuality:
    """Compare a list for each case with its targets; metrics as in `evaluate_ranker`."""
    rows = [
        _case_metrics(items, frozenset(case.targets), cases.seen)
        for items, case in zip(lists, cases.held_out, strict=True)
    ]
    names = rows[0].keys() if rows else ()
    recommended = {posting_id for items in lists for posting_id in items}
    return RankerQuality(
        {name: np.array([row[name] for row in rows]) for name in names},
        len(recommended) / max(len(catalogue), 1),
    )


def difference(
    quality: RankerQuality, baseline: RankerQuality, metric: str, protocol: EvaluationProtocol
) -> Interval:
    """Estimate by how much a ranker is better than another, paired by candidate."""
    return _interval(quality.per_candidate[metric] - baseline.per_candidate[metric], protocol)


def _interval(values: np.ndarray, protocol: EvaluationProtocol) -> Interval:
    return mean_interval(values, draws=protocol.draws, seed=protocol.seed)


def _case_metrics(
    items: Sequence[str], targets: frozenset[str], seen: frozenset[str]
) -> dict[str, float]:
    groups = {"": targets, "seen/": targets & seen, "unseen/": targets - seen}
    return {
        f"{group}{name}": value
        for group, members in groups.items()
        for name, value in list_metrics(
            np.array([item in members for item in items], dtype=bool), len(members), CUTOFFS
        ).items()
    }
