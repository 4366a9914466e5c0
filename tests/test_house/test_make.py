"""The Makefile and the build server's script say and do what they promise."""

import os
import re
import subprocess
from pathlib import Path

PROJECT = Path(__file__).parents[2]
MAKEFILE = (PROJECT / "Makefile").read_text(encoding="utf-8")


def _make(*arguments: str, folder: Path) -> str:
    done = subprocess.run(
        ["make", *arguments], cwd=folder, capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout


def test_make_alone_explains_every_target(tmp_path: Path) -> None:
    targets = set(re.findall(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)[0].split())
    text = _make("-f", str(PROJECT / "Makefile"), folder=tmp_path)
    assert {line.split()[1] for line in text.splitlines() if line.startswith("  make ")} == targets
    assert _make("-C", str(PROJECT), "help", folder=tmp_path).count("  make ") == len(targets)


def test_demo_finds_the_events_where_the_user_stands(tmp_path: Path) -> None:
    (tmp_path / "my events.csv").touch()
    shown = _make(
        "-n", "-C", str(PROJECT), "demo", "EVENTS=my events.csv", f"PWD={tmp_path}", folder=tmp_path
    )
    script = re.search(r"^events=.*?^fi;", shown, re.MULTILINE | re.DOTALL)
    assert script
    said = subprocess.run(
        ["bash", "-c", f'{script[0]} echo "$events"'], capture_output=True, text=True, check=True
    )
    assert said.stdout.strip() == str(tmp_path / "my events.csv")


def test_the_build_server_runs_tests_and_linters() -> None:
    script = PROJECT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    text = script.read_text(encoding="utf-8")
    assert "make test" in text
    assert "make lint" in text
    subprocess.run(["bash", "-n", script], check=True)


def test_nothing_is_left_for_later_in_what_we_ship() -> None:
    for name in ("Makefile", ".ci/run", "infra/image/Dockerfile", "infra/image/entrypoint.sh"):
        text = (PROJECT / name).read_text(encoding="utf-8")
        assert not re.search(r"TODO|FIXME|XXX", text), name
