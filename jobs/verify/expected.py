"""What must come of what was produced: read back from the source topics, judged, ready to fold."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson
from kafka.consumer.fetcher import ConsumerRecord

from jobs.verify.findings import Findings
from jobs.verify.message_generator import digest
from jobs.verify.recording_producer import Place, Produced
from streaming.contract.topics import CANDIDATES, Topic
from streaming.profiles.fold import EventSeen, StatedSeen
from streaming.profiles.fold_inputs import event_seen, stated_seen
from streaming.timestamps import to_text

EventKey = tuple[str, str, str]
"""Candidate, event id, event time: what makes an event one of its own."""


@dataclass
class Expected:
    """What jobs must make of the source topics."""

    events_seen: defaultdict[str, list[EventSeen]] = field(
        default_factory=lambda: defaultdict(list)
    )
    stated_seen: defaultdict[str, list[StatedSeen]] = field(
        default_factory=lambda: defaultdict(list)
    )
    """By candidate, in the order of offsets."""
    rows: dict[EventKey, tuple[str, str, int, int]] = field(default_factory=dict)
    """Δ events: posting, kind, partition and offset of the first appearance."""
    letters: dict[str, str] = field(default_factory=dict)
    """Key and reason of each dead letter."""

    def candidates(self) -> set[str]:
        """Everybody who has a profile, or only impressions."""
        return {*self.events_seen, *self.stated_seen}

    def add(self, topic: Topic, record: ConsumerRecord, reason: str | None) -> None:
        """Take in a message as it stands on its topic.

        Args:
            topic: which.
            record: of Kafka.
            reason: of its dead letter, None where it can be read.
        """
        if reason is not None:
            self.letters[f"{topic.name}/{record.partition}/{record.offset}"] = reason
            return
        who, value = record.key.decode(), _value(record)
        if topic is CANDIDATES:
            self.stated_seen[who].append(stated_seen(value, record.offset))
            return
        seen = event_seen(value, record.offset)
        self.events_seen[who].append(seen)
        place = (seen.posting_id, seen.kind, record.partition, record.offset)
        self.rows.setdefault((who, seen.event_id, seen.event_time), place)


def _value(record: ConsumerRecord) -> dict[str, Any]:
    """Read a value; a deletion of a stated part states nothing, at the message's own time."""
    if record.value is not None:
        value: dict[str, Any] = orjson.loads(record.value)
        return value
    moment = datetime.fromtimestamp(record.timestamp / 1000, tz=UTC)
    return {"updated_at": to_text(moment)}


def expect(
    produced: Produced, topics: Mapping[Topic, Iterable[ConsumerRecord]]
) -> tuple[Expected, list[Findings]]:
    """Hold the source topics against what was sent, and say what must come of them.

    Args:
        produced: what was sent and acknowledged.
        topics: the messages of `events` and `candidates` as they stand there now.

    Returns:
        What must come of them, and the faults of the topics themselves: acknowledged and not
        there, there and never sent, or in another order than sent.
    """
    expected = Expected()
    return expected, [
        _source(produced, expected, topic, records) for topic, records in topics.items()
    ]


def _source(
    produced: Produced, expected: Expected, topic: Topic, records: Iterable[ConsumerRecord]
) -> Findings:
    findings = Findings(topic.name)
    missing = {
        place: number for place, number in produced.acknowledged.items() if place[0] == topic.name
    }
    findings.expected = len(missing)
    newest: Counter[int] = Counter()  # partition → number of the newest message, from 1
    for record in records:
        findings.found += 1
        place: Place = (topic.name, record.partition, record.offset)
        mark = digest(topic, record.key, record.value)
        number = missing.pop(place, None)
        if mark not in produced.reasons or (number is not None and produced.marks[number] != mark):
            findings.invented.append("/".join(map(str, place)))
            continue
        if number is None:
            findings.repeated += 1  # its answer was lost on the way, and it was sent again
        elif number + 1 < newest[record.partition]:
            findings.out_of_order.append("/".join(map(str, place)))
        else:
            newest[record.partition] = number + 1
        expected.add(topic, record, produced.reasons[mark])
    findings.lost = ["/".join(map(str, place)) for place in missing]
    return findings
