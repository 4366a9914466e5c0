"""Counters and lists that workers add to and the driver reads.

Spark sends accumulators with the results of tasks, so they cost no message of their own. A task
that Spark runs twice counts twice: use these numbers for metrics only.
"""

from collections import Counter
from collections.abc import Callable
from operator import add, iadd
from typing import Any

from pyspark.accumulators import Accumulator, AccumulatorParam
from pyspark.sql import SparkSession

from streaming.metrics.definitions import Metric
from streaming.metrics.registry import REGISTRY

Labels = tuple[str, ...]
LabelledCounter = Accumulator["Counter[Labels]"]
"""A counter by the values of labels, e.g. `add(Counter({("duplicates",): 3}))` on a worker."""


class _Merge(AccumulatorParam[Any]):
    """Starts with the empty value of a type and merges values with a function."""

    def __init__(self, empty: Callable[[], Any], merge: Callable[[Any, Any], Any]) -> None:
        self._empty, self._merge = empty, merge

    def zero(self, value: Any) -> Any:
        del value
        return self._empty()

    def addInPlace(self, value1: Any, value2: Any) -> Any:  # noqa: N802 - Spark's name
        return self._merge(value1, value2)


def labelled_counter(spark: SparkSession, metric: Metric) -> LabelledCounter:
    """Create a counter that workers and the driver add to, and register it as a metric's values."""
    counter = unregistered_counter(spark)
    REGISTRY.add_source(metric, lambda: counter.value)
    return counter


def unregistered_counter(spark: SparkSession) -> LabelledCounter:
    """Create a counter that is no metric yet."""
    counter: LabelledCounter = spark.sparkContext.accumulator(Counter(), _Merge(Counter, add))
    return counter


def list_accumulator(spark: SparkSession) -> Accumulator[list[float]]:
    """Create a list that workers append numbers to."""
    # It is extended in place, as Spark allows: a batch of a backlog brings thousands.
    return spark.sparkContext.accumulator([], _Merge(list, iadd))


def drain(accumulator: Accumulator[list[float]]) -> list[float]:
    """Empty a list on the driver and return what it held; tasks may add to it meanwhile."""
    values = list(accumulator.value)
    # note: the list object stays, because Spark may be appending to it
    del accumulator.value[: len(values)]
    return values
