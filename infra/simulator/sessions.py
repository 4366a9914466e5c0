"""Simulates sessions and yields their events in the order of time, in bounded memory."""

import heapq
import math
from collections import defaultdict
from collections.abc import Iterator
from itertools import count
from typing import Any, NamedTuple

import numpy as np

from infra.simulator.choice_model import PAGE, ChoiceModel
from infra.simulator.population.parameters import MarketParameters
from infra.simulator.population.random_streams import (
    EVENTS,
    IMPRESSIONS,
    MICROS_PER_DAY,
    MICROS_PER_HOUR,
    gumbel_noise,
    random_stream,
)
from infra.simulator.posting_index import PostingIndex
from infra.simulator.record_fields import SOURCE, candidate_id, event_id, posting_id, time_text
from streaming.contract.records import SCHEMA_VERSION, EventKind

MEAN_EVENTS_PER_SESSION = 3.4
"""Measured without impressions; converts `events_per_candidate` to a rate of sessions."""

_MEAN_EXTRA_VIEWS = 2.0
_MOST_VIEWS = 10
_POSITION_BIAS = 0.6
_LONGEST_VIEW = 400.0
_INTEREST_MIDPOINT = 3.5
_SAVE_RATE, _APPLY_RATE, _HIRE_RATE, _DISMISS_RATE = 0.2, 0.12, 0.06, 0.15
_MOST_REMEMBERED = 200
_SECOND = 1_000_000
_MICROS_PER_IMPRESSION = _SECOND // 4
# Relative activity by hour (UTC) and by weekday; the mean over a week is 1.
_HOURS = np.array([1, 1, 1, 1, 1, 2, 3, 5, 7, 8, 8, 7, 8, 7, 6, 6, 6, 6, 7, 9, 10, 9, 6, 3], float)
_WEEKDAYS = (1.1, 1.1, 1.1, 1.1, 1.0, 0.7, 0.9)


class PendingEvent(NamedTuple):
    """An event that has not been yielded; sorts by time, then by the order of its creation."""

    time: int
    order: int
    candidate: int
    posting: int
    kind: EventKind
    seconds: float | None


class Session(NamedTuple):
    """One visit of a candidate."""

    candidate: int
    start: int
    page: list[int]
    """Postings shown, best first."""
    utility: list[float]
    """The candidate's utility of each."""
    opened: list[int]
    """Positions on the page that the candidate opens, in ascending order."""


class Day(NamedTuple):
    """What the sessions of one day have in common."""

    number: int
    posting_index: PostingIndex
    rng: np.random.Generator
    impression_rng: np.random.Generator
    """Used for impressions alone, so that other events do not depend on them."""


def simulate_events(
    parameters: MarketParameters, choice_model: ChoiceModel
) -> Iterator[dict[str, Any]]:
    """Yield every event (`records.Event`), ready for JSON, in the order of event_time and id.

    Memory holds the sessions of one day, the events of sessions in progress and, for each
    candidate, the numbers of the last postings that they have opened.
    """
    pending: list[PendingEvent] = []
    numbers = count()
    simulator = SessionSimulator(parameters, choice_model)
    for start, candidate, today in _session_starts(parameters, choice_model):
        while pending and pending[0].time <= start:
            yield _record(heapq.heappop(pending), next(numbers))
        for event in simulator.events(candidate, start, today):
            heapq.heappush(pending, event)
    while pending and pending[0].time < parameters.end:
        yield _record(heapq.heappop(pending), next(numbers))


def _record(event: PendingEvent, number: int) -> dict[str, Any]:
    record: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "event_id": event_id(number),
        "candidate_id": candidate_id(event.candidate),
        "posting_id": posting_id(event.posting),
        "kind": event.kind.value,
        "event_time": time_text(event.time),
        "source": SOURCE,
    }
    if event.seconds is not None:
        record["duration_seconds"] = event.seconds
    return record


def _session_starts(
    parameters: MarketParameters, choice_model: ChoiceModel
) -> Iterator[tuple[int, int, Day]]:
    """Yield (start, candidate, day) of every session in the order of start."""
    config = parameters.config
    rate = config.events_per_candidate / (config.days * MEAN_EVENTS_PER_SESSION)
    hours = _HOURS / _HOURS.sum()
    for number in range(config.total_days):
        rng = random_stream(config.seed, EVENTS, number)
        day_start = parameters.start + number * MICROS_PER_DAY
        weekday = _WEEKDAYS[(config.start.weekday() + number) % len(_WEEKDAYS)]
        visits = rng.poisson(rate * weekday * choice_model.candidates.activity)
        candidates = np.repeat(np.arange(len(visits)), visits)
        hour = rng.choice(len(hours), size=len(candidates), p=hours)
        within = rng.integers(MICROS_PER_HOUR, size=len(candidates))
        starts = day_start + hour * MICROS_PER_HOUR + within
        index = PostingIndex(choice_model.postings, parameters.taxonomy.size, day_start)
        today = Day(number, index, rng, random_stream(config.seed, IMPRESSIONS, number))
        for position in np.argsort(starts, kind="stable"):
            yield int(starts[position]), int(candidates[position]), today


class SessionSimulator:
    """Turns sessions into events and remembers which postings each candidate has acted on."""

    def __init__(self, parameters: MarketParameters, choice_model: ChoiceModel) -> None:
        self._impressions = parameters.config.impressions
        self._choice_model = choice_model
        self._orders = count()
        self._known: defaultdict[int, list[int]] = defaultdict(list)

    def events(self, candidate: int, start: int, today: Day) -> list[PendingEvent]:
        """Simulate one session and return its events in no particular order."""
        session = self._search(candidate, start, today)
        events: list[PendingEvent] = []
        time = start
        for position in session.opened:
            posting, utility = session.page[position], session.utility[position]
            visit = self._open(candidate, posting, utility, time, today.rng)
            time = max(event.time for event in visit if event.kind is not EventKind.HIRE)
            events += visit
        events += self._dismissal(session, today.rng)
        self._remember(candidate, events)
        return events + self._impression_events(session, today.impression_rng)

    def _search(self, candidate: int, start: int, today: Day) -> Session:
        """Choose a page of postings that are new to the candidate, and those that are opened."""
        rows, utility = self._choice_model.search(
            candidate, start, today.number, today.posting_index, today.rng
        )
        known = set(self._known[candidate])
        fresh = [position for position, row in enumerate(rows.tolist()) if row not in known][:PAGE]
        page, utility = rows[fresh].tolist(), utility[fresh]
        opened = opened_positions(utility, today.rng)
        return Session(candidate, start, page, utility.tolist(), opened)

    def _remember(self, candidate: int, events: list[PendingEvent]) -> None:
        known = self._known[candidate]
        known += dict.fromkeys(event.posting for event in events)
        del known[:-_MOST_REMEMBERED]

    def _open(
        self, candidate: int, posting: int, utility: float, time: int, rng: np.random.Generator
    ) -> list[PendingEvent]:
        """Open a posting; the candidate may save it, apply to it and be hired."""
        pause, noise = 2 + 20 * rng.random(), rng.normal()
        save, apply, hire, delay = rng.random(4).tolist()
        seconds = round(
            min(_LONGEST_VIEW, max(1.0, 35 * math.exp(0.15 * utility + 0.7 * noise))), 1
        )
        viewed = time + int(pause * _SECOND)
        left = viewed + int(seconds * _SECOND)
        interest = 1 / (1 + math.exp(_INTEREST_MIDPOINT - utility))
        events = [self._event(viewed, candidate, posting, EventKind.VIEW, seconds)]
        if save < _SAVE_RATE * interest:
            events.append(self._event(left, candidate, posting, EventKind.SAVE))
        if apply < _APPLY_RATE * interest:
            applied = left + int((30 + 90 * delay) * _SECOND)
            events.append(self._event(applied, candidate, posting, EventKind.APPLY))
            if hire < _HIRE_RATE:
                decided = applied + int((5 + 20 * delay) * MICROS_PER_DAY)
                events.append(self._event(decided, candidate, posting, EventKind.HIRE))
        return events

    def _dismissal(self, session: Session, rng: np.random.Generator) -> list[PendingEvent]:
        """In some sessions, dismiss the unopened posting with the least utility."""
        dismisses, pause = rng.random(2).tolist()
        unopened = set(range(len(session.page))).difference(session.opened)
        if not unopened or dismisses >= _DISMISS_RATE:
            return []
        worst = min(sorted(unopened), key=lambda position: session.utility[position])
        time = session.start + int((3 + 20 * pause) * _SECOND)
        return [self._event(time, session.candidate, session.page[worst], EventKind.DISMISS)]

    def _impression_events(self, session: Session, rng: np.random.Generator) -> list[PendingEvent]:
        """Make impressions of a share of the postings that were shown and not opened."""
        if not self._impressions:
            return []
        sampled = (rng.random(len(session.page)) < self._impressions).tolist()
        return [
            self._event(
                session.start + position * _MICROS_PER_IMPRESSION,
                session.candidate,
                posting,
                EventKind.IMPRESSION,
            )
            for position, posting in enumerate(session.page)
            if sampled[position] and position not in session.opened
        ]

    def _event(
        self,
        time: int,
        candidate: int,
        posting: int,
        kind: EventKind,
        seconds: float | None = None,
    ) -> PendingEvent:
        return PendingEvent(time, next(self._orders), candidate, posting, kind, seconds)


def opened_positions(utility: np.ndarray, rng: np.random.Generator) -> list[int]:
    """Choose the positions of a page that are opened, in ascending order.

    Args:
        utility: of each posting on the page, (N,).
        rng: source of randomness.
    """
    views = min(1 + int(rng.poisson(_MEAN_EXTRA_VIEWS)), _MOST_VIEWS)
    keys = utility - position_bias(len(utility)) + gumbel_noise(rng, len(utility))
    return sorted(np.argsort(-keys)[:views].tolist())


def opened_of_pages(utility: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Choose the positions of N pages that are opened, as `opened_positions` does.

    Args:
        utility: of each posting on each page, (N, P).
        rng: source of randomness.

    Returns:
        (N, P) bool.
    """
    count, page = utility.shape
    views = np.minimum(1 + rng.poisson(_MEAN_EXTRA_VIEWS, count), _MOST_VIEWS)
    keys = utility - position_bias(page) + gumbel_noise(rng, utility.shape)
    ranks = np.argsort(np.argsort(-keys, axis=1), axis=1)
    return np.asarray(ranks < views[:, None])


def position_bias(page: int) -> np.ndarray:
    """Return the utility that the positions of a page cost, (P,)."""
    return np.asarray(_POSITION_BIAS * np.log1p(np.arange(page)))
