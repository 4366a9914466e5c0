"""The protocol `job-views`: candidates who view postings with texts and fields.

Views are ordered by their start, equal times by their place in the file. Each posting counts once
for a candidate, at its first view. The test target is the last posting of candidates with two or
more. The validation target is the last but one of candidates with three or more; when all is
chosen, the training may use it.

A posting is seen if a history or a single view holds it. Unseen postings stand in the file only
because they are somebody's target, so that knowing a posting to be unseen would give the answer
away. Therefore a target competes with the postings of its own status. The validation part is made
the same way from what the test part leaves.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson

from streaming.contract.records import Event, Posting
from streaming.errors import InputError
from streaming.importing import ReadOptions, Row, SourceFile, read_rows, recognise_layout
from streaming.importing.known_layouts import JOB_VIEWS
from training.benchmark.protocols.leave_last_out import leave_last_out
from training.benchmark.protocols.question import Question
from training.benchmark.protocols.stated_parts import stated_by, stated_parts


def load(file: Path, folder: Path, candidate_files: Sequence[Path] = ()) -> Question:
    """Read a file of views; its training part is written into `folder`.

    `candidate_files` are what people had stated. What they had by the start of the view that is
    their target is part of their profile from the moment on at which they stated it.

    Raises:
        InputError: it is missing, empty or of another layout, or no candidate has two postings.
    """
    views, details, rejected = read_views(file)
    postings: dict[str, dict[str, Any]] = {}
    first: dict[tuple[str, str], dict[str, Any]] = {}
    for number, (line, view) in enumerate(views):
        postings.setdefault(view["posting_id"], details[line])
        # Events of one moment are in the order of their ids: that of the file.
        event = view | {"event_id": f"{number:012}"}
        first.setdefault((view["candidate_id"], view["posting_id"]), event)
    question = leave_last_out(
        folder,
        list(postings.values()),
        list(first.values()),
        by_status=True,
        refit=True,
        stated=_stated(candidate_files, list(first.values())),
    )
    if not len(question.test):
        raise InputError(
            f"no candidate of {file} looked at two postings: there is nothing to predict; give a "
            "longer stream"
        )
    counts = {"rows": len(views), "rejected": rejected, **question.counts}
    return replace(question, counts=counts)


def _stated(files: Sequence[Path], views: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the newest stated part of each candidate by their last view."""
    last = {view["candidate_id"]: view["event_time"] for view in views}  # in the order of time
    parts = (
        stated_by(own, last[candidate_id])
        for candidate_id, own in stated_parts(files).items()
        if candidate_id in last
    )
    return [part.model_dump() for part in parts if part]


def read_views(
    file: Path,
) -> tuple[list[tuple[int, dict[str, Any]]], dict[int, dict[str, Any]], int]:
    """Read the lines of views in the order of time, postings by line, and count other rows."""
    source = SourceFile(file)
    _check_layout(source)
    mappings = {kind: ReadOptions(mapping=JOB_VIEWS.mappings[kind]) for kind in (Event, Posting)}
    details = {
        row.line: orjson.loads(row.value)
        for row in read_rows(Posting, source, mappings[Posting])
        if isinstance(row, Row)
    }
    views, rejected = [], 0
    for row in read_rows(Event, source, mappings[Event]):
        if isinstance(row, Row) and row.line in details:
            views.append((row.line, row.record.model_dump()))
        else:
            rejected += 1
    views.sort(key=lambda view: view[1]["event_time"])  # stable
    return views, details, rejected


def _check_layout(source: SourceFile) -> None:
    try:
        start = next(source.lines())
    except ValueError as error:
        raise InputError(f"{source.path} cannot be read: {error}") from error
    header = [name.strip().strip('"') for name in start.split(",")]
    if recognise_layout(header) is not JOB_VIEWS:
        missing = ", ".join(sorted(JOB_VIEWS.columns - set(header))[:4])
        raise InputError(
            f"{source.path} is no file of job views: its header lacks {missing} ...; give a CSV "
            "file with the columns Applicant.ID, Job.ID, Position, Company, View.Start and so on, "
            "or another --protocol"
        )
