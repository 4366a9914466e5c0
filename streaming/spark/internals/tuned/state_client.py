"""Keyed state read and written many documents at a time.

What: writes requests of Spark's state protocol into the socket of Spark's own client, and reads the
answers later.
Why: Spark's client waits for an answer to each request: two round trips between Python and the JVM
for each candidate, which took most of the time of folding a backlog, and five more for each task,
which held up each small batch. The JVM answers requests in the order in which they come, so that
several can be sent before the first answer is read.
Brings: what `careerstream benchmark stream --part tuning` measures.
Tried on: PySpark 4.2.0. Goes when: Spark's client reads or writes several keys in one request.
"""

import struct
from collections import deque
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from pyspark.sql.streaming.proto import StateMessage_pb2 as proto
from pyspark.sql.streaming.stateful_processor import StatefulProcessorHandle
from pyspark.sql.streaming.stateful_processor_api_client import StatefulProcessorApiClient
from pyspark.sql.types import StructType

from streaming.errors import CareerstreamError
from streaming.spark.internals.socket_leak import leave_open

_PROTOCOL_VERSION = 0
_HEADER = struct.Struct("!ii")
"""What precedes a request: the protocol's version, and the request's length in bytes."""
_MOST_UNANSWERED = 48 * 1024
"""Bytes of requests that may be unanswered, less than a socket holds; a larger request goes alone.
The JVM stops reading when a request fails, or when nobody reads its answers, and we would wait for
ever to write the rest."""
_CLIENT_METHODS = (
    "_send_proto_message",
    "_receive_proto_message",
    "_deserialize_from_bytes",
    "set_handle_state",
    "set_implicit_key",
    "remove_implicit_key",
)


class PipelinedDocuments:
    """A map from keys to documents within the current grouping key.

    It must be the only state of its processor, whose `close` must call `close`: only then is it
    known that everything was kept.

    Args:
        handle: of the stateful processor, in its `init`.
        name: of the state.
        key: its schema, one string.
        value: its schema, one string.

    Raises:
        CareerstreamError: the processor has another one.
    """

    def __init__(
        self, handle: StatefulProcessorHandle, name: str, key: StructType, value: StructType
    ) -> None:
        state: Any = handle.getMapState(name, key, value)
        self._client = client = state._mapStateClient._stateful_processor_api_client
        if "set_implicit_key" in vars(client):
            raise CareerstreamError(f"state {name}: a processor can have one map of documents")
        self._handle, self._name = handle, name
        self._unanswered: deque[int] = deque()
        """The length of each request that was sent and not answered yet."""
        self._unanswered_bytes = 0
        self._answers: list[bytes] = []
        """What was answered since the last `get` or `put` began."""
        self._send_alone = client._send_proto_message
        client._send_proto_message = self._send_after_answers
        # Nothing that we ask depends on the phase in which the JVM believes the processor to be.
        client.set_handle_state = partial(setattr, client, "handle_state")
        client.set_implicit_key = self._set_grouping_key
        client.remove_implicit_key = _ignore

    def get(self, keys: Sequence[str]) -> list[str | None]:
        """Return the document of each key, None for those that have none."""
        self._receive_all()
        self._answers.clear()
        for key in keys:
            self._call(getValue=proto.GetValue(userKey=self._row(key)))
        self._receive_all()
        return [
            self._client._deserialize_from_bytes(answer)[0] if answer else None
            for answer in self._answers
        ]

    def put(self, documents: Mapping[str, str]) -> None:
        """Write the document of each key; a failure shows in what is asked next."""
        self._answers.clear()
        for key, document in documents.items():
            update = proto.UpdateValue(userKey=self._row(key), value=self._row(document))
            self._call(updateValue=update)
        self._client.sockfile.flush()

    def close(self) -> None:
        """End the use of the state.

        Raises:
            CareerstreamError: something was not kept.
        """
        self._receive_all()
        # These refer to us and we to the client: a cycle, which would keep the connection open
        # until Python's next garbage collection.
        for method in ("_send_proto_message", "set_implicit_key", "remove_implicit_key"):
            delattr(self._client, method)
        leave_open(self._handle)

    def _send_after_answers(self, message: bytes) -> None:
        """Have Spark's own client send a request; it takes the next answer for its own."""
        self._receive_all()
        self._send_alone(message)

    def _set_grouping_key(self, key: tuple[Any, ...]) -> None:
        """Say which grouping key all that follows is about."""
        message = proto.SetImplicitKey(key=self._client.pickleSer.dumps(key))
        request = proto.ImplicitGroupingKeyRequest(setImplicitKey=message)
        self._send(proto.StateRequest(implicitGroupingKeyRequest=request))

    def _call(self, **call: Any) -> None:
        """Send a call of the map."""
        map_call = proto.MapStateCall(stateName=self._name, **call)
        variable = proto.StateVariableRequest(mapStateCall=map_call)
        self._send(proto.StateRequest(stateVariableRequest=variable))

    def _row(self, text: str) -> bytes:
        """Return a row of one column as Spark's client pickles it."""
        row: bytes = self._client.pickleSer.dumps((text,))
        return row

    def _send(self, message: proto.StateRequest) -> None:
        request: bytes = message.SerializeToString()
        if self._unanswered_bytes + len(request) > _MOST_UNANSWERED:
            # Half of them at once, so that many requests are one write: the kernel counts several
            # hundred bytes of the socket's room for a write, however small.
            self._receive_until(max(0, _MOST_UNANSWERED // 2 - len(request)))
        self._client.sockfile.write(_HEADER.pack(_PROTOCOL_VERSION, len(request)) + request)
        self._unanswered.append(len(request))
        self._unanswered_bytes += len(request)

    def _receive_all(self) -> None:
        """Read the answers to all that was sent."""
        self._receive_until(0)

    def _receive_until(self, unanswered: int) -> None:
        """Read answers until so many bytes of requests are unanswered."""
        self._client.sockfile.flush()
        while self._unanswered_bytes > unanswered:
            self._receive()

    def _receive(self) -> None:
        """Read the next answer."""
        status, message, value = self._client._receive_proto_message()
        self._unanswered_bytes -= self._unanswered.popleft()
        if status != 0:
            raise CareerstreamError(f"Spark's state {self._name} gave no answer: {message}")
        self._answers.append(bytes(value))


def check() -> None:
    """Fail where Spark's client or its messages are not as expected."""
    for method in _CLIENT_METHODS:
        getattr(StatefulProcessorApiClient, method)
    calls = (
        proto.MapStateCall(stateName="name", getValue=proto.GetValue(userKey=b"key")),
        proto.MapStateCall(
            stateName="name", updateValue=proto.UpdateValue(userKey=b"key", value=b"value")
        ),
    )
    for call in calls:
        variable = proto.StateVariableRequest(mapStateCall=call)
        proto.StateRequest(stateVariableRequest=variable).SerializeToString()


def _ignore(*_: Any) -> None:
    """Stand for a request that nothing depends on."""
