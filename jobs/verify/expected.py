"""What must come of the messages that were produced, read back from the source topics."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import orjson
from kafka.consumer.fetcher import ConsumerRecord

from jobs.verify.comparison import Comparison
from jobs.verify.message_generator import digest
from jobs.verify.recording_producer import Position, Produced
from streaming.contract.topics import CANDIDATES, Topic
from streaming.profiles.fold import ReceivedEvent, ReceivedStatedPart
from streaming.profiles.fold_inputs import received_event, received_stated_part
from streaming.timestamps import format_timestamp

EventKey = tuple[str, str, str]
"""Candidate, event id, event time: what identifies an event."""


@dataclass
class Expected:
    """What jobs must make of the source topics."""

    events: defaultdict[str, list[ReceivedEvent]] = field(default_factory=lambda: defaultdict(list))
    stated_parts: defaultdict[str, list[ReceivedStatedPart]] = field(
        default_factory=lambda: defaultdict(list)
    )
    """By candidate, in the order of offsets."""
    rows: dict[EventKey, tuple[str, str, int, int]] = field(default_factory=dict)
    """Δ events: posting, kind, partition and offset of the first appearance."""
    dead_letters: dict[str, str] = field(default_factory=dict)
    """Key and reason of each dead letter."""

    def candidates(self) -> set[str]:
        """Return the candidates who have a profile or nothing but impressions."""
        return {*self.events, *self.stated_parts}

    def add(self, topic: Topic, record: ConsumerRecord, reason: str | None) -> None:
        """Take in a message of a source topic; with a reason it becomes a dead letter."""
        if reason is not None:
            self.dead_letters[f"{topic.name}/{record.partition}/{record.offset}"] = reason
            return
        candidate_id = record.key.decode()
        produced_at = format_timestamp(datetime.fromtimestamp(record.timestamp / 1000, tz=UTC))
        # A deletion of a stated part states nothing, at the message's own time.
        value = {"updated_at": produced_at}
        if record.value is not None:
            value = orjson.loads(record.value)
        if topic is CANDIDATES:
            part = received_stated_part(value, record.offset, produced_at)
            self.stated_parts[candidate_id].append(part)
            return
        event = received_event(value, record.offset)
        self.events[candidate_id].append(event)
        row = (event.posting_id, event.kind, record.partition, record.offset)
        self.rows.setdefault((candidate_id, event.event_id, event.event_time), row)


def expect(
    produced: Produced, topics: Mapping[Topic, Iterable[ConsumerRecord]]
) -> tuple[Expected, list[Comparison]]:
    """Compare the source topics with what was sent, and derive what must come of them.

    `topics` are the messages of `events` and `candidates` as they stand there now.

    Returns:
        What must come of them, and the faults of the topics themselves: acknowledged and not
        there, there and never sent, or in another order than sent.
    """
    expected = Expected()
    return expected, [
        _check_source(produced, expected, topic, records) for topic, records in topics.items()
    ]


def _check_source(
    produced: Produced, expected: Expected, topic: Topic, records: Iterable[ConsumerRecord]
) -> Comparison:
    comparison = Comparison(topic.name)
    missing = {
        position: number
        for position, number in produced.acknowledged.items()
        if position[0] == topic.name
    }
    comparison.expected = len(missing)
    newest: Counter[int] = Counter()  # partition → number of the newest message, from 1
    for record in records:
        comparison.actual += 1
        position: Position = (topic.name, record.partition, record.offset)
        sent = digest(topic, record.key, record.value)
        number = missing.pop(position, None)
        if sent not in produced.reasons or (
            number is not None and produced.digests[number] != sent
        ):
            comparison.invented.append("/".join(map(str, position)))
            continue
        if number is None:
            comparison.repeated += 1  # its acknowledgement was lost, and it was sent again
        elif number + 1 < newest[record.partition]:
            comparison.out_of_order.append("/".join(map(str, position)))
        else:
            newest[record.partition] = number + 1
        expected.add(topic, record, produced.reasons[sent])
    comparison.lost = ["/".join(map(str, position)) for position in missing]
    return comparison
