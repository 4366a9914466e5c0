"""What each small batch pays for in Spark's JVM and no setting reaches.

Both go through Java's reflection, as nothing public does it. Where another version has nothing of
the name, all works as before, and takes longer.
"""

from contextlib import suppress
from typing import Any

from py4j.protocol import Py4JError
from pyspark.sql import SparkSession


def lighten(spark: SparkSession, *, local: bool) -> None:
    """Have each batch of keyed state do less, in this session and all others of its JVM.

    Args:
        spark: session.
        local: whether driver and executors are one process.
    """
    with suppress(Py4JError):
        _forget_sources(_hadoop(spark))
    if local:
        _drop(_hadoop(spark), "yarn.")
        with suppress(Py4JError):
            _interpret(spark)


def _hadoop(spark: SparkSession) -> Any:
    return spark._jsparkSession.sparkContext().hadoopConfiguration()  # noqa: SLF001 - the only way


def _forget_sources(hadoop: Any) -> None:
    """Forget which file each of Hadoop's settings came from.

    Each batch sends all settings to the tasks that open state, and compresses, one by one, the
    thousand names of these files: several milliseconds in which nothing else goes on.
    """
    field = hadoop.getClass().getDeclaredField("updatingResource")
    field.setAccessible(True)
    field.get(hadoop).clear()


def _drop(hadoop: Any, prefix: str) -> None:
    """Remove settings of what is not there: nearly half of all that is sent are YARN's."""
    settings = hadoop.iterator()
    names = []
    while settings.hasNext():
        names.append(str(settings.next().getKey()))
    for name in names:
        if name.startswith(prefix):
            hadoop.unset(name)


def _interpret(spark: SparkSession) -> None:
    """Write no Java for rows on threads that know no session.

    The threads that answer for keyed state do not know what the session says of that
    (`session.UNCOMPILED`), and wrote, for each task anew, Java for the rows of a few candidates.
    """
    jvm: Any = spark._jvm  # noqa: SLF001 - the only way
    modes = jvm.org.apache.spark.sql.catalyst.expressions.CodegenObjectFactoryMode
    entry = jvm.org.apache.spark.sql.internal.SQLConf.CODEGEN_FACTORY_MODE()
    default = entry.getClass().getDeclaredField("_defaultValue")
    default.setAccessible(True)
    default.set(entry, modes.NO_CODEGEN())
