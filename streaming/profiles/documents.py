"""The profiles in keyed state: a map from candidate ids to JSON documents within a shard."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the field's usual name
from pyspark.sql.streaming.stateful_processor import StatefulProcessorHandle
from pyspark.sql.types import StringType, StructField, StructType

from streaming.settings import Tuning
from streaming.spark.internals.socket_leak import leave_open
from streaming.spark.internals.tuned.state_client import PipelinedDocuments

_KEY = StructType([StructField("candidate_id", StringType())])
_VALUE = StructType([StructField("profile", StringType())])
"""These names stand in checkpoints. Given as text, the JVM would parse them twice a task."""


def read_documents(spark: SparkSession, checkpoint: str, batch: int) -> DataFrame:
    """Read the documents of a checkpoint as a batch left them: `candidate_id` and `document`."""
    # Spark's reader asks a coordinator that only a session with queries has; this makes it.
    spark.streams.active  # noqa: B018
    rows = (
        spark.read.format("statestore")
        .option("stateVarName", "profiles")
        .option("batchId", batch)
        .load(checkpoint)
    )
    return rows.select(
        F.col("user_map_key.candidate_id").alias("candidate_id"),
        F.col("user_map_value.profile").alias("document"),
    )


class Documents(Protocol):
    """Documents by key, within the shard of the current task."""

    def get(self, keys: Sequence[str]) -> list[str | None]:
        """Return the document of each key, None for those that have none."""
        ...

    def put(self, documents: Mapping[str, str]) -> None:
        """Write the document of each key."""

    def close(self) -> None:
        """End the use of the state; raises where something was not kept."""


def open_documents(
    handle: StatefulProcessorHandle, name: str, tuned: Collection[Tuning]
) -> Documents:
    """Open the documents of a stateful processor, in its `init`.

    `tuned` holds the parts of `streaming.spark.tuning` that are on.
    """
    if Tuning.STATE_CLIENT in tuned:
        return PipelinedDocuments(handle, name, _KEY, _VALUE)
    return MapStateDocuments(handle, name)


class MapStateDocuments:
    """The plain path: one request of Spark's own client for each document."""

    def __init__(self, handle: StatefulProcessorHandle, name: str) -> None:
        self._handle = handle
        self._state = handle.getMapState(name, _KEY, _VALUE)

    def get(self, keys: Sequence[str]) -> list[str | None]:
        """Return the document of each key, None for those that have none."""
        values = (self._state.getValue((key,)) for key in keys)
        return [None if value is None else value[0] for value in values]

    def put(self, documents: Mapping[str, str]) -> None:
        """Write the document of each key."""
        for key, document in documents.items():
            self._state.updateValue((key,), (document,))

    def close(self) -> None:
        """End the use of the state."""
        leave_open(self._handle)
