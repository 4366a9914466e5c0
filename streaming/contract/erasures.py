"""Fences: rows of Δ erasures, by which nobody who was erased returns."""

from datetime import datetime

from streaming.contract.records import Record


class TopicFence(Record):
    """The last null value under the key of a candidate who was erased, on one topic."""

    candidate_id: str
    topic: str
    """Without the prefix."""
    partition: int
    offset: int
    """What is lower under this key is erased."""
    at: datetime
    """When the null value was produced."""
