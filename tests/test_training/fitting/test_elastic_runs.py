"""Machines join and leave a run, by the elastic launchers of both backends."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from streaming.settings import TrainingSettings
from training.fitting.fit import fit, prepare_run
from training.fitting.horovod_group import horovod_available
from training.fitting.training_error import TrainingError

pytestmark = [pytest.mark.nightly, pytest.mark.slow]

EPOCHS = 40


@pytest.fixture
def launch(tmp_path: Path) -> Iterator[Callable[[str, list[str]], subprocess.Popen]]:
    """Starts a launcher in a process group of its own."""
    launchers: list[subprocess.Popen] = []

    def start(name: str, command: list[str]) -> subprocess.Popen:
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        limits = {"GLOO_SOCKET_IFNAME": "lo", "OMP_NUM_THREADS": "1", "PATH": path}
        with (tmp_path / f"{name}.log").open("wb") as log:
            launchers.append(
                subprocess.Popen(
                    command, env=os.environ | limits, stdout=log, stderr=log, start_new_session=True
                )
            )
        return launchers[-1]

    yield start
    for launcher in launchers:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(launcher.pid, signal.SIGKILL)
        launcher.wait()


@pytest.fixture
def spec(market_dataset: Path, tmp_path: Path) -> Path:
    settings = TrainingSettings(
        preset="published", processes=1, epochs=EPOCHS, device="cpu", checkpoint_seconds=0.2
    )
    return prepare_run(market_dataset, tmp_path / "run", settings, resume=False)


def test_launchers_of_torchrun_join_and_leave(spec, launch, tmp_path):
    """Two launchers stand for two machines."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "torch.distributed.run", "--nnodes=1:2", "--nproc-per-node=1"]
    command += ["--rdzv-backend=c10d", f"--rdzv-endpoint=127.0.0.1:{port}", "--rdzv-id=test"]
    command += ["--local-addr=127.0.0.1", "--rdzv-conf=last_call_timeout=1", "--max-restarts=3"]
    command += ["-m", "training.fitting.worker", str(spec)]
    first = launch("first", command)
    wait_for_an_epoch_of(1, spec, tmp_path / "first.log")
    second = launch("second", command)
    wait_for_an_epoch_of(2, spec, tmp_path / "first.log")
    os.killpg(second.pid, signal.SIGKILL)
    wait_for_an_epoch_of(1, spec, tmp_path / "first.log")
    assert first.wait(timeout=300) == 0, (tmp_path / "first.log").read_text()
    assert_whole(spec)


@pytest.mark.skipif(not horovod_available(), reason="Horovod is not installed")
def test_hosts_of_horovodrun_join_and_leave(spec, launch, tmp_path):
    """Two names of this machine stand for two hosts."""
    hosts, discover = tmp_path / "hosts", tmp_path / "discover.sh"
    hosts.write_text("localhost:1\n")
    discover.write_text(f"#!/bin/sh\ncat {hosts}\n")
    discover.chmod(0o755)
    command = [str(Path(sys.executable).with_name("horovodrun")), "--gloo", "-np", "1"]
    command += ["--min-np", "1", "--max-np", "2", "--network-interfaces", "lo"]
    command += ["--host-discovery-script", str(discover)]
    command += [sys.executable, "-m", "training.fitting.worker", str(spec)]
    launched = launch("horovodrun", command)
    wait_for_an_epoch_of(1, spec, tmp_path / "horovodrun.log")
    hosts.write_text("localhost:1\n127.0.0.1:1\n")
    wait_for_an_epoch_of(2, spec, tmp_path / "horovodrun.log")
    os.kill(newest_worker(spec), signal.SIGKILL)
    wait_for_an_epoch_of(1, spec, tmp_path / "horovodrun.log")
    launched.wait(timeout=300)
    assert_whole(spec)


@pytest.mark.skipif(not horovod_available(), reason="Horovod is not installed")
def test_hosts_train_through_horovodrun_and_one_that_does_not_answer_is_named(
    market_dataset, tmp_path
):
    settings = TrainingSettings(preset="published", epochs=1, device="cpu", hosts="localhost:2")
    fitted = fit(market_dataset, tmp_path / "two", settings)
    assert fitted.processes == 2
    absent = settings.model_copy(update={"hosts": "nowhere.invalid:1,localhost:1"})
    with pytest.raises(TrainingError, match=r"horovodrun on nowhere.invalid.*could not connect"):
        fit(market_dataset, tmp_path / "absent", absent)


def records(spec: Path) -> list[dict]:
    file = spec.parent / "metrics.jsonl"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def wait_for_an_epoch_of(processes: int, spec: Path, log: Path) -> None:
    known, deadline = len(records(spec)), time.monotonic() + 120
    while not any(record["processes"] == processes for record in records(spec)[known:]):
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.1)


def newest_worker(spec: Path) -> int:
    """Return the id of the process that joined last; launchers name the file, too."""
    started = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (folder / "cmdline").read_bytes().split(b"\0")
            if words[1:3] == [b"-m", b"training.fitting.worker"] and words[3] == bytes(spec):
                started[int((folder / "stat").read_text().rpartition(")")[2].split()[19])] = folder
    return int(started[max(started)].name)


def assert_whole(spec: Path) -> None:
    """Every epoch was trained once, the loss fell, and the model is there."""
    known = records(spec)
    assert [record["epoch"] for record in known] == list(range(1, EPOCHS + 1))
    assert known[-1]["loss"] < known[0]["loss"] / 2
    assert (spec.parent / "model").is_dir()
