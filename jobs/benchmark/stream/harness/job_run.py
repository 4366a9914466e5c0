"""A job that works a backlog off: started after the backlog stands there, timed to its end."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from infra.process.supervisor import RUNNING, Child
from jobs.benchmark.stream.harness.measurement_sandbox import Place
from jobs.benchmark.stream.harness.statistics import Report
from jobs.benchmark.stream.harness.topic_progress import await_true
from jobs.operations.status_report import Broker, Job, jobs_of
from jobs.runtime.health_monitor import run_folder
from streaming.metrics import definitions

PATIENCE = 3600.0
PROFILE_JOB = "jobs.update_profiles"
COPYING_JOB = "jobs.benchmark.stream.measurements.pass_through"


@dataclass(frozen=True)
class Span:
    """From when to when something worked, seconds since 1970."""

    started: float
    """When the process was asked for."""
    running: float
    """When it said that it runs."""
    ended: float
    """When the last of what it made could be read."""

    def rates(self, count: int) -> Report:
        """Return events a second, from either beginning."""
        return {
            "seconds": round(self.ended - self.started, 2),
            "per_second": round(count / (self.ended - self.started), 1),
            "seconds_running": round(self.ended - self.running, 2),
            "per_second_running": round(count / (self.ended - self.running), 1),
        }


def work_off(here: Place, module: str) -> tuple[float, float]:
    """Run a job until it has taken every event.

    Nothing is read from its topics meanwhile: that would take from the cores it works on.

    Returns:
        When it was asked for, and when it said that it runs.

    Raises:
        CareerstreamError: it ended early.
    """
    with here.job(module) as job:
        running = job.await_words(RUNNING)
        await_caught_up(here, job)
    return job.started, running


def await_caught_up(here: Place, job: Child) -> None:
    """Wait until every query of a process has finished the batch with the newest messages.

    Raises:
        CareerstreamError: it ended early, or takes too long.
    """
    broker = Broker(here.kafka)

    def caught_up() -> bool:
        found, trouble = broker.ends()
        totals = {topic: sum(partitions.values()) for topic, partitions in found.items()}
        return not trouble and any(
            _has_taken(one, totals)
            for one in jobs_of(run_folder(here.settings))
            if one.about.get("pid") == job.process.pid
        )

    try:
        await_true(caught_up, job.check, PATIENCE, f"the end of what {job.name} has to do")
    finally:
        broker.close()


def _has_taken(job: Job, totals: Mapping[str, int]) -> bool:
    """Ask a process's metrics, which say after each batch where each query stands."""
    places: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for labels, position in job.values(definitions.SOURCE_OFFSET).items():
        told = dict(labels)
        places[told["query"]][told["topic"]] += int(position)
    queries = job.queries()
    return bool(queries) and all(
        places[query] and all(at >= totals.get(topic, 0) for topic, at in places[query].items())
        for query in queries
    )
