"""Joins rows that hold one entry each of what somebody states: a position held, a wish, a skill.

A message on `candidates` replaces the one before it. So for each moment at which somebody stated
something, there is one record of all that they had stated until then.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from streaming.contract.records import Candidate
from streaming.importing.rows import RejectedRow, Row, RowError, build_row


def join_entries(rows: Iterable[Row]) -> Iterator[Row | RejectedRow]:
    """Join rows of candidates, which may be of several files; all are in memory at once.

    Lists are joined in the order of the rows, without repeated entries; of other fields the newest
    value counts. The line is that of the last row.
    """
    said = [(row.record, row.line) for row in rows if isinstance(row.record, Candidate)]
    said.sort(key=lambda own: (own[0].candidate_id, own[0].updated_at))
    for candidate_id, own_rows in groupby(said, key=lambda own: own[0].candidate_id):
        whole: dict[str, Any] = {}
        for _, moment in groupby(own_rows, key=lambda own: own[0].updated_at):
            together = list(moment)
            for record, _ in together:
                _add(whole, record.model_dump(exclude_defaults=True))
            line = together[-1][1]
            try:
                yield build_row(Candidate, whole, line)
            except RowError as error:  # all entries together are too large
                yield RejectedRow(line, error.reason, f"{candidate_id}: {error}", "")


def _add(whole: dict[str, Any], said: dict[str, Any]) -> None:
    for name, value in said.items():
        if isinstance(value, list):
            known = whole.setdefault(name, [])
            known.extend(entry for entry in value if entry not in known)
        else:
            whole[name] = value
