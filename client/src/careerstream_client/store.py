"""A store of the newest lists, in memory and bounded."""

from collections import OrderedDict
from dataclasses import replace
from datetime import UTC, datetime
from threading import Lock

from careerstream_client.changes import Change
from careerstream_client.records import ANONYMOUS, Recommendation

MOST_LISTS = 100_000
"""How many lists a store keeps where nothing else is said: some 400 MB with lists of 4 KB."""


class ListStore:
    """The newest list of each candidate. Several threads may use it.

        store = ListStore()
        store.apply(change)
        shown = store.get("c1")

    It keeps the lists as the bytes of their messages and decodes the one that is asked for. Over
    its limit it drops the list that was neither changed nor asked for the longest. It never drops
    the list for anonymous visitors.
    """

    def __init__(self, most: int = MOST_LISTS) -> None:
        if most < 1:
            raise ValueError(f"most is {most}, must be at least 1")
        self._most = most
        self._lists: OrderedDict[str, tuple[int, bytes]] = OrderedDict()
        self._anonymous: tuple[int, bytes] | None = None
        self._lock = Lock()

    def __len__(self) -> int:
        """Count the candidates who have a list, the anonymous one left out."""
        return len(self._lists)

    def apply(self, change: Change) -> None:
        """Take a change. An older version than the one that is kept changes nothing."""
        candidate, value = change.candidate_id, change.value
        kept = None if value is None else (change.profile_version, value)
        with self._lock:
            if candidate == ANONYMOUS:
                if not _is_older(kept, self._anonymous):
                    self._anonymous = kept
            elif kept is None:
                self._lists.pop(candidate, None)
            elif not _is_older(kept, self._lists.get(candidate)):
                self._lists[candidate] = kept
                self._lists.move_to_end(candidate)
                if len(self._lists) > self._most:
                    self._lists.popitem(last=False)

    def get(self, candidate_id: str, now: datetime | None = None) -> Recommendation | None:
        """Return what to show somebody: their newest list, without items that have expired.

        A candidate without a list gets the one for anonymous visitors; `personal` tells them
        apart. None: there is neither. A list of which every item has expired is empty.

        Args:
            candidate_id: whose list.
            now: the moment, the clock's if it is not given. A simulated or replayed market has a
                time of its own: there, give the `as_of` of a list.

        Raises:
            ContractError: the list cannot be read.
            ValueError: `now` has no time zone.
        """
        with self._lock:
            kept = self._lists.get(candidate_id)
            if kept is None:
                kept = self._anonymous
            else:
                self._lists.move_to_end(candidate_id)
        if kept is None:
            return None
        _, value = kept
        return without_expired(Recommendation.from_json(value), now)


def without_expired(shown: Recommendation, now: datetime | None = None) -> Recommendation:
    """Return a list without the items whose `valid_through` has passed."""
    moment = now or datetime.now(UTC)
    if moment.tzinfo is None:
        raise ValueError(f"now is {moment}, which has no time zone")
    items = tuple(
        item for item in shown.items if item.valid_through is None or item.valid_through > moment
    )
    return shown if len(items) == len(shown.items) else replace(shown, items=items)


def _is_older(kept: tuple[int, bytes] | None, than: tuple[int, bytes] | None) -> bool:
    return kept is not None and than is not None and kept[0] < than[0]
