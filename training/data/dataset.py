"""The training data: events per candidate over a catalogue, immutable, split by time.

A dataset folder holds events.parquet (candidate_id, posting_id, kind, event_time,
duration_seconds, event_id; distinct), postings.parquet (the columns of `records.Posting` and
`open`), stated.parquet (candidate_id and the fields of `records.Stated`) and version.json
(events_version, postings_version and counts).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from streaming.contract.records import EventKind
from streaming.errors import InputError
from streaming.serving.catalogue import Catalogue
from streaming.timestamps import from_text, to_text
from training.data.popularity_counts import Counts

KINDS = (EventKind.VIEW, EventKind.SAVE, EventKind.APPLY, EventKind.DISMISS, EventKind.HIRE)
"""The kinds a profile holds; `Dataset.kinds` are places in it."""

DISMISS = KINDS.index(EventKind.DISMISS)
MOST_EVENTS = 50
MOST_MARKED = 500
_APPLIED = {KINDS.index(EventKind.APPLY), KINDS.index(EventKind.HIRE)}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class HeldOut:
    """What a candidate did after the cut, and the profile it has to be foretold from."""

    profile: dict[str, Any]
    """A value of the topic `profiles`: what was known at the cut."""
    as_of: str
    """The time of the first target: the moment the list is for."""
    targets: tuple[str, ...]
    """The postings new to the candidate, in order, without those dismissed at first; not empty."""


@dataclass(frozen=True, eq=False)
class Dataset:
    """Events in the order (candidate, event time, event id), E of them of C candidates."""

    catalogue: Catalogue
    candidate_ids: tuple[str, ...]
    stated: tuple[Mapping[str, Any] | None, ...]
    """Of each candidate, in JSON's types; None where nothing was said."""
    starts: np.ndarray
    """(C + 1,) int64: the events of candidate c are starts[c] up to starts[c + 1]."""
    postings: np.ndarray
    """(E,) int64: rows of the catalogue."""
    kinds: np.ndarray
    """(E,) int64: places in `KINDS`."""
    times: np.ndarray
    """(E,) int64: microseconds since 1970."""
    durations: np.ndarray
    """(E,) float32: seconds; NaN where unknown."""
    event_ids: np.ndarray
    """(E,) of str."""
    version: Mapping[str, Any]
    """Where the data come from: version.json, and how many events named an unknown posting."""

    @classmethod
    def read(cls, folder: Path) -> "Dataset":
        """Read a dataset folder.

        Raises:
            InputError: a file is missing or unreadable.
        """
        try:
            catalogue = Catalogue.of(pq.read_table(folder / "postings.parquet"), 0)
            events = pq.read_table(folder / "events.parquet")
            stated = pq.read_table(folder / "stated.parquet")
            version = json.loads((folder / "version.json").read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            line = str(error).splitlines()[0]
            raise InputError(
                f"dataset {folder} cannot be read: {line}; let the train job write it"
            ) from error
        return _build(
            replace(catalogue, version=int(version["postings_version"])), events, stated, version
        )

    def __len__(self) -> int:
        return len(self.candidate_ids)

    @cached_property
    def counts(self) -> Counts:
        """How much was done with each posting, up to the newest event."""
        if not len(self.times):
            return Counts.none()
        owners = np.repeat(np.arange(len(self)), np.diff(self.starts))
        events = pd.DataFrame(
            {
                "candidate_id": owners,
                "posting_id": np.array(self.catalogue.posting_ids, dtype=object)[self.postings],
                "kind": np.array([str(kind) for kind in KINDS], dtype=object)[self.kinds],
                # note: not pandas' own nanoseconds, which know no year before 1678
                "event_time": pd.DatetimeIndex(self.times.astype("datetime64[us]"), tz="UTC"),
            }
        )
        return Counts.of(events, _text(int(self.times.max())))

    def profile(self, candidate: int, before: int | None = None) -> dict[str, Any]:
        """Fold a candidate's events into a value of the topic `profiles`.

        Args:
            candidate: its place.
            before: the place of the event to end before; None: at the newest.
        """
        first, last = self.starts[candidate : candidate + 2].tolist()
        span = range(first, last if before is None else before)
        stated = self.stated[candidate]
        if before is not None and stated and stated["updated_at"] > _text(int(self.times[before])):
            stated = None
        moments = [int(self.times[event]) for event in span]
        newest = [_text(max(moments))] if moments else []
        return {
            "candidate_id": self.candidate_ids[candidate],
            "version": 1,
            "offsets": {},
            "as_of": max([*newest, *([stated["updated_at"]] if stated else [])], default=_text(0)),
            "stated": dict(stated) if stated else None,
            "events": [self._event(event) for event in span[-MOST_EVENTS:]],
            "applied": self._marked([e for e in span if int(self.kinds[e]) in _APPLIED]),
            "dismissed": self._marked([e for e in span if int(self.kinds[e]) == DISMISS]),
        }

    def split(self, fraction: float) -> "tuple[Dataset, tuple[HeldOut, ...]]":
        """Cut at a moment, so that nothing of the future is trained on.

        Args:
            fraction: share of the events, the newest, to hold out.

        Returns:
            The same candidates with the events and stated parts up to the cut; and, for every
            candidate who turned to a new posting after it, what is to be foretold.
        """
        if not len(self.times):
            return self, ()
        place = max(int(np.ceil(len(self.times) * (1 - fraction))) - 1, 0)
        return self.split_at(_text(int(np.sort(self.times)[place])))

    def split_at(self, moment: str) -> "tuple[Dataset, tuple[HeldOut, ...]]":
        """Cut at a given moment; see `split`."""
        train = self.until(moment)
        held_out = (self._held_out(train, candidate) for candidate in range(len(self)))
        return train, tuple(found for found in held_out if found is not None)

    def until(self, moment: str) -> "Dataset":
        """Leave out the events and stated parts after a moment; the candidates stay."""
        cut = (from_text(moment) - _EPOCH) // timedelta(microseconds=1)
        keep = self.times <= cut
        return replace(
            self,
            stated=tuple(s if s and s["updated_at"] <= _text(cut) else None for s in self.stated),
            starts=np.concatenate([[0], np.cumsum(keep)])[self.starts],
            **{name: getattr(self, name)[keep] for name in _PER_EVENT},
        )

    def turns(self, after: str | None = None) -> np.ndarray:
        """List the events that turn to a posting new to their candidate, no dismissals.

        Args:
            after: only later ones; None for all.

        Returns:
            Places of events, ascending, int64.
        """
        owners = np.repeat(np.arange(len(self)), np.diff(self.starts))
        pairs = np.stack([owners, self.postings])
        new = np.sort(np.unique(pairs, axis=1, return_index=True)[1])
        cut = -1 if after is None else (from_text(after) - _EPOCH) // timedelta(microseconds=1)
        return np.asarray(new[(self.kinds[new] != DISMISS) & (self.times[new] > cut)])

    def before(self, event: int) -> HeldOut:
        """Say what is to be foretold at an event, from all that was known of its candidate then."""
        candidate = int(np.searchsorted(self.starts, event, side="right")) - 1
        posting_id = self.catalogue.posting_ids[self.postings[event]]
        moment = _text(int(self.times[event]))
        return HeldOut(self.profile(candidate, event), moment, (posting_id,))

    def _held_out(self, train: "Dataset", candidate: int) -> HeldOut | None:
        first, last = self.starts[candidate : candidate + 2].tolist()
        cut = first + int(np.diff(train.starts[candidate : candidate + 2])[0])
        known = set(self.postings[first:cut].tolist())
        targets: dict[int, int] = {}
        for event in range(cut, last):
            posting = int(self.postings[event])
            if posting not in known and self.kinds[event] != DISMISS:
                targets.setdefault(posting, event)
            known.add(posting)
        if not targets:
            return None
        ids = self.catalogue.posting_ids
        as_of = _text(int(self.times[next(iter(targets.values()))]))
        return HeldOut(train.profile(candidate), as_of, tuple(ids[row] for row in targets))

    def _event(self, event: int) -> dict[str, Any]:
        duration = float(self.durations[event])
        return {
            "event_id": str(self.event_ids[event]),
            "posting_id": self.catalogue.posting_ids[self.postings[event]],
            "kind": str(KINDS[self.kinds[event]]),
            "event_time": _text(int(self.times[event])),
            "duration_seconds": None if np.isnan(duration) else duration,
            "offset": event,
        }

    def _marked(self, events: list[int]) -> list[dict[str, Any]]:
        """List the newest distinct postings of some events, oldest first."""
        newest: dict[str, dict[str, Any]] = {}
        for event in events:
            posting_id = self.catalogue.posting_ids[self.postings[event]]
            newest.pop(posting_id, None)
            newest[posting_id] = {
                "posting_id": posting_id,
                "event_time": _text(int(self.times[event])),
                "offset": event,
            }
        return list(newest.values())[-MOST_MARKED:]


_PER_EVENT = ("postings", "kinds", "times", "durations", "event_ids")


def _build(
    catalogue: Catalogue, events: pa.Table, stated: pa.Table, version: Mapping[str, Any]
) -> Dataset:
    kinds = pa.array([str(kind) for kind in KINDS])
    events = events.filter(pc.is_in(events.column("kind"), value_set=kinds))
    ids = pa.array(catalogue.posting_ids, pa.string())
    known = events.filter(pc.is_in(events.column("posting_id"), value_set=ids)).sort_by(
        [(name, "ascending") for name in ("candidate_id", "event_time", "event_id")]
    )
    said = {row["candidate_id"]: _plain(row) for row in stated.to_pylist()}
    owners = known.column("candidate_id").to_numpy(zero_copy_only=False).astype(str)
    candidates = np.array(sorted({*owners.tolist(), *said}), dtype=str)
    durations = pc.cast(known.column("duration_seconds"), pa.float32())
    return Dataset(
        catalogue=catalogue,
        candidate_ids=tuple(candidates.tolist()),
        stated=tuple(said.get(candidate) for candidate in candidates.tolist()),
        starts=np.append(np.searchsorted(owners, candidates), len(owners)),
        postings=_numbers(pc.index_in(known.column("posting_id"), value_set=ids)),
        kinds=_numbers(pc.index_in(known.column("kind"), value_set=kinds)),
        times=_numbers(pc.cast(known.column("event_time"), pa.timestamp("us", tz="UTC"))),
        durations=durations.fill_null(float("nan")).to_numpy(),
        event_ids=known.column("event_id").to_numpy(zero_copy_only=False),
        version={**version, "events_of_unknown_postings": events.num_rows - known.num_rows},
    )


def _numbers(column: pa.ChunkedArray) -> np.ndarray:
    return np.asarray(pc.cast(column, pa.int64()).to_numpy())


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """Make a row of stated.parquet what JSON would hold."""
    moment = row["updated_at"]
    said = {name: value for name, value in row.items() if name != "candidate_id"}
    return {**said, "updated_at": to_text(moment if moment.tzinfo else moment.replace(tzinfo=UTC))}


def _text(micros: int) -> str:
    return to_text(_EPOCH + timedelta(microseconds=micros))
