"""The table of principals: who reads and who writes which topic, and nothing more.

Kafka's access rules are made from it (`careerstream topics grants`), and a job checks its own row
when it starts. A test holds it against the flow diagram.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from streaming.contract.topics import (
    CANDIDATES,
    CONVERSATIONS,
    DEAD_LETTERS,
    EVENTS,
    MATCHES,
    PLANS,
    POSTINGS,
    PROFILES,
    RECOMMENDATIONS,
    REWRITES,
    SHADOW_RECOMMENDATIONS,
    TOPICS,
    Topic,
)


class Operation(StrEnum):
    """What somebody does with a topic, under Kafka's names."""

    READ = "read"
    WRITE = "write"
    CREATE = "create"
    ALTER = "alter"
    """Partitions and configuration."""
    INSPECT = "inspect"
    """To see its configuration. That it exists is seen by all who may do anything with it."""


@dataclass(frozen=True, kw_only=True)
class Principal:
    """A user of the topics, and its least rights."""

    name: str
    """Of the job, where it is one."""
    description: str
    reads: tuple[Topic, ...] = ()
    writes: tuple[Topic, ...] = ()
    creates: tuple[Topic, ...] = ()
    alters: tuple[Topic, ...] = ()
    inspects: tuple[Topic, ...] = ()
    has_groups: bool = False
    """Whether it may use consumer groups, whose names begin with the principal's."""

    def may(self, operation: Operation, topic: Topic) -> bool:
        """Return whether the table allows an operation."""
        return topic in self.topics(operation)

    def topics(self, operation: Operation) -> tuple[Topic, ...]:
        """Return the topics on which the table allows an operation."""
        return {
            Operation.READ: self.reads,
            Operation.WRITE: self.writes,
            Operation.CREATE: self.creates,
            Operation.ALTER: self.alters,
            Operation.INSPECT: self.inspects,
        }[operation]


UPDATE_PROFILES = Principal(
    name="update_profiles",
    description="the job",
    reads=(CANDIDATES, EVENTS),
    writes=(PROFILES, DEAD_LETTERS),
)
RECOMMEND = Principal(
    name="recommend",
    description="the job; it reads back the lists of a model that was taken back",
    reads=(PROFILES, RECOMMENDATIONS),
    writes=(RECOMMENDATIONS, SHADOW_RECOMMENDATIONS),
)
HOT_PATH = Principal(
    name="hot_path",
    description="the job, in place of update_profiles and recommend",
    reads=(CANDIDATES, EVENTS, PROFILES, RECOMMENDATIONS),
    writes=(PROFILES, RECOMMENDATIONS, SHADOW_RECOMMENDATIONS, DEAD_LETTERS),
)
INDEX_POSTINGS = Principal(
    name="index_postings", description="the job", reads=(POSTINGS,), writes=(DEAD_LETTERS,)
)
ARCHIVE = Principal(
    name="archive",
    description="the job",
    reads=(EVENTS, PROFILES, RECOMMENDATIONS, SHADOW_RECOMMENDATIONS),
    writes=(DEAD_LETTERS,),
)
MATCH = Principal(
    name="match",
    description="the job; it reads back what it has written",
    reads=(PROFILES, MATCHES),
    writes=(MATCHES,),
)
PLAN = Principal(
    name="plan",
    description="the job; it reads back what it has written",
    reads=(PROFILES, PLANS),
    writes=(PLANS,),
)
CONVERSE = Principal(
    name="converse",
    description="the job",
    reads=(CONVERSATIONS, PROFILES, RECOMMENDATIONS),
    writes=(CONVERSATIONS, EVENTS, CANDIDATES, DEAD_LETTERS),
)
REWRITE = Principal(
    name="rewrite",
    description="the job; it reads back what it has written",
    reads=(POSTINGS, REWRITES),
    writes=(REWRITES,),
)
PARITY = Principal(
    name="parity",
    description="the job; it compares what is on the topic with the lake",
    reads=(PROFILES,),
)
JOBS = (
    UPDATE_PROFILES,
    RECOMMEND,
    HOT_PATH,
    INDEX_POSTINGS,
    ARCHIVE,
    MATCH,
    PLAN,
    CONVERSE,
    REWRITE,
    PARITY,
)


def _union(jobs: Iterable[Principal], operation: Operation) -> tuple[Topic, ...]:
    wanted = {topic for job in jobs for topic in job.topics(operation)}
    return tuple(topic for topic in TOPICS if topic in wanted)


UP = Principal(
    name="up",
    description="all jobs in one session; topics exist before it starts",
    reads=_union(JOBS, Operation.READ),
    writes=_union(JOBS, Operation.WRITE),
    inspects=TOPICS,
)
IMPORT = Principal(
    name="import",
    description="the commands import and simulate: files in",
    writes=(POSTINGS, CANDIDATES, EVENTS),
)
PRODUCER = Principal(
    name="producer",
    description="the site: what employers and candidates state, do and say",
    writes=(POSTINGS, CANDIDATES, EVENTS, CONVERSATIONS),
)
CONSUMER = Principal(
    name="consumer",
    description="the site: what it shows",
    reads=(RECOMMENDATIONS, MATCHES, PLANS, REWRITES, CONVERSATIONS),
    has_groups=True,
)
CONSOLE = Principal(
    name="console",
    description="the command console, with lag and replay of dead letters",
    reads=TOPICS,
    writes=(POSTINGS, CANDIDATES, EVENTS, CONVERSATIONS),
)
OPERATOR = Principal(
    name="operator",
    description="commands of those who run it: topics, erase, replay, rebuild, status, chat",
    reads=TOPICS,
    writes=TOPICS,
    creates=TOPICS,
    alters=TOPICS,
    inspects=TOPICS,
)
PRINCIPALS = (*JOBS, UP, IMPORT, PRODUCER, CONSUMER, CONSOLE, OPERATOR)
