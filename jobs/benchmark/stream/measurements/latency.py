"""Part latency: an event produced until its recommendation can be read, against a mere copy."""

from datetime import timedelta

from infra.process.supervisor import RUNNING
from jobs.benchmark.stream.harness.job_run import COPYING_JOB
from jobs.benchmark.stream.harness.latency_samples import answered, copied
from jobs.benchmark.stream.harness.load_generator import Clicks, Tell, names, send_steadily
from jobs.benchmark.stream.harness.measurement_sandbox import COPIES, Place, place
from jobs.benchmark.stream.harness.plan import Plan
from jobs.benchmark.stream.harness.running_chain import Chain, answer_ends, await_answers, chain
from jobs.benchmark.stream.harness.statistics import Report, over_time, ratio, summary, under
from jobs.benchmark.stream.harness.topic_progress import await_size, size
from streaming.contract.topics import EVENTS, POSTINGS
from streaming.settings import Settings

SANE_MS = 500.0
"""A floor above it says that the machine was busy with other things."""
PATIENCE = 1800.0


def measure(given: Settings, plan: Plan, tell: Tell) -> Report:
    """Measure the floor alone, our chain, and both beside each other.

    Raises:
        CareerstreamError: something ended or did not come.
    """
    with place(given, "latency-floor") as here:
        floor = _floor_alone(here, plan, tell)
    with place(given, "latency-chain") as here, chain(here, plan, tell) as running:
        ours = _chain_alone(here, running, plan, tell)
        both = _beside(here, running, plan, tell)
        state = {
            "profiles": len(running.candidates),
            "postings": size(here.kafka, POSTINGS),
            **under("model", running.model),
        }
    against = {
        "ratio_p50": ratio(ours["chain/p50_ms"], floor["floor/p50_ms"]),
        "ratio_p99": ratio(ours["chain/p99_ms"], floor["floor/p99_ms"]),
    }
    return under("latency", {**against, **state, **floor, **ours, **both})


def _floor_alone(here: Place, plan: Plan, tell: Tell) -> Report:
    tell("floor: starting the pass-through", 0.0)
    clicks = Clicks(
        candidates=names("c", plan.profiles), postings=names("p", plan.postings),
        seed=plan.seed, spacing=timedelta(seconds=1 / plan.rate), name="floor",
    )  # fmt: skip
    with here.job(COPYING_JOB) as running:
        running.await_words(RUNNING)
        sent = _send(here, clicks, plan, tell, "floor: events at a steady rate")
        await_size(here.kafka, COPIES, size(here.kafka, EVENTS), running.check, PATIENCE)
    found = copied(here.kafka, clicks.name)
    values = summary(found, _warm(plan))
    sane = values["p50_ms"] is not None and values["p50_ms"] <= SANE_MS
    return {
        **under("floor", {**sent, **values, "sane": sane, "sane_below_ms": SANE_MS}),
        **under("curve/floor", over_time(found, _warm(plan))),
    }


def _chain_alone(here: Place, running: Chain, plan: Plan, tell: Tell) -> Report:
    clicks = running.clicks(plan, plan.rate, "live")
    before = answer_ends(here)
    sent = _send(here, clicks, plan, tell, "measuring: events at a steady rate")
    followed = await_answers(here, running.up, before)
    found = answered(here.kafka, clicks.name, before[1])
    return {
        **under("chain", {**sent, **summary(found, _warm(plan)), "followed": followed}),
        **under("curve/chain", over_time(found, _warm(plan))),
    }


def _beside(here: Place, running: Chain, plan: Plan, tell: Tell) -> Report:
    """Measure both while they share the machine; each event is copied and answered."""
    tell("beside: starting the pass-through", 0.0)
    short = plan.with_choices(
        seconds=plan.beside_seconds, warm_up_seconds=plan.beside_warm_up_seconds
    )
    clicks = running.clicks(plan, plan.rate, "beside", begin_days=1)
    with here.job(COPYING_JOB) as copying:
        copying.await_words(RUNNING)
        await_size(here.kafka, COPIES, size(here.kafka, EVENTS), copying.check, PATIENCE)
        before = answer_ends(here)
        sent = _send(here, clicks, short, tell, "beside: events at a steady rate")
        followed = await_answers(here, running.up, before)
        await_size(here.kafka, COPIES, size(here.kafka, EVENTS), copying.check, PATIENCE)
    floor = summary(copied(here.kafka, clicks.name), _warm(short))
    ours = summary(answered(here.kafka, clicks.name, before[1]), _warm(short))
    return {
        **under("beside/floor", {**sent, **floor}),
        **under("beside/chain", {**sent, **ours, "followed": followed}),
    }


def _send(here: Place, clicks: Clicks, plan: Plan, tell: Tell, words: str) -> Report:
    """Send the warm-up and what counts in one go, candidates taking turns."""
    count = _warm(plan) + round(plan.seconds * plan.rate)
    told = max(1, int(plan.rate))

    def on_sent(done: int) -> None:
        if done % told == 0 or done == count:
            tell(words, done / count)

    behind = send_steadily(here.kafka, EVENTS, clicks.in_turn(count), plan.rate, on_sent)
    return {"sent": count - _warm(plan), "sender_behind_ms": behind}


def _warm(plan: Plan) -> int:
    """Number of the first event that counts."""
    return round(plan.warm_up_seconds * plan.rate)
