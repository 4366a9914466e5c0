"""Prequential evaluation: what does a candidate turn to next, from all that is known just now?

The events after a time are walked through one by one. Before each first turn of a candidate to a
posting, a ranker makes a list from the profile as it was just before, in the call of the stream;
afterwards the event joins the profile (Dawid, Statistical Theory: The Prequential Approach, 1984;
Gama, Sebastião and Rodrigues, On Evaluating Stream Learning Algorithms, 2013).

The postings that were open at that moment compete. A posting without an opening date may be known
only from the event itself, and "nobody has turned to it" would then give the answer away. So such
a target competes only with postings of its own status: those that anybody had turned to before, or
those that nobody had.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from streaming.serving.catalogue import ALWAYS, Catalogue
from streaming.serving.ranker import Ranker
from training.data.dataset import Dataset, HeldOut
from training.evaluation.bootstrap import Interval, mean_interval
from training.evaluation.ranking_metrics import ndcg_of_ranks

GATE_METRIC = "ndcg@10"
"""The metric that decides a promotion."""
METRICS = (GATE_METRIC, "hr@10")
SIZE = 10
"""Places of a list."""
ALL = "all"
SEGMENTS = (ALL, "with events", "only stated", "seen", "unseen")
"""All turns; those of candidates with events, and with a stated part alone; and those to postings
that anybody, or nobody, had turned to before."""

_BATCH = 64  # profiles ranked in one call


@dataclass(frozen=True, kw_only=True)
class EvaluationProtocol:
    """How a ranker is measured."""

    turns: int = 2000
    """The most turns of the seeded sample. All turns of a candidate are in it, or none."""
    draws: int = 2000
    """Bootstrap samples of the candidates."""
    seed: int = 7


@dataclass(frozen=True, eq=False)
class HeldOutTurns:
    """T turns of candidates of whom something is known, in the order of time."""

    cases: tuple[HeldOut, ...]
    """One for each turn, with the posting turned to as its only target."""
    owners: np.ndarray
    """(T,) int64, the candidate of each turn."""
    seen: np.ndarray
    """(T,) bool: whether anybody had turned to the posting before."""
    nothing_known: int
    """Turns of candidates of whom nothing was known: everybody gets the same list then."""
    left_out: int
    """Turns to postings that no list may hold at that moment."""
    marks: tuple[Mapping[str, str], ...]
    """A mark for each posting of the catalogue, by the time at which it was first turned to."""
    own_status: np.ndarray
    """(T, 2) int64, the part of `marks` that competes with each target."""

    def __len__(self) -> int:
        return len(self.cases)

    @cached_property
    def segments(self) -> dict[str, np.ndarray]:
        """Segment to its turns, (T,) bool, by names of `SEGMENTS`."""
        with_events = np.array([bool(case.profile["events"]) for case in self.cases], dtype=bool)
        chosen = (np.ones_like(with_events), with_events, ~with_events, self.seen, ~self.seen)
        return dict(zip(SEGMENTS, chosen, strict=True))

    def case(self, turn: int) -> HeldOut:
        """Return a turn for a ranker: postings of the other status are marked as dismissed.

        `Catalogue.eligible` leaves these out, and no ranker reads the marks for anything else.
        """
        case, (first, last) = self.cases[turn], self.own_status[turn].tolist()
        hidden = self.marks[:first] + self.marks[last:]
        profile = {**case.profile, "dismissed": [*case.profile["dismissed"], *hidden]}
        return replace(case, profile=profile)

    def estimate(self, values: np.ndarray, protocol: EvaluationProtocol) -> dict[str, Interval]:
        """Estimate the mean of (T,) values in every segment that has turns."""
        draws, seed = protocol.draws, protocol.seed
        return {
            name: mean_interval(values[own], draws=draws, seed=seed, owners=self.owners[own])
            for name, own in self.segments.items()
            if own.any()
        }


@dataclass(frozen=True, eq=False)
class RankerQuality:
    """What was measured of one ranker."""

    per_turn: Mapping[str, np.ndarray]
    """By metric of `METRICS`, (T,) float64."""
    coverage: float
    """Share of the catalogue that is in at least one list."""


def held_out_turns(
    dataset: Dataset, after: str | None, protocol: EvaluationProtocol
) -> HeldOutTurns:
    """Sample the first turns of candidates to postings after a time, dismissals left out.

    Whole candidates are drawn until the next one's turns would be too many.
    """
    catalogue, first = dataset.catalogue, dataset.first_events
    order = np.argsort(first, kind="stable")
    events = dataset.first_interactions(after)
    owners = dataset.candidate_of_events()[events]
    kept: list[tuple[int, HeldOut]] = []
    nothing_known = left_out = 0
    for owner in np.random.default_rng(protocol.seed).permutation(np.unique(owners)).tolist():
        cases = [(event, dataset.case_before(event)) for event in events[owners == owner].tolist()]
        known = [(event, case) for event, case in cases if _is_known(case)]
        held = [(event, case) for event, case in known if _may_be_listed(case, catalogue)]
        if kept and len(kept) + len(held) > protocol.turns:
            break
        kept += held
        nothing_known += len(cases) - len(known)
        left_out += len(known) - len(held)
    kept.sort(key=lambda pair: (dataset.times[pair[0]], pair[0]))
    chosen = np.array([event for event, _ in kept], dtype=np.int64)
    targets, times = dataset.postings[chosen], dataset.times[chosen]
    seen = first[targets] < times
    turned_to = np.searchsorted(first[order], times)  # so many postings before each turn
    ends = np.where(seen[:, None], [[0, 1]], [[1, 0]]) * turned_to[:, None]
    ends[~seen, 1] = len(order)
    ends[catalogue.opens[targets] != ALWAYS] = 0, len(order)
    return HeldOutTurns(
        cases=tuple(case for _, case in kept),
        owners=dataset.candidate_of_events()[chosen],
        seen=seen,
        nothing_known=nothing_known,
        left_out=left_out,
        marks=tuple({"posting_id": catalogue.posting_ids[row]} for row in order.tolist()),
        own_status=ends,
    )


def evaluate_ranker(ranker: Ranker, catalogue: Catalogue, turns: HeldOutTurns) -> RankerQuality:
    """Let a ranker make a list before every turn, and look for the posting turned to."""
    with TemporaryDirectory(prefix="careerstream-") as temporary:
        folder = Path(temporary)
        ranker.prepare(catalogue, folder)
        return evaluate_lists(recommend(ranker, folder, turns), catalogue, turns)


def recommend(ranker: Ranker, folder: Path, turns: HeldOutTurns) -> list[list[str]]:
    """Return a list of posting ids before each turn, from a folder that the ranker has prepared."""
    lists: list[list[str]] = []
    for start in range(0, len(turns), _BATCH):
        batch = [turns.case(turn) for turn in range(start, min(start + _BATCH, len(turns)))]
        profiles, moments = [case.profile for case in batch], [case.as_of for case in batch]
        ranked = ranker.rank(profiles, moments, folder, SIZE)
        lists += [[item["posting_id"] for item in items] for items in ranked]
    return lists


def evaluate_lists(
    lists: Sequence[Sequence[str]], catalogue: Catalogue, turns: HeldOutTurns
) -> RankerQuality:
    """Look for the posting of each turn in its list; equal scores count in the ranker's order."""
    pairs = zip(lists, turns.cases, strict=True)
    ranks = np.array(
        [ids.index(case.targets[0]) + 1 if case.targets[0] in ids else 0 for ids, case in pairs],
        dtype=np.int64,
    )
    values = (ndcg_of_ranks(ranks, SIZE), (ranks > 0).astype(np.float64))
    recommended = {posting_id for ids in lists for posting_id in ids}
    return RankerQuality(
        dict(zip(METRICS, values, strict=True)), len(recommended) / max(len(catalogue), 1)
    )


def _is_known(case: HeldOut) -> bool:
    """Return whether a profile has an event or says what the candidate can or wants."""
    stated = case.profile.get("stated") or {}
    said = (stated.get(name) for name in ("skills", "background", "wishes", "places"))
    return bool(case.profile["events"]) or any(said)


def _may_be_listed(case: HeldOut, catalogue: Catalogue) -> bool:
    return bool(catalogue.eligible(case.profile, case.as_of)[catalogue.rows[case.targets[0]]])
