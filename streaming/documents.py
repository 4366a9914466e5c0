"""Documents in keyed state, read and written some at a time.

Spark's client of the state waits for an answer to each request: two journeys between Python and
the JVM for each candidate, which took most of the time of folding a backlog. The JVM answers
requests in the order they come, so here some are sent before the first answer is read.

Spark 4.2.0 forgets to close its side of the connection when it is told that a task is done with
its state, so that after some thousand batches no file can be opened (SPARK-58932, mended in 4.2.1,
which Delta's package does not admit yet). A connection on which it still waits for requests is
closed when the task ends; so here nothing is said, and ours stays open until then.
"""

import struct
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pyspark.sql.streaming.proto import StateMessage_pb2 as proto
from pyspark.sql.streaming.stateful_processor import StatefulProcessorHandle
from pyspark.sql.types import StringType, StructField, StructType

from streaming.errors import CareerstreamError

_KEY = StructType([StructField("candidate_id", StringType())])
_VALUE = StructType([StructField("profile", StringType())])
"""Their names stand in checkpoints. As text they would be parsed in the JVM, twice a task."""
_PROTOCOL = 0
"""Version of the protocol that Spark's client and its JVM speak."""
_HEADER = struct.Struct("!ii")
"""Precedes a request: that version, and the request's bytes."""
_MOST_UNANSWERED = 48 * 1024
"""Bytes of requests on their way, less than a socket holds; a larger request goes alone. The JVM
stops reading when a request fails, and nobody would read why while we wait to write the rest."""
_left: deque[Any] = deque(maxlen=1)
"""The connection of the worker's last task."""


class Documents:
    """A map from candidate ids to documents, within the shard that Spark is at.

    Args:
        handle: of the stateful processor, in its `init`.
        name: of the state.
    """

    def __init__(self, handle: StatefulProcessorHandle, name: str) -> None:
        state: Any = handle.getMapState(name, _KEY, _VALUE)
        self._name = name
        # Private: nothing public sends more than one request. Tests compare it with what is kept.
        self._client = state._mapStateClient._stateful_processor_api_client  # noqa: SLF001

    def get(self, keys: Sequence[str]) -> list[str | None]:
        """Return the document of each key, None for those that have none."""
        calls = ({"getValue": proto.GetValue(userKey=self._bytes(key))} for key in keys)
        found = self._ask(calls)
        return [self._client._deserialize_from_bytes(one)[0] if one else None for one in found]  # noqa: SLF001

    def put(self, documents: Mapping[str, str]) -> None:
        """Replace or add the document of each key."""
        calls = (
            {"updateValue": proto.UpdateValue(userKey=self._bytes(key), value=self._bytes(value))}
            for key, value in documents.items()
        )
        self._ask(calls)

    def leave(self) -> None:
        """End using the state, in the processor's `close`; Spark then ends the connection."""
        self._client.set_handle_state = lambda _state: None
        _left.append(self._client)

    def _bytes(self, text: str) -> bytes:
        """Return a row of one column as Spark's client pickles it."""
        dumped: bytes = self._client.pickleSer.dumps((text,))
        return dumped

    def _ask(self, calls: Iterable[Mapping[str, Any]]) -> list[bytes]:
        """Send some calls, and return what is answered to each."""
        answers: list[bytes] = []
        sent = unanswered = 0
        for call in calls:
            request = self._request(proto.MapStateCall(stateName=self._name, **call))
            if unanswered + len(request) > _MOST_UNANSWERED:
                answers += self._receive(sent - len(answers))
                unanswered = 0
            self._client.sockfile.write(request)
            sent += 1
            unanswered += len(request)
        return answers + self._receive(sent - len(answers))

    @staticmethod
    def _request(call: proto.MapStateCall) -> bytes:
        """Return a request as it is written."""
        request: bytes = proto.StateRequest(
            stateVariableRequest=proto.StateVariableRequest(mapStateCall=call)
        ).SerializeToString()
        return _HEADER.pack(_PROTOCOL, len(request)) + request

    def _receive(self, count: int) -> list[bytes]:
        """Read as many answers."""
        self._client.sockfile.flush()
        answers = []
        for _ in range(count):
            status, message, value = self._client._receive_proto_message()  # noqa: SLF001
            if status != 0:
                raise CareerstreamError(f"Spark's state {self._name} gave no answer: {message}")
            answers.append(bytes(value))
        return answers
