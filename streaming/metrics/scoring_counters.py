"""What the workers see while they recommend, counted on the driver."""

from dataclasses import dataclass

from pyspark.accumulators import Accumulator, AccumulatorParam
from pyspark.sql import SparkSession

from streaming.metrics.accumulators import gatherer


class _Latest(AccumulatorParam[str]):
    """Keeps the greatest text, which of canonical times is the latest."""

    def zero(self, value: str) -> str:
        """Nothing seen."""
        del value
        return ""

    def addInPlace(self, value1: str, value2: str) -> str:  # noqa: N802 - Spark's name
        """Keep the later one."""
        return max(value1, value2)


@dataclass(frozen=True)
class Observed:
    """What the workers saw since the job started."""

    as_of: Accumulator[str]
    """The newest `as_of` of a profile; '' before the first."""
    profiles: Accumulator[int]
    """Profiles scored."""
    unknown_postings: Accumulator[int]
    """Events in them whose posting the catalogue did not hold; they count once it does."""
    triggers: Accumulator[list[float]]
    """When the events that led to them were produced, seconds since 1970."""

    @classmethod
    def on(cls, spark: SparkSession) -> "Observed":
        """Start from nothing."""
        context = spark.sparkContext
        return cls(
            context.accumulator("", _Latest()),
            context.accumulator(0),
            context.accumulator(0),
            gatherer(spark),
        )
