"""Sessions of browsers: whose data a page shows is kept here, and never taken from a request."""

import secrets
import threading
from collections import OrderedDict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field

MAX_SESSIONS = 100
MAX_LISTS = 10
"""Lists that a session remembers: a click may be on the one before the newest."""
MAX_EVENTS = 50


@dataclass(frozen=True)
class ShownItem:
    """An item of a list that was shown."""

    recommendation_id: str
    posting_id: str
    rank: int


@dataclass(frozen=True)
class ShownList:
    """A list that was shown, best first."""

    recommendation_id: str
    posting_ids: tuple[str, ...]


@dataclass(eq=False)
class Session:
    """What belongs to one browser."""

    id: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    candidate_id: str | None = None
    """As topics know the candidate whose data is shown: with pseudonyms, by one."""
    own_id: str | None = None
    """Their own id, under which messages are sent; None where only the pseudonym is known."""
    posting_id: str | None = None
    """Whose matches are shown."""
    language: str | None = None
    theme: str = "auto"
    events: deque[str] = field(default_factory=lambda: deque(maxlen=MAX_EVENTS))
    """Ids of the newest events that were sent for the candidate."""
    _shown: OrderedDict[str, dict[str, ShownItem]] = field(default_factory=OrderedDict)

    def choose(self, candidate_id: str, own_id: str | None = None) -> None:
        """Show the data of a candidate from now on."""
        self.candidate_id, self.own_id = candidate_id, own_id
        self.events.clear()
        self._shown.clear()

    def remember(self, recommendation_id: str, posting_ids: Sequence[str]) -> None:
        """Take note of a list that is shown; the ranks count from 1."""
        self._shown.pop(recommendation_id, None)  # it is the newest now
        self._shown[recommendation_id] = {
            posting_id: ShownItem(recommendation_id, posting_id, rank)
            for rank, posting_id in enumerate(posting_ids, start=1)
        }
        while len(self._shown) > MAX_LISTS:
            self._shown.popitem(last=False)

    def shown_item(self, recommendation_id: str, posting_id: str) -> ShownItem | None:
        """Return an item of a list that was shown lately."""
        return self._shown.get(recommendation_id, {}).get(posting_id)

    def newest_list(self) -> ShownList | None:
        """Return the list that was shown last."""
        if not self._shown:
            return None
        recommendation_id = next(reversed(self._shown))
        return ShownList(recommendation_id, tuple(self._shown[recommendation_id]))


class Sessions:
    """The sessions, by id; the one not used longest makes room for a new one."""

    def __init__(self) -> None:
        self._sessions: OrderedDict[str, Session] = OrderedDict()
        self._lock = threading.Lock()

    def open(self) -> Session:
        """Begin a session."""
        session = Session()
        with self._lock:
            self._sessions[session.id] = session
            while len(self._sessions) > MAX_SESSIONS:
                self._sessions.popitem(last=False)
        return session

    def find(self, session_id: str) -> Session | None:
        """Return a session."""
        with self._lock:
            if session_id not in self._sessions:
                return None
            self._sessions.move_to_end(session_id)
            return self._sessions[session_id]
