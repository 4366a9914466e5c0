"""Part latency: an event produced until its recommendation can be read, against a mere copy."""

from datetime import timedelta

from jobs.benchmark.stream.harness.job_run import COPY_JOB, JOB_RUNNING
from jobs.benchmark.stream.harness.latency_samples import read_answers, read_copies
from jobs.benchmark.stream.harness.load_generator import (
    Clicks,
    OnProgress,
    planned_clicks,
    send_steadily,
)
from jobs.benchmark.stream.harness.measurement_sandbox import COPIES, measurement_sandbox
from jobs.benchmark.stream.harness.plan import Plan
from jobs.benchmark.stream.harness.running_chain import Chain, running_chain
from jobs.benchmark.stream.harness.statistics import Report, over_time, prefixed, ratio, summary
from jobs.benchmark.stream.harness.topic_ends import end_offsets, size, wait_for_size
from jobs.runtime.sandbox import Sandbox
from streaming.contract.topics import EVENTS, POSTINGS, RECOMMENDATIONS
from streaming.settings import Settings

SANE_MS = 500.0
"""A floor with a higher median means that the machine was busy with other things."""
PATIENCE_SECONDS = 1800.0


def measure(given: Settings, plan: Plan, on_progress: OnProgress) -> Report:
    """Measure the floor alone, our chain, and both beside each other.

    Raises:
        CareerstreamError: a process ended, or takes too long.
    """
    with measurement_sandbox(given, "latency-floor") as sandbox:
        floor = _measure_floor(sandbox, plan, on_progress)
    with (
        measurement_sandbox(given, "latency-chain") as sandbox,
        running_chain(sandbox, plan, on_progress) as chain,
    ):
        ours = _measure_chain(chain, plan, on_progress)
        both = _measure_both(chain, plan, on_progress)
        state = {
            "profiles": len(chain.candidates),
            "postings": size(sandbox.kafka, POSTINGS),
            **prefixed("model", chain.model),
        }
    ratios = {
        f"ratio_{rank}": ratio(ours[f"chain/{rank}_ms"], floor[f"floor/{rank}_ms"])
        for rank in ("p50", "p99")
    }
    return prefixed("latency", {**ratios, **state, **floor, **ours, **both})


def _measure_floor(sandbox: Sandbox, plan: Plan, on_progress: OnProgress) -> Report:
    on_progress("floor: starting the pass-through", 0.0)
    clicks = planned_clicks(plan, spacing=timedelta(seconds=1 / plan.rate), name="floor")
    with sandbox.start_job(COPY_JOB) as copying:
        copying.wait_for_text(JOB_RUNNING)
        sent = _send(sandbox, clicks, plan, on_progress, "floor")
        events = size(sandbox.kafka, EVENTS)
        wait_for_size(sandbox.kafka, COPIES, events, [copying], PATIENCE_SECONDS)
    samples = read_copies(sandbox.kafka, clicks.name)
    values = summary(samples, plan.warm_up_count(plan.rate))
    sane = values["p50_ms"] is not None and values["p50_ms"] <= SANE_MS
    return {
        **prefixed("floor", {**sent, **values, "sane": sane, "sane_below_ms": SANE_MS}),
        **prefixed("curve/floor", over_time(samples, plan.warm_up_count(plan.rate))),
    }


def _measure_chain(chain: Chain, plan: Plan, on_progress: OnProgress) -> Report:
    clicks = chain.clicks(plan, plan.rate, "live")
    before = end_offsets(chain.sandbox.kafka, RECOMMENDATIONS)
    sent = _send(chain.sandbox, clicks, plan, on_progress, "measuring")
    followed = chain.wait_for_answers()
    samples = read_answers(chain.sandbox.kafka, clicks.name, before)
    values = summary(samples, plan.warm_up_count(plan.rate))
    return {
        **prefixed("chain", {**sent, **values, "followed": followed}),
        **prefixed("curve/chain", over_time(samples, plan.warm_up_count(plan.rate))),
    }


def _measure_both(chain: Chain, plan: Plan, on_progress: OnProgress) -> Report:
    """Measure both while they share the machine; each event is copied and answered."""
    on_progress("beside: starting the pass-through", 0.0)
    sandbox, kafka = chain.sandbox, chain.sandbox.kafka
    short = plan.with_choices(
        seconds=plan.beside_seconds, warm_up_seconds=plan.beside_warm_up_seconds
    )
    clicks = chain.clicks(plan, plan.rate, "beside", begin_days=1)
    with sandbox.start_job(COPY_JOB) as copying:
        copying.wait_for_text(JOB_RUNNING)
        wait_for_size(kafka, COPIES, size(kafka, EVENTS), [copying], PATIENCE_SECONDS)
        before = end_offsets(kafka, RECOMMENDATIONS)
        sent = _send(sandbox, clicks, short, on_progress, "beside")
        followed = chain.wait_for_answers()
        wait_for_size(kafka, COPIES, size(kafka, EVENTS), [copying], PATIENCE_SECONDS)
    floor = summary(read_copies(kafka, clicks.name), short.warm_up_count(short.rate))
    ours = summary(read_answers(kafka, clicks.name, before), short.warm_up_count(short.rate))
    return {
        **prefixed("beside/floor", {**sent, **floor}),
        **prefixed("beside/chain", {**sent, **ours, "followed": followed}),
    }


def _send(
    sandbox: Sandbox, clicks: Clicks, plan: Plan, on_progress: OnProgress, stage: str
) -> Report:
    """Send the warm-up and the events that count in one go, candidates taking turns."""
    count = plan.count(plan.rate)
    step = max(1, int(plan.rate))

    def on_sent(done: int) -> None:
        if done % step == 0 or done == count:
            on_progress(f"{stage}: events at a steady rate", done / count)

    behind = send_steadily(sandbox.kafka, EVENTS, clicks.in_turn(count), plan.rate, on_sent)
    return {"sent": count - plan.warm_up_count(plan.rate), "sender_behind_ms": behind}
