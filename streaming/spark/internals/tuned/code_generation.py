"""Threads that serve keyed state interpret rows instead of generating Java for them.

What: changes the default of `spark.sql.codegen.factoryMode` for the whole JVM, by reflection.
Why: `session.SMALL_BATCHES` turns code generation off for sessions that score, but the threads that
answer for keyed state know no session. They generated Java anew for each task, for the rows of a
few candidates.
Brings: what `careerstream benchmark stream --part tuning` measures.
Tried on: PySpark 4.2.0. Goes when: these threads use the session's configuration.
"""

from typing import Any

from py4j.protocol import Py4JError
from pyspark.sql import SparkSession


def apply(spark: SparkSession) -> bool:
    """Change the default; return whether it is in effect."""
    jvm: Any = spark._jvm
    try:
        modes = jvm.org.apache.spark.sql.catalyst.expressions.CodegenObjectFactoryMode
        entry = jvm.org.apache.spark.sql.internal.SQLConf.CODEGEN_FACTORY_MODE()
        default = entry.getClass().getDeclaredField("_defaultValue")
        default.setAccessible(True)
        if default.get(entry) == modes.FALLBACK():
            default.set(entry, modes.NO_CODEGEN())
        return bool(default.get(entry) == modes.NO_CODEGEN())
    # py4j takes a class that is not there for a package, which cannot be called: a TypeError.
    except (Py4JError, TypeError):
        return False
