"""Tells open pages what has changed, so that each one sends the newest state to its browser.

A page is told that something changed, not what to send. However slow a browser is, nothing piles
up for it, and nobody waits for it.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from jobs.console.sessions import Session

MAX_SUBSCRIPTIONS = 200
PARTS = frozenset({"candidate", "conversation", "list", "matches", "plan", "profile", "status"})
"""The parts of a page's state."""


class Subscription:
    """One open page: the parts of its state that it has not yet sent."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._changed, self._wake = set(PARTS), asyncio.Event()
        self._wake.set()
        self.closed = False

    def notify(self, *parts: str) -> None:
        """Mark parts as changed; call it in the event loop."""
        self._changed.update(parts)
        self._wake.set()

    def close(self) -> None:
        """End the page's stream."""
        self.closed = True
        self._wake.set()

    async def changes(self, seconds: float) -> frozenset[str]:
        """Return the parts that have changed; wait for the first, and not longer than that."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), seconds)
        changed = frozenset(self._changed)
        self._changed.clear()
        self._wake.clear()
        return changed


class Subscribers:
    """All open pages."""

    def __init__(self) -> None:
        # note: replaced and never changed, because other threads look at it
        self._all: tuple[Subscription, ...] = ()
        self._loop: asyncio.AbstractEventLoop | None = None

    def __len__(self) -> int:
        return len(self._all)

    @contextmanager
    def subscribe(self, session: Session) -> Iterator[Subscription]:
        """Tell a page about changes in the block; call it in the event loop."""
        self._loop = asyncio.get_running_loop()
        own = Subscription(session)
        self._all = (*self._all, own)
        try:
            yield own
        finally:
            self._all = tuple(each for each in self._all if each is not own)

    def candidate_changed(self, candidate_id: str, part: str) -> None:
        """Tell the pages that show a candidate; any thread may call it."""
        chosen = [own for own in self._all if own.session.candidate_id == candidate_id]
        self._call(chosen, part)

    def posting_changed(self, posting_id: str, part: str) -> None:
        """Tell the pages that show a posting's matches; any thread may call it."""
        chosen = [own for own in self._all if own.session.posting_id == posting_id]
        self._call(chosen, part)

    def session_changed(self, session: Session, *parts: str) -> None:
        """Tell the pages of a session that they show something else: some parts, or all."""
        self._call([own for own in self._all if own.session is session], *(parts or PARTS))

    def status_changed(self) -> None:
        """Tell all pages that there is trouble, or none any more."""
        self._call(list(self._all), *PARTS)

    def close(self) -> None:
        """End all streams; any thread may call it."""
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop has ended
                self._loop.call_soon_threadsafe(self._close_all)

    def _close_all(self) -> None:
        for own in self._all:
            own.close()

    def _call(self, chosen: list[Subscription], *parts: str) -> None:
        if self._loop is None:
            return
        for own in chosen:
            with suppress(RuntimeError):  # the loop has ended
                self._loop.call_soon_threadsafe(own.notify, *parts)
