"""Generates the messages that the verifier sends: endless, and equal for equal seeds.

Most are valid events. Among them are repetitions (a producer that got no acknowledgement sends
again), late events, stated parts and their withdrawal, and messages that cannot be read, each with
the reason that its dead letter must have.
"""

import hashlib
import random
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import orjson

from jobs.verify.broken_messages import KINDS, TOO_LARGE
from streaming.contract.records import SCHEMA_VERSION, EventKind, Posting, to_json
from streaming.contract.topics import CANDIDATES, EVENTS, Topic
from streaming.timestamps import format_timestamp

Kind = Literal["event", "duplicate", "late", "stated", "withdrawn", "broken"]
SHARES: dict[Kind, float] = {
    "event": 0.78, "duplicate": 0.05, "late": 0.08, "stated": 0.05, "withdrawn": 0.01,
    "broken": 0.03,
}  # fmt: skip
BEGIN = datetime(2025, 1, 1, tzinfo=UTC)
"""The first event time: long ago, so that no run gets ahead of the clock."""
STEP_SECONDS = 40
LATE_DAYS = 12
"""Late events are so many days old at most: some are older than their candidate's newest fifty."""
REMEMBERED = 500
"""How many messages back a repetition reaches."""
LARGE_SHARE = 0.03
"""Of the broken messages: each of these is a mebibyte."""
SKILLS = ("Python", "Kafka", "Buchhaltung", "软件开发", "Pflege", "Schweißen", "SQL", "销售")
CONTACTABLE = 0.7
"""Share of stated parts that agree to be shown to employers."""
EVENT_KINDS = {
    EventKind.VIEW: 55, EventKind.IMPRESSION: 15, EventKind.SAVE: 12, EventKind.APPLY: 8,
    EventKind.DISMISS: 8, EventKind.HIRE: 2,
}  # fmt: skip
"""Weights of the kinds of events."""

Document = dict[str, Any]


@dataclass(frozen=True)
class Message:
    """A message and what must become of it."""

    topic: Topic
    key: bytes
    value: bytes | None
    kind: Kind
    reason: str | None = None
    """Of its dead letter; None: it can be read."""

    @property
    def digest(self) -> bytes:
        """A hash that identifies the message."""
        return digest(self.topic, self.key, self.value)


def digest(topic: Topic, key: bytes | None, value: bytes | None) -> bytes:
    """Hash a message; a null value is not an empty one."""
    absent = b"-" if value is None else b"+"
    parts = (topic.name.encode(), key or b"", absent + (value or b""))
    return hashlib.blake2b(b"\x00".join(parts), digest_size=16).digest()


def postings(count: int = 120) -> list[tuple[str, bytes]]:
    """Return the postings that events are about, as id and value; all of them stay open."""
    records = [
        Posting(
            posting_id=f"posting-{number:04}",
            title=f"{SKILLS[number % len(SKILLS)]} {number}",
            employer=f"employer-{number % 17}",
            skills=[SKILLS[number % len(SKILLS)], SKILLS[(number * 5 + 3) % len(SKILLS)]],
            date_posted=BEGIN - timedelta(days=60),
            source="verify",
        )
        for number in range(count)
    ]
    return [(posting.posting_id, to_json(posting)) for posting in records]


def messages(
    seed: int, candidates: int = 80, posting_ids: Sequence[str] | None = None
) -> Iterator[Message]:
    """Yield messages without end, of few candidates: each has more events than a profile holds.

    `posting_ids` are what events are about; default: `postings()`.
    """
    rng = random.Random(seed)
    posting_ids = posting_ids or [posting_id for posting_id, _ in postings()]
    sent: deque[Message] = deque(maxlen=REMEMBERED)
    now, number = BEGIN, 0
    while True:
        number += 1
        now += timedelta(seconds=rng.uniform(0.001, STEP_SECONDS))
        (kind,) = rng.choices(list(SHARES), list(SHARES.values()))
        candidate_id = f"candidate-{rng.randrange(candidates):04}"
        if kind == "duplicate" and sent:
            yield replace(rng.choice(sent), kind="duplicate")
            continue
        if kind == "withdrawn":
            yield Message(CANDIDATES, candidate_id.encode(), None, kind)
            continue
        if kind == "stated":
            message = _stated(rng, candidate_id, now)
        elif kind == "broken":
            message = _broken(rng, _event(rng, candidate_id, now, number, posting_ids))
        else:
            late = timedelta(days=rng.uniform(0, LATE_DAYS)) if kind == "late" else timedelta()
            value = _event(rng, candidate_id, now - late, number, posting_ids)
            message = Message(EVENTS, candidate_id.encode(), orjson.dumps(value), kind)
        sent.append(message)
        yield message


def _event(
    rng: random.Random, candidate_id: str, when: datetime, number: int, posting_ids: Sequence[str]
) -> Document:
    (kind,) = rng.choices(list(EVENT_KINDS), list(EVENT_KINDS.values()))
    event: Document = {
        "schema_version": SCHEMA_VERSION,
        "event_id": f"verify-{number}",
        "candidate_id": candidate_id,
        "posting_id": rng.choice(posting_ids),
        "kind": kind.value,
        "event_time": format_timestamp(when),
        "source": "verify",
    }
    if kind is EventKind.VIEW:
        event["duration_seconds"] = round(rng.uniform(0.5, 300), 1)
    return event


def _stated(rng: random.Random, candidate_id: str, when: datetime) -> Message:
    value = {
        "schema_version": SCHEMA_VERSION,
        "candidate_id": candidate_id,
        "updated_at": format_timestamp(when),
        "skills": rng.sample(SKILLS, rng.randint(1, 4)),
        "language": rng.choice(("en", "de", "zh")),
        "contactable": rng.random() < CONTACTABLE,
        "source": "verify",
    }
    return Message(CANDIDATES, candidate_id.encode(), orjson.dumps(value), "stated")


def _broken(rng: random.Random, event: Document) -> Message:
    others = [name for name in KINDS if name != TOO_LARGE]
    kind = KINDS[TOO_LARGE if rng.random() < LARGE_SHARE else rng.choice(others)]
    return Message(EVENTS, kind.key(event).encode(), kind.value(event), "broken", kind.reason.value)
