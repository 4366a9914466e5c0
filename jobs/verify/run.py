"""The verifier from start to report."""

import time
from dataclasses import asdict
from typing import Any, Protocol

from pyspark.sql import SparkSession

from jobs import index_postings
from jobs.verify import message_generator
from jobs.verify.chaos import BROKER, BrokerVictim, Chaos, Kill, Victim
from jobs.verify.check_tables import check_tables
from jobs.verify.check_topics import (
    Published,
    check_dead_letters,
    check_profiles,
    check_recommendations,
)
from jobs.verify.expected import expect
from jobs.verify.findings import Findings, totals
from jobs.verify.job_process import JOBS, JobProcess
from jobs.verify.recording_producer import Produced, Producer
from jobs.verify.sandbox import Options
from streaming.contract.topics import (
    CANDIDATES,
    DEAD_LETTERS,
    EVENTS,
    POSTINGS,
    PROFILES,
    RECOMMENDATIONS,
)
from streaming.errors import CareerstreamError
from streaming.kafka.topic_reader import messages
from streaming.kafka.topic_writer import Outlet
from streaming.settings import Settings


class Watcher(Protocol):
    """Whoever shows how it goes."""

    def stage(self, name: str) -> None:
        """Something else begins."""

    def tick(self, produced: Produced) -> None:
        """Time goes by."""

    def kill(self, kill: Kill) -> None:
        """A process was killed."""


def verify(
    spark: SparkSession,
    settings: Settings,
    broker: BrokerVictim | None,
    options: Options,
    watcher: Watcher,
) -> dict[str, Any]:
    """Kill, restart, wait until everything is caught up, and compare.

    Args:
        spark: reads and fills tables of this run; no job runs in it while others are killed.
        settings: from `ground`.
        broker: from `ground`.
        options: how much of it.
        watcher: shows how it goes.

    Returns:
        The report; `ok` says whether nothing was lost, invented, duplicated or out of order.

    Raises:
        CareerstreamError: a process does not come back.
    """
    began = time.monotonic()
    watcher.stage("postings indexed")
    _index(spark, settings)
    watcher.stage("jobs started")
    chaos = _suffer(settings, broker, options, watcher)
    watcher.stage("topics and tables compared")
    findings = compare(spark, settings, chaos.producer.produced)
    return report(options, chaos, findings, time.monotonic() - began)


def compare(spark: SparkSession, settings: Settings, produced: Produced) -> list[Findings]:
    """Hold everything that stands on topics and in tables against what was produced."""
    kafka, published = settings.kafka, Published()
    sources = {topic: messages(kafka, topic) for topic in (EVENTS, CANDIDATES)}
    expected, findings = expect(produced, sources)
    return [
        *findings,
        check_profiles(expected, messages(kafka, PROFILES), published),
        check_recommendations(messages(kafka, RECOMMENDATIONS), published, settings.recommend.size),
        check_dead_letters(expected, messages(kafka, DEAD_LETTERS)),
        *check_tables(spark, settings, expected, published),
    ]


def report(
    options: Options, chaos: Chaos, findings: list[Findings], seconds: float
) -> dict[str, Any]:
    """Write down everything that somebody who doubts would ask for."""
    produced, sums = chaos.producer.produced, totals(findings)
    names = [victim.name for victim in chaos.victims]
    hits = {name: [k for k in chaos.kills if k.process == name] for name in names}
    return {
        "ok": not any(sums.values()) and not produced.refused,
        "options": asdict(options),
        "seconds": round(seconds, 1),
        "produced": {
            "messages": produced.sent,
            "acknowledged": len(produced.acknowledged),
            "refused": produced.refused[:20],
            **{kind: produced.kinds[kind] for kind in message_generator.SHARES},
        },
        "kills": [asdict(kill) | {"hit_work": kill.hit_work} for kill in chaos.kills],
        "killed": {name: len(kills) for name, kills in hits.items()},
        "hit_work": {name: sum(kill.hit_work for kill in kills) for name, kills in hits.items()},
        "not_killed": sorted({*JOBS, BROKER} - {k.process for k in chaos.kills}),
        "ended_on_their_own": {job.name: job.restarts for job in chaos.jobs if job.restarts},
        **sums,
        "places": [found.to_dict() for found in findings],
    }


def _index(spark: SparkSession, settings: Settings) -> None:
    """Bring the postings into their table, so that lists have something to hold."""

    def refused(posting_id: str, why: str) -> None:
        raise CareerstreamError(f"Kafka does not take posting {posting_id}: {why}")

    with Outlet[str](settings.kafka, POSTINGS, refused) as outlet:
        for posting_id, value in message_generator.postings():
            outlet.send(posting_id, value, posting_id)
    at_once = settings.jobs.model_copy(update={"catalogue_interval_seconds": 0.0})
    running = index_postings.start(spark, settings.model_copy(update={"jobs": at_once}))
    try:
        running.drain()
    finally:
        running.stop(settings.jobs.shutdown_seconds)


def _suffer(
    settings: Settings, broker: BrokerVictim | None, options: Options, watcher: Watcher
) -> Chaos:
    """Produce and kill; return when everything sent is processed and every process has ended."""
    jobs = [JobProcess(name, settings) for name in JOBS]
    try:
        with Producer(
            settings.kafka, message_generator.messages(options.seed), options.rate
        ) as producer:
            produced = producer.produced
            victims: list[Victim] = [*jobs, *([broker] if broker else [])]
            chaos = Chaos(settings, jobs, victims, producer, lambda: watcher.tick(produced))
            if broker is not None:
                broker.acknowledged = lambda: producer.acknowledged
            for job in jobs:
                job.start()
            watcher.stage("killing")
            chaos.run(options.kills, options.seed, watcher.kill)
            chaos.wait(lambda: produced.sent >= options.events, "the last message")
            watcher.stage("catching up")
            producer.finish()
            chaos.catch_up(jobs)
            _end(chaos, jobs)
    finally:
        for job in jobs:
            job.kill()
    return chaos


def _end(chaos: Chaos, jobs: list[JobProcess]) -> None:
    """Stop the hot path first: what it says last belongs into the tables, too."""
    *hot, archive = jobs
    for job in hot:
        job.terminate()
    chaos.catch_up([archive])
    archive.terminate()
