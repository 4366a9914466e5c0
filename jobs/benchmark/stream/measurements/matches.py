"""Part matches: from a click or a withdrawn consent to the matches, and lists meanwhile.

The chain runs three times over the same state: without the job match, with it, and without it
again, because the speed of a machine drifts.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta

import orjson

from jobs.benchmark.open_market import DAYS
from jobs.benchmark.stream.harness.latency_samples import read_answers
from jobs.benchmark.stream.harness.load_generator import BEGIN, OnProgress, send_steadily
from jobs.benchmark.stream.harness.match_history import MatchHistory, read_clicks, shown_candidates
from jobs.benchmark.stream.harness.measurement_sandbox import (
    measurement_sandbox,
    use_append_time,
)
from jobs.benchmark.stream.harness.plan import Plan
from jobs.benchmark.stream.harness.running_chain import Chain, restarted, running_chain
from jobs.benchmark.stream.harness.statistics import Report, percentiles, prefixed, ratio, summary
from jobs.benchmark.stream.harness.topic_ends import end_offsets, size
from streaming.contract.topics import CANDIDATES, EVENTS, MATCHES, POSTINGS, RECOMMENDATIONS
from streaming.kafka.clients import broker_errors, producer
from streaming.kafka.topic_reader import read_latest
from streaming.settings import KafkaSettings, Settings
from streaming.timestamps import format_timestamp

PATIENCE_SECONDS = 3600.0
"""For everybody to be scored."""
HOT_PATH, MATCH = "update_profiles", "match"
"""The queries that have something to do when the chain starts again."""
LONGEST_WAIT_SECONDS = 30.0
"""After the last click; the job match publishes at most once an interval."""
_RANKS = {"p50_seconds": 50, "p90_seconds": 90, "max_seconds": 100}
_LATER = format_timestamp(BEGIN + timedelta(days=3 * DAYS))
"""When the withdrawals are stated: after everything else."""
_DAYS = {"alone": 0, "beside": 1, "again": 2}
"""Each measurement is a day after the one before it."""


def measure(given: Settings, plan: Plan, on_progress: OnProgress) -> Report:
    """Measure lists without matches, both, and lists without matches again.

    Raises:
        CareerstreamError: a process ended, or takes too long.
    """
    with measurement_sandbox(given, "matches") as sandbox:
        use_append_time(sandbox.kafka, (MATCHES,))
        with running_chain(sandbox, plan, on_progress) as chain:
            alone = _lists(chain, plan, "alone", on_progress)
        with _with_matches(chain, on_progress) as (matching, seconds):
            beside, followed = _lists_and_matches(matching, plan, on_progress)
        on_progress("again: starting `careerstream up`", 0.0)
        with restarted(chain, sandbox.settings, (HOT_PATH,), PATIENCE_SECONDS) as once_more:
            again = _lists(once_more, plan, "again", on_progress)
        postings = size(sandbox.kafka, POSTINGS)
    without = [value for own in (alone, again) if (value := own["p50_ms"]) is not None]
    mean = sum(without) / len(without) if without else None
    return prefixed(
        "matches",
        {
            "ratio_p50": ratio(beside["p50_ms"], mean),
            "profiles": len(chain.candidates),
            "postings": postings,
            "first_scoring_seconds": seconds,
            **prefixed("model", chain.model),
            **prefixed("alone", alone),
            **prefixed("beside", beside),
            **prefixed("again", again),
            **followed,
        },
    )


@contextmanager
def _with_matches(chain: Chain, on_progress: OnProgress) -> Iterator[tuple[Chain, float]]:
    """Start the chain with the job match; yield it and the seconds until everybody is scored."""
    on_progress("beside: everybody is scored for the matches", 0.0)
    settings = chain.sandbox.settings
    match = settings.match.model_copy(update={"with_up": "yes"})
    start = time.monotonic()
    own = settings.model_copy(update={"match": match})
    with restarted(chain, own, (HOT_PATH, MATCH), PATIENCE_SECONDS) as matching:
        yield matching, round(time.monotonic() - start, 1)


def _lists(chain: Chain, plan: Plan, name: str, on_progress: OnProgress) -> Report:
    """Send clicks at the steady rate; return what became of their lists."""
    return _send(chain, plan, name, on_progress, lambda _: None)


def _lists_and_matches(chain: Chain, plan: Plan, on_progress: OnProgress) -> tuple[Report, Report]:
    """Do the same while some withdraw their consent; also return what became of the matches."""
    settings, kafka = chain.sandbox.settings, chain.sandbox.kafka
    before = end_offsets(kafka, EVENTS)
    leaving = shown_candidates(settings, chain.candidates, plan.withdrawn)
    first, last = plan.warm_up_count(plan.match_rate), plan.count(plan.match_rate)
    spacing = max(1, (last - first) // max(1, len(leaving)))
    due = {first + number * spacing: one for number, one in enumerate(leaving, start=1)}
    sent: dict[str, float] = {}
    with _withdrawing(kafka, leaving) as withdraw:

        def on_sent(done: int) -> None:
            if done in due:
                sent[due[done]] = withdraw(due[done])

        lists = _send(chain, plan, "beside", on_progress, on_sent)
    time.sleep(LONGEST_WAIT_SECONDS)  # for the batch after the next interval
    chain.wait_for_answers()
    history = MatchHistory.read(settings)
    seconds = history.seconds_to_matches(read_clicks(kafka, before, "beside", first))
    gone = history.seconds_to_disappear(sent)
    left = sum(value is None for value in gone)
    return lists, {
        **prefixed("clicks", {"shown": len(seconds), **percentiles(seconds, _RANKS)}),
        **prefixed("withdrawn", {"sent": len(sent), "left": left}),
        **prefixed("withdrawn", percentiles([v for v in gone if v is not None], _RANKS)),
    }


def _send(
    chain: Chain, plan: Plan, name: str, on_progress: OnProgress, on_sent: Callable[[int], None]
) -> Report:
    """Send the warm-up and the clicks that count; return the summary of their lists."""
    kafka, count = chain.sandbox.kafka, plan.count(plan.match_rate)
    clicks = chain.clicks(plan, plan.match_rate, name, begin_days=_DAYS[name])
    before = end_offsets(kafka, RECOMMENDATIONS)
    step = max(1, int(plan.match_rate))

    def sent(done: int) -> None:
        on_sent(done)
        if done % step == 0:
            on_progress(f"{name}: clicks at a steady rate", done / count)

    behind = send_steadily(kafka, EVENTS, clicks.in_turn(count), plan.match_rate, sent)
    followed = chain.wait_for_answers()
    answers = summary(read_answers(kafka, name, before), plan.warm_up_count(plan.match_rate))
    return {**answers, "sender_behind_ms": behind, "followed": followed}


@contextmanager
def _withdrawing(kafka: KafkaSettings, leaving: list[str]) -> Iterator[Callable[[str], float]]:
    """Give a block a function that withdraws a candidate's consent and returns Kafka's time."""
    wanted = set(leaving)
    stated = {
        key: orjson.loads(record.value)
        for key, record in read_latest(kafka, CANDIDATES, wanted.__contains__).items()
    }
    name = kafka.topic_prefix + CANDIDATES.name
    with closing(producer(kafka)) as client, broker_errors(kafka):

        def withdraw(candidate_id: str) -> float:
            value = stated[candidate_id] | {"contactable": False, "updated_at": _LATER}
            sent = client.send(name, key=candidate_id.encode(), value=orjson.dumps(value))
            timestamp: int = sent.get(timeout=60).timestamp
            return timestamp / 1000

        yield withdraw
