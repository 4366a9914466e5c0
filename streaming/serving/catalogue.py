"""The catalogue: the postings at one version of the table, and which of them a list may hold."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from streaming.timestamps import from_text, to_text

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MOST_TEXTS = 16_384
ALWAYS = np.iinfo(np.int64).min
NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True)
class Catalogue:
    """Postings in the order of their ids, so that equal catalogues have equal rows.

    Args:
        table: the columns of `records.Posting` and `open` (false: withdrawn), one row a posting.
        version: version of the Delta table it was read at.
    """

    table: pa.Table
    version: int

    @classmethod
    def of(cls, table: pa.Table, version: int) -> "Catalogue":
        """Sort the rows by posting id, which the other methods rely on."""
        return cls(table.sort_by("posting_id").combine_chunks(), version)

    @classmethod
    def read(cls, file: Path) -> "Catalogue":
        """Read what `write` wrote."""
        table = pq.read_table(file, memory_map=True)
        return cls(table, int(table.schema.metadata[b"catalogue_version"]))

    def write(self, file: Path) -> None:
        """Write a Parquet file that carries the version in its metadata."""
        metadata = {"catalogue_version": str(self.version)}
        pq.write_table(self.table.replace_schema_metadata(metadata), file)

    def __len__(self) -> int:
        return int(self.table.num_rows)

    @cached_property
    def posting_ids(self) -> list[str]:
        """Ids, row by row."""
        return self.table.column("posting_id").to_pylist()  # type: ignore[no-any-return]

    @cached_property
    def rows(self) -> dict[str, int]:
        """Row of each posting id."""
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
        """Employers, folded for comparison, (N,) of str; '' where unknown."""
        names = self.table.column("employer").to_pylist()
        return np.array([_fold(name) for name in names], dtype=object)

    @cached_property
    def employer_numbers(self) -> np.ndarray:
        """A number for each employer, equal for equal names, (N,) int64; 0 where unknown."""
        numbers = {"": 0}
        return np.array(
            [numbers.setdefault(name, len(numbers)) for name in self.employers.tolist()],
            dtype=np.int64,
        )

    def open_at(self, as_of: str) -> np.ndarray:
        """Tell which postings are open at a moment, (N,) bool."""
        moment = int(from_text(as_of).timestamp() * 1_000_000)
        return self.is_open & (self.opens <= moment) & (moment <= self.expires)

    def eligible(self, profile: Mapping[str, Any], as_of: str) -> np.ndarray:
        """Tell which postings a list for this profile may hold, (N,) bool.

        Never one that is closed, not yet open or expired at `as_of`, whose employer the candidate
        blocks, or that the candidate already knows: viewed, saved, applied to or dismissed.
        """
        allowed = self.open_at(as_of)
        stated = profile.get("stated") or {}
        blocked = {_fold(name) for name in stated.get("blocked_employers") or ()}
        if blocked:
            allowed &= ~np.isin(self.employers, list(blocked))
        known = (row for row in map(self.rows.get, known_postings(profile)) if row is not None)
        allowed[list(known)] = False
        return allowed

    def valid_through(self, row: int) -> str | None:
        """When a posting expires, in the canonical format; None for never."""
        moment = int(self.expires[row])
        return None if moment == NEVER else _text(moment)


def known_postings(profile: Mapping[str, Any]) -> set[str]:
    """Ids of all postings that a profile names."""
    return {
        entry["posting_id"]
        for part in ("events", "applied", "dismissed")
        for entry in profile.get(part) or ()
    }


def _micros(column: pa.ChunkedArray, missing: int) -> np.ndarray:
    micros = pc.cast(pc.cast(column, pa.timestamp("us", tz="UTC")), pa.int64())
    return np.asarray(pc.fill_null(micros, missing).to_numpy())


@lru_cache(maxsize=_MOST_TEXTS)
def _text(micros: int) -> str:
    return to_text(_EPOCH + timedelta(microseconds=micros))


def _fold(name: str | None) -> str:
    return " ".join((name or "").casefold().split())
