"""The reverse task on a file of job views: for a posting, who will turn to it?

A case is a candidate's first view of a posting. Those who compete had an event in the 14 days
before the midnight (UTC) before the view, the candidate among them; profiles are as of that
midnight. Who had viewed the posting before does not compete. The cases are divided by time into
five blocks of equal size. What is fitted is fitted anew before each of the blocks 2 to 5, on what
happened before the first midnight of the block, and these are scored.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from streaming.contract.records import Candidate
from streaming.errors import InputError
from streaming.serving.catalogue import Catalogue
from streaming.timestamps import format_timestamp
from training.benchmark.protocols.job_views import read_views
from training.benchmark.protocols.stated_parts import as_profile_part, stated_by, stated_parts
from training.data.dataset import Dataset
from training.data.file_dataset import event_table, posting_table, stated_table, write_tables
from training.evaluation.prequential import mark

BLOCKS = 5
WINDOW_DAYS = 14
DAY = 86_400_000_000
"""In microseconds."""


@dataclass(frozen=True, eq=False)
class Day:
    """The cases of one day, and the P candidates who compete in them."""

    as_of: str
    """The midnight before."""
    candidates: np.ndarray
    """(P,) int64 numbers of candidates, ascending."""
    profiles: tuple[dict[str, Any], ...]
    """Of these. Postings that nobody views before the end of the day are marked as dismissed, since
    they are not on the market yet: no list holds them."""
    events: tuple[np.ndarray, ...]
    """Of these: indices of their events, oldest first; none is empty."""
    targets: np.ndarray
    """(T,) int64: who turned to the posting, as places among the P."""
    postings: np.ndarray
    """(T,) int64: to which posting, as rows of the catalogue."""


@dataclass(frozen=True, eq=False)
class Block:
    """A block of cases."""

    training: Path
    """A dataset folder that ends before the first midnight."""
    days: tuple[Day, ...]


@dataclass(frozen=True, eq=False)
class ReverseTask:
    """All blocks, the first too: its cases can be learned from."""

    views: Dataset
    """All of them, without stated parts."""
    blocks: tuple[Block, ...]

    @property
    def catalogue(self) -> Catalogue:
        """All postings."""
        return self.views.catalogue


def load(views_file: Path, candidate_files: Sequence[Path], folder: Path) -> ReverseTask:
    """Read the files; the training part of each block is written into `folder`.

    Raises:
        InputError: a file cannot be read, or there are too few cases.
    """
    rows, details, _ = read_views(views_file)
    postings: dict[str, dict[str, Any]] = {}
    for line, view in rows:
        postings.setdefault(view["posting_id"], details[line])
    # Events of one moment are in the order of their ids: that of the file.
    views = [view | {"event_id": f"{number:012}"} for number, (_, view) in enumerate(rows)]
    table, stated = posting_table(list(postings.values())), stated_parts(candidate_files)
    write_tables(folder / "all", table, event_table(views), stated_table([]))
    dataset = Dataset.read(folder / "all")
    cases = _cases(dataset)
    if len(cases) < BLOCKS:
        raise InputError(
            f"{views_file} has {len(cases)} views by candidates with another one in the"
            f" {WINDOW_DAYS} days before, at least {BLOCKS} are needed; give a longer stream"
        )
    blocks = []
    for number, own in enumerate(np.array_split(cases, BLOCKS), start=1):
        begins = _moment(int(dataset.times[own[0]]) // DAY * DAY)
        training = folder / f"block-{number}"
        known = [part for parts in stated.values() if (part := stated_by(parts, begins))]
        write_tables(
            training,
            table,
            event_table([view for view in views if view["event_time"] < begins]),
            stated_table([part.model_dump() for part in known]),
        )
        blocks.append(Block(training, tuple(_days(dataset, own, stated))))
    return ReverseTask(dataset, tuple(blocks))


def _cases(dataset: Dataset) -> np.ndarray:
    """Return the events of all cases in the order of time, (T,) int64."""
    owners, times, found = dataset.candidate_of_events(), dataset.times, []
    for event in dataset.first_interactions().tolist():
        midnight = int(times[event]) // DAY * DAY
        first = int(dataset.starts[owners[event]])
        own = times[first:event]
        if ((own < midnight) & (own >= midnight - WINDOW_DAYS * DAY)).any():
            found.append(event)
    return np.array(sorted(found, key=lambda event: (times[event], event)), dtype=np.int64)


def _days(dataset: Dataset, cases: np.ndarray, stated: dict[str, list[Candidate]]) -> Iterator[Day]:
    owners, times, ids = dataset.candidate_of_events(), dataset.times, dataset.catalogue.posting_ids
    for day, group in groupby(cases.tolist(), key=lambda event: int(times[event]) // DAY):
        own, midnight = np.array(list(group), dtype=np.int64), day * DAY
        lately = (times < midnight) & (times >= midnight - WINDOW_DAYS * DAY)
        pool = np.unique(owners[lately])
        later = np.flatnonzero(dataset.first_events >= midnight + DAY)
        marks = [mark(ids[row]) for row in later.tolist()]
        events, profiles = [], []
        for candidate in pool.tolist():
            first, last = dataset.starts[candidate : candidate + 2].tolist()
            end = first + int((times[first:last] < midnight).sum())
            profile = dataset.profile(candidate, end)
            parts = stated.get(dataset.candidate_ids[candidate], [])
            part = stated_by(parts, _moment(midnight))
            profile |= {"stated": as_profile_part(part)} if part else {}
            profiles.append(profile | {"dismissed": [*profile["dismissed"], *marks]})
            events.append(np.arange(first, end))
        yield Day(
            as_of=format_timestamp(_moment(midnight)),
            candidates=pool,
            profiles=tuple(profiles),
            events=tuple(events),
            targets=np.searchsorted(pool, owners[own]),
            postings=dataset.postings[own],
        )


def _moment(microseconds: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
