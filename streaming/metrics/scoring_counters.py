"""Counters of scoring: the workers add to them, the driver reads them."""

from dataclasses import dataclass

from pyspark.accumulators import Accumulator, AccumulatorParam
from pyspark.sql import SparkSession

from streaming.metrics import definitions
from streaming.metrics.accumulators import (
    LabelledCounter,
    list_accumulator,
    unregistered_counter,
)
from streaming.metrics.registry import REGISTRY


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
    shuffled_lists: Accumulator[int]
    """Published lists in a random order."""
    rollout_lists: LabelledCounter
    """Lists of a rollout, by its id and arm."""
    rollout_seconds: LabelledCounter
    """Seconds that it took to make them."""
    rollout_errors: LabelledCounter
    """Lists that the challenger failed to make."""

    @classmethod
    def create(cls, spark: SparkSession) -> "ScoringCounters":
        """Start every counter from nothing."""
        context = spark.sparkContext
        return cls(
            context.accumulator("", _MaxText()),
            context.accumulator(0),
            context.accumulator(0),
            list_accumulator(spark),
            context.accumulator(0),
            *(unregistered_counter(spark) for _ in range(3)),
        )

    def register(self) -> None:
        """Export them as metrics."""
        REGISTRY.add_source(definitions.RECOMMENDATIONS, lambda: {(): self.profiles.value})
        REGISTRY.add_source(definitions.UNKNOWN_POSTINGS, lambda: {(): self.unknown_postings.value})
        REGISTRY.add_source(definitions.SHUFFLED_LISTS, lambda: {(): self.shuffled_lists.value})
        REGISTRY.add_source(definitions.ROLLOUT_LISTS, lambda: self.rollout_lists.value)
        REGISTRY.add_source(definitions.ROLLOUT_SECONDS, lambda: self.rollout_seconds.value)
        REGISTRY.add_source(definitions.ROLLOUT_ERRORS, lambda: self.rollout_errors.value)
