"""Files whose rows go to a table of the lake: courses → Δ courses, audit groups → Δ groups.

Guarantee: each row is written once, or to a file of rejected rows with its reason. Importing a file
twice changes nothing.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from streaming.contract.audit_groups import AuditGroups
from streaming.contract.learning.course import Course
from streaming.importing import ReadOptions, RejectedRow, Row, SourceFile, read_rows
from streaming.importing.reject_file import RejectFile
from streaming.lake.tables import COURSES, GROUPS
from streaming.settings import Settings

R = TypeVar("R", Course, AuditGroups)
_TABLES = {Course: COURSES, AuditGroups: GROUPS}


@dataclass(frozen=True, kw_only=True)
class TableFile(Generic[R]):
    """What was read: read = written + repeated + rejected."""

    table: str
    """Where they go."""
    records: Sequence[R]
    """The last row of each id."""
    read_as: str
    read: int
    repeated: int
    rejected: dict[str, int]
    """By reason code."""
    rejects: Path | None


def read_table_file(
    settings: Settings, file: Path, kind: type[R], options: ReadOptions
) -> TableFile[R]:
    """Read a file of one kind of record, and write the rows that are none to HOME/rejected.

    Raises:
        InputError: the file as a whole cannot be read.
    """
    source = SourceFile(file, options.encoding)
    records: dict[str, R] = {}
    counts, rejected = Counter[str](), Counter[str]()
    with RejectFile(settings, file, _TABLES[kind].name) as rejects:
        for result in read_rows(kind, source, options):
            counts["read"] += 1
            if isinstance(result, Row) and isinstance(result.record, kind):
                counts["repeated"] += result.key in records
                records[result.key] = result.record
            elif isinstance(result, RejectedRow):
                rejected[str(result.reason)] += 1
                rejects.write(result)
        path = rejects.path
    return TableFile(
        table=_TABLES[kind].name,
        records=list(records.values()),
        read_as=source.read_as,
        read=counts["read"],
        repeated=counts["repeated"],
        rejected=dict(rejected),
        rejects=path,
    )
