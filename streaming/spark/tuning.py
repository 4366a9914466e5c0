"""Which private parts of Spark the stream uses (`spark.tuned`), and the guard before them.

Each part of `streaming.spark.internals.tuned` has a plain path on Spark's public API with the same
results, and either path goes on from the other's checkpoint. A part that was tried on another
version of Spark, or whose self-check fails, stays off, and one line in the log says so.
"""

import logging
from collections.abc import Callable
from functools import cache

import pyspark
from pyspark.sql import SparkSession

from streaming.errors import one_line
from streaming.settings import Tuning, tunings
from streaming.spark.internals.tuned import (
    TRIED_ON,
    arrow_operator,
    code_generation,
    hadoop_configuration,
    python_daemon,
    state_client,
)

log = logging.getLogger(__name__)

_CHECKS: dict[Tuning, Callable[[], None]] = {
    Tuning.ARROW_OPERATOR: arrow_operator.check,
    Tuning.STATE_CLIENT: state_client.check,
    Tuning.PYTHON_DAEMON: python_daemon.check,
}
_IN_THE_JVM: dict[Tuning, Callable[[SparkSession], bool]] = {
    Tuning.HADOOP_CONFIGURATION: hadoop_configuration.apply,
    Tuning.CODE_GENERATION: code_generation.apply,
}


@cache
def usable(wanted: str) -> frozenset[Tuning]:
    """Return the parts that are wanted (the setting `spark.tuned`) and work here."""
    return frozenset(part for part in tunings(wanted) if _works(part))


def tune_jvm(spark: SparkSession, wanted: str) -> None:
    """Apply the parts that change the session's JVM, which holds driver and executors."""
    for part, apply in _IN_THE_JVM.items():
        if part in usable(wanted) and not apply(spark):
            _fall_back(part, "this JVM has nothing of the name")


def _works(part: Tuning) -> bool:
    if pyspark.__version__ != TRIED_ON:
        _fall_back(part, f"tried on Spark {TRIED_ON}, this is {pyspark.__version__}")
        return False
    try:
        _CHECKS.get(part, bool)()
    except Exception as error:  # noqa: BLE001 - whatever fails, the plain path works
        _fall_back(part, one_line(error))
        return False
    return True


def _fall_back(part: Tuning, why: str) -> None:
    log.warning("%s is off and the plain path runs instead: %s", part, why)
