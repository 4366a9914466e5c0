"""The catalogue: the postings at one version of their table, and which a list may contain."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property, lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from streaming.names import comparable
from streaming.timestamps import format_timestamp, parse_timestamp
from streaming.wishes.hard_wishes import HardWishes

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TEXT_CACHE = 16_384
ALWAYS = np.iinfo(np.int64).min
NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True)
class Catalogue:
    """Postings, sorted by a hash of their ids.

    Rankers break ties by row. Ids often grow with time, so an order by id would favour the older
    of two equal postings.
    """

    table: pa.Table
    """The columns of `records.Posting` and `open` (false: withdrawn), one row a posting."""
    version: int
    """Of the Delta table."""

    @classmethod
    def of(cls, table: pa.Table, version: int) -> "Catalogue":
        """Create a catalogue from rows in any order."""
        hashes = [
            blake2b(posting_id.encode(), digest_size=16).digest()
            for posting_id in table.column("posting_id").to_pylist()
        ]
        order = sorted(range(len(hashes)), key=hashes.__getitem__)
        return cls(table.take(pa.array(order, pa.int64())).combine_chunks(), version)

    @classmethod
    def read(cls, file: Path) -> "Catalogue":
        """Read a file of `write`, memory-mapped; a ValueError or KeyError for another file."""
        table = pq.read_table(file, memory_map=True)
        if table.column("posting_id").null_count:
            raise ValueError("a posting has no id")
        return cls(table, int(table.schema.metadata[b"catalogue_version"]))

    def write(self, file: Path) -> None:
        """Write a Parquet file with the version in its metadata."""
        metadata = {"catalogue_version": str(self.version)}
        pq.write_table(self.table.replace_schema_metadata(metadata), file)

    def __len__(self) -> int:
        return int(self.table.num_rows)

    @cached_property
    def posting_ids(self) -> list[str]:
        """Ids by row."""
        return self.table.column("posting_id").to_pylist()  # type: ignore[no-any-return]

    @cached_property
    def rows(self) -> dict[str, int]:
        """Rows by id."""
        return {posting_id: row for row, posting_id in enumerate(self.posting_ids)}

    @cached_property
    def opens(self) -> np.ndarray:
        """Microseconds since 1970 from which each posting is open, (N,) int64."""
        return _micros(self.table.column("date_posted"), ALWAYS)

    @cached_property
    def expires(self) -> np.ndarray:
        """Microseconds since 1970 until which each posting is open, (N,) int64."""
        return _micros(self.table.column("valid_through"), NEVER)

    @cached_property
    def is_open(self) -> np.ndarray:
        """False for the withdrawn ones, (N,) bool."""
        return np.asarray(self.table.column("open").to_numpy(zero_copy_only=False), dtype=bool)

    @cached_property
    def employers(self) -> np.ndarray:
        """Employers in their normal form (`streaming.names`), (N,) of str; '' if unknown."""
        names = self.table.column("employer").to_pylist()
        return np.array([comparable(name) for name in names], dtype=object)

    @cached_property
    def employer_numbers(self) -> np.ndarray:
        """A number for each employer, equal for equal names, (N,) int64; 0 if unknown."""
        names = pa.array(["", *self.employers], pa.string())
        return np.asarray(names.dictionary_encode().indices[1:], dtype=np.int64)

    @cached_property
    def hard_wishes(self) -> HardWishes:
        """Which postings meet hard wishes."""
        return HardWishes(self.table)

    def open_at(self, as_of: str) -> np.ndarray:
        """Return which postings are open at a time, (N,) bool."""
        moment = int(parse_timestamp(as_of).timestamp() * 1_000_000)
        return self.is_open & (self.opens <= moment) & (moment <= self.expires)

    def eligible(self, profile: Mapping[str, Any], as_of: str) -> np.ndarray:
        """Return which postings a list for a profile may contain, (N,) bool.

        Excluded are those that are closed, not yet open or expired at `as_of`, those whose
        employer the candidate blocks, those that do not meet a hard wish, and those that the
        candidate has viewed, saved, applied to or dismissed.
        """
        allowed = self.open_at(as_of)
        stated = profile.get("stated") or {}
        blocked = {comparable(name) for name in stated.get("blocked_employers") or ()} - {""}
        if blocked:
            allowed &= ~np.isin(self.employers, list(blocked))
        if musts := stated.get("must"):
            allowed &= self.hard_wishes.allowed(musts)
        parts = ("events", "applied", "dismissed")
        known = {entry["posting_id"] for part in parts for entry in profile.get(part) or ()}
        allowed[[self.rows[posting_id] for posting_id in known & self.rows.keys()]] = False
        return allowed

    def valid_through(self, row: int) -> str | None:
        """Return when a posting expires, in the canonical format; None for never."""
        moment = int(self.expires[row])
        return None if moment == NEVER else _text(moment)


def _micros(column: pa.ChunkedArray, missing: int) -> np.ndarray:
    micros = pc.cast(pc.cast(column, pa.timestamp("us", tz="UTC")), pa.int64())
    return np.asarray(pc.fill_null(micros, missing).to_numpy())


@lru_cache(maxsize=_TEXT_CACHE)
def _text(micros: int) -> str:
    return format_timestamp(_EPOCH + timedelta(microseconds=micros))
