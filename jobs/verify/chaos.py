"""Kills the processes at random moments of their work, and writes down what each kill hit."""

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

from kafka import TopicPartition

from infra.broker.embedded import Broker
from jobs.verify.job_process import JobProcess, Standing
from jobs.verify.recording_producer import Producer
from streaming.contract.topics import CANDIDATES, EVENTS, PROFILES, RECOMMENDATIONS
from streaming.errors import CareerstreamError
from streaming.kafka import clients
from streaming.settings import KafkaSettings, Settings

BROKER = "broker"
POLL_SECONDS = 0.1
LOOK_SECONDS = 0.5
"""Between two questions to Kafka."""
LONGEST_PAUSE = 4.0
"""Seconds between the moment a process works and its death, at most; drawn for each kill."""
LONGEST_OUTAGE = 3.0
"""Seconds a process stays dead, at most."""
PATIENCE_SECONDS = 600.0
"""How long a process may take until it works, on a machine that is busy with other things."""
WATCHED = (EVENTS, CANDIDATES, PROFILES, RECOMMENDATIONS)
Ends = dict[tuple[str, int], int]


@dataclass(frozen=True, kw_only=True)
class Kill:
    """What one kill hit."""

    number: int
    process: str
    programs: list[str]
    """Names of the programs that died."""
    at_seconds: float
    """Since the first message."""
    produced: int
    """Messages sent until then."""
    unacknowledged: int
    """How many Kafka had not confirmed when the process was dead."""
    lag: dict[str, int]
    """By checkpoint: messages on its topics that no committed batch had processed."""
    batches: dict[str, int]
    """By checkpoint: the newest committed batch."""
    in_flight: list[str]
    """Checkpoints with a batch that was begun and not committed."""

    @property
    def hit_work(self) -> bool:
        """Whether the process that died had something to do."""
        if self.process == BROKER:
            return self.unacknowledged > 0 or bool(self.in_flight) or any(self.lag.values())
        mine = [name for name in self.lag if name.startswith(self.process)]
        return any(self.lag[name] or name in self.in_flight for name in mine)


class Victim(Protocol):
    """Something that can die and come back."""

    name: str

    def start(self) -> None:
        """Bring it back."""

    def kill(self) -> list[str]:
        """Kill it with -9; returns the programs that were hit."""

    def working(self) -> bool:
        """Whether it has done something since it was started."""


class BrokerVictim:
    """The embedded broker, always at the same port."""

    name = BROKER

    def __init__(self, settings: Settings, acknowledged: Callable[[], int] = lambda: 0) -> None:
        """Describe it.

        Args:
            settings: its address is that of kafka.bootstrap_servers, its data stand in home.
            acknowledged: how many messages Kafka has taken.
        """
        port = int(settings.kafka.bootstrap_servers.rpartition(":")[2])
        self._broker = Broker(settings.home / "kafka", port=port)
        self.acknowledged = acknowledged
        self._before = 0

    def start(self) -> None:
        """Start it and wait until it answers."""
        self._before = self.acknowledged()
        self._broker.start()

    def kill(self) -> list[str]:
        """Kill its only process."""
        self._broker.kill()
        return ["java"]

    def working(self) -> bool:
        """Whether it has taken messages since it was started."""
        return self.acknowledged() > self._before

    def stop(self) -> None:
        """End it."""
        self._broker.stop()


@dataclass
class Chaos:
    """Everything that can die, and what happened.

    Args:
        settings: of the jobs.
        jobs: in the order of the flow, started.
        victims: what is killed; jobs among them.
        producer: sends meanwhile.
    """

    settings: Settings
    jobs: list[JobProcess]
    victims: list[Victim]
    producer: Producer
    on_tick: Callable[[], None] = lambda: None
    """Called again and again while something is waited for."""
    began: float = field(default_factory=time.monotonic)
    kills: list[Kill] = field(default_factory=list)

    def run(self, count: int, seed: int, on_kill: Callable[[Kill], None]) -> None:
        """Kill so many times.

        Every victim dies once before one dies again; each at a random moment after it has done
        some work, while others may still be on their way back.

        Raises:
            CareerstreamError: a process does not come back.
        """
        chance = random.Random(f"kills of {seed}")
        for number, victim in zip(range(count), _order(chance, self.victims), strict=False):
            self.wait(victim.working, f"{victim.name} to work")
            self.pause(chance.uniform(0, LONGEST_PAUSE))
            kill = self._kill(victim, number + 1)
            self.kills.append(kill)
            on_kill(kill)
            self.pause(chance.uniform(0, LONGEST_OUTAGE), down=victim)
            victim.start()
        for victim in self.victims:
            self.wait(victim.working, f"{victim.name} to work")

    def wait(self, done: Callable[[], bool], what: str, poll: float = POLL_SECONDS) -> None:
        """Wait while the jobs are looked after.

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
        """Let some time pass while the jobs are looked after, save one that is to stay dead."""
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
        """Wait until each job has processed all that stands on its topics, one after the other."""
        for job in jobs:
            done = partial(self._caught_up, job)
            self.wait(done, f"{job.name} to catch up", LOOK_SECONDS)

    def _caught_up(self, job: JobProcess) -> bool:
        ends = ends_of(self.settings.kafka)
        return not any(lag(at, ends, job.sources(key)) for key, at in job.standings().items())

    def _kill(self, victim: Victim, number: int) -> Kill:
        produced = self.producer.produced.sent
        ends = ends_of(self.settings.kafka)
        at_seconds = time.monotonic() - self.began
        programs = victim.kill()
        waiting = self.producer.produced.sent - self.producer.acknowledged
        standings = {key: (job, at) for job in self.jobs for key, at in job.standings().items()}
        return Kill(
            number=number,
            process=victim.name,
            programs=programs,
            at_seconds=round(at_seconds, 1),
            produced=produced,
            unacknowledged=max(0, waiting),
            lag={key: lag(at, ends, job.sources(key)) for key, (job, at) in standings.items()},
            batches={key: at.committed for key, (_, at) in standings.items()},
            in_flight=[key for key, (_, at) in standings.items() if at.in_flight],
        )


def lag(at: Standing, ends: Ends, topics: set[str]) -> int:
    """Count the messages on some topics (with prefix) that a checkpoint has not processed."""
    return sum(
        max(0, end - at.ends.get(place, 0)) for place, end in ends.items() if place[0] in topics
    )


def ends_of(kafka: KafkaSettings) -> Ends:
    """Look up where the topics that jobs read end, by name with prefix and partition.

    Raises:
        BrokerError: no broker answers.
    """
    names = [kafka.topic_prefix + topic.name for topic in WATCHED]
    client = clients.consumer(kafka)
    try:
        with clients.broker_errors(kafka):
            parts = [
                TopicPartition(name, part)
                for name in names
                for part in client.partitions_for_topic(name) or ()
            ]
            found: dict[Any, int] = client.end_offsets(parts)
    finally:
        client.close()
    return {(place.topic, place.partition): end for place, end in found.items()}


def _order(chance: random.Random, victims: list[Victim]) -> Iterator[Victim]:
    """Rounds without end: in each every victim once, in an order of its own."""
    while True:
        yield from chance.sample(victims, len(victims))
