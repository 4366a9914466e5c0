"""Résumés → the topic candidates: one file is what one candidate states.

Guarantee: each file is sent once, or its name and the reason are written to a file of rejected
rows; the summary counts them. Importing a file twice sends the same bytes, unless it was changed.
"""

import codecs
import threading
import time
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import orjson
from rich.progress import Progress

from jobs.operations.file_import import FUTURE_TOLERANCE, ImportSummary
from streaming.contract.records import Candidate
from streaming.contract.topics import CANDIDATES
from streaming.errors import InputError
from streaming.importing import RejectedRow, RejectionReason, Row
from streaming.importing.reject_file import RejectFile
from streaming.importing.resumes import RESUME_ENDINGS, FoundValue, Resume, is_resume, read_resume
from streaming.importing.rows import RowError, build_row
from streaming.kafka.topic_writer import TopicWriter
from streaming.settings import Settings

_OTHER_TEXTS = {".doc", ".odt", ".rtf", ".pages"}
"""Endings of texts that are not read."""


@dataclass(frozen=True, kw_only=True)
class ResumeOptions:
    """The options of `careerstream import candidates` for résumés."""

    encoding: str = "utf-8-sig"
    """Of files of text, by Python's name."""
    candidate_id: str | None = None
    """Whose résumé it is; None: the file's name without its ending."""
    updated_at: datetime | None = None
    """When it was stated; None: when the file was last changed."""


@dataclass(frozen=True)
class ReadResume:
    """A file, and what became of it."""

    path: Path
    candidate_id: str
    result: Row | RejectedRow
    resume: Resume | None = None
    """None where the file was rejected."""

    def spans(self) -> Iterator[dict[str, Any]]:
        """Yield each value with its place: offsets of characters, and a PDF's page from 1."""
        for found in self.resume.values if self.resume else ():
            yield self._span(found)

    def _span(self, found: FoundValue) -> dict[str, Any]:
        page = self.resume.text.page_of(found.span.start) if self.resume else None
        place = {"start": found.span.start, "end": found.span.end, "text": found.span.text}
        return {
            "candidate_id": self.candidate_id,
            "field": found.field,
            "value": found.value,
            **place,
            **({"page": page} if page else {}),
        }


def are_resumes(files: Sequence[Path]) -> bool:
    """Return whether files are résumés, by their names.

    Raises:
        InputError: some are and some are not, or one is of a format that is not read.
    """
    for file in files:
        if file.suffix.lower() in _OTHER_TEXTS:
            raise InputError(f"{file.name} is not read; save it as .docx, .pdf or .txt")
    others = [file for file in files if not is_resume(file)]
    if others and len(others) < len(files):
        resume = next(file for file in files if file not in others)
        raise InputError(
            f"{resume.name} is a résumé ({', '.join(RESUME_ENDINGS)}) and {others[0].name} is not; "
            "import them by two commands"
        )
    return not others


def read_resumes(
    files: Sequence[Path], options: ResumeOptions = ResumeOptions()
) -> Iterator[ReadResume]:
    """Read each file into a record, or into a rejected row with its reason.

    Raises:
        InputError: a file does not exist, two files would be of the same candidate, or there is no
            such encoding.
        MissingDependencyError: a PDF or DOCX needs the extra `resumes`, which is not installed.
    """
    owners = _owners(files, options)
    for file, candidate_id in zip(files, owners, strict=True):
        yield _read(file, candidate_id, options)


class SpanFile:
    """Writes the values of résumés with their spans, as JSON lines.

    Raises:
        InputError: the file cannot be written.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._file = path.open("wb")
        except OSError as error:
            raise InputError(
                f"{path} cannot be written: {error.strerror}; give another file to --spans"
            ) from error

    def write(self, read: ReadResume) -> None:
        """Add the values of one résumé."""
        self._file.writelines(orjson.dumps(span) + b"\n" for span in read.spans())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


def import_resumes(
    settings: Settings,
    files: Sequence[Path],
    options: ResumeOptions = ResumeOptions(),
    progress: Progress | None = None,
    *,
    spans: SpanFile | None = None,
    stop: threading.Event | None = None,
) -> ImportSummary:
    """Send what the résumés in files state to the topic `candidates`, in their order.

    The values of those read are written to `spans`, too. The event `stop` ends the import early.

    Raises:
        InputError: as `read_resumes`.
        MissingDependencyError: as `read_resumes`.
        BrokerError: no broker answers, it has no such topic, or it stops accepting rows.
    """
    return _ResumeImport(
        progress=progress or Progress(disable=True),
        spans=spans,
        stop=stop or threading.Event(),
    ).run(settings, files, options)


@dataclass(kw_only=True)
class _ResumeImport:
    """One import of résumés, and its counts so far."""

    progress: Progress
    spans: SpanFile | None
    stop: threading.Event
    read: int = 0
    formats: Counter[str] = field(default_factory=Counter)
    rejected: Counter[str] = field(default_factory=Counter)
    too_large: deque[RejectedRow] = field(default_factory=deque)

    def run(
        self, settings: Settings, files: Sequence[Path], options: ResumeOptions
    ) -> ImportSummary:
        started = time.monotonic()
        resumes = read_resumes(files, options)
        with (
            RejectFile(settings, files[0], CANDIDATES.name) as rejects,
            TopicWriter(settings.kafka, CANDIDATES, self._add_too_large) as writer,
        ):
            self._send(resumes, len(files), writer, rejects)
            writer.flush()
            for row in self.too_large:
                self._reject(row, rejects)
        return ImportSummary(
            topic=CANDIDATES.name,
            read_as=self._read_as(),
            read=self.read,
            produced=writer.delivered,
            repeated=0,
            outside=0,
            joined=0,
            rejected=dict(self.rejected),
            rejects=rejects.path,
            unsent=self.read - writer.delivered - self.rejected.total(),
            stopped=self.stop.is_set(),
            first=None,
            last=None,
            seconds=time.monotonic() - started,
        )

    def _send(
        self,
        resumes: Iterator[ReadResume],
        count: int,
        writer: TopicWriter[ReadResume],
        rejects: RejectFile,
    ) -> None:
        task = self.progress.add_task("reading résumés", total=count, rows=0)
        while not self.stop.is_set() and (read := next(resumes, None)):
            self.read += 1
            if isinstance(read.result, RejectedRow):
                self._reject(read.result, rejects)
            else:
                writer.send(read.result.key, read.result.value, read)
            if self.spans:
                self.spans.write(read)
            if read.resume:
                self.formats[read.resume.text.read_as] += 1
            self.progress.update(task, completed=self.read, rows=self.read)

    def _read_as(self) -> str:
        counts = ", ".join(f"{count:,} {name}" for name, count in sorted(self.formats.items()))
        return f"résumés ({counts})" if counts else "résumés"

    def _add_too_large(self, read: ReadResume, text: str) -> None:
        text = f"{read.path.name}: {text}"
        self.too_large.append(RejectedRow(1, RejectionReason.TOO_LARGE, text, ""))

    def _reject(self, row: RejectedRow, rejects: RejectFile) -> None:
        self.rejected[row.reason] += 1
        rejects.write(row)


def _owners(files: Sequence[Path], options: ResumeOptions) -> list[str]:
    """Return the candidate of each file; check what concerns all files before the first is read."""
    try:
        codecs.lookup(options.encoding)
    except LookupError:
        raise InputError(
            f"there is no encoding {options.encoding!r}; try utf-8, utf-16 or gb18030"
        ) from None
    for file in files:
        if not file.is_file():
            raise InputError(f"{file} is no file; give an existing résumé")
    if options.candidate_id is not None:
        if len(files) > 1:
            raise InputError(
                f"--candidate {options.candidate_id} names one candidate for {len(files)} résumés; "
                "give one file"
            )
        return [options.candidate_id]
    first: dict[str, Path] = {}
    for file in files:
        other = first.setdefault(file.stem, file)
        if other is not file:
            raise InputError(
                f"{other} and {file} are both of the candidate {file.stem}; give one of them, or "
                "rename one"
            )
    return list(first)


def _read(file: Path, candidate_id: str, options: ResumeOptions) -> ReadResume:
    moment = options.updated_at or datetime.fromtimestamp(file.stat().st_mtime, tz=UTC)
    limit = datetime.now(tz=UTC) + FUTURE_TOLERANCE
    try:
        resume = read_resume(file, options.encoding)
        values = {"candidate_id": candidate_id, "updated_at": moment, **resume.stated()}
        row = build_row(Candidate, values, 1, max_time=limit)
    except RowError as error:
        text = str(error) if file.name in str(error) else f"{file.name}: {error}"
        return ReadResume(file, candidate_id, RejectedRow(1, error.reason, text, ""))
    return ReadResume(file, candidate_id, row, resume)
