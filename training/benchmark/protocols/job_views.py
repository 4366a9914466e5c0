"""The protocol `job-views`: candidates looking at postings that have texts and fields.

Views in the order of their start, equal times in the order of the file; each posting of a candidate
once, at its first view. Of candidates with two postings or more the last is the test target; of
those with three or more the last but one is the validation target, and may be trained on when
everything is chosen. A posting is seen if a history or a single view holds it. Postings that are
unseen stand in the file only because they are somebody's target: so a target competes with the
postings of its own status. The validation part is made the same way from what the test part leaves.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from streaming.contract.records import Event, Posting
from streaming.errors import InputError
from streaming.importing import ReadOptions, Row, SourceFile, read_rows, recognise
from streaming.importing.known_layouts import JOB_VIEWS
from streaming.timestamps import to_text
from training.benchmark.protocols.leave_last_out import hold_out
from training.benchmark.protocols.training_view import History, Split, TrainingView
from training.model.time_encoding import micros


@dataclass(frozen=True)
class _View:
    """A row of the file."""

    candidate: str
    posting: str
    time: int
    """Microseconds since 1970."""
    duration: float
    """Seconds; NaN where unknown."""
    said: Mapping[str, Any]
    """The posting's own columns, as the JSON of `records.Posting`."""


def load(file: Path) -> Split:
    """Read a file of views.

    Raises:
        InputError: it is missing, empty, of another layout, or holds nothing to foretell.
    """
    views, rejected = _views(file)
    postings: dict[str, Mapping[str, Any]] = {}
    journeys: dict[str, dict[str, _View]] = {}
    for view in views:
        postings.setdefault(view.posting, view.said)
        journeys.setdefault(view.candidate, {}).setdefault(view.posting, view)
    names = tuple(sorted(postings))
    rows = {name: row for row, name in enumerate(names)}
    users = tuple(sorted(journeys))
    whole = [_history(list(journeys[user].values()), rows) for user in users]
    test = hold_out(users, whole, len(names))
    if not len(test.cases):
        raise InputError(
            f"no candidate of {file} looked at two postings: there is nothing to foretell; give a "
            "longer stream"
        )
    choosing = hold_out(users, test.rest, len(names))
    training = TrainingView(
        protocol="job-views",
        item_names=names,
        postings=tuple(postings[name] for name in names),
        attributes=None,
        users=choosing.users,
        histories=choosing.rest,
        final_histories=test.rest,
        validation=choosing.cases,
    )
    about = {
        "rows": len(views),
        "rejected": rejected,
        "users": len(users),
        "items": len(names),
        "unseen_items": int((~test.cases.seen).sum()),
    }
    return Split(training, test.cases, about)


def _views(file: Path) -> tuple[list[_View], int]:
    """Read the rows in the order of time, and count those that cannot be read."""
    source = SourceFile(file)
    _check_layout(source)
    mappings = {kind: ReadOptions(mapping=JOB_VIEWS.mappings[kind]) for kind in (Event, Posting)}
    said = {
        row.line: orjson.loads(row.value)
        for row in read_rows(Posting, source, mappings[Posting])
        if isinstance(row, Row)
    }
    views, rejected = [], 0
    for row in read_rows(Event, source, mappings[Event]):
        if isinstance(row, Row) and isinstance(row.record, Event) and row.line in said:
            event = row.record
            lasted = event.duration_seconds
            time = micros(to_text(event.event_time))
            views.append(
                _View(
                    candidate=event.candidate_id,
                    posting=event.posting_id,
                    time=time,
                    duration=float("nan") if lasted is None else lasted,
                    said=said[row.line],
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
    if recognise(header) is not JOB_VIEWS:
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
