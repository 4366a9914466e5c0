"""The training data: events per candidate over a catalogue, immutable, split by time.

A dataset folder holds events.parquet (candidate_id, posting_id, kind, event_time,
duration_seconds, event_id; distinct), postings.parquet (the columns of `records.Posting` and
`open`), stated.parquet (candidate_id and the fields of `records.Stated`) and version.json
(events_version, postings_version and counts; and what `hold_back` adds). taxonomy.jsonl.gz may
stand beside them (`add_taxonomy`).
"""

import hashlib
import json
import math
from collections.abc import Iterator, Mapping
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
from streaming.profiles.fold import (
    APPLIED_KINDS,
    DISMISSED_KINDS,
    MAX_EVENTS,
    ReceivedEvent,
    ReceivedStatedPart,
    fold,
)
from streaming.serving.catalogue import NEVER, Catalogue
from streaming.taxonomy.concept import Taxonomy
from streaming.timestamps import format_timestamp, parse_timestamp
from training.data.popularity_counts import PopularityCounts

EVENT_KINDS = (
    EventKind.VIEW,
    EventKind.SAVE,
    EventKind.APPLY,
    EventKind.DISMISS,
    EventKind.HIRE,
)
"""The kinds that a profile holds; `Dataset.kinds` are indices of it."""

DISMISS = EVENT_KINDS.index(EventKind.DISMISS)
_KIND_NAMES = [kind.value for kind in EVENT_KINDS]
_MARKS = np.isin(_KIND_NAMES, [*APPLIED_KINDS, *DISMISSED_KINDS])
"""Whether events of a kind stay in a profile when they are no longer among its newest."""
TAXONOMY_VERSION = "taxonomy"
"""In version.json: source and version of the taxonomy."""
EVENTS_UNTIL = "events_until"
"""In version.json: the time after which events are held back."""
_TAXONOMY = "taxonomy.jsonl.gz"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True)
class HeldOut:
    """What a candidate did after the cut, and the profile from which it is to be predicted."""

    profile: dict[str, Any]
    """A value of the topic `profiles`, as of the cut."""
    as_of: str
    """The time of the first target, for which the list is made."""
    targets: tuple[str, ...]
    """The postings new to the candidate, in order, without those dismissed at first; not empty."""


@dataclass(frozen=True, eq=False)
class Dataset:
    """E events of C candidates, in the order (candidate, event time, event id)."""

    catalogue: Catalogue
    candidate_ids: tuple[str, ...]
    stated: tuple[Mapping[str, Any] | None, ...]
    """The stated part of each candidate, in JSON's types; None where there is none."""
    starts: np.ndarray
    """(C + 1,) int64: the events of candidate c are starts[c] up to starts[c + 1]."""
    postings: np.ndarray
    """(E,) int64: rows of the catalogue."""
    kinds: np.ndarray
    """(E,) int64: indices of `EVENT_KINDS`."""
    times: np.ndarray
    """(E,) int64: microseconds since 1970."""
    durations: np.ndarray
    """(E,) float32: seconds; NaN where unknown."""
    event_ids: np.ndarray
    """(E,) of str."""
    version: Mapping[str, Any]
    """The content of version.json, and the number of events with an unknown posting."""
    taxonomy: Taxonomy | None = None
    """To whose concepts titles and skills are mapped."""

    @classmethod
    def read(cls, folder: Path) -> "Dataset":
        """Read a dataset folder, without the events that are held back.

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
        catalogue = replace(catalogue, version=int(version["postings_version"]))
        whole = build_dataset(catalogue, events, stated, version)
        if (file := folder / _TAXONOMY).exists():
            whole = replace(whole, taxonomy=Taxonomy.read(file))
        return whole.until(version[EVENTS_UNTIL]) if version.get(EVENTS_UNTIL) else whole

    def __len__(self) -> int:
        return len(self.candidate_ids)

    @cached_property
    def digest(self) -> str:
        """A hash of the events and of what they are about, 32 hexadecimal digits."""
        whole = hashlib.blake2b(digest_size=16)
        for ids in (self.candidate_ids, self.catalogue.posting_ids):
            whole.update("\n".join(ids).encode())
        for array in (self.starts, self.postings, self.kinds, self.times):
            whole.update(np.ascontiguousarray(array).tobytes())
        return whole.hexdigest()

    @cached_property
    def counts(self) -> PopularityCounts:
        """The popularity of each posting, as of the newest event."""
        if not len(self.times):
            return PopularityCounts.none()
        events = pd.DataFrame(
            {
                "candidate_id": self.candidate_of_events(),
                "posting_id": np.array(self.catalogue.posting_ids, dtype=object)[self.postings],
                "kind": np.array(_KIND_NAMES, dtype=object)[self.kinds],
                # Not in nanoseconds, pandas' default: these cannot hold years before 1678.
                "event_time": pd.DatetimeIndex(self.times.astype("datetime64[us]"), tz="UTC"),
            }
        )
        return PopularityCounts.of(events, _text(int(self.times.max())))

    @cached_property
    def first_events(self) -> np.ndarray:
        """The time of the first event of each posting, (N,) int64 microseconds; NEVER for none."""
        first = np.full(len(self.catalogue), NEVER)
        np.minimum.at(first, self.postings, self.times)
        return first

    def profile(self, candidate: int, before: int | None = None) -> dict[str, Any]:
        """Return a candidate's profile, from the stream's own fold (`streaming.profiles.fold`).

        Differences from the topic: events of unknown postings are missing, offsets are indices of
        the dataset's events, and nothing triggered the profile. The profile ends before the event
        `before`; None: it holds all events.
        """
        first, last = self.starts[candidate : candidate + 2].tolist()
        stated = self.stated[candidate]
        if before is not None and stated and stated["updated_at"] > _text(int(self.times[before])):
            stated = None
        candidate_id = self.candidate_ids[candidate]
        events = self._received(first, last if before is None else before)
        stated_part = [ReceivedStatedPart(stated, 0, stated["updated_at"])] if stated else []
        profile = fold(None, [*events, *stated_part], candidate_id).profile
        empty = {"candidate_id": candidate_id, "version": 0, "offsets": {}, "as_of": _text(0)}
        empty |= {"events": [], "applied": [], "dismissed": []}
        return {name: value for name, value in (profile or empty).items() if name != "triggered_by"}

    def split(self, fraction: float) -> "tuple[Dataset, tuple[HeldOut, ...]]":
        """Hold out the newest share of the events, so that nothing of the future is trained on.

        Returns:
            The same candidates with the events and stated parts up to the cut; and a `HeldOut` for
            every candidate with an event of a new posting after it.
        """
        cut = self.cut(fraction)
        return (self, ()) if cut is None else self.split_at(cut)

    def cut(self, fraction: float) -> str | None:
        """Return the time after which the newest share of the events is; None without events."""
        if not len(self.times):
            return None
        newest = max(int(np.ceil(len(self.times) * (1 - fraction))) - 1, 0)
        return _text(int(np.sort(self.times)[newest]))

    def split_at(self, time: str) -> "tuple[Dataset, tuple[HeldOut, ...]]":
        """Split at a given time; see `split`."""
        train = self.until(time)
        held_out = (self._held_out(train, candidate) for candidate in range(len(self)))
        return train, tuple(held for held in held_out if held is not None)

    def until(self, time: str) -> "Dataset":
        """Leave out the events and stated parts after a time; the candidates stay."""
        cut = _microseconds(time)
        keep = self.times <= cut
        return replace(
            self,
            stated=tuple(s if s and s["updated_at"] <= _text(cut) else None for s in self.stated),
            starts=np.concatenate([[0], np.cumsum(keep)])[self.starts],
            **{name: getattr(self, name)[keep] for name in _PER_EVENT},
        )

    def first_interactions(self, after: str | None = None) -> np.ndarray:
        """List the first event of each candidate with each posting: indices, ascending, int64.

        Dismissals are left out and, where `after` is given, events that are not later.
        """
        pairs = self.candidate_of_events() * len(self.catalogue) + self.postings
        first = np.sort(np.unique(pairs, return_index=True)[1])
        cut = -1 if after is None else _microseconds(after)
        return np.asarray(first[(self.kinds[first] != DISMISS) & (self.times[first] > cut)])

    def case_before(self, event: int) -> HeldOut:
        """Return an event's posting as target, with the profile just before the event."""
        candidate = int(np.searchsorted(self.starts, event, side="right")) - 1
        posting_id = self.catalogue.posting_ids[self.postings[event]]
        as_of = _text(int(self.times[event]))
        return HeldOut(self.profile(candidate, event), as_of, (posting_id,))

    def moments(self) -> list[tuple[str, str]]:
        """Return the time and the id of each event, by which those of a candidate are ordered."""
        return list(zip(map(_text, self.times.tolist()), self.event_ids.tolist(), strict=True))

    def candidate_of_events(self) -> np.ndarray:
        """Return the candidate of each event, (E,) int64."""
        return np.repeat(np.arange(len(self)), np.diff(self.starts))

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

    def _received(self, first: int, last: int) -> Iterator[ReceivedEvent]:
        """Yield those of a candidate's events that can be in the profile, with indices as offsets.

        Older events that mark no posting are left out: the fold would drop them, at several times
        the cost.
        """
        events = np.arange(first, last)
        events = events[(events >= last - MAX_EVENTS) | _MARKS[self.kinds[events]]]
        posting_ids = self.catalogue.posting_ids
        columns = (
            self.event_ids[events].tolist(),
            self.postings[events].tolist(),
            self.kinds[events].tolist(),
            np.datetime_as_string(self.times[events].astype("datetime64[us]")).tolist(),
            self.durations[events].tolist(),
        )
        for event, event_id, posting, kind, time, duration in zip(
            events.tolist(), *columns, strict=True
        ):
            yield ReceivedEvent(
                event_id=event_id,
                posting_id=posting_ids[posting],
                kind=_KIND_NAMES[kind],
                event_time=f"{time}Z",
                offset=event,
                produced_at="",
                duration_seconds=None if math.isnan(duration) else duration,
            )


def add_taxonomy(folder: Path, taxonomy: Taxonomy | None) -> None:
    """Put a taxonomy into a dataset folder, and what it is into version.json."""
    file, about = folder / _TAXONOMY, folder / "version.json"
    version = json.loads(about.read_text(encoding="utf-8"))
    if taxonomy is None:
        file.unlink(missing_ok=True)
        version.pop(TAXONOMY_VERSION, None)
    else:
        taxonomy.write(file)
        version[TAXONOMY_VERSION] = f"{taxonomy.source} {taxonomy.version}"
    about.write_text(json.dumps(version), encoding="utf-8")


def hold_back(folder: Path, share: float) -> None:
    """Keep the newest share of a folder's events from every later `Dataset.read`.

    They are for the promotion gate: no training and no choice of a setting may see them.

    Raises:
        InputError: the folder cannot be read.
    """
    hold_back_after(folder, Dataset.read(folder).cut(share))


def hold_back_after(folder: Path, time: str | None) -> None:
    """Keep a folder's events after a time from every later `Dataset.read`; see `hold_back`."""
    file = folder / "version.json"
    version = json.loads(file.read_text(encoding="utf-8")) | {EVENTS_UNTIL: time}
    file.write_text(json.dumps(version), encoding="utf-8")


_PER_EVENT = ("postings", "kinds", "times", "durations", "event_ids")


def build_dataset(
    catalogue: Catalogue, events: pa.Table, stated: pa.Table, version: Mapping[str, Any]
) -> Dataset:
    """Build a data set of tables with the columns of a dataset folder's files."""
    kinds = pa.array(_KIND_NAMES)
    events = events.filter(pc.is_in(events.column("kind"), value_set=kinds))
    ids = pa.array(catalogue.posting_ids, pa.string())
    known = events.filter(pc.is_in(events.column("posting_id"), value_set=ids)).sort_by(
        [(name, "ascending") for name in ("candidate_id", "event_time", "event_id")]
    )
    stated_parts = {row["candidate_id"]: _stated(row) for row in stated.to_pylist()}
    owners = known.column("candidate_id").to_numpy(zero_copy_only=False).astype(str)
    candidates = np.array(sorted({*owners.tolist(), *stated_parts}), dtype=str)
    durations = pc.cast(known.column("duration_seconds"), pa.float32())
    return Dataset(
        catalogue=catalogue,
        candidate_ids=tuple(candidates.tolist()),
        stated=tuple(stated_parts.get(candidate) for candidate in candidates.tolist()),
        starts=np.append(np.searchsorted(owners, candidates), len(owners)),
        postings=_integers(pc.index_in(known.column("posting_id"), value_set=ids)),
        kinds=_integers(pc.index_in(known.column("kind"), value_set=kinds)),
        times=_integers(pc.cast(known.column("event_time"), pa.timestamp("us", tz="UTC"))),
        durations=durations.fill_null(float("nan")).to_numpy(),
        event_ids=known.column("event_id").to_numpy(zero_copy_only=False),
        version={**version, "events_of_unknown_postings": events.num_rows - known.num_rows},
    )


def _integers(column: pa.ChunkedArray) -> np.ndarray:
    return np.asarray(pc.cast(column, pa.int64()).to_numpy())


def _stated(row: Mapping[str, Any]) -> dict[str, Any]:
    """Convert a row of stated.parquet to JSON's types."""
    return {name: _as_json(value) for name, value in row.items() if name != "candidate_id"}


def _as_json(value: Any) -> Any:
    if isinstance(value, datetime):
        return format_timestamp(value if value.tzinfo else value.replace(tzinfo=UTC))
    if isinstance(value, list):
        return [_as_json(one) for one in value]
    if isinstance(value, dict):
        return {name: _as_json(one) for name, one in value.items()}
    return value


def _microseconds(time: str) -> int:
    return (parse_timestamp(time) - _EPOCH) // _MICROSECOND


def _text(microseconds: int) -> str:
    return format_timestamp(_EPOCH + timedelta(microseconds=microseconds))
