"""The newest turns of conversations, within a limit."""

import threading
from collections import OrderedDict
from datetime import UTC, datetime
from typing import Any

from streaming.contract.json_parser import DecodeError
from streaming.contract.topics import CONVERSATIONS
from streaming.contract.value_decoder import read_value
from streaming.timestamps import format_timestamp

MAX_TURNS = 40
"""Of a candidate, both sides'."""
MAX_CANDIDATES = 1_000
_FIELDS = ("turn_id", "speaker", "text", "said_at", "answers")


class Conversations:
    """Keeps the newest turns of the candidates who talked last. Any thread may call its methods."""

    def __init__(self) -> None:
        self._turns: OrderedDict[str, OrderedDict[str, dict[str, Any]]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, candidate_id: str, value: bytes | None, milliseconds: int) -> bool:
        """Keep a turn; None forgets the candidate. Return whether anything changed.

        `milliseconds` since 1970 are the message's timestamp.
        """
        produced_at = format_timestamp(datetime.fromtimestamp(milliseconds / 1000, tz=UTC))
        with self._lock:
            if value is None:
                return self._turns.pop(candidate_id, None) is not None
            try:
                turn = read_value(value, CONVERSATIONS, produced_at)
            except DecodeError:
                return False  # the job converse reports it
            if turn["candidate_id"] != candidate_id:
                return False
            own = self._turns.setdefault(candidate_id, OrderedDict())
            own.setdefault(turn["turn_id"], {name: turn.get(name) for name in _FIELDS})
            self._turns.move_to_end(candidate_id)
            while len(own) > MAX_TURNS:
                own.popitem(last=False)
            while len(self._turns) > MAX_CANDIDATES:
                self._turns.popitem(last=False)
        return True

    def of(self, candidate_id: str) -> list[dict[str, Any]]:
        """Return the turns of a candidate, the oldest first."""
        with self._lock:
            return [*self._turns.get(candidate_id, {}).values()]
