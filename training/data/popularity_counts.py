"""Popularity of postings: events, weighed by kind and age."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Self

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from streaming.contract.records import EventKind
from streaming.serving.catalogue import Catalogue
from streaming.timestamps import parse_timestamp

KIND_WEIGHTS: Mapping[str, float] = {
    EventKind.VIEW: 1.0,
    EventKind.SAVE: 3.0,
    EventKind.APPLY: 5.0,
    EventKind.HIRE: 5.0,
}
"""The weight of an event by kind; other kinds do not count."""

HALF_LIFE_DAYS = 7.0
"""After this time an event counts half."""


@dataclass(frozen=True)
class PopularityCounts:
    """The popularity of postings at a time."""

    weights: pd.Series
    """Posting id to weight, (P,) float64 under a sorted index."""
    made_at: str | None
    """The time at which ages were taken, canonical format; None where nothing is counted."""

    @classmethod
    def none(cls) -> Self:
        """Return counts of no events."""
        return cls(pd.Series(dtype="float64"), None)

    @classmethod
    def of(cls, events: pd.DataFrame, as_of: str) -> Self:
        """Count the events up to a time.

        A candidate counts once for a posting and kind, at the newest time, so that nobody makes a
        posting popular alone. The sums do not depend on the order of the rows. The weight of an
        event falls as 0.5 ** (age / half-life). Columns of `events`: candidate_id, posting_id,
        kind, event_time.
        """
        times = pd.to_datetime(events["event_time"], utc=True)
        counted = events.assign(event_time=times)[
            (times <= parse_timestamp(as_of)) & events["kind"].isin(KIND_WEIGHTS)
        ]
        by = ["posting_id", "candidate_id", "kind"]
        newest = counted.groupby(by, sort=True, observed=True)["event_time"].max().reset_index()
        age_days = (parse_timestamp(as_of) - newest["event_time"]).dt.total_seconds() / 86_400
        weight = newest["kind"].astype(str).map(KIND_WEIGHTS) * 0.5 ** (age_days / HALF_LIFE_DAYS)
        weights = weight.astype("float64").groupby(newest["posting_id"], sort=True).sum()
        return cls(weights, as_of)

    def aligned(self, catalogue: Catalogue) -> np.ndarray:
        """Return weights in the order of a catalogue's rows, (N,) float64; 0 where uncounted."""
        return self.weights.reindex(catalogue.posting_ids).fillna(0.0).to_numpy(dtype=np.float64)

    def write(self, file: Path) -> None:
        """Write a Parquet file with `made_at` in its metadata."""
        table = pa.table(
            {
                "posting_id": pa.array(list(self.weights.index), pa.string()),
                "weight": pa.array(self.weights.to_numpy(dtype=np.float64)),
            }
        )
        pq.write_table(table.replace_schema_metadata({"made_at": self.made_at or ""}), file)

    @classmethod
    def read(cls, file: Path) -> Self:
        """Read what `write` wrote."""
        table = pq.read_table(file)
        index = pd.Index(table.column("posting_id").to_pylist(), name="posting_id", dtype=object)
        weights = pd.Series(table.column("weight").to_numpy(), index=index)
        return cls(weights, table.schema.metadata[b"made_at"].decode() or None)


def decay(made_at: str | None, as_of: str) -> float:
    """Return the share of a weight that is left at a time; 1 at and before `made_at`."""
    if made_at is None:
        return 1.0
    days = (parse_timestamp(as_of) - parse_timestamp(made_at)) / timedelta(days=1)
    return float(0.5 ** (max(days, 0.0) / HALF_LIFE_DAYS))
