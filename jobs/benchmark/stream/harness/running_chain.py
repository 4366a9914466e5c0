"""Our chain: `careerstream up` in its own process, with filled state and a model that serves."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import cycle
from typing import Any

from infra.process.supervisor import SupervisedProcess
from jobs.benchmark.open_market import DAYS, OpenMarket
from jobs.benchmark.stream.harness.job_run import POLL_SECONDS, wait_until_caught_up
from jobs.benchmark.stream.harness.load_generator import (
    BEGIN,
    Clicks,
    OnProgress,
    make_ids,
    send,
)
from jobs.benchmark.stream.harness.plan import Plan
from jobs.runtime.sandbox import Sandbox
from streaming.contract.topics import CANDIDATES, EVENTS, POSTINGS
from streaming.errors import CareerstreamError
from streaming.serving.champion import read_current_versions
from streaming.settings import Settings
from training.registry import model_registry

UP_RUNNING = "running: "
"""In the output of `careerstream up` as soon as its queries run."""
PATIENCE_SECONDS = 1800.0
TRAINING_CANDIDATES = 1_500
"""Simulated candidates whose behaviour the model is trained on."""
OTHER_EVENTS = 4
"""Events of each other candidate before anything is measured."""
STABLE_SECONDS = 5.0
"""The versions that serve must stay the same so long before anything is measured."""
LATE_SECONDS = 600.0
"""Answers that come so long after the last event are still waited for, and counted."""


@dataclass(frozen=True)
class Chain:
    """A chain that has caught up."""

    sandbox: Sandbox
    up: SupervisedProcess
    candidates: list[str]
    postings: list[str]
    model: dict[str, Any]
    """Kind, version and catalogue version of what serves."""
    needed: tuple[str, ...] | None = None
    """Queries that must have reported what they read; None: all."""

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

    def wait_for_answers(self) -> bool:
        """Wait until all events are answered; return False if that takes too long.

        Raises:
            CareerstreamError: the chain ended.
        """
        try:
            wait_until_caught_up(self.sandbox, self.up, LATE_SECONDS, self.needed)
        except CareerstreamError:
            self.up.check()
            return False
        return True


@contextmanager
def running_chain(sandbox: Sandbox, plan: Plan, on_progress: OnProgress) -> Iterator[Chain]:
    """Start the chain, fill it, train a model if the plan says so, and wait until it serves."""
    on_progress("chain: simulating a market", 0.0)
    trained_on = min(TRAINING_CANDIDATES, plan.profiles)
    market = OpenMarket.simulate(trained_on, plan.postings, plan.seed)
    _send(sandbox, market)
    with sandbox.start_command("up") as up:
        on_progress("chain: starting `careerstream up`", 0.3)
        up.wait_for_text(UP_RUNNING)
        trained = None
        if plan.trained:
            on_progress("chain: filling the tables", 0.4)
            wait_until_caught_up(sandbox, up)
            on_progress("chain: training", 0.5)
            trained = _train(sandbox, plan)
        on_progress("chain: filling the state", 0.7)
        candidates = _fill(sandbox, market, plan)
        wait_until_caught_up(sandbox, up)
        on_progress("chain: waiting for the model to serve", 0.9)
        if trained is not None:
            model_registry.set_champion(sandbox.settings, trained, reason="benchmark", forced=True)
        model = _wait_for_model(sandbox.settings, up, trained)
        on_progress("chain: caught up", 1.0)
        yield Chain(sandbox, up, candidates, market.posting_ids, model)


@contextmanager
def restarted(
    chain: Chain, settings: Settings, needed: tuple[str, ...], seconds: float
) -> Iterator[Chain]:
    """Start a chain that has ended once more, with other settings.

    Once there is a message on the topic events for them, wait until the queries that are `needed`
    have caught up.

    Raises:
        CareerstreamError: it ended, or takes longer.
    """
    own = replace(chain.sandbox, settings=settings)
    with own.start_command("up") as up:
        up.wait_for_text(UP_RUNNING)
        click = Clicks(
            candidates=chain.candidates[:1], postings=chain.postings[:1], seed=0, name="first"
        )
        send(own.kafka, EVENTS, click.drawn(1))
        wait_until_caught_up(own, up, seconds, needed)
        yield replace(chain, sandbox=own, up=up, needed=needed)


def _send(sandbox: Sandbox, market: OpenMarket) -> None:
    """Send everything to its topic."""
    send(sandbox.kafka, POSTINGS, market.postings, "posting_id")
    send(sandbox.kafka, CANDIDATES, market.stated)
    send(sandbox.kafka, EVENTS, market.events)


def _train(sandbox: Sandbox, plan: Plan) -> model_registry.ModelRef:
    with sandbox.start_command("train", "--epochs", str(plan.epochs)) as training:
        training.wait_for_success(PATIENCE_SECONDS)
    return model_registry.resolve(sandbox.settings, model_registry.CHALLENGER)


def _fill(sandbox: Sandbox, market: OpenMarket, plan: Plan) -> list[str]:
    """Add candidates until there are as many as planned; return all of them."""
    known = market.candidates
    others = make_ids("b", plan.profiles - len(known))
    stated = (
        value | {"candidate_id": candidate_id}
        for candidate_id, value in zip(others, cycle(market.stated), strict=False)
    )
    send(sandbox.kafka, CANDIDATES, stated)
    if others:
        clicks = Clicks(
            candidates=others, postings=market.posting_ids, seed=plan.seed,
            begin=BEGIN + timedelta(days=DAYS + 10), name="before",
        )  # fmt: skip
        send(sandbox.kafka, EVENTS, clicks.in_turn(OTHER_EVENTS * len(others)))
    return [*known, *others]


def _wait_for_model(
    settings: Settings, up: SupervisedProcess, trained: model_registry.ModelRef | None
) -> dict[str, Any]:
    """Wait until the trained version serves, with a catalogue that no longer changes."""
    wanted = trained or model_registry.champion(settings)
    versions, since = read_current_versions(settings), time.monotonic()

    def stable() -> bool:
        nonlocal versions, since
        current = read_current_versions(settings)
        if current != versions:
            versions, since = current, time.monotonic()
        quiet = time.monotonic() - since >= STABLE_SECONDS
        return quiet and versions is not None and versions.model_version == wanted.version

    state = f"serving model version {wanted.version}"
    up.wait_until(stable, state, PATIENCE_SECONDS, POLL_SECONDS)
    catalogue = versions.catalogue_version if versions else -1
    return {"kind": wanted.kind, "version": wanted.version, "catalogue_version": catalogue}
