"""Our chain under way: `careerstream up` in its own process, filled, with a model."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import cycle
from typing import Any

from infra.process.supervisor import Child
from infra.simulator import Market, MarketConfig
from jobs.benchmark.stream.harness.job_run import await_caught_up
from jobs.benchmark.stream.harness.load_generator import BEGIN, Clicks, Tell, names, send
from jobs.benchmark.stream.harness.measurement_sandbox import Place
from jobs.benchmark.stream.harness.plan import Plan
from jobs.benchmark.stream.harness.topic_progress import (
    Offsets,
    await_lists,
    await_profiles,
    await_true,
    ends,
)
from streaming.contract.topics import CANDIDATES, EVENTS, POSTINGS, PROFILES, RECOMMENDATIONS
from streaming.errors import CareerstreamError
from streaming.serving.versions import read_current_versions
from streaming.settings import Settings
from streaming.timestamps import to_text
from training.registry import model_registry

READY = "running: "
PATIENCE = 1800.0
LEARNERS = 1_500
"""Simulated candidates whose behaviour the model is trained on."""
LEARNERS_EVENTS = 8.0
EVENTS_EACH = 4
"""Events of every other candidate before anything is measured."""
DAYS = 60
SETTLED_SECONDS = 5.0
"""How long versions must stay the same before anything is measured."""
LATE_SECONDS = 600.0
"""So long after the last event answers are still waited for, and counted."""


@dataclass(frozen=True)
class Chain:
    """A chain that has caught up."""

    up: Child
    candidates: list[str]
    postings: list[str]
    model: dict[str, Any]
    """Kind, version and catalogue version of what serves."""

    def clicks(self, plan: Plan, rate: float, name: str, begin_days: float = 0) -> Clicks:
        """Return the clicks of a measurement: newer than everything before them."""
        return Clicks(
            candidates=self.candidates,
            postings=self.postings,
            seed=plan.seed,
            begin=BEGIN + timedelta(days=2 * DAYS + begin_days),
            spacing=timedelta(seconds=1 / rate),
            name=name,
        )


@contextmanager
def chain(place: Place, plan: Plan, tell: Tell) -> Iterator[Chain]:
    """Start the chain, fill it, train a model if that is planned, and wait until it serves."""
    tell("chain: making a market", 0.0)
    town = _town(plan)
    _send_town(place, town)
    with place.command("up") as up:
        tell("chain: starting `careerstream up`", 0.3)
        up.await_words(READY)
        trained = None
        if plan.trained:
            tell("chain: filling the tables", 0.4)
            await_caught_up(place, up)
            tell("chain: training", 0.5)
            trained = _train(place, plan)
        tell("chain: filling the state", 0.7)
        candidates = _fill(place, town, plan)
        await_caught_up(place, up)
        tell("chain: waiting for the model to serve", 0.9)
        if trained is not None:
            model_registry.crown(place.settings, trained, reason="benchmark", forced=True)
        serving = _await_serving(place.settings, up, trained)
        tell("chain: caught up", 1.0)
        postings = [posting["posting_id"] for posting in town.postings]
        yield Chain(up, candidates, postings, serving)


def answer_ends(place: Place) -> tuple[Offsets, Offsets]:
    """Return where profiles and recommendations end now."""
    return ends(place.kafka, PROFILES), ends(place.kafka, RECOMMENDATIONS)


def await_answers(place: Place, up: Child, before: tuple[Offsets, Offsets]) -> bool:
    """Wait until the last events are answered; return whether they came at all.

    Args:
        place: where.
        up: the chain's process.
        before: `answer_ends` before the events were sent.

    Raises:
        CareerstreamError: the chain ended.
    """
    try:
        versions = await_profiles(place.kafka, before[0], up.check, LATE_SECONDS, (EVENTS,))
        await_lists(place.kafka, versions, before[1], up.check, LATE_SECONDS)
    except CareerstreamError:
        up.check()  # it ended: that is not being late
        return False
    return True


@dataclass(frozen=True)
class _Town:
    """Simulated records that the model is trained on."""

    postings: list[dict[str, Any]]
    stated: list[dict[str, Any]]
    events: list[dict[str, Any]]

    @property
    def candidates(self) -> list[str]:
        """Everybody of whom anything is known."""
        return sorted({value["candidate_id"] for value in (*self.stated, *self.events)})


def _town(plan: Plan) -> _Town:
    market = Market(
        MarketConfig(
            candidates=min(LEARNERS, plan.profiles), postings=plan.postings, days=DAYS,
            events_per_candidate=LEARNERS_EVENTS, seed=plan.seed, start=BEGIN,
        )
    )  # fmt: skip
    postings = list(map(_open_for_ever, market.postings()))
    return _Town(postings, list(market.candidates()), list(market.events()))


def _open_for_ever(posting: dict[str, Any]) -> dict[str, Any]:
    rest = {name: value for name, value in posting.items() if name != "valid_through"}
    return rest | {"date_posted": to_text(BEGIN - timedelta(days=1))}


def _send_town(place: Place, town: _Town) -> None:
    send(place.kafka, POSTINGS, town.postings, "posting_id")
    send(place.kafka, CANDIDATES, town.stated)
    send(place.kafka, EVENTS, town.events)


def _train(place: Place, plan: Plan) -> model_registry.ModelRef:
    with place.command("train", "--epochs", str(plan.epochs)) as training:
        training.await_end(PATIENCE)
    return model_registry.resolve(place.settings, model_registry.CHALLENGER)


def _fill(place: Place, town: _Town, plan: Plan) -> list[str]:
    """Add candidates until there are as many as planned."""
    known = town.candidates
    more = names("b", plan.profiles - len(known))
    kafka = place.kafka
    stated = ({**one, "candidate_id": name} for one, name in zip(cycle(town.stated), more))
    send(kafka, CANDIDATES, stated)
    if more:
        clicks = Clicks(
            candidates=more, postings=[one["posting_id"] for one in town.postings],
            seed=plan.seed, begin=BEGIN + timedelta(days=DAYS + 10), name="before",
        )  # fmt: skip
        send(kafka, EVENTS, clicks.in_turn(EVENTS_EACH * len(more)))
    return [*known, *more]


def _await_serving(
    settings: Settings, up: Child, trained: model_registry.ModelRef | None
) -> dict[str, Any]:
    """Wait until the trained version serves, over a catalogue that no longer changes."""
    wanted = trained or model_registry.champion(settings)
    seen: list[tuple[float, Any]] = []

    def settled() -> bool:
        now = read_current_versions(settings)
        if not seen or seen[-1][1] != now:
            seen.append((time.monotonic(), now))
        since, versions = seen[-1]
        quiet = time.monotonic() - since >= SETTLED_SECONDS
        return quiet and versions is not None and versions.model_version == wanted.version

    await_true(settled, up.check, PATIENCE, f"model version {wanted.version}")
    versions = read_current_versions(settings)
    catalogue = versions.catalogue_version if versions else -1
    return {"kind": wanted.kind, "version": wanted.version, "catalogue_version": catalogue}
