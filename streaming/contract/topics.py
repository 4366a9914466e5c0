"""The table of topics. Provisioning, limits, docs and access rules are made from it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from streaming.contract.conversation import Turn
from streaming.contract.learning.plan import Plan
from streaming.contract.records import (
    Candidate,
    Event,
    Match,
    Posting,
    Profile,
    Recommendation,
    Versioned,
)
from streaming.contract.rewrite import Rewrite

KIB = 1024
MAX_VALUE_BYTES = 1024 * KIB
"""Maximum size of a value. A larger one that the broker accepted becomes a dead letter."""


LONGEST_LAG = timedelta(days=14)
"""Of the topics about people. Without it, Kafka may keep for ever what was deleted."""


@dataclass(frozen=True, kw_only=True)
class Topic:
    """A topic, its contract and its configuration."""

    name: str
    record: type[Versioned] | None
    """The value's model; None for dead-letters, whose values are the original bytes."""
    key: str
    """What the key is."""
    cleanup: Literal["delete", "compact", "compact,delete"]
    partitions: int = 4
    retention: timedelta | None = None
    """How long a `delete` topic keeps a message."""
    compaction_lag: timedelta | None = None
    """How long a `compact` topic keeps every version of a key."""
    longest_lag: timedelta | None = None
    """After how long a `compact` topic removes an old version of a key at the latest."""
    max_message_bytes: int = 4 * MAX_VALUE_BYTES
    """The broker's limit. It is above the contract's, so that too large values are reported."""
    relative_size: int = 1
    """The approximate size of a message, in events."""
    description: str

    def broker_config(self) -> dict[str, str]:
        """Return the topic's configuration, by Kafka's names."""
        config = {
            "cleanup.policy": self.cleanup,
            "max.message.bytes": str(self.max_message_bytes),
        }
        if self.retention is not None:
            config["retention.ms"] = str(int(self.retention.total_seconds() * 1000))
        if self.compaction_lag is not None:
            config["min.compaction.lag.ms"] = str(int(self.compaction_lag.total_seconds() * 1000))
        if self.longest_lag is not None:
            config["max.compaction.lag.ms"] = str(int(self.longest_lag.total_seconds() * 1000))
        return config


POSTINGS = Topic(
    name="postings",
    record=Posting,
    key="posting_id",
    cleanup="compact",
    relative_size=10,
    description="Every advertised position, latest version by id; a null value closes it.",
)
CANDIDATES = Topic(
    name="candidates",
    record=Candidate,
    key="candidate_id",
    cleanup="compact",
    longest_lag=LONGEST_LAG,
    description="What candidates state about themselves; a null value deletes the stated part.",
)
EVENTS = Topic(
    name="events",
    record=Event,
    key="candidate_id",
    cleanup="delete",
    retention=timedelta(days=30),
    description=(
        "What candidates do with postings. Replayed events keep their event_time. A null value "
        "erases the candidate of its key."
    ),
)
PROFILES = Topic(
    name="profiles",
    record=Profile,
    key="candidate_id",
    cleanup="compact",
    compaction_lag=timedelta(days=7),
    relative_size=10,
    longest_lag=LONGEST_LAG,
    description=(
        "The fold of stated parts and events, one value per change. A null value: the candidate "
        "was erased; forget the versions that are known, because new ones may be lower."
    ),
)
RECOMMENDATIONS = Topic(
    name="recommendations",
    record=Recommendation,
    key="candidate_id, or * for anonymous visitors",
    cleanup="compact",
    compaction_lag=timedelta(days=7),
    relative_size=10,
    longest_lag=LONGEST_LAG,
    description=(
        "Ranked postings with reasons, one value per profile and model version. A null value: the "
        "candidate was erased; forget the list and its version."
    ),
)
SHADOW_RECOMMENDATIONS = Topic(
    name="shadow-recommendations",
    record=Recommendation,
    key="candidate_id",
    cleanup="delete",
    retention=timedelta(days=7),
    relative_size=10,
    description=(
        "Lists by a challenger that nobody sees, while a shadow rollout is on; the job archive "
        "keeps them. A null value: the candidate was erased."
    ),
)
LIST_TOPICS = (RECOMMENDATIONS, SHADOW_RECOMMENDATIONS)
"""Who was erased is deleted from both."""
MATCHES = Topic(
    name="matches",
    record=Match,
    key="posting_id",
    cleanup="compact",
    compaction_lag=timedelta(days=7),
    relative_size=10,
    longest_lag=LONGEST_LAG,
    description="Ranked candidates with reasons for each posting, of those who agreed to it.",
)
PLANS = Topic(
    name="plans",
    record=Plan,
    key="candidate_id",
    cleanup="compact",
    relative_size=10,
    longest_lag=LONGEST_LAG,
    description=(
        "The way to the occupation that a candidate wishes for. A null value: the candidate no "
        "longer wishes for one, or was erased."
    ),
)
REWRITES = Topic(
    name="rewrites",
    record=Rewrite,
    key="posting_id",
    cleanup="compact",
    relative_size=10,
    description=(
        "Postings in plain words, with checked facts. The posting itself stays on its topic. A "
        "null value: the posting was closed."
    ),
)
CONVERSATIONS = Topic(
    name="conversations",
    record=Turn,
    key="candidate_id",
    cleanup="delete",
    retention=timedelta(days=30),
    description=(
        "What candidates say and what they are answered. The job converse answers; the effects of "
        "a turn are messages of events and candidates."
    ),
)
DEAD_LETTERS = Topic(
    name="dead-letters",
    record=None,
    key="source topic/partition/offset",
    cleanup="delete",
    retention=timedelta(days=90),
    max_message_bytes=8 * MAX_VALUE_BYTES,
    description=(
        "Messages that could not be decoded: the original bytes; headers reason, text, topic, "
        "partition, offset, job. A message replayed from here to its topic has the headers "
        "dead-letter (the key here) and attempt."
    ),
)

TOPICS = (
    POSTINGS,
    CANDIDATES,
    EVENTS,
    PROFILES,
    RECOMMENDATIONS,
    SHADOW_RECOMMENDATIONS,
    MATCHES,
    PLANS,
    REWRITES,
    CONVERSATIONS,
    DEAD_LETTERS,
)
BY_NAME = {topic.name: topic for topic in TOPICS}
