"""What the verifier produces: known messages, endless, the same for the same seed.

Most are events as they should be. Among them are repetitions (as a producer sends them that did not
hear of success), late events, stated parts and their withdrawal, and every kind of message that
cannot be read, each with the reason that its dead letter must have.
"""

import hashlib
import random
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import orjson

from streaming.contract.field_checks import Fault
from streaming.contract.records import SCHEMA_VERSION, EventKind, Posting, to_json
from streaming.contract.topics import CANDIDATES, EVENTS, MAX_VALUE_BYTES, Topic
from streaming.timestamps import to_text

Kind = Literal["event", "duplicate", "late", "stated", "withdrawn", "broken"]
SHARES: dict[Kind, float] = {
    "event": 0.78, "duplicate": 0.05, "late": 0.08, "stated": 0.05, "withdrawn": 0.01,
    "broken": 0.03,
}  # fmt: skip
BEGIN = datetime(2025, 1, 1, tzinfo=UTC)
"""Of event times: long ago, so that no run is ahead of its clock."""
STEP_SECONDS = 40
LATE_DAYS = 12
"""So late that some are older than the newest fifty of their candidate."""
REMEMBERED = 500
"""How many messages back a repetition reaches."""
LARGE_SHARE = 0.03
"""Of the broken ones: each of these is a megabyte."""
SKILLS = ("Python", "Kafka", "Buchhaltung", "软件开发", "Pflege", "Schweißen", "SQL", "销售")
DOINGS = {
    EventKind.VIEW: 55, EventKind.IMPRESSION: 15, EventKind.SAVE: 12, EventKind.APPLY: 8,
    EventKind.DISMISS: 8, EventKind.HIRE: 2,
}  # fmt: skip

Document = dict[str, Any]
Damage = Callable[[Document], bytes | None]


@dataclass(frozen=True)
class Message:
    """One message and what must become of it."""

    topic: Topic
    key: bytes
    value: bytes | None
    kind: Kind
    reason: str | None = None
    """Of its dead letter; None: it can be read."""

    @property
    def digest(self) -> bytes:
        """Tell it apart from others, in a few bytes."""
        return digest(self.topic, self.key, self.value)


def digest(topic: Topic, key: bytes | None, value: bytes | None) -> bytes:
    """Hash a message; a null value is not an empty one."""
    absent = b"-" if value is None else b"+"
    parts = (topic.name.encode(), key or b"", absent + (value or b""))
    return hashlib.blake2b(b"\x00".join(parts), digest_size=16).digest()


def postings(count: int = 120) -> list[tuple[str, bytes]]:
    """Make the postings that events are about: id and value; all of them stay open."""
    made = [
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
    return [(posting.posting_id, to_json(posting)) for posting in made]


def messages(seed: int, candidates: int = 80) -> Iterator[Message]:
    """Make messages without end.

    Args:
        seed: of everything random.
        candidates: how many people there are; few, so that each has more events than fit.
    """
    chance = random.Random(seed)
    posting_ids = [posting_id for posting_id, _ in postings()]
    sent: deque[Message] = deque(maxlen=REMEMBERED)
    now, number = BEGIN, 0
    while True:
        number += 1
        now += timedelta(seconds=chance.uniform(0.001, STEP_SECONDS))
        (kind,) = chance.choices(list(SHARES), list(SHARES.values()))
        who = f"candidate-{chance.randrange(candidates):04}"
        if kind == "duplicate" and sent:
            yield replace(chance.choice(sent), kind="duplicate")
            continue
        if kind == "withdrawn":
            yield Message(CANDIDATES, who.encode(), None, kind)
            continue
        if kind == "stated":
            message = _stated(chance, who, now)
        elif kind == "broken":
            message = _broken(chance, _event(chance, who, now, number, posting_ids))
        else:
            late = timedelta(days=chance.uniform(0, LATE_DAYS)) if kind == "late" else timedelta()
            value = _event(chance, who, now - late, number, posting_ids)
            message = Message(EVENTS, who.encode(), orjson.dumps(value), kind)
        sent.append(message)
        yield message


def _event(
    chance: random.Random, who: str, when: datetime, number: int, posting_ids: list[str]
) -> Document:
    (doing,) = chance.choices(list(DOINGS), list(DOINGS.values()))
    event: Document = {
        "schema_version": SCHEMA_VERSION,
        "event_id": f"verify-{number}",
        "candidate_id": who,
        "posting_id": chance.choice(posting_ids),
        "kind": doing.value,
        "event_time": to_text(when),
        "source": "verify",
    }
    if doing is EventKind.VIEW:
        event["duration_seconds"] = round(chance.uniform(0.5, 300), 1)
    return event


def _stated(chance: random.Random, who: str, when: datetime) -> Message:
    value = {
        "schema_version": SCHEMA_VERSION,
        "candidate_id": who,
        "updated_at": to_text(when),
        "skills": chance.sample(SKILLS, chance.randint(1, 4)),
        "language": chance.choice(("en", "de", "zh")),
        "source": "verify",
    }
    return Message(CANDIDATES, who.encode(), orjson.dumps(value), "stated")


def _without(event: Document, field: str) -> bytes:
    return orjson.dumps({key: value for key, value in event.items() if key != field})


DAMAGES: dict[Fault, Damage] = {
    Fault.NULL_VALUE: lambda _: None,
    Fault.NOT_UTF8: lambda event: b"\xff\xfe" + orjson.dumps(event),
    Fault.NOT_JSON: lambda event: orjson.dumps(event)[:-1],
    Fault.MISSING_FIELD: lambda event: _without(event, "posting_id"),
    Fault.WRONG_TYPE: lambda event: orjson.dumps(event | {"rank": "first"}),
    Fault.WRONG_VALUE: lambda event: orjson.dumps(event | {"kind": "ponder"}),
    Fault.SCHEMA_VERSION: lambda event: orjson.dumps(event | {"schema_version": 99}),
    Fault.FUTURE_TIME: lambda event: orjson.dumps(
        event | {"event_time": "9999-01-01T00:00:00.000000Z"}
    ),
    Fault.WRONG_KEY: lambda event: orjson.dumps(event | {"candidate_id": "somebody else"}),
}
"""How an event is broken, by the reason of its dead letter; too large ones are rarer."""


def _broken(chance: random.Random, event: Document) -> Message:
    key = str(event["candidate_id"]).encode()
    if chance.random() < LARGE_SHARE:
        value = orjson.dumps(event | {"padding": "x" * MAX_VALUE_BYTES})
        return Message(EVENTS, key, value, "broken", Fault.TOO_LARGE.value)
    fault = chance.choice(list(DAMAGES))
    return Message(EVENTS, key, DAMAGES[fault](event), "broken", fault.value)
