"""A supervised process: awaited, checked, stopped with all it started."""

import signal
import subprocess
import sys

import pytest

from infra.process.supervisor import SupervisedProcess, session_members
from streaming.errors import CareerstreamError

FOREVER = "import signal; print('ready', flush=True); signal.pause()"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {FOREVER}"
WITH_CHILD = f"import subprocess; subprocess.Popen(['sleep', '300'], process_group=0); {FOREVER}"


@pytest.fixture
def start(tmp_path):
    started = []

    def run(code, **options):
        command = [sys.executable, "-c", code]
        started.append(SupervisedProcess("program", command, folder=tmp_path, **options))
        return started[-1]

    yield run
    for process in started:
        process.kill()


def test_it_is_ready_when_it_prints_a_text_and_stops_when_asked(start):
    with start(FOREVER) as process:
        assert process.wait_for_text("ready") >= process.started
        process.check()
        assert process.running
    assert not process.running
    assert process.output() == b"ready\n"


@pytest.mark.parametrize(("code", "programs"), [(STUBBORN, 1), (WITH_CHILD, 2)])
def test_nothing_of_its_session_stays_when_it_is_stopped_or_killed(start, code, programs):
    stopped = start(code)
    stopped.wait_for_text("ready")
    stopped.stop(grace_seconds=0.1)
    assert not session_members(stopped.pid)
    killed = start(code)
    killed.wait_for_text("ready")
    assert len(killed.kill()) == programs
    assert not session_members(killed.pid)


def test_a_program_that_ended_is_an_error_with_its_last_line(start):
    process = start("import sys; print('first'); sys.exit('no room left')")
    with pytest.raises(CareerstreamError, match=r"^program ended with code 1: no room left; see /"):
        process.wait_for_text("ready")
    with pytest.raises(CareerstreamError, match="no room left"):
        process.wait_for_success(60)
    start("print('done')").wait_for_success(60)


def test_what_takes_too_long_is_an_error(start):
    process = start(FOREVER)
    with pytest.raises(CareerstreamError, match="program is not full after 0 s"):
        process.wait_until(lambda: False, "full", seconds=0.0)
    with pytest.raises(CareerstreamError, match="does not end within 0 s"):
        process.wait_for_success(0.0)


def test_output_is_that_of_the_last_start(start):
    start("print('ready')").wait_for_success(60)
    second = start("print('steady')")
    second.wait_for_success(60)
    assert second.output() == b"steady\n"
    assert second.log.read_bytes() == b"ready\nsteady\n"
    assert second.last_line() == "steady"


def test_a_signal_while_it_starts_leaves_no_process(start, monkeypatch):
    pids, popen = [], subprocess.Popen

    def interrupted(*arguments, **options):
        process = popen(*arguments, **options)
        pids.append(process.pid)
        signal.raise_signal(signal.SIGINT)
        return process

    monkeypatch.setattr(subprocess, "Popen", interrupted)
    with pytest.raises(KeyboardInterrupt):
        start(FOREVER)
    assert pids
    assert not session_members(pids[0])
