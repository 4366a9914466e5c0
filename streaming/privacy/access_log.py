"""The audit log: who asked for personal data, in files that only grow, with a hash chain each.

A writer is a command or the console; its file is HOME/privacy/audit-log/WRITER.jsonl. Each line
holds the hash of the line before and its own, so that a line that is changed, removed or put in
between shows. Lines cut off at the end do not show in the file itself: keep the last hash, which
`careerstream audit-log verify` prints, somewhere else.

People stand under their pseudonyms; without pseudonyms under hashes by a key of the log's own,
HOME/privacy/audit-log.key.
"""

import fcntl
import getpass
import hashlib
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from streaming.errors import InputError
from streaming.privacy.pseudonyms import KEY_BYTES, Pseudonyms, is_pseudonym, pseudonyms_of
from streaming.settings import Settings
from streaming.timestamps import format_timestamp

START = "0" * 64
"""Stands for the hash before the first line."""


@dataclass(frozen=True)
class Chain:
    """A writer's file whose chain is whole."""

    writer: str
    lines: int
    last: str
    """The hash of its last line."""


def record_access(
    settings: Settings, writer: str, candidates: Iterable[str], asked_by: str | None = None
) -> None:
    """Add a line: who asked, when, for whose data.

    Args:
        settings: say where the log is, and how people are named.
        writer: the command, or `console`.
        candidates: ids or pseudonyms.
        asked_by: default: the account that runs the process.
    """
    file = _folder(settings) / f"{writer}.jsonl"
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    names = pseudonyms_of(settings.privacy) or _own_key(settings)
    entry: dict[str, Any] = {
        "at": format_timestamp(datetime.now(tz=UTC)),
        "writer": writer,
        "asked_by": asked_by or getpass.getuser(),
        "candidates": [one if is_pseudonym(one) else names.of(one) for one in candidates],
    }
    with file.open("a+b") as opened:
        fcntl.flock(opened, fcntl.LOCK_EX)
        opened.seek(0)
        number, before = 1, START
        for line in opened:
            number, before = number + 1, orjson.loads(line)["hash"]
        entry |= {"number": number, "before": before}
        opened.write(orjson.dumps(entry | {"hash": _digest(entry)}) + b"\n")


def verify_chains(settings: Settings) -> Iterator[Chain]:
    """Check the chain of each writer.

    Raises:
        InputError: a line was changed, removed or put in between.
    """
    for file in sorted(_folder(settings).glob("*.jsonl")):
        number, before = 0, START
        for number, line in enumerate(file.read_bytes().splitlines(), start=1):
            before = _checked(file, number, before, line)
        yield Chain(file.stem, number, before)


def _checked(file: Path, number: int, before: str, line: bytes) -> str:
    try:
        entry: dict[str, Any] = orjson.loads(line)
        own = entry.pop("hash")
        whole = (entry["number"], entry["before"], _digest(entry)) == (number, before, own)
    except (ValueError, TypeError, KeyError, AttributeError):
        whole = False
    if not whole:
        raise InputError(
            f"the audit log {file} is broken at line {number}: it, or a line before it, was "
            "changed, removed or put in between"
        )
    return str(own)


def _digest(entry: dict[str, Any]) -> str:
    return hashlib.sha256(orjson.dumps(entry, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _folder(settings: Settings) -> Path:
    return settings.home.absolute() / "privacy" / "audit-log"


def _own_key(settings: Settings) -> Pseudonyms:
    file = settings.home.absolute() / "privacy" / "audit-log.key"
    if not file.exists():
        staged = file.with_name(f".{file.name}-{secrets.token_hex(4)}")
        staged.touch(mode=0o600)
        staged.write_bytes(secrets.token_bytes(KEY_BYTES))
        staged.replace(file)
    return Pseudonyms(file.read_bytes())
