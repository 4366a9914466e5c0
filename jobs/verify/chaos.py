"""Kills processes at random moments of their work, and records the state at each kill."""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

from kafka import TopicPartition

from infra.broker.embedded import Broker
from jobs.verify.job_process import CheckpointProgress, JobProcess
from jobs.verify.recording_producer import Producer
from streaming.contract.topics import CANDIDATES, EVENTS, PROFILES, RECOMMENDATIONS
from streaming.errors import CareerstreamError
from streaming.kafka import clients
from streaming.settings import KafkaSettings, Settings

BROKER = "broker"
POLL_SECONDS = 0.1
END_OFFSETS_SECONDS = 0.5
"""Between two requests for the ends of topics."""
LONGEST_DELAY = 4.0
"""Most seconds between the moment a process works and its death; drawn for each kill."""
LONGEST_OUTAGE = 3.0
"""Most seconds that a process stays dead."""
PATIENCE_SECONDS = 600.0
"""How long a process may take until it works, on a machine that is busy with other things."""
SOURCES = (EVENTS, CANDIDATES, PROFILES, RECOMMENDATIONS)
"""The topics that jobs read."""
EndOffsets = dict[tuple[str, int], int]
"""Topic (with prefix) and partition to the offset of its next message."""


@dataclass(frozen=True, kw_only=True)
class Kill:
    """A kill, and the state of everything at that moment."""

    number: int
    process: str
    programs: list[str]
    """Names of the programs that died."""
    at_seconds: float
    """Since the first message."""
    produced: int
    """Messages sent until then."""
    unacknowledged: int
    """Messages that Kafka had not acknowledged when the process was dead."""
    lag: dict[str, int]
    """By checkpoint: messages on its topics that no committed batch had processed."""
    batches: dict[str, int]
    """By checkpoint: the newest committed batch."""
    in_flight: list[str]
    """Checkpoints with a batch that was begun and not committed."""

    @property
    def hit_work(self) -> bool:
        """Whether the process that died had something to do."""
        own = [name for name in self.lag if name.startswith(self.process)]
        if not own:  # all work goes through it
            return self.unacknowledged > 0 or bool(self.in_flight) or any(self.lag.values())
        return any(self.lag[name] or name in self.in_flight for name in own)


class BrokerVictim:
    """An embedded broker, which is running and keeps its port.

    The function `acknowledged` returns how many messages Kafka has acknowledged.
    """

    def __init__(self, broker: Broker, acknowledged: Callable[[], int], name: str = BROKER) -> None:
        self.name = name
        self._broker, self._acknowledged = broker, acknowledged
        self._before = 0

    def start(self) -> None:
        """Start it and wait until it answers."""
        self._before = self._acknowledged()
        self._broker.start()

    def kill(self) -> list[str]:
        """Kill its only process."""
        self._broker.kill()
        return ["java"]

    def working(self) -> bool:
        """Return whether it has acknowledged messages since it was started."""
        return self._acknowledged() > self._before


class Victim(Protocol):
    """A process that can be killed and started again."""

    @property
    def name(self) -> str:
        """What it is, for people."""

    def start(self) -> None:
        """Start it."""

    def kill(self) -> list[str]:
        """Kill it with SIGKILL; returns the names of the programs."""

    def working(self) -> bool:
        """Return whether it has done something since it was started."""


@dataclass
class Chaos:
    """Kills victims while messages are sent."""

    settings: Settings
    jobs: list[JobProcess]
    """In the order of the flow, started."""
    victims: list[Victim]
    """What is killed; jobs among them."""
    producer: Producer
    on_tick: Callable[[], None] = lambda: None
    """Called again and again during each wait."""
    started: float = field(default_factory=time.monotonic)
    kills: list[Kill] = field(default_factory=list)

    def run(self, count: int, seed: int, on_kill: Callable[[Kill], None]) -> None:
        """Kill `count` times.

        Every victim dies once before one dies again; each at a random moment after it has done
        some work, while others may still be starting again.

        Raises:
            CareerstreamError: a process does not work again.
        """
        rng = random.Random(f"kills of {seed}")
        for number, victim in zip(range(count), _rounds(rng, self.victims), strict=False):
            self.wait(victim.working, f"{victim.name} to work")
            self.pause(rng.uniform(0, LONGEST_DELAY))
            kill = self._kill(victim, number + 1)
            self.kills.append(kill)
            on_kill(kill)
            self.pause(rng.uniform(0, LONGEST_OUTAGE), down=victim)
            victim.start()
        for victim in self.victims:
            self.wait(victim.working, f"{victim.name} to work")

    def wait(self, done: Callable[[], bool], what: str, poll: float = POLL_SECONDS) -> None:
        """Wait until a condition holds, and supervise the jobs meanwhile.

        Raises:
            CareerstreamError: it takes too long, or a job ends again and again.
        """
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not done():
            if time.monotonic() > deadline:
                logs = self.settings.home / "logs"
                raise CareerstreamError(
                    f"waited {PATIENCE_SECONDS:.0f} s for {what}, in vain; the logs are in {logs}"
                )
            self.pause(poll)

    def pause(self, seconds: float, down: Victim | None = None) -> None:
        """Let some time pass and supervise the jobs, except one that is to stay dead."""
        deadline = time.monotonic() + seconds
        while True:
            self.on_tick()
            self.producer.check()
            for job in self.jobs:
                if job is not down:
                    job.supervise()
            left = deadline - time.monotonic()
            if left <= 0:
                return
            time.sleep(min(POLL_SECONDS, left))

    def catch_up(self, jobs: list[JobProcess]) -> None:
        """Wait until each job, one after the other, has processed everything on its topics."""
        for job in jobs:
            done = partial(self._caught_up, job)
            self.wait(done, f"{job.name} to catch up", END_OFFSETS_SECONDS)

    def _caught_up(self, job: JobProcess) -> bool:
        ends = end_offsets(self.settings.kafka)
        return not any(lag(at, ends, job.sources(key)) for key, at in job.progress().items())

    def _kill(self, victim: Victim, number: int) -> Kill:
        produced = self.producer.produced.sent
        ends = end_offsets(self.settings.kafka)
        at_seconds = time.monotonic() - self.started
        programs = victim.kill()
        waiting = self.producer.produced.sent - self.producer.acknowledged
        progress = {key: (job, at) for job in self.jobs for key, at in job.progress().items()}
        return Kill(
            number=number,
            process=victim.name,
            programs=programs,
            at_seconds=round(at_seconds, 1),
            produced=produced,
            unacknowledged=max(0, waiting),
            lag={key: lag(at, ends, job.sources(key)) for key, (job, at) in progress.items()},
            batches={key: at.committed for key, (_, at) in progress.items()},
            in_flight=[key for key, (_, at) in progress.items() if at.in_flight],
        )


def lag(progress: CheckpointProgress, ends: EndOffsets, topics: set[str]) -> int:
    """Count the messages on some topics (with prefix) that a checkpoint has not processed."""
    return sum(
        max(0, end - progress.offsets.get(partition, 0))
        for partition, end in ends.items()
        if partition[0] in topics
    )


def end_offsets(kafka: KafkaSettings) -> EndOffsets:
    """Return where the topics that jobs read end.

    Raises:
        BrokerError: no broker answers.
    """
    names = [kafka.topic_prefix + topic.name for topic in SOURCES]
    with closing(clients.consumer(kafka)) as client, clients.broker_errors(kafka):
        partitions = [
            TopicPartition(name, number)
            for name in names
            for number in client.partitions_for_topic(name) or ()
        ]
        ends: dict[Any, int] = client.end_offsets(partitions)
    return {(partition.topic, partition.partition): end for partition, end in ends.items()}


def _rounds(rng: random.Random, victims: list[Victim]) -> Iterator[Victim]:
    """Yield every victim once in each of endless rounds, in a random order."""
    while True:
        yield from rng.sample(victims, len(victims))
