"""The whole way once, small: what `make demo` promises, read from what it leaves behind."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.spark,
    pytest.mark.kafka,
    pytest.mark.slow,
    pytest.mark.usefixtures("quick_jvms"),
]

JAVA = ("java", "后端", "spring")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    done = subprocess.run(
        [sys.executable, "-m", "jobs.cli", "demo", "--quick"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=590,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert not left_running(folder)
    return folder / ".local" / "demo"


@pytest.fixture(scope="module")
def summary(home: Path) -> dict:
    return json.loads((home / "summary.json").read_text(encoding="utf-8"))


def left_running(folder: Path) -> list[str]:
    """Processes that name the folder or stand in it."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            place = str((process / "cwd").readlink())
        except OSError:
            continue
        if str(folder) in command or place.startswith(str(folder)):
            found.append(command)
    return found


def test_every_row_is_accounted_for(summary):
    events = summary["accounts"]["events"]
    assert events["adds_up"]
    assert events["read"] == events["rejected"] + events["distinct"] + events["duplicates"]
    assert events["distinct"] == summary["accounts"]["tables"]["events"] > 1_000


def test_profiles_are_the_plain_fold(summary):
    profiles = summary["profiles"]
    assert profiles["equal_to_the_fold"] == profiles["expected"] == profiles["found"] > 100


def test_each_profile_has_one_current_list_of_open_postings_with_reasons(summary):
    lists = summary["recommendations"]
    assert lists["lists"] == lists["for_the_newest_profile"] == lists["profiles"]
    assert lists["with_reasons"] == lists["lists"]
    assert not lists["not_open"]
    assert lists["repeated"] == lists["already_known"] == 0
    assert lists["for_people_nobody_knows"]


def test_what_is_published_is_what_the_registered_model_says(summary):
    offline = summary["offline"]
    assert offline["equal"] == offline["lists"] > 100
    assert len(offline["versions"]) == 1


def test_stated_skills_bring_their_occupation(summary):
    occupations = summary["occupations"]
    assert occupations["occupations"] >= 30
    assert occupations["of_the_stated_occupation"] >= 5 * max(
        1, occupations["of_the_stated_occupation_most_popular"]
    )
    misspelt = occupations["of_the_stated_occupation_misspelt"]
    assert misspelt >= occupations["of_the_stated_occupation"] / 2
    example = summary["examples"]["demo-java"]
    top = [example["postings"][item["posting_id"]] for item in example["recommendation"]["items"]]
    for posting in top[:3]:
        words = " ".join([posting["title"], *posting["skills"]]).lower()
        assert posting["language"] == "zh"
        assert any(word in words for word in JAVA), words


def test_the_challenger_was_measured_and_the_training_recorded(home, summary):
    assert summary["promotion"]["promoted"], summary["promotion"]["verdict"]
    assert summary["quality"]["ndcg@10"] > summary["quality"]["baselines/most-popular/ndcg@10"]
    curves = summary["training"]["curves"]
    assert len(curves["loss"]) == len(curves["validation_loss"]) == 10
    assert curves["loss"][-1] < curves["loss"][0]
    assert summary["latency"]["answered"] > 0
    assert "demo-java" in (home / "index.html").read_text(encoding="utf-8")


def test_ctrl_c_leaves_nothing_running(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-m", "jobs.cli", "demo", "--quick"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    log = tmp_path / ".local" / "demo" / "logs" / "demo.log"
    deadline = time.monotonic() + 240
    while not log.exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.1)
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=120)
    assert process.returncode not in {0, None}
    assert "Traceback" not in said
    assert not left_running(tmp_path)
