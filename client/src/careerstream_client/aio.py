"""The consumer and the producer for asyncio: each runs the blocking client in a thread of its own.

A task that waits may be cancelled at any time. What the thread of a `poll` or of the loop had read
is not lost: the next call returns it. Leaving the `async with` block waits for the thread.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from careerstream_client.changes import REMEMBERED, Change
from careerstream_client.connection import Connection
from careerstream_client.consumer import Consumer
from careerstream_client.producer import Producer, new_event
from careerstream_client.records import Candidate, Event, Posting
from careerstream_client.wire import TopicRecord

_T = TypeVar("_T")
_C = TypeVar("_C", bound=Consumer | Producer)


class _Threaded(Generic[_C]):
    """A blocking client and the thread that alone uses it."""

    def __init__(self, connect: Callable[[], _C]) -> None:
        self._connect = connect
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="careerstream-client")
        self._client: _C | None = None

    async def __aenter__(self) -> Self:
        connecting = self._thread.submit(self._connect)
        try:
            self._client = await _result(connecting)
        except BaseException:
            self._thread.submit(_close_later, connecting)
            self._thread.shutdown(wait=False)
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        client = self._opened()
        if isinstance(client, Consumer):
            client.stop()
        try:
            await _result(self._thread.submit(client.__exit__, kind, error, trace))
        finally:
            self._thread.shutdown(wait=False)

    def _opened(self) -> _C:
        if self._client is None:
            raise RuntimeError(f"use `async with {type(self).__name__}(...)` to connect first")
        return self._client

    async def _call(self, function: Callable[..., _T], *arguments: Any) -> _T:
        return await _result(self._thread.submit(function, *arguments))


class AsyncConsumer(_Threaded[Consumer]):
    """Yields each change of somebody's list once; `Consumer` has the rules.

    async with AsyncConsumer("127.0.0.1:9092") as consumer:
        async for change in consumer:
            store.apply(change)
    """

    def __init__(self, kafka: str | Connection, *, remember: int = REMEMBERED) -> None:
        super().__init__(partial(Consumer, kafka, remember=remember))
        self._waiting: deque[Change] = deque()
        self._reading: Future[list[Change]] | None = None

    async def poll(self) -> list[Change]:
        """Return the changes that are there, after a short wait at most; often none."""
        if self._reading is None:
            self._reading = self._thread.submit(self._opened().poll)
        try:
            changes = await _result(self._reading)
        except Exception:
            self._reading = None
            raise
        self._reading = None
        return changes

    async def catch_up(self, timeout_seconds: float = 600) -> list[Change]:
        """Return the changes up to the end that the topic has now.

        Cancelled, it loses what it has read: connect again to read it.
        """
        consumer = self._opened()
        return await self._call(lambda: list(consumer.catch_up(timeout_seconds)))

    def stop(self) -> None:
        """Let the loop over the changes end soon."""
        self._opened().stop()

    @property
    def stopped(self) -> bool:
        """Whether `stop` was called."""
        return self._opened().stopped

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Change:
        while not self._waiting:
            if self.stopped:
                raise StopAsyncIteration
            self._waiting.extend(await self.poll())
        return self._waiting.popleft()


class AsyncProducer(_Threaded[Producer]):
    """Sends events, postings and candidates; `Producer` has the rules."""

    def __init__(self, kafka: str | Connection) -> None:
        super().__init__(partial(Producer, kafka))

    async def send(self, record: TopicRecord) -> None:
        """Send an Event, a Posting or a Candidate; a ContractError as `Producer.send`."""
        await self._call(self._opened().send, record)

    async def event(self, **fields: Any) -> Event:
        """Make an event (`new_event` has the arguments), send it and return it."""
        made = new_event(**fields)
        await self.send(made)
        return made

    async def withdraw(self, kind: type[Posting] | type[Candidate], key: str) -> None:
        """Close a posting, or delete a candidate's stated part."""
        await self._call(self._opened().withdraw, kind, key)

    async def flush(self, timeout_seconds: float = 60) -> None:
        """Wait until everything that was sent is delivered; a DeliveryError as `Producer.flush`."""
        await self._call(self._opened().flush, timeout_seconds)


async def _result(future: Future[_T]) -> _T:
    """Wait for a thread's result. A cancelled task leaves the thread's work as it is."""
    return await asyncio.shield(asyncio.wrap_future(future))


def _close_later(connecting: Future[Any]) -> None:
    """Close a client that connected although nobody waited for it any more."""
    if connecting.exception() is None:
        connecting.result().close()
