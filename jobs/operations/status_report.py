"""How running jobs are: read from their endpoints or files, and held against the broker."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson
from kafka import KafkaConsumer, TopicPartition

from streaming.contract.topics import TOPICS
from streaming.errors import BrokerError, InputError, one_line
from streaming.kafka.clients import broker_errors, consumer
from streaming.metrics import definitions
from streaming.metrics.definitions import Metric
from streaming.metrics.exposition_parser import Labels, histogram_quantile, parse_samples
from streaming.settings import KafkaSettings
from streaming.timestamps import from_text

ANSWER_SECONDS = 5
CONNECT_SECONDS = 2
"""Shorter than elsewhere: a table that is drawn again and again must not wait for a broker."""

Ends = Mapping[str, Mapping[str, int]]
"""Topic → partition → the offset that the next message gets."""


@dataclass(frozen=True)
class Job:
    """One running job at one moment."""

    about: dict[str, Any]
    """As its file in HOME/run says."""
    samples: dict[tuple[str, Labels], float] = field(default_factory=dict)
    """Values by name and labels."""

    def value(self, metric: Metric, **labels: str) -> float | None:
        """Return a metric's value."""
        return self.samples.get((metric.full_name, tuple(sorted(labels.items()))))

    def values(self, metric: Metric, suffix: str = "", **labels: str) -> dict[Labels, float]:
        """Return all values of a metric that have these labels."""
        wanted = set(labels.items())
        return {
            found: value
            for (name, found), value in self.samples.items()
            if name == metric.full_name + suffix and wanted <= set(found)
        }

    def queries(self) -> list[str]:
        """List the queries it has told of."""
        return sorted(dict(labels)["query"] for labels in self.values(definitions.ACTIVE))


def jobs_of(folder: Path) -> list[Job]:
    """Read every job that writes into a folder (`jobs.runtime.health_monitor.run_folder`)."""
    files = sorted(folder.glob("*.json"))
    return [job for file in files if (job := _job_of(file)) is not None]


def job_at(address: str) -> Job:
    """Ask an endpoint.

    Raises:
        InputError: it does not answer.
    """
    try:
        _, metrics = _get(address, "/metrics")
        status, health = _get(address, "/health")
    except (OSError, HTTPException, ValueError) as error:
        raise InputError(
            f"no metrics at {address} ({one_line(error)}); give an address that a job has logged, "
            "e.g. http://127.0.0.1:40123"
        ) from error
    trouble = "" if status == 200 else health.decode().strip()  # noqa: PLR2004 - HTTP's OK
    about = {"job": urlsplit(address).netloc, "address": address, "trouble": trouble}
    return Job(about | {"healthy": not trouble}, parse_samples(metrics.decode()))


class Broker:
    """Where the topics end; connected when first asked, and again after it was gone."""

    def __init__(self, kafka: KafkaSettings) -> None:
        self._kafka = kafka
        self._client: KafkaConsumer | None = None

    def ends(self) -> tuple[Ends, str]:
        """Return the ends of the topics that exist, and what is wrong ('' for nothing)."""
        try:
            with broker_errors(self._kafka):
                return self._ends(), ""
        except BrokerError as error:
            self.close()
            return {}, str(error)

    def close(self) -> None:
        """Disconnect."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def _ends(self) -> Ends:
        self._client = self._client or consumer(
            self._kafka, bootstrap_timeout_ms=CONNECT_SECONDS * 1000
        )
        places = [
            TopicPartition(self._kafka.topic_prefix + topic.name, number)
            for topic in TOPICS
            for number in self._client.partitions_for_topic(self._kafka.topic_prefix + topic.name)
            or ()
        ]
        found: defaultdict[str, dict[str, int]] = defaultdict(dict)
        for place, end in self._client.end_offsets(places).items() if places else ():
            found[place.topic.removeprefix(self._kafka.topic_prefix)][str(place.partition)] = end
        return found


def report(jobs: Iterable[Job], ends: Ends, broker_trouble: str) -> dict[str, Any]:
    """Put together what `careerstream status` shows, ready for JSON."""
    now = datetime.now(tz=UTC).timestamp()
    jobs = list(jobs)
    return {
        "jobs": [_job_row(job) for job in jobs],
        "queries": [_query_row(job, query, ends, now) for job in jobs for query in job.queries()],
        "topics": [
            {"topic": topic, "messages": sum(partitions.values())}
            for topic, partitions in ends.items()
        ],
        "broker": broker_trouble or "ok",
    }


def _job_of(file: Path) -> Job | None:
    """Read a job's file and its metrics; None for one that ended just now."""
    try:
        about = orjson.loads(file.read_bytes())
        written = from_text(about["written_at"])
        age = (datetime.now(tz=UTC) - written).total_seconds()
        if age > about["gone_after_seconds"]:
            trouble = f"gone: it has not written {file.name} for {age:.0f} s"
            return Job(about | {"healthy": False, "trouble": trouble})
        return Job(about, parse_samples(_metrics(about["address"], file.with_suffix(".prom"))))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError) as error:
        return Job({"job": file.stem, "healthy": False, "trouble": one_line(error)})


def _metrics(address: str | None, file: Path) -> str:
    """Ask the endpoint, which is newer; where there is none here, read the file."""
    if address is not None:
        try:
            return _get(address, "/metrics")[1].decode()
        except (OSError, HTTPException):
            pass  # another machine's 127.0.0.1
    return file.read_text("utf-8")


def _get(address: str, path: str) -> tuple[int, bytes]:
    parts = urlsplit(address)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=ANSWER_SECONDS)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def _job_row(job: Job) -> dict[str, Any]:
    buckets = {
        float(dict(labels)["le"]): value
        for labels, value in job.values(definitions.LATENCY, "_bucket").items()
    }
    letters = job.values(definitions.DEAD_LETTERS)
    return {name: job.about.get(name) for name in _ABOUT} | {
        "recommendations": job.value(definitions.RECOMMENDATIONS),
        "latency_p50_seconds": histogram_quantile(buckets, 0.5),
        "latency_p99_seconds": histogram_quantile(buckets, 0.99),
        "unknown_postings": job.value(definitions.UNKNOWN_POSTINGS),
        "folded": {dict(k)["outcome"]: v for k, v in job.values(definitions.FOLDED).items()},
        "dead_letters": [dict(labels) | {"letters": v} for labels, v in letters.items()],
    }


_ABOUT = ("job", "pid", "host", "started_at", "address", "healthy", "trouble")


def _query_row(job: Job, query: str, ends: Ends, now: float) -> dict[str, Any]:
    seen = job.value(definitions.LAST_SEEN, query=query)
    batches = sum(job.values(definitions.BATCH_SECONDS, "_count", query=query).values())
    seconds = sum(job.values(definitions.BATCH_SECONDS, "_sum", query=query).values())
    return {
        "job": job.about["job"],
        "query": query,
        "active": bool(job.value(definitions.ACTIVE, query=query)),
        "batch_id": job.value(definitions.BATCH_ID, query=query),
        "rows": job.value(definitions.INPUT_ROWS, query=query),
        "input_rows_per_second": job.value(definitions.INPUT_RATE, query=query),
        "processed_rows_per_second": job.value(definitions.PROCESSED_RATE, query=query),
        "mean_batch_seconds": seconds / batches if batches else None,
        "lag": _lag(job, query, ends),
        "state_rows": job.value(definitions.STATE_ROWS, query=query),
        "state_bytes": sum(job.values(definitions.STATE_BYTES, query=query).values()) or None,
        "seen_seconds_ago": None if seen is None else max(0.0, now - seen),
    }


def _lag(job: Job, query: str, ends: Ends) -> dict[str, int]:
    """Messages not read yet, by topic: from the broker, else as the query last saw it."""
    lags: defaultdict[str, int] = defaultdict(int)
    last = job.values(definitions.LAG, query=query)
    for labels, position in job.values(definitions.SOURCE_OFFSET, query=query).items():
        topic, partition = dict(labels)["topic"], dict(labels)["partition"]
        end = ends.get(topic, {}).get(partition)
        behind = last.get(labels, 0) if end is None else max(0, end - position)
        lags[topic] += int(behind)
    return dict(lags)
