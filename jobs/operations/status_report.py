"""The state of running jobs, read from their endpoints or files and compared with the broker."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
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
from streaming.timestamps import parse_timestamp

REQUEST_SECONDS = 5
CONNECT_SECONDS = 2
"""Shorter than elsewhere: a table that is redrawn all the time must not wait for a broker."""

EndOffsets = Mapping[str, Mapping[str, int]]
"""Topic → partition → offset of the next message."""


@dataclass(frozen=True)
class JobStatus:
    """The state of one running job."""

    about: dict[str, Any]
    """The content of its file in HOME/run."""
    samples: dict[tuple[str, Labels], float] = field(default_factory=dict)
    """The values of its metrics, by name and labels."""

    def value(self, metric: Metric, **labels: str) -> float | None:
        """Return the value of a metric with exactly these labels."""
        return self.samples.get((metric.full_name, tuple(sorted(labels.items()))))

    def values(self, metric: Metric, suffix: str = "", **labels: str) -> dict[Labels, float]:
        """Return the values of a metric with at least these labels."""
        required = set(labels.items())
        return {
            all_labels: value
            for (name, all_labels), value in self.samples.items()
            if name == metric.full_name + suffix and required <= set(all_labels)
        }

    def queries(self) -> list[str]:
        """Return the names of its queries."""
        return sorted(dict(labels)["query"] for labels in self.values(definitions.ACTIVE))


def read_job_statuses(folder: Path) -> list[JobStatus]:
    """Read every job that writes into a folder (`jobs.runtime.health_monitor.run_folder`)."""
    files = sorted(folder.glob("*.json"))
    return [status for file in files if (status := _read_file(file)) is not None]


def read_endpoint(address: str, token: str = "") -> JobStatus:
    """Read the state of a job from the URL of its metrics endpoint.

    Raises:
        InputError: it does not answer, or refuses the token.
    """
    try:
        _, metrics = _get(address, "/metrics", token)
        status, health = _get(address, "/health", token)
    except (OSError, HTTPException, ValueError) as error:
        raise InputError(
            f"no metrics at {address} ({one_line(error)}); give an address that a job has logged, "
            "e.g. http://127.0.0.1:40123"
        ) from error
    if status == HTTPStatus.UNAUTHORIZED:
        problem = "refuses the token" if token else "asks for a token"
        raise InputError(
            f"{address} {problem}; set metrics.token_file, or CAREERSTREAM_METRICS__TOKEN, as the "
            "job has it"
        )
    trouble = "" if status == HTTPStatus.OK else health.decode().strip()
    about = {"job": urlsplit(address).netloc, "address": address, "trouble": trouble}
    return JobStatus(about | {"healthy": not trouble}, parse_samples(metrics.decode()))


class BrokerOffsets:
    """Reads the end offsets of the topics; connects at the first call and again after a failure."""

    def __init__(self, kafka: KafkaSettings) -> None:
        self._kafka = kafka
        self._client: KafkaConsumer | None = None

    def read(self) -> tuple[EndOffsets, str]:
        """Return the end offsets of the topics that exist, and an error ('' for none)."""
        try:
            with broker_errors(self._kafka):
                return self._read(), ""
        except BrokerError as error:
            self.close()
            return {}, str(error)

    def close(self) -> None:
        """Close the connection."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def _read(self) -> EndOffsets:
        self._client = self._client or consumer(
            self._kafka, bootstrap_timeout_ms=CONNECT_SECONDS * 1000
        )
        prefix = self._kafka.topic_prefix
        partitions = [
            TopicPartition(prefix + topic.name, number)
            for topic in TOPICS
            for number in self._client.partitions_for_topic(prefix + topic.name) or ()
        ]
        offsets: defaultdict[str, dict[str, int]] = defaultdict(dict)
        for partition, end in self._client.end_offsets(partitions).items() if partitions else ():
            offsets[partition.topic.removeprefix(prefix)][str(partition.partition)] = end
        return offsets


def build_report(
    statuses: Iterable[JobStatus], end_offsets: EndOffsets, broker_error: str
) -> dict[str, Any]:
    """Build the report of `careerstream status`, ready for JSON."""
    now = datetime.now(tz=UTC).timestamp()
    statuses = list(statuses)
    return {
        "jobs": [_job_row(status) for status in statuses],
        "queries": [
            _query_row(status, query, end_offsets, now)
            for status in statuses
            for query in status.queries()
        ],
        "topics": [
            {"topic": topic, "messages": sum(partitions.values())}
            for topic, partitions in end_offsets.items()
        ],
        "broker": broker_error or "ok",
    }


def _read_file(file: Path) -> JobStatus | None:
    """Read the file and the metrics of a job; return None if it has just ended."""
    try:
        about = orjson.loads(file.read_bytes())
        age = (datetime.now(tz=UTC) - parse_timestamp(about["written_at"])).total_seconds()
        if age > about["gone_after_seconds"]:
            trouble = f"gone: it has not written {file.name} for {age:.0f} s"
            return JobStatus(about | {"healthy": False, "trouble": trouble})
        metrics = _read_metrics(about["address"], file.with_suffix(".prom"))
        return JobStatus(about, parse_samples(metrics))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError) as error:
        return JobStatus({"job": file.stem, "healthy": False, "trouble": one_line(error)})


def _read_metrics(address: str | None, file: Path) -> str:
    """Read the endpoint, which is newer; if it does not answer from here, read the file."""
    if address is not None:
        with suppress(OSError, HTTPException):  # 127.0.0.1 of another machine
            status, metrics = _get(address, "/metrics")
            if status == HTTPStatus.OK:  # it may ask for a token
                return metrics.decode()
    return file.read_text("utf-8")


def _get(address: str, path: str, token: str = "") -> tuple[int, bytes]:
    parts = urlsplit(address)
    with closing(
        HTTPConnection(parts.hostname or "", parts.port, timeout=REQUEST_SECONDS)
    ) as connection:
        connection.request(
            "GET", path, headers={"Authorization": f"Bearer {token}"} if token else {}
        )
        response = connection.getresponse()
        return response.status, response.read()


_ABOUT_FIELDS = ("job", "pid", "host", "started_at", "address", "healthy", "trouble")


def _job_row(status: JobStatus) -> dict[str, Any]:
    buckets = {
        float(dict(labels)["le"]): value
        for labels, value in status.values(definitions.LATENCY, "_bucket").items()
    }
    dead_letters = status.values(definitions.DEAD_LETTERS)
    folded = status.values(definitions.FOLDED)
    return {name: status.about.get(name) for name in _ABOUT_FIELDS} | {
        "recommendations": status.value(definitions.RECOMMENDATIONS),
        "latency_p50_seconds": histogram_quantile(buckets, 0.5),
        "latency_p99_seconds": histogram_quantile(buckets, 0.99),
        "unknown_postings": status.value(definitions.UNKNOWN_POSTINGS),
        "folded": {dict(labels)["outcome"]: value for labels, value in folded.items()},
        "dead_letters": [dict(labels) | {"letters": n} for labels, n in dead_letters.items()],
    }


def _query_row(
    status: JobStatus, query: str, end_offsets: EndOffsets, now: float
) -> dict[str, Any]:
    last_seen = status.value(definitions.LAST_SEEN, query=query)
    batches = sum(status.values(definitions.BATCH_SECONDS, "_count", query=query).values())
    seconds = sum(status.values(definitions.BATCH_SECONDS, "_sum", query=query).values())
    state_bytes = sum(status.values(definitions.STATE_BYTES, query=query).values())
    return {
        "job": status.about["job"],
        "query": query,
        "active": bool(status.value(definitions.ACTIVE, query=query)),
        "batch_id": status.value(definitions.BATCH_ID, query=query),
        "rows": status.value(definitions.INPUT_ROWS, query=query),
        "input_rows_per_second": status.value(definitions.INPUT_RATE, query=query),
        "processed_rows_per_second": status.value(definitions.PROCESSED_RATE, query=query),
        "mean_batch_seconds": seconds / batches if batches else None,
        "lag": _lag(status, query, end_offsets),
        "state_rows": status.value(definitions.STATE_ROWS, query=query),
        "state_bytes": state_bytes or None,
        "seen_seconds_ago": None if last_seen is None else max(0.0, now - last_seen),
    }


def _lag(status: JobStatus, query: str, end_offsets: EndOffsets) -> dict[str, int]:
    """Count unread messages by topic: by the broker's offsets, else by the query's own lag."""
    lags: defaultdict[str, int] = defaultdict(int)
    reported = status.values(definitions.LAG, query=query)
    for labels, position in status.values(definitions.SOURCE_OFFSET, query=query).items():
        topic, partition = dict(labels)["topic"], dict(labels)["partition"]
        end = end_offsets.get(topic, {}).get(partition)
        lags[topic] += int(reported.get(labels, 0) if end is None else max(0, end - position))
    return dict(lags)
