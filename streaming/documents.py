"""Documents in keyed state, read and written some at a time.

Spark's client of the state waits for an answer to each request: two journeys between Python and
the JVM for each candidate, which took most of the time of folding a backlog. The JVM answers
requests in the order they come, so here they are all sent before the first answer is read.
"""

import struct
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pyspark.sql.streaming.proto import StateMessage_pb2 as proto
from pyspark.sql.streaming.stateful_processor import StatefulProcessorHandle

from streaming.errors import CareerstreamError

KEY = "candidate_id string"
VALUE = "profile string"
_PROTOCOL = 0
"""Version of the protocol that Spark's client and its JVM speak."""
_HEADER = struct.Struct("!ii")
"""Precedes a request: that version, and the request's bytes."""
_MOST_AT_ONCE = 64
"""Requests on their way, so that those of a read never fill the socket while their answers, which
nobody reads yet, do."""


class Documents:
    """A map from candidate ids to documents, within the shard that Spark is at.

    Args:
        handle: of the stateful processor, in its `init`.
        name: of the state.
    """

    def __init__(self, handle: StatefulProcessorHandle, name: str) -> None:
        state: Any = handle.getMapState(name, KEY, VALUE)
        self._name = name
        # Private: nothing public sends more than one request. Tests compare it with what is kept.
        self._client = state._mapStateClient._stateful_processor_api_client  # noqa: SLF001

    def get(self, keys: Sequence[str]) -> list[str | None]:
        """Return the document of each key, None for those that have none."""
        calls = ({"getValue": proto.GetValue(userKey=self._bytes(key))} for key in keys)
        found = self._ask(list(calls))
        return [self._client._deserialize_from_bytes(one)[0] if one else None for one in found]  # noqa: SLF001

    def put(self, documents: Mapping[str, str]) -> None:
        """Replace or add the document of each key."""
        calls = (
            {"updateValue": proto.UpdateValue(userKey=self._bytes(key), value=self._bytes(value))}
            for key, value in documents.items()
        )
        self._ask(list(calls))

    def _bytes(self, text: str) -> bytes:
        """Return a row of one column as Spark's client pickles it."""
        dumped: bytes = self._client.pickleSer.dumps((text,))
        return dumped

    def _ask(self, calls: Sequence[Mapping[str, Any]]) -> Iterable[bytes]:
        """Send some calls, and give what is answered to each."""
        answers: list[bytes] = []
        for start in range(0, len(calls), _MOST_AT_ONCE):
            some = calls[start : start + _MOST_AT_ONCE]
            for call in some:
                self._send(proto.MapStateCall(stateName=self._name, **call))
            self._client.sockfile.flush()
            answers += [self._receive() for _ in some]
        return answers

    def _send(self, call: proto.MapStateCall) -> None:
        request = proto.StateRequest(
            stateVariableRequest=proto.StateVariableRequest(mapStateCall=call)
        ).SerializeToString()
        self._client.sockfile.write(_HEADER.pack(_PROTOCOL, len(request)) + request)

    def _receive(self) -> bytes:
        status, message, value = self._client._receive_proto_message()  # noqa: SLF001
        if status != 0:
            raise CareerstreamError(f"Spark's state {self._name} gave no answer: {message}")
        return bytes(value)
