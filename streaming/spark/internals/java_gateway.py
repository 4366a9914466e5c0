"""The end of the JVM that PySpark started.

Why: `SparkContext.stop` leaves the JVM running until Python ends. A class-data archive is written
when the JVM ends, and whoever made it has to wait for that.
Tried on: PySpark 4.2.0. Goes when: PySpark can end its JVM.
"""

from typing import Any

from pyspark import SparkContext


def end_jvm() -> None:
    """End the JVM and wait for it; no session can be made in this process afterwards."""
    gateway: Any = SparkContext._gateway
    if gateway is not None:
        gateway.shutdown()
        gateway.proc.stdin.close()
        gateway.proc.wait()
