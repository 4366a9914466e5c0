"""What is done in the page becomes an ordinary message, checked as every message is checked."""

import threading
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError

from jobs.console.market_clock import MarketClock
from jobs.console.sessions import ShownItem, ShownList
from streaming.contract.conversation import Speaker, Turn
from streaming.contract.json_parser import DecodeError
from streaming.contract.records import Candidate, Event, EventKind, Versioned, to_json
from streaming.contract.topics import CANDIDATES, CONVERSATIONS, EVENTS, Topic
from streaming.contract.value_decoder import read_value
from streaming.errors import BrokerError, InputError
from streaming.kafka.topic_writer import TopicWriter
from streaming.profiles.stated_parts import StatedParts
from streaming.settings import KafkaSettings
from streaming.timestamps import format_timestamp

SOURCE = "console"
KINDS = (EventKind.VIEW, EventKind.SAVE, EventKind.DISMISS)
STATED_LISTS = ("skills", "wishes", "places", "blocked_employers")
MAX_GOAL = 200
"""Characters of a goal."""
MAX_TEXT = 4_000
"""Characters of a turn."""
MAX_ENTRIES = 50
"""Of one list that somebody states in the page."""


class Actions:
    """Sends what people do and state in the page. Any thread may call its methods."""

    def __init__(self, kafka: KafkaSettings, clock: MarketClock) -> None:
        self._kafka, self._clock = kafka, clock
        self._writers: dict[str, TopicWriter[str]] = {}
        self._lock = threading.Lock()

    def do(self, candidate_id: str, kind: str, item: ShownItem) -> str:
        """Send an event of a candidate with an item that was shown; return its id.

        Raises:
            InputError: there is no such kind.
            BrokerError: no broker takes it.
        """
        if kind not in KINDS:
            raise InputError(f"there is no {kind} here; choose one of {', '.join(KINDS)}")
        event = Event(
            event_id=f"{SOURCE}-{uuid.uuid4().hex}",
            candidate_id=candidate_id,
            posting_id=item.posting_id,
            kind=EventKind(kind),
            event_time=self._clock.now(),
            recommendation_id=item.recommendation_id,
            rank=item.rank,
            source=SOURCE,
        )
        self._send(EVENTS, candidate_id, event)
        return event.event_id

    def say(self, candidate_id: str, text: str, shown: ShownList | None) -> str:
        """Send a candidate's turn about a list that the page shows; return its id.

        Raises:
            InputError: nothing is said, or too much.
            BrokerError: no broker takes it.
        """
        if not text.strip():
            raise InputError("say something: there is nothing in an empty text")
        if len(text) > MAX_TEXT:
            raise InputError(f"this text has {len(text):,} characters; say it in {MAX_TEXT:,}")
        turn = Turn(
            turn_id=f"{SOURCE}-{uuid.uuid4().hex}",
            candidate_id=candidate_id,
            speaker=Speaker.CANDIDATE,
            said_at=self._clock.now(),
            text=text,
            recommendation_id=shown.recommendation_id if shown else None,
            shown=list(shown.posting_ids) if shown else [],
        )
        self._send(CONVERSATIONS, candidate_id, turn)
        return turn.turn_id

    def state(self, stated: dict[str, Any]) -> str:
        """Send what a new candidate states; return the candidate's id.

        Raises:
            InputError: it is no stated part, or an empty one.
            BrokerError: no broker takes it.
        """
        lists = {name: _entries(stated.get(name)) for name in STATED_LISTS}
        background = str(stated.get("background") or "").strip()
        if not background and not any(lists.values()):
            raise InputError("state something: a skill, a wish, a place or a background")
        try:
            candidate = Candidate(
                candidate_id=f"{SOURCE}-{uuid.uuid4().hex[:12]}",
                updated_at=self._clock.now(),
                skills=lists["skills"],
                wishes=lists["wishes"],
                places=lists["places"],
                blocked_employers=lists["blocked_employers"],
                background=background or None,
                language=str(stated.get("language") or "") or None,
                source=SOURCE,
            )
        except ValidationError as error:
            [first, *_] = error.errors()
            raise InputError(f"{first['loc'][0]}: {first['msg']}") from error
        self._send(CANDIDATES, candidate.candidate_id, candidate)
        return candidate.candidate_id

    def wish(self, candidate_id: str, stated: Mapping[str, Any], goal: str) -> None:
        """Send what a candidate has stated again, with a goal; an empty one takes it back.

        What was said in conversations is left out, so that it stays as it is.

        Raises:
            InputError: the goal is too long.
            BrokerError: no broker takes it.
        """
        if len(goal) > MAX_GOAL:
            raise InputError(f"this goal has {len(goal):,} characters; say it in {MAX_GOAL}")
        saved = (StatedParts.of(stated).saved or {}) if stated else {}
        own = {**saved, "goal": goal or None, "updated_at": self._clock.now()}
        self._send(CANDIDATES, candidate_id, Candidate(candidate_id=candidate_id, **own))

    def close(self) -> None:
        """Disconnect."""
        with self._lock:
            for writer in self._writers.values():
                writer.close(deliver=False)
            self._writers.clear()

    def _send(self, topic: Topic, key: str, record: Versioned) -> None:
        value = to_json(record)
        try:
            read_value(value, topic, format_timestamp(datetime.now(tz=UTC)))
        except DecodeError as error:
            raise InputError(error.text) from error
        writer = self._writer(topic)
        try:
            writer.send(key, value, key)
            writer.flush()
        except BrokerError:
            self._forget(topic, writer)
            raise

    def _writer(self, topic: Topic) -> TopicWriter[str]:
        with self._lock:
            if topic.name not in self._writers:
                self._writers[topic.name] = TopicWriter(self._kafka, topic, lambda *_: None)
            return self._writers[topic.name]

    def _forget(self, topic: Topic, writer: TopicWriter[str]) -> None:
        """Connect anew for the next message: a writer that failed once always fails."""
        with self._lock:
            if self._writers.get(topic.name) is writer:
                del self._writers[topic.name]
        writer.close(deliver=False)


def _entries(value: Any) -> list[str]:
    """Read a list, or a text with commas, Chinese ones included."""
    parts = value if isinstance(value, list) else str(value or "").replace("\uff0c", ",").split(",")
    entries = [text for part in parts if (text := str(part).strip())]
    if len(entries) > MAX_ENTRIES:
        raise InputError(f"these are {len(entries)} entries; give at most {MAX_ENTRIES}")
    return entries
