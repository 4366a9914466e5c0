"""What people had stated by a moment, from files of candidates."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from streaming.contract.records import Candidate
from streaming.importing import ReadOptions, Row, SourceFile, read_rows
from streaming.importing.stated_entries import join_entries
from streaming.timestamps import format_timestamp


def stated_parts(files: Sequence[Path]) -> dict[str, list[Candidate]]:
    """Read what each candidate had stated, in the order of time.

    Raises:
        InputError: a file cannot be read.
    """
    rows = [
        row
        for file in files
        for row in read_rows(Candidate, SourceFile(file), ReadOptions())
        if isinstance(row, Row)
    ]
    parts: defaultdict[str, list[Candidate]] = defaultdict(list)
    for row in join_entries(rows):
        if isinstance(row, Row) and isinstance(row.record, Candidate):
            parts[row.record.candidate_id].append(row.record)
    return parts


def stated_by(parts: Sequence[Candidate], moment: datetime) -> Candidate | None:
    """Return the newest of somebody's stated parts that is not after a moment."""
    known = bisect_right(parts, moment, key=lambda part: part.updated_at)
    return parts[known - 1] if known else None


def as_profile_part(part: Candidate) -> dict[str, Any]:
    """Return a stated part as it stands in a profile, in JSON's types."""
    said: dict[str, Any] = orjson.loads(
        part.model_dump_json(exclude={"candidate_id", "schema_version"})
    )
    return said | {"updated_at": format_timestamp(part.updated_at)}
