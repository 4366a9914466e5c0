"""The versions that each batch of a query is scored with, recorded before it is scored.

A batch that is tried again reads its record and so repeats the same lists. The records stand beside
the query's checkpoint, on whatever file system that is, and the driver writes them. Where workers
see the driver's files, the tasks of `hot_path` write them instead, so that no batch stops at the
driver.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from pyspark import TaskContext
from pyspark.sql import SparkSession

from streaming.serving.bundles import Bundle
from streaming.serving.champion import ServingVersions
from streaming.spark.internals.hadoop_files import HadoopFiles

FOLDER = "pins"
"""In the query's checkpoint."""
MAX_RECORDS = 100
"""Records of older batches are removed. Spark retries the last batch only."""
_BATCH_ID = "streaming.sql.batchId"
"""Spark's name of the task property."""


class BatchVersionLog:
    """Records of one query, written by the driver, in a folder given by path or URI."""

    def __init__(self, spark: SparkSession, folder: str) -> None:
        self._folder = folder
        self._files = HadoopFiles(spark)

    def get(self, batch_id: int) -> ServingVersions | None:
        """Return the versions of a batch; None if it has no record."""
        path = self._file(batch_id)
        if not self._files.exists(path):
            return None
        return ServingVersions.from_json(self._files.read_bytes(path))

    def record(self, batch_id: int, versions: ServingVersions) -> None:
        """Record the versions of a batch; readers see the whole record or none."""
        unfinished = f"{self._folder}/.{batch_id}.unfinished"
        self._files.write_bytes(unfinished, versions.to_json())
        self._files.delete(self._file(batch_id))
        self._files.rename(unfinished, self._file(batch_id))
        self._files.delete(self._file(batch_id - MAX_RECORDS))

    def uncommitted(self) -> Iterator[ServingVersions]:
        """Yield the versions of the newest batch while it is not committed: it may be retried."""
        newest = max(self._batch_ids(self._folder), default=-1)
        commits = f"{self._folder.rpartition('/')[0]}/commits"
        if newest > max(self._batch_ids(commits), default=-1) and (own := self.get(newest)):
            yield own

    def _batch_ids(self, folder: str) -> Iterator[int]:
        stems = (name.partition(".")[0] for name in self._files.list(folder))
        return (int(stem) for stem in stems if stem.isdigit())

    def _file(self, batch_id: int) -> str:
        return f"{self._folder}/{batch_id}.json"


@dataclass(frozen=True)
class WorkerBatchVersionLog:
    """Records of one query, written by the first task of each batch.

    The query's checkpoint is a local folder; a file names the versions that serve now.
    """

    checkpoint: Path
    bundles: Path
    current_versions_file: Path

    def task_bundle(self) -> Bundle:
        """Return, in a task of a batch, the bundle that the batch is scored with."""
        context: Any = TaskContext.get()
        versions = self.get_or_record(int(context.getLocalProperty(_BATCH_ID)))
        return Bundle.of(versions, self.bundles, distributed=False)

    def get_or_record(self, batch_id: int) -> ServingVersions:
        """Return the versions of a batch; without a record, those that serve now are recorded."""
        file = self._file(batch_id)
        if not file.exists():
            self._record(file)
            for old in self._batch_ids(self._folder):
                if old <= batch_id - MAX_RECORDS:  # a query need not record every batch
                    self._file(old).unlink(missing_ok=True)
        return ServingVersions.from_json(file.read_bytes())

    def uncommitted(self) -> Iterator[ServingVersions]:
        """Yield the versions of the newest batch while it is not committed: it may be retried."""
        newest = max(self._batch_ids(self._folder), default=-1)
        # Spark removes the commits of old batches; those of newer ones say as much.
        if newest > max(self._batch_ids(self.checkpoint / "commits"), default=-1):
            with suppress(FileNotFoundError):
                yield ServingVersions.from_json(self._file(newest).read_bytes())

    @staticmethod
    def _batch_ids(folder: Path) -> list[int]:
        """Return the numbers that files of a folder are named after."""
        return [int(file.stem) for file in folder.glob("*") if file.stem.isdigit()]

    @property
    def _folder(self) -> Path:
        return self.checkpoint / FOLDER

    def _file(self, batch_id: int) -> Path:
        return self._folder / f"{batch_id}.json"

    def _record(self, file: Path) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=self._folder, prefix=".") as unfinished:
            unfinished.write(self.current_versions_file.read_bytes())
            unfinished.flush()
            # Unlike a rename, a link fails where a file exists: the first task decides.
            with suppress(FileExistsError):
                os.link(unfinished.name, file)
