"""The verifier from start to report."""

import logging
import shutil
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from py4j.protocol import Py4JError
from pyspark.sql import SparkSession

from jobs import index_postings
from jobs.runtime.sandbox import Sandbox, sandbox
from jobs.verify import message_generator
from jobs.verify.chaos import BrokerVictim, Chaos, Kill, Victim
from jobs.verify.check_matches import check_matches, matches_from_scratch, published_matches
from jobs.verify.check_tables import check_tables
from jobs.verify.check_topics import (
    Published,
    check_dead_letters,
    check_profiles,
    check_recommendations,
)
from jobs.verify.comparison import Comparison, totals
from jobs.verify.expected import expect
from jobs.verify.job_process import LIST_JOBS, MATCH_JOBS, JobProcess
from jobs.verify.recording_producer import Produced, Producer
from jobs.verify.trained_champion import train_champion
from streaming.contract.topics import (
    CANDIDATES,
    DEAD_LETTERS,
    EVENTS,
    MATCHES,
    POSTINGS,
    PROFILES,
    RECOMMENDATIONS,
)
from streaming.errors import CareerstreamError, one_line
from streaming.kafka.topic_reader import read_messages
from streaming.kafka.topic_writer import TopicWriter
from streaming.market.matcher import Matcher
from streaming.settings import Settings
from streaming.spark.configuration import is_folder
from streaming.spark.internals.hadoop_files import HadoopFiles
from training.registry.registration import ensure_champion

log = logging.getLogger("careerstream.verify")
LAKE_SECONDS, REMOTE_LAKE_SECONDS = 3.0, 10.0
"""Between commits to the tables: shorter than in service, so that more kills hit one. On an object
store a commit takes longer."""


MATCHED_POSTINGS, MATCHED_CANDIDATES = 1_000, 300
MATCH = {"size": 3, "interval_seconds": 0.5}
"""With so many candidates and so short matches some fall out of the index and are found again."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """The flags of `careerstream verify`."""

    kills: int
    events: int = 0
    """Fewest messages to send; sending goes on until the last victim works again."""
    rate: float = 100.0
    """Most messages a second."""
    seed: int = 7
    cluster: bool = False
    """Use Kafka, storage and MLflow of the settings, which are not killed."""
    keep: bool = False
    """Leave topics and folder."""
    matches: bool = False
    """Kill the job match instead of those that make and archive lists."""

    @property
    def jobs(self) -> tuple[str, ...]:
        """The jobs that run and are killed."""
        return MATCH_JOBS if self.matches else LIST_JOBS

    def postings(self) -> list[tuple[str, bytes]]:
        """Return the postings, as id and value."""
        if self.matches:
            return message_generator.postings(MATCHED_POSTINGS)
        return message_generator.postings()

    def messages(self) -> Iterator[message_generator.Message]:
        """Yield the messages, without end."""
        if not self.matches:
            return message_generator.messages(self.seed)
        ids = [posting_id for posting_id, _ in self.postings()]
        return message_generator.messages(self.seed, MATCHED_CANDIDATES, ids)


Others = Callable[[Callable[[], int]], Sequence[Victim]]
"""Makes further victims; it is given a function that counts what Kafka has acknowledged."""


class Observer(Protocol):
    """Shows the progress of a run."""

    def stage(self, name: str) -> None:
        """Another stage begins."""

    def tick(self, produced: Produced) -> None:
        """Some time has passed."""

    def kill(self, kill: Kill) -> None:
        """A process was killed."""


@contextmanager
def verify_sandbox(given: Settings, options: Options) -> Iterator[Sandbox]:
    """Give a block the sandbox of a run.

    The folder is removed when the block ends without an error, and the topics in any case; with
    `options.keep` both stay.

    Raises:
        BrokerError: no broker answers, or it cannot be started.
    """
    run = uuid.uuid4().hex[:8]
    home = given.home.absolute() / "verify" / run
    remote = options.cluster and not is_folder(given.lake)
    lake_seconds = REMOTE_LAKE_SECONDS if remote else LAKE_SECONDS
    prefix = f"{given.kafka.topic_prefix}verify-{run}."
    with sandbox(
        given,
        home,
        cluster_prefix=prefix if options.cluster else None,
        keep_topics=options.keep,
        jobs={"lake_interval_seconds": lake_seconds},
        match=MATCH,
        # Four sessions on one machine need neither web pages nor ports for metrics.
        spark={"conf": {"spark.ui.enabled": "false"} | given.spark.conf},
        metrics={"port": "off"},
    ) as own:
        yield own
    if not options.keep:
        shutil.rmtree(home, ignore_errors=True)


def verify(
    spark: SparkSession,
    own: Sandbox,
    options: Options,
    observer: Observer,
    others: Others = lambda _: (),
) -> dict[str, Any]:
    """Kill, restart, wait until everything is caught up, and compare.

    No job runs in the session `spark` while others are killed. What else is killed, `others` says.

    Returns:
        The report; `ok` says whether nothing was lost, invented, duplicated or out of order.

    Raises:
        CareerstreamError: a process does not work again.
    """
    start = time.monotonic()
    observer.stage("postings indexed")
    _index_postings(spark, own.settings, options.postings())
    if options.matches:
        observer.stage("a model trained")
        train_champion(own.settings, options.postings(), options.seed)
    else:
        ensure_champion(own.settings)
    observer.stage("jobs started")
    files = HadoopFiles(spark)
    jobs = [JobProcess(name, own, files) for name in options.jobs]
    chaos = _kill_under_load(own, jobs, options, observer, others)
    observer.stage("topics and tables compared")
    comparing = compare_matches if options.matches else compare
    comparisons = comparing(spark, own.settings, chaos.producer.produced)
    made = report(options, chaos, comparisons, time.monotonic() - start)
    if made["ok"] and options.cluster and not options.keep:
        _remove(files, own.settings)
    return made


def compare(spark: SparkSession, settings: Settings, produced: Produced) -> list[Comparison]:
    """Compare everything on topics and in tables with what was produced."""
    kafka, published = settings.kafka, Published()
    sources = {topic: read_messages(kafka, topic) for topic in (EVENTS, CANDIDATES)}
    expected, comparisons = expect(produced, sources)
    return [
        *comparisons,
        check_profiles(expected, read_messages(kafka, PROFILES), published),
        check_recommendations(
            read_messages(kafka, RECOMMENDATIONS), published, settings.recommend.list_size
        ),
        check_dead_letters(expected, read_messages(kafka, DEAD_LETTERS)),
        *check_tables(spark, settings, expected, published),
    ]


def compare_matches(
    spark: SparkSession, settings: Settings, produced: Produced
) -> list[Comparison]:
    """Compare what becomes of the messages up to the matches, and these after a full scoring."""
    kafka = settings.kafka
    sources = {topic: read_messages(kafka, topic) for topic in (EVENTS, CANDIDATES)}
    expected, comparisons = expect(produced, sources)
    scratch = matches_from_scratch(spark, settings)
    streamed = check_matches(MATCHES.name, published_matches(settings), scratch)
    Matcher(spark, settings).score_all()
    rebuilt = check_matches(f"{MATCHES.name}, rebuilt", published_matches(settings), scratch)
    return [
        *comparisons,
        check_profiles(expected, read_messages(kafka, PROFILES), Published()),
        streamed,
        rebuilt,
    ]


def report(
    options: Options, chaos: Chaos, comparisons: list[Comparison], seconds: float
) -> dict[str, Any]:
    """Put the report together: options, counts, every kill and every comparison."""
    produced, faults = chaos.producer.produced, totals(comparisons)
    kills = {v.name: [k for k in chaos.kills if k.process == v.name] for v in chaos.victims}
    return {
        "ok": not any(faults.values()) and not produced.refused,
        "options": asdict(options),
        "seconds": round(seconds, 1),
        "produced": {
            "messages": produced.sent,
            "acknowledged": len(produced.acknowledged),
            "refused": produced.refused[:20],
            **{kind: produced.kinds[kind] for kind in message_generator.SHARES},
        },
        "kills": [asdict(kill) | {"hit_work": kill.hit_work} for kill in chaos.kills],
        "killed": {name: len(hits) for name, hits in kills.items()},
        "hit_work": {name: sum(kill.hit_work for kill in hits) for name, hits in kills.items()},
        "not_killed": sorted(kills.keys() - {k.process for k in chaos.kills}),
        "ended_on_their_own": {job.name: job.restarts for job in chaos.jobs if job.restarts},
        **faults,
        "comparisons": [comparison.to_dict() for comparison in comparisons],
    }


def _remove(files: HadoopFiles, settings: Settings) -> None:
    """Remove what a run on a cluster leaves on storage and MLflow."""
    client = MlflowClient(settings.tracking_uri, settings.tracking_uri)
    try:
        for place in (settings.lake, settings.checkpoints):
            files.delete_folder(place)
        client.delete_registered_model(settings.mlflow.model_name)
        experiment = client.get_experiment_by_name(settings.mlflow.experiment)
        if experiment is not None:
            client.delete_experiment(experiment.experiment_id)
    except (Py4JError, MlflowException) as error:
        log.warning("not everything of this run is removed: %s", one_line(error))


def _index_postings(
    spark: SparkSession, settings: Settings, postings: list[tuple[str, bytes]]
) -> None:
    """Bring the postings into their table, so that there is something to recommend."""

    def refused(posting_id: str, why: str) -> None:
        raise CareerstreamError(f"Kafka does not take posting {posting_id}: {why}")

    with TopicWriter[str](settings.kafka, POSTINGS, refused) as writer:
        for posting_id, value in postings:
            writer.send(posting_id, value, posting_id)
    at_once = settings.jobs.model_copy(update={"catalogue_interval_seconds": 0.0})
    running = index_postings.start(spark, settings.model_copy(update={"jobs": at_once}))
    try:
        running.drain()
    finally:
        running.stop(settings.jobs.shutdown_timeout_seconds)


def _kill_under_load(
    own: Sandbox, jobs: list[JobProcess], options: Options, observer: Observer, others: Others
) -> Chaos:
    """Produce and kill; return when everything is processed and every job has ended."""
    try:
        with Producer(own.kafka, options.messages(), options.rate) as producer:
            produced = producer.produced
            victims: list[Victim] = [*jobs, *others(lambda: producer.acknowledged)]
            if own.broker is not None:
                victims.append(BrokerVictim(own.broker, lambda: producer.acknowledged))
            chaos = Chaos(own.settings, jobs, victims, producer, lambda: observer.tick(produced))
            for job in jobs:
                job.start()
            observer.stage("killing")
            chaos.run(options.kills, options.seed, observer.kill)
            chaos.wait(lambda: produced.sent >= options.events, "the last message")
            observer.stage("catching up")
            producer.finish()
            chaos.catch_up(jobs)
            _stop(chaos, jobs)
    finally:
        for job in jobs:
            job.kill()
    return chaos


def _stop(chaos: Chaos, jobs: list[JobProcess]) -> None:
    """Stop the last job when it has read what the others wrote at their end."""
    *others, last = jobs
    for job in others:
        job.stop()
    chaos.catch_up([last])
    last.stop()
