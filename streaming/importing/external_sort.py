"""Sorts rows by event time in constant memory: an external merge sort."""

import heapq
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import orjson

from streaming.contract.records import Event
from streaming.importing.rows import Row
from streaming.timestamps import format_timestamp

RUN_BYTES = 32 * 1024 * 1024
"""Size of what is sorted in memory at a time."""

FAN_IN = 64
"""Files that are open and merged at a time."""

_TIME_LENGTH = len("2026-01-31T09:30:00.000000Z")


@dataclass(frozen=True, slots=True)
class TimedRow:
    """A row, ready to be sent to a topic at its time."""

    time: str
    """Canonical event time; empty for records other than events."""
    line: int
    key: str
    value: bytes


def timed_row(row: Row) -> TimedRow:
    """Return what sending needs of a row."""
    event = row.record
    time = format_timestamp(event.event_time) if isinstance(event, Event) else ""
    return TimedRow(time, row.line, row.key, row.value)


def sort_by_time(
    rows: Iterable[Row], folder: Path, *, run_bytes: int = RUN_BYTES
) -> Iterator[TimedRow]:
    """Sort events by time; equal times keep the order of the file.

    Reads all rows before it returns. One run of `run_bytes` is in memory at a time; the others are
    in files in `folder`, which has room for all rows, and which the caller removes.
    """
    runs: list[Path] = []
    run: list[bytes] = []
    size = 0
    for row in rows:
        run.append(_encoded(timed_row(row)))
        size += len(run[-1])
        if size >= run_bytes:
            runs.append(_written(sorted(run, key=_time), folder))
            run, size = [], 0
    while len(runs) > FAN_IN:
        # Adjacent runs only, so that equal times stay in order.
        groups = [runs[start : start + FAN_IN] for start in range(0, len(runs), FAN_IN)]
        runs = [_written(_merged(group), folder) for group in groups]
    last = sorted(run, key=_time)
    return map(_decoded, heapq.merge(*map(_lines, runs), last, key=_time))


def _time(line: bytes) -> bytes:
    return line[:_TIME_LENGTH]


def _encoded(row: TimedRow) -> bytes:
    # JSON contains no raw tab and no raw line end.
    parts = (row.time.encode(), b"%d" % row.line, orjson.dumps(row.key), row.value)
    return b"\t".join(parts) + b"\n"


def _decoded(line: bytes) -> TimedRow:
    time, number, key, value = line.rstrip(b"\n").split(b"\t", 3)
    return TimedRow(time.decode(), int(number), orjson.loads(key), value)


def _merged(runs: Sequence[Path]) -> Iterator[bytes]:
    yield from heapq.merge(*map(_lines, runs), key=_time)
    for run in runs:
        run.unlink()


def _written(lines: Iterable[bytes], folder: Path) -> Path:
    run = folder / f"{uuid4().hex}.run"
    with run.open("wb") as out:
        out.writelines(lines)
    return run


def _lines(run: Path) -> Iterator[bytes]:
    with run.open("rb") as file:
        yield from file
