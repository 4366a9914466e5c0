"""Keeps Spark from leaking a socket for each task with keyed state (SPARK-58932).

Fault: when the worker says that a task is done with its state, the JVM stops reading from the
connection and forgets to close it. After some thousand batches no file can be opened. A connection
on which the JVM still waits for requests is closed when the task ends. So we do not send the last
message, and keep our end open until the worker's next task.
Tried on: PySpark 4.2.0. Goes with: 4.2.1, once Delta's package admits it.
"""

from collections import deque
from typing import Any

from pyspark.sql.streaming.stateful_processor import StatefulProcessorHandle

_last_client: deque[Any] = deque(maxlen=1)
"""The client of the worker's last task; to forget it would close our end."""


def leave_open(handle: StatefulProcessorHandle) -> None:
    """Leave the connection of a task's state open; the last call of a processor's `close`."""
    client: Any = handle._statefulProcessorApiClient
    client.set_handle_state = _ignore  # what follows `close` is the message that does the harm
    _last_client.append(client)


def _ignore(_state: Any) -> None:
    """Send nothing."""
