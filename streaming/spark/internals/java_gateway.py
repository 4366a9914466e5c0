"""The JVM of PySpark: its end, and the classes that it knows.

Why: `SparkContext.stop` leaves the JVM running until Python ends. A class-data archive is written
when the JVM ends, and whoever made it has to wait for that. A class that is missing is a line of
Java's, and only when it is needed.
Tried on: PySpark 4.2.0. Goes when: PySpark can end its JVM and look for a class.
"""

import subprocess
from typing import Any

from py4j.protocol import Py4JJavaError
from pyspark import SparkContext
from pyspark.sql import SparkSession

END_SECONDS = 60.0
"""The longest that a JVM may take to end by itself, where it writes nothing."""


def end_jvm(seconds: float = END_SECONDS) -> None:
    """End the JVM, and kill it after so long; no session can be made in this process afterwards."""
    gateway: Any = SparkContext._gateway
    if gateway is None or gateway.proc is None:  # spark-submit has started it, and ends it
        return
    gateway.shutdown()
    gateway.proc.stdin.close()
    try:
        gateway.proc.wait(seconds)
    except subprocess.TimeoutExpired:
        gateway.proc.kill()
        gateway.proc.wait()


def knows_class(spark: SparkSession, name: str) -> bool:
    """Return whether the JVM finds a class, in Spark's own jars or in those that it was given."""
    jvm: Any = spark._jvm
    try:
        jvm.Thread.currentThread().getContextClassLoader().loadClass(name)
    except Py4JJavaError:
        return False
    return True
