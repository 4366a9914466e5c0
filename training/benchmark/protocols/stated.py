"""The protocol `stated`: the first view of candidates who have stated something and done nothing.

The file of views is that of `job-views`. Files of candidates say what was stated and when. A case
is a candidate who had stated something by the start of their first view; the posting viewed is the
target, and what was stated by then is all that is known. The cases are divided by time into five
blocks of equal size. What is fitted is fitted anew before each of the blocks 2 to 5, on what
happened before the block begins, and these are scored. A target competes with the postings of its
own status at that moment: those that somebody had viewed, or nobody.
"""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from streaming.contract.records import Candidate
from streaming.errors import InputError
from streaming.timestamps import format_timestamp
from training.benchmark.protocols.job_views import read_views
from training.benchmark.protocols.question import Question
from training.benchmark.protocols.stated_parts import (
    as_profile_part,
    stated_by,
    stated_parts,
)
from training.data.dataset import HeldOut
from training.data.file_dataset import event_table, posting_table, stated_table, write_tables
from training.evaluation.prequential import HeldOutTurns, mark

BLOCKS = 5

_View = dict[str, Any]
_Case = tuple[_View, Candidate]
"""A first view, and what its candidate had stated by then."""


def load(views_file: Path, candidate_files: Sequence[Path], folder: Path) -> list[Question]:
    """Read the files; the training part of each block from the second is written into `folder`.

    Raises:
        InputError: a file is missing or cannot be read, or there are too few cases for blocks.
    """
    views, details, rejected = read_views(views_file)
    postings: dict[str, dict[str, Any]] = {}
    for line, view in views:
        postings.setdefault(view["posting_id"], details[line])
    stated = stated_parts(candidate_files)
    cases = _cases([view for _, view in views], stated)
    if len(cases) < BLOCKS:
        raise InputError(
            f"{len(cases)} candidates of {views_file} had stated something before their first"
            f" view, at least {BLOCKS} are needed: give their --candidates"
        )
    order = _by_first_view([view for _, view in views])
    counts = {"rows": len(views), "rejected": rejected, "cases": len(cases)}
    questions = []
    for block, own in enumerate(np.array_split(np.arange(len(cases)), BLOCKS)):
        if not block:
            continue
        begins = cases[own[0]][0]["event_time"]
        data = folder / f"block-{block + 1}"
        write_tables(
            data,
            posting_table(list(postings.values())),
            event_table([view for _, view in views if view["event_time"] < begins]),
            stated_table([part.model_dump() for part in _newest_before(stated, begins)]),
        )
        turns = _turns([cases[number] for number in own.tolist()], order, own)
        questions.append(
            Question(dataset=data, split=None, test=turns, counts=counts, only_stated=True)
        )
    return questions


def _newest_before(stated: dict[str, list[Candidate]], moment: datetime) -> list[Candidate]:
    return [part for parts in stated.values() if (part := stated_by(parts, moment))]


def _cases(views: Sequence[_View], stated: dict[str, list[Candidate]]) -> list[_Case]:
    first: dict[str, _View] = {}
    for view in views:  # in the order of time
        first.setdefault(view["candidate_id"], view)
    pairs = (
        (view, stated_by(stated.get(candidate_id, []), view["event_time"]))
        for candidate_id, view in first.items()
    )
    return [(view, part) for view, part in pairs if part is not None]


def _by_first_view(views: Sequence[_View]) -> dict[str, datetime]:
    """Return the time of the first view of each posting, the earliest posting first."""
    first: dict[str, datetime] = {}
    for view in views:
        first.setdefault(view["posting_id"], view["event_time"])
    return first


def _turns(cases: Sequence[_Case], first: dict[str, datetime], owners: np.ndarray) -> HeldOutTurns:
    times = list(first.values())
    moments = [view["event_time"] for view, _ in cases]
    seen = np.array([first[view["posting_id"]] < view["event_time"] for view, _ in cases])
    viewed = np.searchsorted(np.array(times), np.array(moments))  # before each case
    ends = np.stack([np.where(seen, 0, viewed), np.where(seen, viewed, len(first))], axis=1)
    return HeldOutTurns(
        cases=tuple(_held_out(view, part) for view, part in cases),
        owners=owners,
        seen=seen,
        nothing_known=0,
        left_out=0,
        marks=tuple(map(mark, first)),
        own_status=ends,
    )


def _held_out(view: _View, part: Candidate) -> HeldOut:
    as_of = format_timestamp(view["event_time"])
    profile = {
        "candidate_id": part.candidate_id,
        "version": 1,
        "offsets": {},
        "as_of": as_of,
        "stated": as_profile_part(part),
        "events": [],
        "applied": [],
        "dismissed": [],
    }
    return HeldOut(profile, as_of, (view["posting_id"],))
