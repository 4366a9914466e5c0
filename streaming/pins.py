"""Which versions each batch of a query used, written down before the batch is scored.

A retried batch reads its pin and so repeats the same lists. Pins stand beside the query's
checkpoint, on whatever file system that is.
"""

from dataclasses import asdict
from typing import Any

import orjson
from pyspark.sql import SparkSession

from streaming.serving import Versions

KEPT = 100
"""Pins of older batches are removed; Spark itself never retries but the last."""


class Pins:
    """Pins of one query, by batch.

    Args:
        spark: its Hadoop file systems reach local paths and object stores alike.
        folder: path or URI.
    """

    def __init__(self, spark: SparkSession, folder: str) -> None:
        jvm: Any = spark._jvm  # noqa: SLF001 - the only way to Hadoop's file systems
        self._path = jvm.org.apache.hadoop.fs.Path
        conf = spark._jsparkSession.sparkContext().hadoopConfiguration()  # noqa: SLF001
        self._folder = folder
        self._files = self._path(folder).getFileSystem(conf)
        self._io = jvm.org.apache.commons.io.IOUtils

    def get(self, batch_id: int) -> Versions | None:
        """Read a batch's pin, None where it has none."""
        path = self._at(batch_id)
        if not self._files.exists(path):
            return None
        stream = self._files.open(path)
        try:
            return Versions(**orjson.loads(self._io.toString(stream, "UTF-8")))
        finally:
            stream.close()

    def put(self, batch_id: int, versions: Versions) -> None:
        """Write a batch's pin, whole or not at all."""
        unfinished = self._path(self._folder, f".{batch_id}.unfinished")
        stream = self._files.create(unfinished, True)  # noqa: FBT003 - overwrite, Java's name
        try:
            stream.write(bytearray(orjson.dumps(asdict(versions))))
        finally:
            stream.close()
        self._files.delete(self._at(batch_id), False)  # noqa: FBT003 - not recursive
        self._files.rename(unfinished, self._at(batch_id))
        self._files.delete(self._at(batch_id - KEPT), False)  # noqa: FBT003 - not recursive

    def _at(self, batch_id: int) -> Any:
        return self._path(self._folder, f"{batch_id}.json")
