"""The end of the JVM that PySpark started.

Why: `SparkContext.stop` leaves the JVM running until Python ends. A class-data archive is written
when the JVM ends, and whoever made it has to wait for that.
Tried on: PySpark 4.2.0. Goes when: PySpark can end its JVM.
"""

import subprocess
from typing import Any

from pyspark import SparkContext

_END_SECONDS = 60.0
"""The longest that a JVM may take to end by itself."""


def end_jvm() -> None:
    """End the JVM and wait for it; no session can be made in this process afterwards."""
    gateway: Any = SparkContext._gateway
    if gateway is None or gateway.proc is None:  # spark-submit has started it, and ends it
        return
    gateway.shutdown()
    gateway.proc.stdin.close()
    try:
        gateway.proc.wait(_END_SECONDS)
    except subprocess.TimeoutExpired:
        gateway.proc.kill()
        gateway.proc.wait()
