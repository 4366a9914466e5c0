"""Counters of scoring: the workers add to them, the driver reads them."""

from dataclasses import dataclass

from pyspark.accumulators import Accumulator, AccumulatorParam
from pyspark.sql import SparkSession

from streaming.metrics.accumulators import list_accumulator


class _MaxText(AccumulatorParam[str]):
    """Keeps the greatest text. Of canonical times (`streaming.timestamps`) it is the latest."""

    def zero(self, value: str) -> str:
        """Return the least text."""
        del value
        return ""

    def addInPlace(self, value1: str, value2: str) -> str:  # noqa: N802 - Spark's name
        """Return the greater text."""
        return max(value1, value2)


@dataclass(frozen=True)
class ScoringCounters:
    """What the workers have scored since the job started."""

    newest_as_of: Accumulator[str]
    """The newest `as_of` of a profile; '' before the first."""
    profiles: Accumulator[int]
    """Profiles scored."""
    unknown_postings: Accumulator[int]
    """Their events whose posting was not in the catalogue. They count once it is."""
    trigger_times: Accumulator[list[float]]
    """When the events that changed the profiles were produced, seconds since 1970."""

    @classmethod
    def create(cls, spark: SparkSession) -> "ScoringCounters":
        """Start every counter from nothing."""
        context = spark.sparkContext
        return cls(
            context.accumulator("", _MaxText()),
            context.accumulator(0),
            context.accumulator(0),
            list_accumulator(spark),
        )
