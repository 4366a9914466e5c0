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

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from streaming.serving.catalogue import ALWAYS, Catalogue
from streaming.serving.ranker import RankedItem, Ranker
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

STATED_FIELDS = ("skills", "background", "wishes", "places", "experience")
"""The fields of a stated part that say what somebody can or wants."""

_BATCH = 64  # profiles ranked in one call
_LONG_AGO = "1970-01-01T00:00:00.000000Z"


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
    marks: tuple[Mapping[str, Any], ...]
    """A mark (`mark`) for each posting of the catalogue, in an order of which the competitors of
    each target are one part; such as by the time at which it was first turned to."""
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
        """Return a turn for a ranker, with postings of the other status hidden."""
        first, last = self.own_status[turn].tolist()
        return hide(self.cases[turn], self.marks[:first] + self.marks[last:])

    def sample(self, most: int, seed: int) -> "HeldOutTurns":
        """Draw whole candidates until the next one's turns would be too many; at least one."""
        if len(self) <= most:
            return self
        owners, counts = np.unique(self.owners, return_counts=True)
        drawn = np.random.default_rng(seed).permutation(len(owners))
        number = max(int(np.searchsorted(np.cumsum(counts[drawn]), most, side="right")), 1)
        turns = np.flatnonzero(np.isin(self.owners, owners[drawn[:number]]))
        return replace(
            self,
            cases=tuple(self.cases[turn] for turn in turns.tolist()),
            owners=self.owners[turns],
            seen=self.seen[turns],
            own_status=self.own_status[turns],
        )

    def estimate(self, values: np.ndarray, protocol: EvaluationProtocol) -> dict[str, Interval]:
        """Estimate the mean of (T,) values in every segment that has turns."""
        draws, seed = protocol.draws, protocol.seed
        return {
            name: mean_interval(values[own], draws=draws, seed=seed, owners=self.owners[own])
            for name, own in self.segments.items()
            if own.any()
        }


def joined_turns(parts: Sequence[HeldOutTurns]) -> HeldOutTurns:
    """Join the turns of several questions, to estimate what was measured of all of them.

    What competes with each target is left out: it differs between the parts.
    """
    return HeldOutTurns(
        cases=tuple(case for part in parts for case in part.cases),
        owners=np.concatenate([part.owners for part in parts]),
        seen=np.concatenate([part.seen for part in parts]),
        nothing_known=sum(part.nothing_known for part in parts),
        left_out=sum(part.left_out for part in parts),
        marks=(),
        own_status=np.zeros((sum(map(len, parts)), 2), dtype=np.int64),
    )


def mark(posting_id: str) -> dict[str, Any]:
    """Return a posting as the dismissed ones stand in a profile (`records.MarkedPosting`)."""
    return {"posting_id": posting_id, "event_time": _LONG_AGO, "offset": 0}


def hide(case: HeldOut, marks: Iterable[Mapping[str, Any]]) -> HeldOut:
    """Mark further postings as dismissed.

    `Catalogue.eligible` leaves these out, and no ranker reads the marks for anything else.
    """
    profile = {**case.profile, "dismissed": [*case.profile["dismissed"], *marks]}
    return replace(case, profile=profile)


@dataclass(frozen=True, eq=False)
class RankerQuality:
    """What was measured of one ranker."""

    per_turn: Mapping[str, np.ndarray]
    """By metric of `METRICS`, (T,) float64."""
    lists: Sequence[Sequence[str]]
    """Of posting ids, T."""
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
        marks=tuple(mark(catalogue.posting_ids[row]) for row in order.tolist()),
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
    return [[item["posting_id"] for item in items] for items in rank_turns(ranker, folder, turns)]


def rank_turns(
    ranker: Ranker, folder: Path, turns: HeldOutTurns, size: int = SIZE
) -> Iterator[list[RankedItem]]:
    """Yield a list of at most `size` items before each turn, from a prepared folder."""
    for start in range(0, len(turns), _BATCH):
        batch = [turns.case(turn) for turn in range(start, min(start + _BATCH, len(turns)))]
        profiles, moments = [case.profile for case in batch], [case.as_of for case in batch]
        yield from ranker.rank(profiles, moments, folder, size)


def ranks_of_targets(lists: Sequence[Sequence[str]], turns: HeldOutTurns) -> np.ndarray:
    """Return the place of each target in its list, (T,) int64 from 1; 0 where it is not there."""
    targets = [case.targets[0] for case in turns.cases]
    pairs = zip(lists, targets, strict=True)
    return np.array(
        [ids.index(target) + 1 if target in ids else 0 for ids, target in pairs], dtype=np.int64
    )


def evaluate_lists(
    lists: Sequence[Sequence[str]], catalogue: Catalogue, turns: HeldOutTurns
) -> RankerQuality:
    """Look for the posting of each turn in its list; equal scores count in the ranker's order."""
    ranks = ranks_of_targets(lists, turns)
    values = (ndcg_of_ranks(ranks, SIZE), (ranks > 0).astype(np.float64))
    recommended = {posting_id for ids in lists for posting_id in ids}
    return RankerQuality(
        per_turn=dict(zip(METRICS, values, strict=True)),
        lists=lists,
        coverage=len(recommended) / max(len(catalogue), 1),
    )


def _is_known(case: HeldOut) -> bool:
    """Return whether a profile has an event or says what the candidate can or wants."""
    stated = case.profile.get("stated") or {}
    said = (stated.get(name) for name in STATED_FIELDS)
    return bool(case.profile["events"]) or any(said)


def _may_be_listed(case: HeldOut, catalogue: Catalogue) -> bool:
    return bool(catalogue.eligible(case.profile, case.as_of)[catalogue.rows[case.targets[0]]])
