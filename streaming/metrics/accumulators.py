"""Counting on the workers: what only they see, summed up on the driver.

Accumulators ride on the answers that tasks give anyway. A task that Spark runs twice counts twice;
nothing but metrics may rest on these numbers.
"""

from collections import Counter

from pyspark.accumulators import Accumulator, AccumulatorParam
from pyspark.sql import SparkSession

from streaming.metrics.definitions import Metric
from streaming.metrics.registry import METERS

Labels = tuple[str, ...]


class _Sums(AccumulatorParam["Counter[Labels]"]):
    """Adds counters up."""

    def zero(self, value: "Counter[Labels]") -> "Counter[Labels]":
        """Nothing counted."""
        del value
        return Counter()

    def addInPlace(  # noqa: N802 - Spark's name
        self, value1: "Counter[Labels]", value2: "Counter[Labels]"
    ) -> "Counter[Labels]":
        """Return the sum."""
        return value1 + value2


class _Lists(AccumulatorParam[list[float]]):
    """Gathers numbers."""

    def zero(self, value: list[float]) -> list[float]:
        """Nothing gathered."""
        del value
        return []

    def addInPlace(  # noqa: N802 - Spark's name
        self, value1: list[float], value2: list[float]
    ) -> list[float]:
        """Append; in place, as Spark allows, because a backlog's batch gathers thousands."""
        value1.extend(value2)
        return value1


Tally = Accumulator["Counter[Labels]"]
"""A counter by the values of labels, e.g. `add(Counter({("duplicates",): 3}))` on a worker."""


def tally(spark: SparkSession, metric: Metric) -> Tally:
    """Make a counter that workers and the driver add to; its sums are the metric's values."""
    sums: Tally = spark.sparkContext.accumulator(Counter(), _Sums())
    METERS.follow(metric, lambda: sums.value)
    return sums


def gatherer(spark: SparkSession) -> Accumulator[list[float]]:
    """Make a list that workers append numbers to."""
    return spark.sparkContext.accumulator([], _Lists())


def take(gathered: Accumulator[list[float]]) -> list[float]:
    """Empty a list on the driver and return what it held; tasks may add to it meanwhile."""
    values = list(gathered.value)
    # note: the list itself stays, since what arrives now is being appended to it
    del gathered.value[: len(values)]
    return values
