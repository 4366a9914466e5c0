"""What each small batch pays for in Spark's JVM and no setting reaches.

Where driver and executors are one process. Java's reflection is used, as nothing public does it;
where another version has nothing of the name, all works as before, and takes longer.
"""

from contextlib import suppress
from typing import Any

from py4j.java_gateway import get_method
from py4j.protocol import Py4JError
from pyspark.sql import SparkSession

_YARN = "yarn-default.xml"


def lighten(spark: SparkSession) -> None:
    """Have each batch of keyed state do less, in all sessions of this JVM."""
    hadoop: Any = spark._jsparkSession.sparkContext().hadoopConfiguration()  # noqa: SLF001
    # A class that is not there is taken for a package, which cannot be called.
    with suppress(Py4JError, TypeError):
        _drop_yarn(hadoop)
        _forget_sources(hadoop)
    with suppress(Py4JError, TypeError):
        _interpret(spark)


def _drop_yarn(hadoop: Any) -> None:
    """Remove YARN's defaults, nearly half of what each batch sends to the tasks that open state."""
    for name in list(hadoop.getValByRegex("^yarn[.]")):
        if list(hadoop.getPropertySources(name) or ()) == [_YARN]:
            hadoop.unset(name)


def _forget_sources(hadoop: Any) -> None:
    """Forget which file each of Hadoop's settings came from; only its error reports say so.

    With the settings go the names of these files, each compressed by itself: several milliseconds
    of a batch in which nothing else goes on. If Hadoop reads its files again, they are back.
    """
    field = hadoop.getClass().getDeclaredField("updatingResource")
    field.setAccessible(True)
    get_method(field.get(hadoop), "clear")()


def _interpret(spark: SparkSession) -> None:
    """Write no Java for rows on threads that know no session.

    The threads that answer for keyed state do not know what the session says of that
    (`session.SMALL_BATCHES`), and wrote, for each task anew, Java for the rows of a few candidates.
    """
    jvm: Any = spark._jvm  # noqa: SLF001 - the only way
    modes = jvm.org.apache.spark.sql.catalyst.expressions.CodegenObjectFactoryMode
    entry = jvm.org.apache.spark.sql.internal.SQLConf.CODEGEN_FACTORY_MODE()
    default = entry.getClass().getDeclaredField("_defaultValue")
    default.setAccessible(True)
    if default.get(entry) == modes.FALLBACK():
        default.set(entry, modes.NO_CODEGEN())
