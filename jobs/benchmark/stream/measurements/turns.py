"""Part turns: from what a candidate says to the answer, and to the list that it brings."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import orjson

from jobs.benchmark.open_market import DAYS
from jobs.benchmark.stream.harness.latency_samples import LatencySample
from jobs.benchmark.stream.harness.load_generator import BEGIN, OnProgress, send_steadily
from jobs.benchmark.stream.harness.measurement_sandbox import measurement_sandbox
from jobs.benchmark.stream.harness.plan import Plan
from jobs.benchmark.stream.harness.running_chain import Chain, running_chain
from jobs.benchmark.stream.harness.statistics import Report, prefixed, summary
from jobs.benchmark.stream.harness.topic_ends import Offsets, end_offsets, size
from streaming.contract.conversation import Speaker
from streaming.contract.records import SCHEMA_VERSION
from streaming.contract.topics import CONVERSATIONS, POSTINGS, RECOMMENDATIONS
from streaming.kafka.topic_reader import read_messages
from streaming.settings import KafkaSettings, Settings
from streaming.timestamps import format_timestamp, parse_timestamp

WISHES = (
    "remote only, and at least 12k a month",
    "I know Python and SQL",
    "not in finance",
    "只要远程, 不要销售",
    "会 Java 和 Spark, 月薪至少两万",
)
"""What is said, one after the other. No language model is asked."""


def measure(given: Settings, plan: Plan, on_progress: OnProgress) -> Report:
    """Measure the turns of candidates of whom each speaks once before any speaks again.

    Raises:
        CareerstreamError: a process ended, or takes too long.
    """
    converse = given.converse.model_copy(update={"with_up": "yes"})
    talking = given.model_copy(update={"converse": converse})
    with (
        measurement_sandbox(talking, "turns") as sandbox,
        running_chain(sandbox, plan, on_progress) as chain,
    ):
        kafka, first = sandbox.kafka, plan.warm_up_count(plan.turn_rate)
        before, listed = end_offsets(kafka, CONVERSATIONS), end_offsets(kafka, RECOMMENDATIONS)
        behind = _send(chain, plan, on_progress)
        # What the last turns brought may be sent while the first wait ends.
        followed = chain.wait_for_answers() and chain.wait_for_answers()
        turns = _read_turns(kafka, before)
        return prefixed(
            "turns",
            {
                "sent": plan.count(plan.turn_rate) - first,
                "sender_behind_ms": behind,
                "followed": followed,
                "changing": sum(turn.number >= first and turn.changed for turn in turns),
                "profiles": len(chain.candidates),
                "postings": size(kafka, POSTINGS),
                **prefixed("model", chain.model),
                **prefixed("answer", summary(_answers(turns), first)),
                **prefixed("list", summary(_read_lists(kafka, listed, turns), first)),
            },
        )


@dataclass
class _Turn:
    """What a candidate said, and what became of it; times are in seconds since 1970."""

    number: int
    candidate_id: str
    produced: float
    answered: float | None = None
    changed: bool = False
    """Whether the answer names something that it changed."""


def _send(chain: Chain, plan: Plan, on_progress: OnProgress) -> float:
    """Send the warm-up and the turns that count; return how far the sender was behind."""
    count = plan.count(plan.turn_rate)
    step = max(1, int(plan.turn_rate))

    def on_sent(done: int) -> None:
        if done % step == 0:
            on_progress("turns at a steady rate", done / count)

    values = _turns(chain.candidates, count)
    return send_steadily(chain.sandbox.kafka, CONVERSATIONS, values, plan.turn_rate, on_sent)


def _turns(candidates: list[str], count: int) -> Iterator[dict[str, Any]]:
    begin = BEGIN + timedelta(days=2 * DAYS)
    for number in range(count):
        yield {
            "schema_version": SCHEMA_VERSION,
            "turn_id": f"turn-{number}",
            "candidate_id": candidates[number % len(candidates)],
            "speaker": Speaker.CANDIDATE,
            "said_at": format_timestamp(begin + timedelta(seconds=number)),
            "text": WISHES[number % len(WISHES)],
        }


def _read_turns(kafka: KafkaSettings, since: Offsets) -> list[_Turn]:
    """Return what was said, each candidate's turns in their order."""
    turns: dict[str, _Turn] = {}
    for record in read_messages(kafka, CONVERSATIONS, since):
        value, time = orjson.loads(record.value), record.timestamp / 1000
        if value["speaker"] == Speaker.CANDIDATE:
            number = int(value["turn_id"].removeprefix("turn-"))
            turns[value["turn_id"]] = _Turn(number, value["candidate_id"], time)
        elif turn := turns.get(value["answers"]):
            turn.answered, turn.changed = time, bool(value["effects"])
    return [*turns.values()]


def _answers(turns: list[_Turn]) -> list[LatencySample]:
    return [
        LatencySample(turn.number, turn.produced, turn.answered)
        for turn in turns
        if turn.answered is not None
    ]


def _read_lists(kafka: KafkaSettings, since: Offsets, turns: list[_Turn]) -> list[LatencySample]:
    """Return how long each turn that changed something took to the first list made for it.

    A list names when the stated part was sent that it was made for. That was for the newest turn
    before.
    """
    said: defaultdict[str, list[_Turn]] = defaultdict(list)
    for turn in turns:
        said[turn.candidate_id].append(turn)
    samples: dict[int, LatencySample] = {}
    for record in read_messages(kafka, RECOMMENDATIONS, since):
        value = orjson.loads(record.value)
        cause = value.get("triggered_by") or {"event_id": "none"}
        if cause.get("event_id"):
            continue
        sent = parse_timestamp(cause["produced_at"]).timestamp()
        own = [turn for turn in said[value["candidate_id"]] if turn.produced <= sent]
        if own and own[-1].changed and own[-1].number not in samples:
            sample = LatencySample(own[-1].number, own[-1].produced, record.timestamp / 1000)
            samples[sample.number] = sample
    return sorted(samples.values())
