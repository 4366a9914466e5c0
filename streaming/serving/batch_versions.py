"""Which versions each batch of a query used, written down before the batch is scored.

A retried batch reads its pin and so repeats the same lists. Pins stand beside the query's
checkpoint, on whatever file system that is. Where workers see the driver's files, those of
`hot_path` make the pins themselves, so that no batch stops at the driver on its way to the sink.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import orjson
from pyspark import TaskContext
from pyspark.sql import SparkSession

from streaming.serving.bundles import Bundle, Versions

_BATCH_ID = "streaming.sql.batchId"
"""Spark's own name of what its tasks are told."""
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


@dataclass(frozen=True)
class WorkerPins:
    """Pins that the first task of a batch makes; the others, and a retry, find it there.

    Args:
        checkpoint: the query's, in a local folder.
        serving: where the bundles are.
        current: the file that says which versions serve.
    """

    checkpoint: Path
    serving: Path
    current: Path

    def bundle(self) -> Bundle:
        """Return, in a task of a batch, the bundle that the batch is scored with."""
        context: Any = TaskContext.get()
        versions = self.of(int(context.getLocalProperty(_BATCH_ID)))
        return Bundle(versions, str(self.serving / versions.label), shipped=False)

    def of(self, batch_id: int) -> Versions:
        """Read a batch's pin; make it of what serves now where it has none."""
        pin = self._at(batch_id)
        if not pin.exists():
            self._make(pin)
            for old in self._numbers(self._folder):
                if old <= batch_id - KEPT:  # not every batch is pinned
                    self._at(old).unlink(missing_ok=True)
        return Versions(**orjson.loads(pin.read_bytes()))

    def open(self) -> Iterator[Versions]:
        """Yield what the newest batch uses while it is not committed: it may be tried again."""
        newest = max(self._numbers(self._folder), default=-1)
        # Spark removes its notes of old batches; those of newer ones say as much.
        if newest > max(self._numbers(self.checkpoint / "commits"), default=-1):
            with suppress(FileNotFoundError):
                yield Versions(**orjson.loads(self._at(newest).read_bytes()))

    @staticmethod
    def _numbers(folder: Path) -> list[int]:
        """List the batches that files of a folder are named after."""
        return [int(file.stem) for file in folder.glob("*") if file.stem.isdigit()]

    @property
    def _folder(self) -> Path:
        return self.checkpoint / "pins"

    def _at(self, batch_id: int) -> Path:
        return self._folder / f"{batch_id}.json"

    def _make(self, pin: Path) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=self._folder, prefix=".") as unfinished:
            unfinished.write(self.current.read_bytes())
            unfinished.flush()
            # Unlike a rename, a link fails where something stands: the first task decides.
            with suppress(FileExistsError):
                os.link(unfinished.name, pin)
