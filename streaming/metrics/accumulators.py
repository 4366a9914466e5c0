"""Counters and lists that workers add to and the driver reads.

Spark sends accumulators with the results of tasks, so they cost no message of their own. A task
that Spark runs twice counts twice: use these numbers for metrics only.
"""

from collections import Counter

from pyspark.accumulators import Accumulator, AccumulatorParam
from pyspark.sql import SparkSession

from streaming.metrics.definitions import Metric
from streaming.metrics.registry import REGISTRY

Labels = tuple[str, ...]
LabelledCounter = Accumulator["Counter[Labels]"]
"""A counter by the values of labels, e.g. `add(Counter({("duplicates",): 3}))` on a worker."""


class _Counters(AccumulatorParam["Counter[Labels]"]):
    """Adds counters up."""

    def zero(self, value: "Counter[Labels]") -> "Counter[Labels]":
        """Return an empty counter."""
        del value
        return Counter()

    def addInPlace(  # noqa: N802 - Spark's name
        self, value1: "Counter[Labels]", value2: "Counter[Labels]"
    ) -> "Counter[Labels]":
        """Return the sum."""
        return value1 + value2


class _Lists(AccumulatorParam[list[float]]):
    """Concatenates lists of numbers."""

    def zero(self, value: list[float]) -> list[float]:
        """Return an empty list."""
        del value
        return []

    def addInPlace(  # noqa: N802 - Spark's name
        self, value1: list[float], value2: list[float]
    ) -> list[float]:
        """Extend the first list, as Spark allows: a batch of a backlog brings thousands."""
        value1.extend(value2)
        return value1


def labelled_counter(spark: SparkSession, metric: Metric) -> LabelledCounter:
    """Create a counter that workers and the driver add to, and register it as a metric's values."""
    counter: LabelledCounter = spark.sparkContext.accumulator(Counter(), _Counters())
    REGISTRY.add_source(metric, lambda: counter.value)
    return counter


def list_accumulator(spark: SparkSession) -> Accumulator[list[float]]:
    """Create a list that workers append numbers to."""
    return spark.sparkContext.accumulator([], _Lists())


def drain(accumulator: Accumulator[list[float]]) -> list[float]:
    """Empty a list on the driver and return what it held; tasks may add to it meanwhile."""
    values = list(accumulator.value)
    # note: the list object stays, because Spark may be appending to it
    del accumulator.value[: len(values)]
    return values
