"""Events in the order of their time, in memory that does not grow with their number."""

import heapq
import math
from collections import defaultdict
from collections.abc import Iterator
from itertools import count
from typing import Any, NamedTuple

import numpy as np

from infra.simulator.browsing import PAGE, Shelf, Taste
from infra.simulator.draws import (
    EVENTS,
    IMPRESSIONS,
    MICROS_PER_DAY,
    MICROS_PER_HOUR,
    generator,
    gumbel,
)
from infra.simulator.rendering.labels import SOURCE, candidate_id, event_id, posting_id, time_text
from infra.simulator.scene import Scene
from streaming.contract.records import SCHEMA_VERSION, EventKind

MEAN_EVENTS_PER_SESSION = 3.4
"""Measured, not counting impressions; with it `events_per_candidate` is met."""

_MEAN_EXTRA_VIEWS = 2.0
_MOST_VIEWS = 10
_POSITION_BIAS = 0.6
_LONGEST_VIEW = 400.0
_INTERESTED = 3.5
_SAVES, _APPLIES, _HIRED, _DISMISSES = 0.2, 0.12, 0.06, 0.15
_REMEMBERED = 200
_SECOND = 1_000_000
_GLANCE = _SECOND // 4
# Busy hours (UTC) and days; the days' mean over a week is 1.
_HOURS = np.array([1, 1, 1, 1, 1, 2, 3, 5, 7, 8, 8, 7, 8, 7, 6, 6, 6, 6, 7, 9, 10, 9, 6, 3], float)
_WEEKDAYS = (1.1, 1.1, 1.1, 1.1, 1.0, 0.7, 0.9)


class Act(NamedTuple):
    """One event to come; orders by time, then by the order in which it was thought of."""

    moment: int
    order: int
    candidate: int
    posting: int
    kind: EventKind
    seconds: float | None


class Session(NamedTuple):
    """One visit: what the page shows, best first."""

    who: int
    start: int
    page: list[int]
    liking: list[float]
    opened: list[int]
    """Places of the page, from the top down."""


class Day(NamedTuple):
    """What the sessions of one day share."""

    number: int
    shelf: Shelf
    rng: np.random.Generator
    eyes: np.random.Generator
    """For impressions alone, so that asking for them changes nothing else."""


def stream(scene: Scene, taste: Taste) -> Iterator[dict[str, Any]]:
    """Yield every event (`records.Event`), ready for JSON, in the order of event_time and id.

    Held in memory: the sessions of one day, events of sessions under way, and for each candidate
    the numbers of the last postings they have opened.
    """
    waiting: list[Act] = []
    numbers = count()
    visits = Visits(scene, taste)
    for start, who, today in _sessions(scene, taste):
        while waiting and waiting[0].moment <= start:
            yield _record(heapq.heappop(waiting), next(numbers))
        for act in visits.acts(who, start, today):
            heapq.heappush(waiting, act)
    while waiting and waiting[0].moment < scene.end:
        yield _record(heapq.heappop(waiting), next(numbers))


def _record(act: Act, number: int) -> dict[str, Any]:
    record: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "event_id": event_id(number),
        "candidate_id": candidate_id(act.candidate),
        "posting_id": posting_id(act.posting),
        "kind": act.kind.value,
        "event_time": time_text(act.moment),
        "source": SOURCE,
    }
    if act.seconds is not None:
        record["duration_seconds"] = act.seconds
    return record


def _sessions(scene: Scene, taste: Taste) -> Iterator[tuple[int, int, Day]]:
    """Yield (start, candidate, day) of every session, by start."""
    config = scene.config
    rate = config.events_per_candidate / (config.days * MEAN_EVENTS_PER_SESSION)
    hours = _HOURS / _HOURS.sum()
    for number in range(config.total_days):
        rng = generator(config.seed, EVENTS, number)
        day_start = scene.start + number * MICROS_PER_DAY
        busy = _WEEKDAYS[(config.start.weekday() + number) % len(_WEEKDAYS)]
        visits = rng.poisson(rate * busy * taste.candidates.activity)
        who = np.repeat(np.arange(len(visits)), visits)
        hour = rng.choice(len(hours), size=len(who), p=hours)
        within = rng.integers(MICROS_PER_HOUR, size=len(who))
        starts = day_start + hour * MICROS_PER_HOUR + within
        shelf = Shelf(taste.postings, scene.land.size, day_start)
        today = Day(number, shelf, rng, generator(config.seed, IMPRESSIONS, number))
        for position in np.argsort(starts, kind="stable"):
            yield int(starts[position]), int(who[position]), today


class Visits:
    """Turns sessions into events; remembers what each candidate has already dealt with."""

    def __init__(self, scene: Scene, taste: Taste) -> None:
        self._impressions = scene.config.impressions
        self._taste = taste
        self._orders = count()
        self._known: defaultdict[int, list[int]] = defaultdict(list)

    def acts(self, who: int, start: int, today: Day) -> list[Act]:
        """Play one session and return its events, in no particular order."""
        session = self._search(who, start, today)
        acts: list[Act] = []
        moment = start
        for place in session.opened:
            posting, liking = session.page[place], session.liking[place]
            read = self._read(who, posting, liking, moment, today.rng)
            moment = max(act.moment for act in read if act.kind is not EventKind.HIRE)
            acts += read
        acts += self._rejected(session, today.rng)
        self._remember(who, acts)
        return acts + self._seen(session, today.eyes)

    def _search(self, who: int, start: int, today: Day) -> Session:
        """Show a page without what the candidate has dealt with, and choose what is opened."""
        rows, liking = self._taste.page(who, start, today.number, today.shelf, today.rng)
        known = set(self._known[who])
        fresh = [place for place, row in enumerate(rows.tolist()) if row not in known][:PAGE]
        page, liking = rows[fresh].tolist(), liking[fresh]
        return Session(who, start, page, liking.tolist(), _opened(liking, today.rng))

    def _remember(self, who: int, acts: list[Act]) -> None:
        known = self._known[who]
        known += dict.fromkeys(act.posting for act in acts)
        del known[:-_REMEMBERED]

    def _read(
        self, who: int, posting: int, liking: float, moment: int, rng: np.random.Generator
    ) -> list[Act]:
        """Open a posting, and maybe save it, apply to it and be hired."""
        pause, noise = 2 + 20 * rng.random(), rng.normal()
        save, apply, hire, later = rng.random(4).tolist()
        seconds = round(min(_LONGEST_VIEW, max(1.0, 35 * math.exp(0.15 * liking + 0.7 * noise))), 1)
        viewed = moment + int(pause * _SECOND)
        left = viewed + int(seconds * _SECOND)
        interest = 1 / (1 + math.exp(_INTERESTED - liking))
        acts = [self._act(viewed, who, posting, EventKind.VIEW, seconds)]
        if save < _SAVES * interest:
            acts.append(self._act(left, who, posting, EventKind.SAVE))
        if apply < _APPLIES * interest:
            applied = left + int((30 + 90 * later) * _SECOND)
            acts.append(self._act(applied, who, posting, EventKind.APPLY))
            if hire < _HIRED:
                decided = applied + int((5 + 20 * later) * MICROS_PER_DAY)
                acts.append(self._act(decided, who, posting, EventKind.HIRE))
        return acts

    def _rejected(self, session: Session, rng: np.random.Generator) -> list[Act]:
        """Dismiss, now and then, what fits least of what was not opened."""
        dismisses, pause = rng.random(2).tolist()
        rest = [place for place in range(len(session.page)) if place not in session.opened]
        if not rest or dismisses >= _DISMISSES:
            return []
        worst = min(rest, key=lambda place: session.liking[place])
        moment = session.start + int((3 + 20 * pause) * _SECOND)
        return [self._act(moment, session.who, session.page[worst], EventKind.DISMISS)]

    def _seen(self, session: Session, eyes: np.random.Generator) -> list[Act]:
        """Note a share of what was shown and not opened, from the top of the page down."""
        if not self._impressions:
            return []
        noted = (eyes.random(len(session.page)) < self._impressions).tolist()
        return [
            self._act(session.start + place * _GLANCE, session.who, posting, EventKind.IMPRESSION)
            for place, posting in enumerate(session.page)
            if noted[place] and place not in session.opened
        ]

    def _act(
        self, moment: int, who: int, posting: int, kind: EventKind, seconds: float | None = None
    ) -> Act:
        return Act(moment, next(self._orders), who, posting, kind, seconds)


def _opened(liking: np.ndarray, rng: np.random.Generator) -> list[int]:
    """Choose which places of the page are opened, from the top down."""
    views = min(1 + int(rng.poisson(_MEAN_EXTRA_VIEWS)), _MOST_VIEWS)
    bias = _POSITION_BIAS * np.log1p(np.arange(len(liking)))
    keys = liking - bias + gumbel(rng, len(liking))
    return sorted(np.argsort(-keys)[:views].tolist())
