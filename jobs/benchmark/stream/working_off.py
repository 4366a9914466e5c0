"""A job that works a backlog off: started after the backlog stands there, timed to its end."""

from dataclasses import dataclass
from functools import partial

from jobs.benchmark.stream.child import RUNNING, Child
from jobs.benchmark.stream.numbers import Report
from jobs.benchmark.stream.place import Place
from jobs.benchmark.stream.reading import await_true
from jobs.status import jobs_of
from jobs.watching import run_folder
from streaming.metrics import table

PATIENCE = 3600.0
PROFILE_JOB = "jobs.update_profiles"
COPYING_JOB = "jobs.benchmark.stream.pass_through"


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


def work_off(here: Place, module: str, count: int) -> tuple[float, float]:
    """Run a job until it has taken so many messages.

    Nothing is read from its topics meanwhile: that would take from the cores it works on.

    Returns:
        When it was asked for, and when it said that it runs.

    Raises:
        CareerstreamError: it ended early.
    """
    with here.job(module) as job:
        running = job.await_words(RUNNING)
        await_rows(here, job, count)
    return job.started, running


def await_rows(here: Place, job: Child, count: int) -> None:
    """Wait until a job has told of so many messages read, in batches that it has finished."""
    await_true(
        partial(_has_read, here, job.process.pid, count), job.check, PATIENCE, f"{count:,} messages"
    )


def _has_read(here: Place, pid: int, count: int) -> bool:
    """Say whether one of a process's queries has; metrics begin anew with a process."""
    return any(
        (job.value(table.ROWS, query=query) or 0) >= count
        for job in jobs_of(run_folder(here.settings))
        if job.about.get("pid") == pid
        for query in job.queries()
    )
