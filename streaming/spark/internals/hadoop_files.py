"""Files on any file system that Hadoop knows: a local folder, HDFS, an object store.

Why: a checkpoint may be anywhere, and PySpark has no public API for a single small file.
Tried on: PySpark 4.2.0. Goes when: PySpark offers files of Hadoop's file systems.
"""

from typing import Any

from pyspark.sql import SparkSession


class HadoopFiles:
    """Reads and writes small files, by path or URI.

    Args:
        spark: its Hadoop configuration says how each file system is reached.
    """

    def __init__(self, spark: SparkSession) -> None:
        jvm: Any = spark._jvm
        self._path = jvm.org.apache.hadoop.fs.Path
        self._io = jvm.org.apache.commons.io.IOUtils
        self._conf: Any = spark._jsparkSession.sparkContext().hadoopConfiguration()

    def exists(self, path: str) -> bool:
        """Return whether there is such a file or folder."""
        return bool(self._system(path).exists(self._path(path)))

    def list(self, folder: str) -> list[str]:
        """Return the names in a folder; none where it does not exist."""
        if not self.exists(folder):
            return []
        statuses = self._system(folder).listStatus(self._path(folder))
        return [str(status.getPath().getName()) for status in statuses]

    def read_bytes(self, path: str) -> bytes:
        """Return what a file holds."""
        stream = self._system(path).open(self._path(path))
        try:
            return bytes(self._io.toByteArray(stream))
        finally:
            stream.close()

    def write_bytes(self, path: str, data: bytes) -> None:
        """Write a file, in place of one that is there; folders are made."""
        stream = self._system(path).create(self._path(path), True)  # noqa: FBT003 - Java's overwrite
        try:
            stream.write(bytearray(data))
        finally:
            stream.close()

    def rename(self, old: str, new: str) -> None:
        """Rename a file; where `new` exists, file systems differ in what they do."""
        self._system(old).rename(self._path(old), self._path(new))

    def delete(self, path: str) -> None:
        """Remove a file, if it is there."""
        self._system(path).delete(self._path(path), False)  # noqa: FBT003 - Java's recursive

    def delete_folder(self, path: str) -> None:
        """Remove a folder and all that is in it, if it is there."""
        self._system(path).delete(self._path(path), True)  # noqa: FBT003 - Java's recursive

    def default_is_local(self) -> bool:
        """Return whether a path without a scheme is a local one."""
        return str(self._conf.get("fs.defaultFS", "file:///")).startswith("file:")

    def _system(self, path: str) -> Any:
        return self._path(path).getFileSystem(self._conf)
