"""Each batch sends a smaller Hadoop configuration to the tasks that open state.

What: removes YARN's defaults and the record of which file each setting came from, by reflection,
from the configuration of a JVM that holds driver and executors.
Why: Spark broadcasts more than a thousand settings for each batch, with the names of their files,
compressed one by one on the thread that everything waits for. Nearly half of them are YARN's
defaults, and only error reports read the file names.
Brings: what `careerstream benchmark stream --part tuning` measures.
Tried on: PySpark 4.2.0 with Hadoop 3.5. Goes when: Spark broadcasts the configuration once.
"""

from typing import Any

from py4j.java_gateway import get_method
from py4j.protocol import Py4JError
from pyspark.sql import SparkSession

_YARN_FILE = "yarn-default.xml"


def apply(spark: SparkSession) -> bool:
    """Make the configuration smaller; return whether it is."""
    hadoop: Any = spark._jsparkSession.sparkContext().hadoopConfiguration()
    try:
        drop_yarn_defaults(hadoop)
        _forget_sources(hadoop)
        return hadoop.getPropertySources("fs.defaultFS") is None
    # py4j takes a class that is not there for a package, which cannot be called: a TypeError.
    except (Py4JError, TypeError):
        return False


def drop_yarn_defaults(hadoop: Any) -> None:
    """Remove the settings that stand as YARN's own file has them; what somebody set stays."""
    for name in list(hadoop.getValByRegex("^yarn[.]")):
        if list(hadoop.getPropertySources(name) or ()) == [_YARN_FILE]:
            hadoop.unset(name)


def _forget_sources(hadoop: Any) -> None:
    """Forget which file each setting came from; if Hadoop reads its files again, it knows again."""
    field = hadoop.getClass().getDeclaredField("updatingResource")
    field.setAccessible(True)
    get_method(field.get(hadoop), "clear")()
