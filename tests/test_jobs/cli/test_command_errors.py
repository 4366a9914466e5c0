"""Whatever a user gets wrong is one line with the remedy, a code other than 0, no stack trace."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.main import get_command

from jobs.cli.app import app

UNPRINTED = "hunter2"
NO_BROKER = "--set=kafka.bootstrap_servers=127.0.0.1:1"


def run(home: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command line as a user would, in a folder of its own."""
    known = {k: v for k, v in os.environ.items() if not k.startswith("CAREERSTREAM_CONFIG")}
    return subprocess.run(
        [sys.executable, "-m", "jobs.cli", *arguments],
        cwd=home,
        env={"CAREERSTREAM_KAFKA__CONNECT_TIMEOUT_SECONDS": "1"} | known | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def assert_one_line(process: subprocess.CompletedProcess[str], code: int, *expected: str) -> None:
    """Check that the error is one line with an exit code and these texts."""
    line = process.stderr.strip()
    assert process.returncode == code, (process.returncode, process.stdout, line)
    assert "Traceback" not in line + process.stdout
    assert len(line.splitlines()) == 1, line
    for text in expected:
        assert text in line, (text, line)


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        yield holder.getsockname()[1]


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ("kafka.bootstrap_server=x:1", ("kafka.bootstrap_server", "kafka.bootstrap_servers")),
        ("training.epochs=many", ("training.epochs", "many", "integer")),
        ("kafka.security_protocol=SASL_SSL", ("username and password",)),
        ("recommend.list_size=0", ("recommend.list_size", "0")),
        ("nothing", ("--set nothing",)),
    ],
)
def test_wrong_settings(tmp_path: Path, setting: str, expected: tuple[str, ...]) -> None:
    assert_one_line(run(tmp_path, "--set", setting, "settings"), 2, *expected)


def test_a_password_in_a_wrong_place_is_not_printed(tmp_path: Path) -> None:
    process = run(tmp_path, "settings", CAREERSTREAM_KAFKA__PASSWORD=UNPRINTED)
    assert process.returncode == 0
    assert UNPRINTED not in process.stdout + process.stderr
    assert "********" in process.stdout


def test_a_settings_file_that_is_missing_or_malformed(tmp_path: Path) -> None:
    missing = run(tmp_path, "--config", "nowhere.toml", "settings")
    assert_one_line(missing, 2, "nowhere.toml", "does not exist")
    (tmp_path / "broken.toml").write_text("[kafka\n")
    assert_one_line(run(tmp_path, "--config", "broken.toml", "settings"), 2, "broken.toml")
    (tmp_path / "typo.toml").write_text('[kafka]\ntopic_prefi = "x"\n')
    assert_one_line(run(tmp_path, "--config", "typo.toml", "settings"), 2, "kafka.topic_prefix")


def test_a_port_in_use(tmp_path: Path, taken_port: int) -> None:
    process = run(tmp_path, "kafka", "start", "--port", str(taken_port))
    assert_one_line(process, 4, str(taken_port))


@pytest.mark.parametrize(
    "command",
    [("topics", "list"), ("topics", "create"), ("up",), ("recommendations", "c1")],
)
def test_no_broker(tmp_path: Path, command: tuple[str, ...]) -> None:
    assert_one_line(
        run(tmp_path, NO_BROKER, *command), 4, "127.0.0.1:1", "careerstream kafka start"
    )


def test_no_broker_for_an_import(tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    file.write_text(
        '{"schema_version":1,"event_id":"e","candidate_id":"c","posting_id":"p","kind":"view",'
        '"event_time":"2025-01-01T00:00:00Z"}\n'
    )
    assert_one_line(run(tmp_path, NO_BROKER, "import", "events", str(file)), 4, "127.0.0.1:1")


def test_no_broker_running_here(tmp_path: Path) -> None:
    assert_one_line(run(tmp_path, "kafka", "status"), 4, "careerstream kafka start")
    stopped = run(tmp_path, "kafka", "stop")
    assert stopped.returncode == 0


def test_no_jars(tmp_path: Path) -> None:
    process = run(tmp_path, "kafka", "start", CAREERSTREAM_CACHE=str(tmp_path / "empty"))
    assert_one_line(process, 3, "careerstream doctor --install")


@pytest.mark.parametrize("kind", ["postings", "candidates", "events"])
def test_files_that_cannot_be_read(tmp_path: Path, kind: str) -> None:
    (tmp_path / "empty.jsonl").touch()
    assert_one_line(run(tmp_path, NO_BROKER, "import", kind, "nowhere.csv"), 2, "nowhere.csv")
    assert_one_line(
        run(tmp_path, NO_BROKER, "import", kind, "empty.jsonl"), 2, "empty.jsonl", "empty"
    )
    assert_one_line(run(tmp_path, NO_BROKER, "import", kind, "."), 2, "file")


def test_a_demo_of_a_missing_file_leaves_an_earlier_demo_alone(tmp_path: Path) -> None:
    earlier = tmp_path / ".local" / "demo" / "summary.json"
    earlier.parent.mkdir(parents=True)
    earlier.write_text("{}")
    assert_one_line(run(tmp_path, "demo", "--events", "nowhere.csv"), 2, "nowhere.csv")
    assert earlier.exists()


@pytest.mark.parametrize("flags", [("--speed", "fast"), ("--rate", "-1"), ("--from", "yesterday")])
def test_a_pace_or_window_that_is_none(tmp_path: Path, flags: tuple[str, str]) -> None:
    (tmp_path / "events.jsonl").write_text("{}\n")
    assert_one_line(
        run(tmp_path, NO_BROKER, "import", "events", "events.jsonl", *flags), 2, flags[0]
    )


def test_a_model_that_does_not_exist(tmp_path: Path) -> None:
    assert_one_line(run(tmp_path, "models"), 1, "careerstream train")
    assert_one_line(run(tmp_path, "rollback"), 5, "champion")


def test_init_makes_the_baseline_champion(tmp_path: Path) -> None:
    first, second = (run(tmp_path, "models", "init") for _ in range(2))
    assert first.stdout == second.stdout == "champion: version 1 of careerstream (most-popular)\n"
    assert "champion" in run(tmp_path, "models").stdout


def test_no_model_server(tmp_path: Path) -> None:
    process = run(tmp_path, "--set=mlflow.tracking_uri=http://127.0.0.1:1", "models")
    assert_one_line(process, 5, "127.0.0.1:1")


@pytest.mark.spark
def test_no_lake_to_train_on(tmp_path: Path) -> None:
    process = run(tmp_path, "--set=spark.master=local[1]", "train")
    assert_one_line(process, 2, "careerstream up")


@pytest.mark.spark
def test_a_master_that_is_none(tmp_path: Path) -> None:
    assert_one_line(run(tmp_path, "--set=spark.master=nonsense", "train"), 2, "nonsense")


def test_an_unknown_command_is_shown_with_help(tmp_path: Path) -> None:
    process = run(tmp_path, "kafka", "start", "--porrt", "1")
    assert process.returncode == 2
    assert "--port" in process.stderr
    assert "Traceback" not in process.stderr


def test_every_command_has_help(tmp_path: Path) -> None:
    def walk(command, path):
        assert command.help or command.short_help, path
        for parameter in command.params:
            if parameter.param_type_name == "option":
                assert parameter.help, (path, parameter.name)
        for name, inner in getattr(command, "commands", {}).items():
            walk(inner, (*path, name))

    walk(get_command(app), ("careerstream",))
    assert run(tmp_path, "--version").stdout.startswith("careerstream ")
