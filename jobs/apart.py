"""A job in a process of its own beside this one, which the system serves after this one.

Settings go to it through its environment, so that a password is neither in a file nor in a command.
"""

import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import BaseModel, SecretStr

from infra import tether
from jobs.lifecycle import Running
from jobs.reference import environment_name
from streaming.errors import CareerstreamError
from streaming.preloading import NICENESS
from streaming.settings import CONFIG_VARIABLE, Settings
from streaming.signals import held

MOST_OF_A_LINE = 500
"""Characters of what a process said last."""


def start_apart(name: str, settings: Settings) -> Running:
    """Start a job that gives way to this process, and ends with it however that ends.

    What it says goes to HOME/logs/NAME.log. It serves metrics one port above this process's.

    Args:
        name: of the job, a module of `jobs`.
        settings: complete ones.

    Returns:
        No queries, but a check that raises once the process has ended, and a way to stop it.
    """
    log = settings.home.absolute() / "logs" / f"{name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-IS", tether.__file__, str(os.getpid())]
    command += ["nice", "-n", str(NICENESS), sys.executable, "-P", "-m", f"jobs.{name}"]
    with log.open("ab") as out, held():
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            env=environment(_one_port_up(settings)),
            # A group, so that Ctrl-C is ours to hand on. Not a session: Linux shares the processor
            # among sessions first, and niceness counts within one.
            process_group=0,
        )
    return Running(
        (),
        closers=(partial(_end, process, settings.jobs.shutdown_seconds),),
        checks=(partial(_check, process, name, log),),
    )


def environment(settings: Settings) -> dict[str, str]:
    """Spell complete settings as environment variables: a password never reaches a file."""
    sections = set(type(settings).model_fields)
    kept = {
        name: value
        for name, value in os.environ.items()
        if name != CONFIG_VARIABLE
        and name.removeprefix("CAREERSTREAM_").partition("__")[0].lower() not in sections
    }
    return kept | {environment_name(name): text for name, text in _leaves(settings)}


def last_words(log: Path) -> str:
    """Return the last line that a program said, shortened."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    found = next((line for line in reversed(lines) if line.strip()), "it said nothing")
    return found[:MOST_OF_A_LINE]


def _one_port_up(settings: Settings) -> Settings:
    port = settings.metrics.port
    if port in {0, "off"}:
        return settings
    return settings.model_copy(
        update={"metrics": settings.metrics.model_copy(update={"port": int(port) + 1})}
    )


def _check(process: "subprocess.Popen[bytes]", name: str, log: Path) -> None:
    if process.poll() is not None:
        raise CareerstreamError(
            f"the job {name} has ended with {process.returncode}: {last_words(log)}; its log is "
            f"{log}"
        )


def _end(process: "subprocess.Popen[bytes]", patience: float) -> None:
    """Ask a job to end, and kill it and its JVM when it takes too long."""
    process.terminate()
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _leaves(section: BaseModel, prefix: str = "") -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for name in type(section).model_fields:
        value: Any = getattr(section, name)
        if isinstance(value, BaseModel):
            found += _leaves(value, f"{prefix}{name}.")
        elif value is not None:
            found.append((prefix + name, _text(value)))
    return found


def _text(value: Any) -> str:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, Path):
        return str(value.absolute())
    return json.dumps(value) if isinstance(value, (dict, list, bool)) else str(value)
