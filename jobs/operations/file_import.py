"""Files → topics: postings, candidates, and events in the order and at the pace of their times.

    careerstream import postings FILE
    careerstream import candidates FILE
    careerstream import events FILE --speed 60x

Guarantee: each row of the file is sent once, repeated among the rows to leave out, or written aside
with its reason, and the summary counts all three. Sending is idempotent with acknowledgement by all
replicas; ids of events are hashes of their rows, so importing a file twice changes nothing.
"""

import threading
import time
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.progress import Progress

from streaming.contract.records import Candidate, Event, Posting
from streaming.importing import (
    ImportedRecord,
    ReadOptions,
    RejectedRow,
    RejectionReason,
    DuplicateRow,
    Row,
    SourceFile,
    read_rows,
)
from streaming.importing.external_sort import TimedRow, sort_by_time, timed_row
from streaming.importing.reject_file import RejectFile
from streaming.importing.replay_rate import ReplayRate
from streaming.importing.rows import TOPIC_OF
from streaming.kafka.topic_writer import TopicWriter
from streaming.settings import Settings
from streaming.timestamps import from_text

FUTURE_TOLERANCE = timedelta(days=1)
"""An event further ahead than this would be a dead letter; it is not even sent."""

_LONGEST_WAIT = 3600.0
_UPDATE_EVERY = 500


@dataclass(frozen=True, kw_only=True)
class ImportOptions:
    """What the flags of `careerstream import` say."""

    read: ReadOptions = field(default_factory=ReadOptions)
    pace: ReplayRate = field(default_factory=ReplayRate)
    since: datetime | None = None
    """Events before that are left out."""
    until: datetime | None = None
    """Events from then on are left out."""

    def covers(self, record: ImportedRecord) -> bool:
        """Whether a record is to be sent; only events have a time to leave them out by."""
        if not isinstance(record, Event):
            return True
        moment = record.event_time
        return (self.since is None or self.since <= moment) and (
            self.until is None or moment < self.until
        )


@dataclass(frozen=True, kw_only=True)
class Replayed:
    """What became of a file's rows: read = produced + rejected + repeated + outside + unsent."""

    topic: str
    read: int
    produced: int
    """Acknowledged by Kafka."""
    repeated: int
    """Rows whose id an earlier one had, where only the first was asked for."""
    outside: int
    """Events before `since` or from `until` on."""
    rejected: dict[str, int]
    """By reason code (`RejectionReason`)."""
    rejects: Path | None
    """The file they were written to."""
    unsent: int
    """Read, but not sent because of the request to stop."""
    stopped: bool
    first: str | None
    """Event time of the first event sent, canonical."""
    last: str | None
    seconds: float


def import_postings(
    settings: Settings,
    file: Path,
    options: ImportOptions = ImportOptions(),
    progress: Progress | None = None,
    stop: threading.Event | None = None,
) -> Replayed:
    """Send a file's postings to the topic postings, in the order of the file.

    Args:
        settings: where Kafka and the project's home are.
        file: JSON-LD lines, JSON lines, or CSV.
        options: how it is read, and how fast it is sent.
        progress: shows how far it is.
        stop: ends it early, cleanly.

    Raises:
        InputError: the file as a whole cannot be read.
        BrokerError: Kafka is not there, has no such topic, or stops taking rows.
    """
    return _Import(settings, Posting, file, options, progress, stop).run()


def import_candidates(
    settings: Settings,
    file: Path,
    options: ImportOptions = ImportOptions(),
    progress: Progress | None = None,
    stop: threading.Event | None = None,
) -> Replayed:
    """Send a file's stated parts to the topic candidates; see `import_postings`."""
    return _Import(settings, Candidate, file, options, progress, stop).run()


def import_events(
    settings: Settings,
    file: Path,
    options: ImportOptions = ImportOptions(),
    progress: Progress | None = None,
    stop: threading.Event | None = None,
) -> Replayed:
    """Send a file's events to the topic events, oldest first; see `import_postings`.

    The file is read and sorted before the first event is sent. Events dated more than a day ahead
    of now are rejected unless `options.read.latest` says otherwise.
    """
    latest = options.read.latest or datetime.now(tz=UTC) + FUTURE_TOLERANCE
    dated = replace(options, read=replace(options.read, max_event_time=latest))
    return _Import(settings, Event, file, dated, progress, stop).run()


class _Import:
    """One file on its way to one topic."""

    def __init__(  # noqa: PLR0917 - only ever called in this module
        self,
        settings: Settings,
        kind: type[ImportedRecord],
        file: Path,
        options: ImportOptions,
        progress: Progress | None,
        stop: threading.Event | None,
    ) -> None:
        self._settings = settings
        self._kind = kind
        self._topic = TOPIC_OF[kind]
        self._options = options
        self._progress = progress or Progress(disable=True)
        self._stop = stop or threading.Event()
        self._source = SourceFile(file, options.read.encoding)
        self._aside = RejectFile(settings, file, self._topic.name)
        self._read = 0
        self._repeated = 0
        self._outside = 0
        self._rejected: Counter[str] = Counter()
        self._refused: deque[RejectedRow] = deque()
        self._first: str | None = None
        self._last: str | None = None

    def run(self) -> Replayed:
        started = time.monotonic()
        with (
            self._aside,
            TopicWriter(self._settings.kafka, self._topic, self._refuse) as writer,
            self._ordered() as rows,
        ):
            self._send(rows, writer)
            writer.flush()
            for reject in self._refused:
                self._reject(reject)
        settled = writer.delivered + self._rejected.total() + self._repeated + self._outside
        return Replayed(
            topic=self._topic.name,
            read=self._read,
            produced=writer.delivered,
            repeated=self._repeated,
            outside=self._outside,
            rejected={str(reason): count for reason, count in self._rejected.items()},
            rejects=self._aside.path,
            unsent=self._read - settled,
            stopped=self._stop.is_set(),
            first=self._first,
            last=self._last,
            seconds=time.monotonic() - started,
        )

    def _rows(self) -> Iterator[Row]:
        """Read the file; count and set aside what is not to be sent."""
        label = f"reading {self._source.path.name}"
        task = self._progress.add_task(label, total=self._source.size, rows=0)
        for result in read_rows(self._kind, self._source, self._options.read):
            if self._stop.is_set():
                return
            self._read += 1
            if self._read % _UPDATE_EVERY == 0:
                self._progress.update(task, completed=self._source.bytes_read, rows=self._read)
            if isinstance(result, Row) and self._options.covers(result.record):
                yield result
            elif isinstance(result, Row):
                self._outside += 1
            elif isinstance(result, DuplicateRow):
                self._repeated += 1
            else:
                self._reject(result)
        self._progress.update(task, completed=self._source.size, rows=self._read)

    @contextmanager
    def _ordered(self) -> Iterator[Iterable[TimedRow]]:
        """Events by time; everything else in the order of the file, so that later rows win."""
        if self._kind is not Event:
            yield map(timed_row, self._rows())
            return
        folder = self._settings.home.absolute()
        folder.mkdir(parents=True, exist_ok=True)
        # note: not the system's folder for temporary files, which may lie in memory
        with TemporaryDirectory(prefix="import-", dir=folder) as runs:
            yield self._shown(sort_by_time(self._rows(), Path(runs)))

    def _shown(self, rows: Iterator[TimedRow]) -> Iterator[TimedRow]:
        """Show the second half of an import of events: sending."""
        total = self._read - self._rejected.total() - self._repeated - self._outside
        task = self._progress.add_task(f"sending {self._topic.name}", total=total, rows=0)
        for count, row in enumerate(rows):
            if count % _UPDATE_EVERY == 0 or self._options.pace != ReplayRate():
                self._progress.update(task, completed=count, rows=count)
            yield row
        self._progress.update(task, completed=total, rows=total)

    def _send(self, rows: Iterable[TimedRow], writer: TopicWriter[TimedRow]) -> None:
        """Send each row when it is due, until there are none or we are to stop."""
        started: float | None = None
        for index, row in enumerate(rows):
            self._first = self._first or row.time or None
            started = time.monotonic() if started is None else started
            if self._wait_until(started + self._due(index, row)):
                return
            writer.send(row.key, row.value, row)
            self._last = row.time or None

    def _due(self, index: int, row: TimedRow) -> float:
        pace = self._options.pace
        if pace.speed is None or self._first is None:
            return pace.due(index, 0.0)
        elapsed = from_text(row.time) - from_text(self._first)
        return pace.due(index, elapsed.total_seconds())

    def _wait_until(self, moment: float) -> bool:
        """Wait; true when we are to stop."""
        while (left := moment - time.monotonic()) > 0:
            if self._stop.wait(min(left, _LONGEST_WAIT)):
                return True
        return self._stop.is_set()

    def _refuse(self, row: TimedRow, text: str) -> None:
        self._refused.append(RejectedRow(row.line, RejectionReason.TOO_LARGE, text, row.value.decode()))

    def _reject(self, reject: RejectedRow) -> None:
        self._rejected[reject.reason] += 1
        self._aside.write(reject)
