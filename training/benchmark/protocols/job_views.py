"""The protocol `job-views`: candidates who view postings with texts and fields.

Views are ordered by their start, equal times by their place in the file. Each posting counts once
for a candidate, at its first view. The test target is the last posting of candidates with two or
more. The validation target is the last but one of candidates with three or more; the final training
may use it.

A posting is seen if a history or a single view holds it. Unseen postings stand in the file only
because they are somebody's target, so that knowing a posting to be unseen would give the answer
away. Therefore a target competes with the postings of its own status. The validation part is made
the same way from what the test part leaves.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from streaming.contract.records import Event, Posting
from streaming.errors import InputError
from streaming.importing import ReadOptions, Row, SourceFile, read_rows, recognise_layout
from streaming.importing.known_layouts import JOB_VIEWS
from streaming.timestamps import format_timestamp
from training.benchmark.protocols.leave_last_out import hold_out
from training.benchmark.protocols.training_view import History, Split, TrainingView
from training.model.time_encoding import to_microseconds


@dataclass(frozen=True)
class _View:
    """One row of the file."""

    candidate: str
    posting: str
    time: int
    """Microseconds since 1970."""
    duration: float
    """Seconds; NaN where unknown."""
    details: Mapping[str, Any]
    """The posting's own columns, as the JSON of `records.Posting`."""


def load(file: Path) -> Split:
    """Read a file of views.

    Raises:
        InputError: it is missing, empty or of another layout, or no candidate has two postings.
    """
    views, rejected = _views(file)
    postings: dict[str, Mapping[str, Any]] = {}
    first_views: dict[str, dict[str, _View]] = {}
    for view in views:
        postings.setdefault(view.posting, view.details)
        first_views.setdefault(view.candidate, {}).setdefault(view.posting, view)
    names = tuple(sorted(postings))
    rows = {name: row for row, name in enumerate(names)}
    users = tuple(sorted(first_views))
    histories = [_history(list(first_views[user].values()), rows) for user in users]
    test = hold_out(users, histories, len(names))
    if not len(test.cases):
        raise InputError(
            f"no candidate of {file} looked at two postings: there is nothing to predict; give a "
            "longer stream"
        )
    validation = hold_out(users, test.rest, len(names))
    training = TrainingView(
        protocol="job-views",
        item_names=names,
        postings=tuple(postings[name] for name in names),
        attributes=None,
        users=validation.users,
        histories=validation.rest,
        final_histories=test.rest,
        validation=validation.cases,
    )
    counts = {
        "rows": len(views),
        "rejected": rejected,
        "users": len(users),
        "items": len(names),
        "unseen_items": int((~test.cases.seen).sum()),
    }
    return Split(training, test.cases, counts)


def _views(file: Path) -> tuple[list[_View], int]:
    """Read the views in the order of time, and count the rows that cannot be read."""
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
        if isinstance(row, Row) and isinstance(row.record, Event) and row.line in details:
            event = row.record
            seconds = event.duration_seconds
            views.append(
                _View(
                    candidate=event.candidate_id,
                    posting=event.posting_id,
                    time=to_microseconds(format_timestamp(event.event_time)),
                    duration=float("nan") if seconds is None else seconds,
                    details=details[row.line],
                )
            )
        else:
            rejected += 1
    return sorted(views, key=lambda view: view.time), rejected  # a stable sort


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


def _history(views: Sequence[_View], rows: Mapping[str, int]) -> History:
    return History(
        items=np.array([rows[view.posting] for view in views], dtype=np.int64),
        times=np.array([view.time for view in views], dtype=np.int64),
        durations=np.array([view.duration for view in views], dtype=np.float32),
    )
