"""Training shards: histories as arrays of integers, in files that training processes stream.

A folder of shards holds part-00000.parquet and so on, with one row for each candidate, and the
candidates in a random order. All numbers of postings and of stated entries are rows of the features
that belong to the shards (`training.model.training_data`).
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from streaming.errors import InputError

_EVENT_COLUMNS = {
    "postings": pa.int32(),
    "kinds": pa.int8(),
    "times": pa.int64(),
    "durations": pa.float32(),
    "new": pa.bool_(),
}
_STATED_COLUMNS = {"stated_rows": pa.int32(), "stated_kinds": pa.int8()}


@dataclass(frozen=True, eq=False)
class Shard:
    """C candidates with E events and S stated entries, those of each candidate end to end."""

    starts: np.ndarray
    """(C + 1,) int64: the events of candidate c are starts[c] up to starts[c + 1], by time."""
    postings: np.ndarray
    """(E,) int32 rows."""
    kinds: np.ndarray
    """(E,) int8, indices of `dataset.EVENT_KINDS`."""
    times: np.ndarray
    """(E,) int64 microseconds since 1970."""
    durations: np.ndarray
    """(E,) float32 seconds; NaN where unknown."""
    new: np.ndarray
    """(E,) bool: the candidate's first event with that posting, and no dismissal."""
    stated_starts: np.ndarray
    """(C + 1,) int64, as `starts`, of the stated entries."""
    stated_rows: np.ndarray
    """(S,) int32 rows."""
    stated_kinds: np.ndarray
    """(S,) int8, indices of `features.STEP_KINDS`."""

    def __len__(self) -> int:
        return len(self.starts) - 1

    def take(self, candidates: np.ndarray) -> "Shard":
        """Select candidates, in the given order."""
        taken = {}
        for starts_name, names in (("starts", _EVENT_COLUMNS), ("stated_starts", _STATED_COLUMNS)):
            starts = getattr(self, starts_name)
            counts = starts[candidates + 1] - starts[candidates]
            own = spans(starts[candidates], counts)
            taken[starts_name] = offsets(counts)
            taken |= {name: getattr(self, name)[own] for name in names}
        return Shard(**taken)

    def write(self, file: Path) -> None:
        """Write a Parquet file."""
        columns = {}
        for starts_name, types in (("starts", _EVENT_COLUMNS), ("stated_starts", _STATED_COLUMNS)):
            starts = pa.array(getattr(self, starts_name).astype(np.int32))
            for name, kind in types.items():
                values = pa.array(getattr(self, name), kind)
                columns[name] = pa.ListArray.from_arrays(starts, values)
        pq.write_table(pa.table(columns), file)

    @classmethod
    def read(cls, file: Path) -> Self:
        """Read what `write` wrote.

        Raises:
            InputError: the file is missing or damaged.
        """
        try:
            table = pq.read_table(file).combine_chunks()
            lists = {name: table.column(name).chunk(0) for name in table.column_names}
            values = {
                name: each.values.to_numpy(zero_copy_only=False) for name, each in lists.items()
            }
            starts = {
                "starts": lists["postings"].offsets.to_numpy().astype(np.int64),
                "stated_starts": lists["stated_rows"].offsets.to_numpy().astype(np.int64),
            }
            return cls(**starts, **values)
        except (OSError, KeyError, TypeError, pa.ArrowInvalid) as error:
            line = (str(error).splitlines() or [type(error).__name__])[0]
            raise InputError(
                f"training shard {file} cannot be read: {line}; prepare the training again"
            ) from error


def write_shards(whole: Shard, count: int, folder: Path, seed: int) -> list[Shard]:
    """Deal candidates out to `count` shards at random, and write these.

    Candidates without an event and without a stated entry are left out.
    """
    counts = np.diff(whole.starts) + np.diff(whole.stated_starts)
    order = np.random.default_rng(seed).permutation(np.flatnonzero(counts))
    folder.mkdir(parents=True, exist_ok=True)
    shards = [whole.take(part) for part in np.array_split(order, count)]
    for number, shard in enumerate(shards):
        shard.write(shard_file(folder, number))
    return shards


def shard_file(folder: Path, number: int) -> Path:
    """Return the file of a shard."""
    return folder / f"part-{number:05d}.parquet"


def offsets(counts: np.ndarray) -> np.ndarray:
    """Return where each of some runs starts, and the end: (N,) to (N + 1,) int64."""
    return np.concatenate([[0], np.cumsum(counts, dtype=np.int64)])


def spans(first: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """List the integers of some runs, end to end: `first[i]` and the next `counts[i] - 1`."""
    starts = offsets(counts)
    return np.asarray(np.arange(starts[-1]) + np.repeat(first - starts[:-1], counts))
