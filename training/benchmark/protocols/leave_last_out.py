"""Leave-last-out: the last item of every candidate is the test target, the one before validates."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from streaming.serving.catalogue import Catalogue
from training.benchmark.protocols.question import Question
from training.data.dataset import Dataset, HeldOut, build_dataset
from training.data.file_dataset import event_table, posting_table, stated_table, write_tables
from training.evaluation.prequential import HeldOutTurns, hide, mark
from training.evaluation.split import Split

_ORDER = [(name, "ascending") for name in ("candidate_id", "event_time", "event_id")]
_SEEN, _UNSEEN, _ABSENT = range(3)
"""Statuses of postings: in a history that is left, held out everywhere, and in no event at all."""


def leave_last_out(
    folder: Path,
    postings: Sequence[dict[str, Any]],
    events: Sequence[dict[str, Any]],
    *,
    by_status: bool,
    refit: bool,
    timed: bool = True,
    stated: Sequence[dict[str, Any]] = (),
) -> Question:
    """Hold out the last two events of candidates, in the order of time and of their ids.

    With `by_status`, a target competes with the postings of its own status, seen or unseen, and
    all postings that the history does not hold compete otherwise. With `refit`, validation targets
    may be counted when all is chosen, and single events are trained on; otherwise the last two
    events of nobody ever are. `stated` is one stated part of a candidate at most, which counts from
    its time on.

    Returns:
        A question without test turns where nobody has two events.
    """
    catalogue = Catalogue.of(posting_table(postings), 0)
    table, said = event_table(events).sort_by(_ORDER), stated_table(stated)

    def part(kept: np.ndarray) -> Dataset:
        return build_dataset(catalogue, table.filter(pa.array(kept)), said, {})

    whole = part(np.ones(len(table), dtype=bool))
    owners = whole.candidate_of_events()
    size, later = np.diff(whole.starts)[owners], whole.starts[owners + 1] - 1
    later -= np.arange(len(owners))  # so many events of the same candidate come after each
    test, validation = (later == 0) & (size > 1), (later == 1) & (size > 2)  # noqa: PLR2004
    learned = ~test & ~validation if refit else later > 1
    training = part(learned)
    final = part(learned | validation) if refit else training
    write_tables(folder, catalogue.table, table.filter(pa.array(learned)), said)
    return Question(
        dataset=folder,
        split=Split(
            training,
            _turns(whole, validation, training, final, by_status),
            final,
            validation[learned | validation] if refit else np.zeros(len(final.times), dtype=bool),
        ),
        test=_turns(whole, test, final, whole, by_status),
        counts={"users": len(whole), "items": len(catalogue)},
        timed=timed,
    )


def _turns(
    whole: Dataset, held_out: np.ndarray, known: Dataset, present: Dataset, by_status: bool
) -> HeldOutTurns:
    """Make a turn of each event that is held out, (E,) bool, from the events before it.

    Postings in an event of `known` are seen; of the others those in an event of `present` compete
    with the unseen.
    """
    events, catalogue = np.flatnonzero(held_out), whole.catalogue
    status = np.full(len(catalogue), _ABSENT)
    status[present.postings], status[known.postings] = _UNSEEN, _SEEN
    ends = np.cumsum(np.bincount(status, minlength=3))
    seen = status[whole.postings[events]] == _SEEN
    own_status = np.where(seen[:, None], [0, ends[_SEEN]], ends[[_SEEN, _UNSEEN]])
    if not by_status:
        own_status[:] = 0, len(catalogue)
    order = np.argsort(status, kind="stable")
    owners = whole.candidate_of_events()[events]
    return HeldOutTurns(
        cases=tuple(_case(whole, event) for event in events.tolist()),
        owners=owners,
        seen=seen,
        nothing_known=0,
        left_out=0,
        marks=tuple(mark(catalogue.posting_ids[row]) for row in order.tolist()),
        own_status=own_status,
    )


def _case(whole: Dataset, event: int) -> HeldOut:
    """Return the case of an event; what its candidate's profile no longer holds is hidden."""
    case = whole.case_before(event)
    first = int(whole.starts[np.searchsorted(whole.starts, event, side="right") - 1])
    ids = {whole.catalogue.posting_ids[row] for row in whole.postings[first:event].tolist()}
    older = ids - {entry["posting_id"] for entry in case.profile["events"]}
    return hide(case, [mark(posting_id) for posting_id in sorted(older)])
