"""update_profiles as a process of its own: killed with -9 in the middle, and asked to stop."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import orjson
import pytest

from infra.simulator import Market, MarketConfig, write
from jobs.operations.file_import import import_candidates, import_events
from jobs.verify.plain_fold import fold_files, without_offsets
from streaming.contract.topics import EVENTS, PROFILES
from streaming.kafka.topic_reader import read_latest

pytestmark = [
    pytest.mark.spark,
    pytest.mark.kafka,
    pytest.mark.slow,
    pytest.mark.usefixtures("quick_jvms"),
]

PROJECT = Path(__file__).parents[2]
PER_BATCH = 150
"""Few enough that a good deal is left whenever the job is killed or stopped."""
PATIENCE = 240.0
"""Seconds the process may take for what it needs a few for."""
MARKET = MarketConfig(
    candidates=150, postings=200, events_per_candidate=22, days=10, seed=5, impressions=0.02
)


@dataclass(frozen=True)
class Progress:
    """How far the checkpoint says the job is."""

    batch: int
    """The newest batch that was committed, -1 before the first."""
    processed: int
    """Messages up to its end."""
    parts: dict


class Job:
    """The job as the platform team runs it."""

    def __init__(self, settings, folder):
        self.checkpoint = Path(settings.checkpoints) / "update_profiles"
        self.folder = folder
        self.config = folder / "careerstream.toml"
        self.config.write_text(
            f"""
            home = "{settings.home}"
            [kafka]
            bootstrap_servers = "{settings.kafka.bootstrap_servers}"
            topic_prefix = "{settings.kafka.topic_prefix}"
            [spark]
            state_partitions = 2
            driver_memory = "1g"
            conf = {{ "spark.ui.enabled" = "false" }}
            """
        )

    def start(self, per_batch=PER_BATCH, tuned="on"):
        command = [sys.executable, "jobs/update_profiles.py", "--config", str(self.config)]
        command += ["--set", f"kafka.max_offsets_per_trigger={per_batch}"]
        command += ["--set", f"spark.tuned={tuned}"]
        # Spark's own daemon, of the plain path, may print a stack trace when it is stopped.
        self.log = self.folder / f"tuned-{tuned}.log"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=PROJECT, stdout=log, stderr=log, start_new_session=True
            )

    def progress(self):
        """Read the newest commit and the offsets it stands for."""
        commits = numbers(self.checkpoint / "commits")
        if not commits:
            return Progress(-1, 0, {})
        lines = (self.checkpoint / "offsets" / str(commits[-1])).read_text().splitlines()
        ends = json.loads(lines[-1])
        parts = {(topic, part): end for topic, ends in ends.items() for part, end in ends.items()}
        return Progress(commits[-1], sum(parts.values()), parts)

    def wait(self, until):
        """Wait until the checkpoint says so; a job that ends meanwhile is a failure."""
        deadline = time.monotonic() + PATIENCE
        while not until(progress := self.progress()):
            assert self.process.poll() is None, self.log.read_text()[-3000:]
            assert time.monotonic() < deadline, f"{progress}\n{self.log.read_text()[-3000:]}"
            time.sleep(0.02)
        return progress

    def kill(self):
        """Kill the Python process and its JVM at once; returns how many processes that were."""
        group = processes_of(self.process.pid)
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        return group

    def terminate(self):
        self.process.terminate()
        return self.process.wait(PATIENCE)

    def end(self):
        if self.process.poll() is None:
            self.kill()


def numbers(folder):
    """The batches that have a file in a folder of the checkpoint."""
    return sorted(int(file.name) for file in folder.glob("[0-9]*")) if folder.is_dir() else []


def processes_of(group):
    """Names of the programs of a process group."""
    names = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            head, _, rest = stat.read_text().rpartition(")")
        except OSError:
            continue
        if int(rest.split()[2]) == group:
            names.append(head.partition("(")[2])
    return names


@pytest.fixture(scope="module")
def market(tmp_path_factory):
    folder = tmp_path_factory.mktemp("market")
    assert write(Market(MARKET), folder)["events"] > 3_000
    return folder


@pytest.fixture
def job(make_settings, market, tmp_path):
    settings = make_settings()
    import_candidates(settings, market / "candidates.jsonl")
    import_events(settings, market / "events.jsonl")
    job_process = Job(settings, tmp_path)
    job_process.settings = settings
    job_process.start()
    yield job_process
    job_process.end()


def profiles_of(settings):
    return {k: orjson.loads(m.value) for k, m in read_latest(settings.kafka, PROFILES).items()}


def lines_of(file):
    return file.read_bytes().splitlines()


def test_the_same_profiles_after_kills_stops_and_all_events_in_another_order(
    job, market, send, record_property
):
    settings, clicks = job.settings, lines_of(market / "events.jsonl")
    everything = len(clicks) + len(lines_of(market / "candidates.jsonl"))

    # Killed with -9 in the middle.
    job.wait(lambda progress: progress.batch >= 2)
    killed = job.kill()
    at_kill = job.progress()
    lag = everything - at_kill.processed
    record_property("killed", f"after {at_kill.processed} of {everything}, lag {lag}")
    assert "java" in killed
    assert 0 < at_kill.processed < everything
    assert lag > PER_BATCH

    # Started again on the plain path; asked to stop in the middle.
    job.start(tuned="off")
    resumed = job.wait(lambda progress: progress.batch > at_kill.batch)
    assert all(resumed.parts[part] >= end for part, end in at_kill.parts.items())
    assert resumed.processed <= at_kill.processed + PER_BATCH * (resumed.batch - at_kill.batch)
    assert job.terminate() == 0, job.log.read_text()[-3000:]
    at_stop = job.progress()
    assert at_stop.processed < everything

    # Started again on the tuned path, with larger batches, to the end: it goes on where it was.
    job.start(per_batch=everything)
    end = job.wait(lambda progress: progress.processed == everything)
    assert at_stop.batch < end.batch <= at_stop.batch + 3

    expected = fold_files(market / "events.jsonl", market / "candidates.jsonl")
    profiles = profiles_of(settings)
    assert profiles.keys() == expected.keys()
    for candidate_id, profile in profiles.items():
        assert without_offsets(profile) == without_offsets(expected[candidate_id])

    # All events again, in another order: the same profiles and versions.
    random.Random(1).shuffle(clicks)
    send(settings, EVENTS, [(orjson.loads(line)["candidate_id"].encode(), line) for line in clicks])
    job.wait(lambda progress: progress.processed == everything + len(clicks))
    assert job.terminate() == 0, job.log.read_text()[-3000:]
    assert profiles_of(settings) == profiles
    assert b"Traceback" not in job.log.read_bytes()
