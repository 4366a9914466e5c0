"""A dataset folder from files or rows, without a broker or a lake: what the benchmark measures on.

The folder is that of `training.data.dataset`.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import types as t
from pyspark.sql.pandas.types import to_arrow_schema

from streaming.contract.records import Candidate, Event, EventKind, Posting
from streaming.contract.spark_types import spark_type
from streaming.errors import InputError
from streaming.importing import ImportedRecord, ReadOptions, RejectedRow, Row, SourceFile, read_rows
from streaming.importing.stated_entries import join_entries

Rows = Sequence[dict[str, Any]]


@dataclass(frozen=True)
class DatasetFiles:
    """Files that `careerstream import` reads."""

    events: Path
    postings: Path | None = None
    """None: the rows of events have columns of their postings, as in a known layout."""
    candidates: Sequence[Path] = ()
    """What people have stated; several files are joined."""


def write_dataset(files: DatasetFiles, folder: Path) -> dict[str, int]:
    """Write a dataset folder; rows that are no record are skipped.

    Of postings with one id the first counts, of equal events the first, and of stated parts of one
    candidate the newest.

    Returns:
        How many rows of each kind there are, and how many were rejected.

    Raises:
        InputError: a file cannot be read, or there is no event or no posting.
    """
    postings, bad_postings = _records(Posting, files.postings or files.events)
    events, bad_events = _records(Event, files.events)
    said, bad_candidates = _records(Candidate, *files.candidates)
    first = {row["posting_id"]: row for row in reversed(postings)}
    turns = {(row["event_id"], row["event_time"]): row for row in reversed(events)}
    kept = [row for row in turns.values() if row["kind"] != EventKind.IMPRESSION]
    newest = {row["candidate_id"]: row for row in sorted(said, key=lambda row: row["updated_at"])}
    if not kept or not first:
        raise InputError(
            f"{files.events} holds {len(kept)} events, and there are {len(first)} postings; give "
            "files with some of each, postings of their own by --postings"
        )
    postings_and_events = posting_table(list(first.values())), event_table(kept)
    write_tables(folder, *postings_and_events, stated_table(list(newest.values())))
    return {
        "events": len(kept),
        "items": len(first),
        "rejected": bad_events + bad_postings + bad_candidates,
    }


def posting_table(rows: Rows) -> pa.Table:
    """Return open postings, by fields of `records.Posting`, as a table; what is absent is null."""
    row_type = spark_type(Posting).add("open", t.BooleanType())
    return _table([{"open": True, **row} for row in rows], row_type)


def event_table(rows: Rows) -> pa.Table:
    """Return events, by fields of `records.Event`, as a table; what is absent is null."""
    return _table(rows, spark_type(Event))


def stated_table(rows: Rows) -> pa.Table:
    """Return stated parts, by fields of `records.Candidate`, as a table; what is absent is null."""
    return _table(rows, spark_type(Candidate)).drop_columns(["schema_version"])


def write_tables(folder: Path, postings: pa.Table, events: pa.Table, stated: pa.Table) -> None:
    """Write tables, as `posting_table` and the others return them, as a dataset folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in (("postings", postings), ("events", events), ("stated", stated)):
        pq.write_table(table, folder / f"{name}.parquet")
    version = {"events_version": 0, "postings_version": 0}
    (folder / "version.json").write_text(json.dumps(version), encoding="utf-8")


def _records(kind: type[ImportedRecord], *files: Path) -> tuple[list[dict[str, Any]], int]:
    """Return the values of the rows of files, and how many rows were rejected."""
    rows: list[Row] = []
    rejected = 0
    sources = [SourceFile(file) for file in files]
    for source in sources:
        for result in read_rows(kind, source, ReadOptions()):
            if isinstance(result, Row):
                rows.append(result)
            rejected += isinstance(result, RejectedRow)
    if len(sources) > 1 or any(source.has_entries for source in sources):
        rows = [row for row in join_entries(rows) if isinstance(row, Row)]
    return [row.record.model_dump() for row in rows], rejected


def _table(rows: Rows, row_type: t.StructType) -> pa.Table:
    return pa.Table.from_pylist(list(rows), to_arrow_schema(row_type, timezone="UTC"))
