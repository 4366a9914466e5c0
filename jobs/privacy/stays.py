"""Until when bytes of what was erased stay in a place, and why."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from jobs.privacy.findings import Place, PlaceKind
from streaming.contract.topics import BY_NAME, Topic
from streaming.kafka.retention import as_configured
from streaming.settings import Settings

SEGMENT = timedelta(days=7)
"""Kafka's segment.ms: the longest that a segment is written, and none of it goes before."""
DELTA_LOG = timedelta(days=30)
"""Delta's logRetentionDuration."""
KEPT_BATCHES = 100
"""Spark's minBatchesToRetain."""


@dataclass(frozen=True)
class Stay:
    """How long bytes stay."""

    until: datetime | None
    """None: no date can be given, or they stay for good."""
    why: str


def stay_of(place: Place, settings: Settings, erased_at: datetime) -> Stay | None:
    """Return how long removed bytes stay in a place; None: they do not."""
    if place.kind in {PlaceKind.TOPIC, PlaceKind.SEGMENT}:
        return _topic(as_configured(BY_NAME[place.name], settings.kafka), erased_at)
    if place.kind is PlaceKind.TABLE_FILES:
        hours = settings.storage.retention_hours
        return Stay(
            erased_at + timedelta(hours=hours),
            f"replaced files stay for {hours:g} hours (storage.retention_hours); the first "
            "`careerstream maintain` after that removes them",
        )
    if place.kind is PlaceKind.TABLE_LOG:
        return Stay(
            erased_at + DELTA_LOG,
            "the log names the least and the greatest id of each file; Delta keeps it for 30 days",
        )
    if place.kind is PlaceKind.STATE:
        return Stay(
            None,
            f"Spark keeps the state of {KEPT_BATCHES} batches, and removes it as new ones come",
        )
    if place.kind is PlaceKind.FENCES:
        return Stay(None, "the id alone, for good: by it nobody who was erased returns")
    return None


def _topic(topic: Topic, erased_at: datetime) -> Stay:
    if topic.retention is not None:
        days = topic.retention / timedelta(days=1)
        return Stay(
            erased_at + topic.retention + SEGMENT,
            f"the topic keeps messages for {days:g} days, and segments for {SEGMENT.days} more",
        )
    longest = topic.longest_lag or timedelta()
    return Stay(
        erased_at + longest + SEGMENT,
        f"the topic is compacted at the latest after {longest.days} days, and a segment is closed "
        f"after at most {SEGMENT.days}",
    )
