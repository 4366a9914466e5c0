"""The verifier at work, in its short form; and that nothing of it stays when it is stopped."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from jobs.verify import run
from jobs.verify.chaos import BROKER
from jobs.verify.job_process import LIST_JOBS
from jobs.verify.run import Options, verify_sandbox
from streaming.settings import Settings, SparkSettings, TrainingSettings

pytestmark = [
    pytest.mark.spark,
    pytest.mark.kafka,
    pytest.mark.slow,
    pytest.mark.usefixtures("quick_jvms"),
]

PATIENCE = 300.0
OPTIONS = Options(kills=3, rate=60, seed=11)
"""A seed whose victims are the broker, archive and update_profiles."""


class Notes:
    """Keeps what a display would show."""

    def __init__(self):
        self.stages, self.kills = [], []

    def stage(self, name):
        self.stages.append(name)

    def tick(self, produced):
        pass

    def kill(self, kill):
        self.kills.append(kill)


def running_in(folder):
    """Processes at work in a folder."""
    found = {}
    for link in Path("/proc").glob("[0-9]*/cwd"):
        try:
            if link.readlink().is_relative_to(folder):
                found[int(link.parent.name)] = (link.parent / "cmdline").read_bytes()[:200]
        except OSError:
            continue
    return found


@pytest.mark.parametrize("tuned", ["on", pytest.param("off", marks=pytest.mark.nightly)])
def test_nothing_is_lost_whatever_is_killed(spark, tmp_path, record_property, tuned):
    given = Settings(home=tmp_path, spark=SparkSettings(driver_memory="1g", tuned=tuned))
    notes = Notes()
    with verify_sandbox(given, OPTIONS) as own:
        report = run.verify(spark, own, OPTIONS, notes)
        record_property("report", json.dumps(report))
        assert report["ok"], json.dumps(report, indent=1)
    assert not running_in(tmp_path)
    assert not own.home.exists()

    assert report["killed"] == {"update_profiles": 1, "recommend": 0, "archive": 1, BROKER: 1}
    assert report["not_killed"] == ["recommend"]
    for kill in notes.kills:
        assert "java" in kill.programs
        assert (kill.process == BROKER) == (len(kill.programs) == 1)
    produced = report["produced"]
    assert produced["messages"] == produced["acknowledged"] > 0
    assert all(produced[kind] for kind in ("duplicate", "late", "stated", "broken"))
    comparisons = {comparison["name"]: comparison for comparison in report["comparisons"]}
    assert comparisons["events"]["actual"] > comparisons["Δ events"]["actual"] > 0
    assert comparisons["Δ profiles"]["actual"] == comparisons["profiles"]["expected"] > 0
    assert comparisons["dead-letters"]["expected"] > 0
    assert all(comparison["actual"] for comparison in report["comparisons"])


@pytest.mark.nightly
def test_matches_are_those_of_scoring_everybody_whatever_is_killed(spark, tmp_path):
    options = Options(kills=6, rate=60, seed=5, matches=True)
    given = Settings(
        home=tmp_path,
        spark=SparkSettings(driver_memory="1g"),
        training=TrainingSettings(preset="published"),
    )
    with verify_sandbox(given, options) as own:
        report = run.verify(spark, own, options, Notes())
        assert report["ok"], json.dumps(report, indent=1)
    assert not running_in(tmp_path)

    assert report["killed"] == {"update_profiles": 2, "match": 2, BROKER: 2}
    comparisons = {comparison["name"]: comparison for comparison in report["comparisons"]}
    for name in ("matches", "matches, rebuilt"):
        assert comparisons[name]["expected"] == comparisons[name]["actual"] > 100


def test_ctrl_c_leaves_nothing_running(tmp_path):
    command = [sys.executable, "-m", "jobs.cli", "--set", f"home={tmp_path}", "verify"]
    log = tmp_path / "said.txt"
    with log.open("wb") as said:
        verifier = subprocess.Popen(
            [*command, "--kills", "1", "--out", str(tmp_path / "report.json")],
            stdout=said, stderr=said, start_new_session=True,
        )  # fmt: skip
    try:
        deadline = time.monotonic() + PATIENCE
        last_job = f"verify/*/logs/{LIST_JOBS[-1]}.log"
        while not list(tmp_path.glob(last_job)):
            assert verifier.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
        assert running_in(tmp_path)
        os.killpg(verifier.pid, signal.SIGINT)
        assert verifier.wait(PATIENCE) == 130
    finally:
        if verifier.poll() is None:
            os.killpg(verifier.pid, signal.SIGKILL)
            verifier.wait()
    assert "Traceback" not in log.read_text()
    assert not (tmp_path / "report.json").exists()
    assert not running_in(tmp_path)
