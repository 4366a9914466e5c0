"""Files → topics: postings, candidates, and events in the order and at the rate of their times.

Guarantee: each row of the file is sent once, skipped as a duplicate or as outside the time window,
or written to a file of rejected rows with its reason; the summary counts them all. Sending is
idempotent with acknowledgement by all replicas. Ids of events are hashes of their rows, so
importing a file twice changes nothing.
"""

import threading
import time
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.progress import Progress

from streaming.contract.records import Candidate, Event, Posting
from streaming.importing import (
    DuplicateRow,
    ImportedRecord,
    ReadOptions,
    RejectedRow,
    RejectionReason,
    Row,
    SourceFile,
    read_rows,
)
from streaming.importing.external_sort import TimedRow, sort_by_time, timed_row
from streaming.importing.reject_file import RejectFile
from streaming.importing.replay_rate import ReplayRate
from streaming.importing.rows import TOPIC_OF
from streaming.importing.stated_entries import join_entries
from streaming.kafka.topic_writer import TopicWriter
from streaming.settings import Settings
from streaming.timestamps import parse_timestamp

FUTURE_TOLERANCE = timedelta(days=1)
"""A stream rejects what is further ahead, so it is not sent."""
_MAX_WAIT_SECONDS = 3600.0
_UPDATE_ROWS = 500
"""The progress bar is updated after so many rows."""


@dataclass(frozen=True, kw_only=True)
class ImportOptions:
    """The options of `careerstream import`."""

    read: ReadOptions = field(default_factory=ReadOptions)
    rate: ReplayRate = field(default_factory=ReplayRate)
    since: datetime | None = None
    """Skip events before this time."""
    until: datetime | None = None
    """Skip events from this time on."""

    def includes(self, record: ImportedRecord) -> bool:
        """Return whether a record is to be sent; only events can be outside the time window."""
        if not isinstance(record, Event):
            return True
        event_time = record.event_time
        return (self.since is None or self.since <= event_time) and (
            self.until is None or event_time < self.until
        )


@dataclass(frozen=True, kw_only=True)
class ImportSummary:
    """Counts of rows: read = produced + rejected + repeated + outside + joined + unsent."""

    topic: str
    read_as: str
    """The format that the file was found to have, in words."""
    read: int
    produced: int
    """Acknowledged by Kafka."""
    repeated: int
    """Rows with the id of an earlier row, if only the first was wanted."""
    outside: int
    """Events before `since` or from `until` on."""
    joined: int
    """Rows of entries that are part of another row's record (`stated_entries`)."""
    rejected: dict[str, int]
    """By reason code (`RejectionReason`)."""
    rejects: Path | None
    unsent: int
    """Read, but not sent because the import was stopped."""
    stopped: bool
    first: str | None
    """Event time of the first event sent, in canonical form."""
    last: str | None
    seconds: float


def import_file(
    kind: type[ImportedRecord],
    settings: Settings,
    files: Path | Sequence[Path],
    options: ImportOptions = ImportOptions(),
    progress: Progress | None = None,
    *,
    stop: threading.Event | None = None,
) -> ImportSummary:
    """Send the records of files to the topic of their kind.

    Postings and candidates go in the order of the file, events oldest first: their file is read and
    sorted before the first one is sent. An event or stated part more than a day ahead of now is
    rejected unless `options.read.max_time` allows it. Rows that hold one entry each of what
    somebody states, and those of several files of candidates, are joined (`stated_entries`).

    The file is JSON lines, JSON-LD lines (postings only) or CSV. The event `stop` ends the import
    early.

    Raises:
        InputError: the file as a whole cannot be read.
        BrokerError: no broker answers, it has no such topic, or it stops accepting rows.
    """
    files = [files] if isinstance(files, Path) else files
    limit = options.read.max_time or datetime.now(tz=UTC) + FUTURE_TOLERANCE
    return _FileImport(
        settings=settings,
        kind=kind,
        options=replace(options, read=replace(options.read, max_time=limit)),
        progress=progress or Progress(disable=True),
        stop=stop or threading.Event(),
        sources=[SourceFile(file, options.read.encoding) for file in files],
        reject_file=RejectFile(settings, files[0], TOPIC_OF[kind].name),
    ).run()


import_postings = partial(import_file, Posting)
import_candidates = partial(import_file, Candidate)
import_events = partial(import_file, Event)


@dataclass(kw_only=True)
class _FileImport:
    """One import of a file into a topic, and its counts so far."""

    settings: Settings
    kind: type[ImportedRecord]
    options: ImportOptions
    progress: Progress
    stop: threading.Event
    sources: Sequence[SourceFile]
    reject_file: RejectFile
    read: int = 0
    repeated: int = 0
    outside: int = 0
    joined: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    too_large: deque[RejectedRow] = field(default_factory=deque)
    first: str | None = None
    last: str | None = None

    def run(self) -> ImportSummary:
        started = time.monotonic()
        with (
            self.reject_file,
            TopicWriter(self.settings.kafka, TOPIC_OF[self.kind], self._add_too_large) as writer,
            self._rows_to_send() as rows,
        ):
            self._send(rows, writer)
            writer.flush()
            for row in self.too_large:
                self._reject(row)
        settled = writer.delivered + self.rejected.total() + self.repeated + self.outside
        settled += self.joined
        return ImportSummary(
            topic=TOPIC_OF[self.kind].name,
            read_as=", ".join(dict.fromkeys(source.read_as for source in self.sources)),
            read=self.read,
            produced=writer.delivered,
            repeated=self.repeated,
            outside=self.outside,
            joined=self.joined,
            rejected={str(reason): count for reason, count in self.rejected.items()},
            rejects=self.reject_file.path,
            unsent=self.read - settled,
            stopped=self.stop.is_set(),
            first=self.first,
            last=self.last,
            seconds=time.monotonic() - started,
        )

    def _read_rows(self) -> Iterator[Row]:
        """Read the files and yield the rows to send; count all others and record the rejected."""
        for source in self.sources:
            yield from self._rows_of(source)

    def _rows_of(self, source: SourceFile) -> Iterator[Row]:
        label = f"reading {source.path.name}"
        task = self.progress.add_task(label, total=source.size, rows=0)
        for result in read_rows(self.kind, source, self.options.read):
            if self.stop.is_set():
                return
            self.read += 1
            if self.read % _UPDATE_ROWS == 0:
                self.progress.update(task, completed=source.bytes_read, rows=self.read)
            if isinstance(result, Row) and self.options.includes(result.record):
                yield result
            elif isinstance(result, Row):
                self.outside += 1
            elif isinstance(result, DuplicateRow):
                self.repeated += 1
            else:
                self._reject(result)
        self.progress.update(task, completed=source.size, rows=self.read)

    def _joined_rows(self) -> Iterator[Row]:
        """Yield the rows of candidates; join them where a row is an entry or files are several."""
        rows = self._read_rows()
        first = next(rows, None)
        if first is None:
            return
        rows = chain([first], rows)
        if len(self.sources) == 1 and not self.sources[0].has_entries:
            yield from rows
            return
        entries = list(rows)
        results = 0
        for result in join_entries(entries):
            results += 1
            if isinstance(result, Row):
                yield result
            else:
                self._reject(result)
        self.joined = len(entries) - results  # not where the import is stopped before the last

    @contextmanager
    def _rows_to_send(self) -> Iterator[Iterable[TimedRow]]:
        """Yield events by time, and other records in the order of the file: a later row wins."""
        if self.kind is not Event:
            rows = self._joined_rows() if self.kind is Candidate else self._read_rows()
            yield map(timed_row, rows)
            return
        folder = self.settings.home.absolute()
        folder.mkdir(parents=True, exist_ok=True)
        # note: not the system's folder for temporary files, which may be in memory
        with TemporaryDirectory(prefix="import-", dir=folder) as runs:
            yield self._with_progress(sort_by_time(self._read_rows(), Path(runs)))

    def _with_progress(self, rows: Iterator[TimedRow]) -> Iterator[TimedRow]:
        """Show the second half of an import of events, sending."""
        total = self.read - self.rejected.total() - self.repeated - self.outside
        task = self.progress.add_task(f"sending {TOPIC_OF[self.kind].name}", total=total, rows=0)
        for count, row in enumerate(rows):
            if count % _UPDATE_ROWS == 0 or self.options.rate != ReplayRate():
                self.progress.update(task, completed=count, rows=count)
            yield row
        self.progress.update(task, completed=total, rows=total)

    def _send(self, rows: Iterable[TimedRow], writer: TopicWriter[TimedRow]) -> None:
        """Send each row when it is due, until the last row or the stop event."""
        started: float | None = None
        for index, row in enumerate(rows):
            self.first = self.first or row.time or None
            started = time.monotonic() if started is None else started
            if self._wait_until(started + self._due(index, row)):
                return
            writer.send(row.key, row.value, row)
            self.last = row.time or None

    def _due(self, index: int, row: TimedRow) -> float:
        """Return when a row is due, in seconds after the first one."""
        rate = self.options.rate
        if rate.speed is None or self.first is None:
            return rate.due(index, 0.0)
        elapsed = parse_timestamp(row.time) - parse_timestamp(self.first)
        return rate.due(index, elapsed.total_seconds())

    def _wait_until(self, deadline: float) -> bool:
        """Wait; return True if the import was stopped."""
        while (remaining := deadline - time.monotonic()) > 0:
            if self.stop.wait(min(remaining, _MAX_WAIT_SECONDS)):
                return True
        return self.stop.is_set()

    def _add_too_large(self, row: TimedRow, text: str) -> None:
        rejected = RejectedRow(row.line, RejectionReason.TOO_LARGE, text, row.value.decode())
        self.too_large.append(rejected)

    def _reject(self, row: RejectedRow) -> None:
        self.rejected[row.reason] += 1
        self.reject_file.write(row)
