"""Documents in keyed state, read and written some at a time.

Spark's client of the state waits for an answer to each request: two journeys between Python and
the JVM for each candidate, which took most of the time of folding a backlog, and five more for each
task, which held up each small batch. The JVM answers requests in the order they come, so here some
are sent before the first answer is read, and what is kept is answered while the task goes on. In
which phase the processor is, the JVM is not told: nothing that is asked here depends on it.

Spark 4.2.0 forgets to close its side of the connection when it is told that a task is done with
its state, so that after some thousand batches no file can be opened (SPARK-58932, mended in 4.2.1,
which Delta's package does not admit yet). A connection on which it still waits for requests is
closed when the task ends; so ours stays open until then.
"""

import struct
from collections import deque
from collections.abc import Mapping, Sequence
from functools import partial
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

    The only state of its processor, whose `close` must say `leave`: before, nobody knows that all
    was kept.

    Args:
        handle: of the stateful processor, in its `init`.
        name: of the state.

    Raises:
        CareerstreamError: the processor has another one.
    """

    def __init__(self, handle: StatefulProcessorHandle, name: str) -> None:
        state: Any = handle.getMapState(name, _KEY, _VALUE)
        # Private: nothing public sends more than one request. Tests compare it with what is kept.
        self._client = client = state._mapStateClient._stateful_processor_api_client  # noqa: SLF001
        if "set_implicit_key" in vars(client):
            raise CareerstreamError(f"state {name}: a processor can have one map of documents")
        self._name = name
        self._unanswered: deque[int] = deque()
        """Bytes of each request that was sent and not answered yet."""
        self._answers: list[bytes] = []
        """What was answered since something was last asked or kept."""
        self._send_alone = client._send_proto_message  # noqa: SLF001
        client._send_proto_message = self._let_send  # noqa: SLF001
        client.set_handle_state = partial(setattr, client, "handle_state")
        client.set_implicit_key = self._turn_to
        client.remove_implicit_key = _nothing

    def get(self, keys: Sequence[str]) -> list[str | None]:
        """Return the document of each key, None for those that have none."""
        self._await()
        self._answers.clear()
        for key in keys:
            self._call(getValue=proto.GetValue(userKey=self._bytes(key)))
        self._await()
        return [
            self._client._deserialize_from_bytes(one)[0] if one else None  # noqa: SLF001
            for one in self._answers
        ]

    def put(self, documents: Mapping[str, str]) -> None:
        """Replace or add the document of each key; that it failed is told by what comes next."""
        self._answers.clear()
        for key, document in documents.items():
            new = proto.UpdateValue(userKey=self._bytes(key), value=self._bytes(document))
            self._call(updateValue=new)
        self._client.sockfile.flush()

    def leave(self) -> None:
        """End using the state, in the processor's `close`; Spark then ends the connection.

        Raises:
            CareerstreamError: something was not kept.
        """
        self._await()
        # What is ours here would keep the connection open until Python next looks for cycles.
        for name in ("_send_proto_message", "set_implicit_key", "remove_implicit_key"):
            delattr(self._client, name)
        self._client.set_handle_state = _nothing
        _left.append(self._client)

    def _let_send(self, message: bytes) -> None:
        """Have Spark's own client send a request, whose answer it takes for the next that comes."""
        self._await()
        self._send_alone(message)

    def _turn_to(self, shard: tuple[Any, ...]) -> None:
        """Say which shard is meant from here on."""
        key = proto.SetImplicitKey(key=self._client.pickleSer.dumps(shard))
        asked = proto.ImplicitGroupingKeyRequest(setImplicitKey=key)
        self._send(proto.StateRequest(implicitGroupingKeyRequest=asked))

    def _call(self, **call: Any) -> None:
        """Ask something of the map."""
        asked = proto.MapStateCall(stateName=self._name, **call)
        variable = proto.StateVariableRequest(mapStateCall=asked)
        self._send(proto.StateRequest(stateVariableRequest=variable))

    def _bytes(self, text: str) -> bytes:
        """Return a row of one column as Spark's client pickles it."""
        dumped: bytes = self._client.pickleSer.dumps((text,))
        return dumped

    def _send(self, message: proto.StateRequest) -> None:
        request: bytes = message.SerializeToString()
        while self._unanswered and sum(self._unanswered) + len(request) > _MOST_UNANSWERED:
            self._receive()
        self._client.sockfile.write(_HEADER.pack(_PROTOCOL, len(request)) + request)
        self._unanswered.append(len(request))

    def _await(self) -> None:
        """Read all answers."""
        self._client.sockfile.flush()
        while self._unanswered:
            self._receive()

    def _receive(self) -> None:
        """Read the next answer."""
        self._client.sockfile.flush()
        status, message, value = self._client._receive_proto_message()  # noqa: SLF001
        self._unanswered.popleft()
        if status != 0:
            raise CareerstreamError(f"Spark's state {self._name} gave no answer: {message}")
        self._answers.append(bytes(value))


def _nothing(*_: Any) -> None:
    """Stand for a request that nothing depends on."""
