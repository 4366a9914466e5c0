"""A data set from files, without a broker or a lake: what the benchmark measures on."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyspark.sql import types as t
from pyspark.sql.pandas.types import to_arrow_schema

from streaming.contract.records import Candidate, Event, EventKind, Posting
from streaming.contract.spark_types import spark_type
from streaming.errors import InputError
from streaming.importing import ImportedRecord, ReadOptions, RejectedRow, Row, SourceFile, read_rows
from streaming.serving.catalogue import Catalogue
from training.data.dataset import Dataset, build_dataset


@dataclass(frozen=True)
class DatasetFiles:
    """Files that `careerstream import` reads."""

    events: Path
    postings: Path | None = None
    """None: the rows of events have columns of their postings, as in a known layout."""
    candidates: Path | None = None
    """None: nobody has stated anything."""


def read_dataset(files: DatasetFiles) -> Dataset:
    """Read files into a data set; rows that are no record are skipped, and counted in `version`.

    Of postings with one id the first counts, of stated parts of one candidate the newest.

    Raises:
        InputError: a file cannot be read, or there is no event or no posting.
    """
    postings, bad_postings = _records(Posting, files.postings or files.events)
    events, bad_events = _records(Event, files.events)
    said, bad_candidates = _records(Candidate, files.candidates) if files.candidates else ([], 0)
    first = {row["posting_id"]: {**row, "open": True} for row in reversed(postings)}
    newest = {row["candidate_id"]: row for row in sorted(said, key=lambda row: row["updated_at"])}
    turns = [row for row in events if row["kind"] != EventKind.IMPRESSION]
    if not turns or not first:
        raise InputError(
            f"{files.events} holds {len(turns)} events, and there are {len(first)} postings; give "
            "files with some of each"
        )
    posting_type = spark_type(Posting).add("open", t.BooleanType())
    rejected = {"events": bad_events, "postings": bad_postings, "candidates": bad_candidates}
    return build_dataset(
        Catalogue.of(_table(list(first.values()), posting_type), 0),
        _table(turns, spark_type(Event)),
        _table(list(newest.values()), spark_type(Candidate)).drop_columns(["schema_version"]),
        {"events_version": 0, "postings_version": 0, "rejected": rejected},
    )


def _records(kind: type[ImportedRecord], file: Path) -> tuple[list[dict[str, Any]], int]:
    """Return the values of a file's rows, and how many rows were rejected."""
    results = list(read_rows(kind, SourceFile(file), ReadOptions()))
    values = [result.record.model_dump() for result in results if isinstance(result, Row)]
    return values, sum(isinstance(result, RejectedRow) for result in results)


def _table(rows: list[dict[str, Any]], row_type: t.StructType) -> pa.Table:
    return pa.Table.from_pylist(rows, to_arrow_schema(row_type, timezone="UTC"))
