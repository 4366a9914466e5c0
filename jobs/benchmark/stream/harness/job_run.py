"""Runs a job on messages that are on its topics already, until it has processed all of them."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from contextlib import closing
from dataclasses import dataclass

from infra.process.supervisor import SupervisedProcess
from jobs.benchmark.stream.harness.statistics import Report
from jobs.operations.status_report import BrokerOffsets, JobStatus, read_job_statuses
from jobs.runtime.health_monitor import run_folder
from jobs.runtime.sandbox import Sandbox
from streaming.metrics import definitions

PATIENCE_SECONDS = 3600.0
POLL_SECONDS = 0.5
JOB_RUNNING = '"message":"running"'
"""In the log of a job as soon as its queries run."""
PROFILE_JOB = "jobs.update_profiles"
COPY_JOB = "jobs.benchmark.stream.measurements.pass_through"


@dataclass(frozen=True)
class JobRun:
    """When a program worked, in seconds since 1970."""

    started: float
    running: float

    def rates(self, count: int, ended: float) -> Report:
        """Return messages a second until the last of its output could be read.

        `seconds_running` and `per_second_running` leave out the time of starting.
        """
        seconds, seconds_running = ended - self.started, ended - self.running
        return {
            "seconds": round(seconds, 2),
            "per_second": round(count / seconds, 1),
            "seconds_running": round(seconds_running, 2),
            "per_second_running": round(count / seconds_running, 1),
        }


def run_job(sandbox: Sandbox, module: str) -> JobRun:
    """Run a job until it has processed every event.

    Nothing reads its topics meanwhile, because a reader would take time from the job's cores.

    Raises:
        CareerstreamError: it ended early, or takes too long.
    """
    with sandbox.start_job(module) as job:
        running = job.wait_for_text(JOB_RUNNING)
        wait_until_caught_up(sandbox, job)
    return JobRun(job.started, running)


def wait_until_caught_up(
    sandbox: Sandbox,
    process: SupervisedProcess,
    seconds: float = PATIENCE_SECONDS,
    needed: Collection[str] | None = None,
) -> None:
    """Wait until every query of a process has finished the batch with the newest messages.

    A query that was started again and has had no message since reports no position. `needed` names
    the queries that must have one; default: all.

    Raises:
        CareerstreamError: it ended early, or takes too long.
    """

    def caught_up() -> bool:
        ends, error = broker.read()
        totals = {topic: sum(partitions.values()) for topic, partitions in ends.items()}
        return not error and any(
            _has_processed(job, totals, needed)
            for job in read_job_statuses(run_folder(sandbox.settings))
            if job.about.get("pid") == process.pid
        )

    with closing(BrokerOffsets(sandbox.kafka)) as broker:
        process.wait_until(caught_up, "at the end of its topics", seconds, POLL_SECONDS)


def _has_processed(
    job: JobStatus, totals: Mapping[str, int], needed: Collection[str] | None = None
) -> bool:
    """Return whether every query has processed so many messages of each topic that it reads.

    The metrics of a job hold the position of each query after each batch.
    """
    positions: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for pairs, position in job.values(definitions.SOURCE_OFFSET).items():
        labels = dict(pairs)
        positions[labels["query"]][labels["topic"]] += int(position)
    queries = job.queries()
    silent = {query for query in queries if not positions[query]}
    if not queries or silent & set(queries if needed is None else needed):
        return False
    return {*(needed or ())} <= {*queries} and all(
        at >= totals.get(topic, 0) for query in queries for topic, at in positions[query].items()
    )
