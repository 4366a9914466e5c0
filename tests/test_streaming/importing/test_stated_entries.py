"""Rows that hold one entry each of what somebody states."""

import json

from streaming.contract.records import Candidate
from streaming.importing import ReadOptions, RejectedRow, Row, SourceFile, read_rows
from streaming.importing.stated_entries import join_entries

HELD = """Applicant.ID,Position.Name,Employer.Name,City,State.Name,State.Code,\
Start.Date,End.Date,Created.At
2,Cook,Inn,Leeds,Yorkshire,YK,2010-01-01,2012-01-01,2020-01-02 10:00:00 UTC
1,Welder,,NA,,,,,2020-01-01 10:00:00 UTC
2,Chef,Grand,Leeds,Yorkshire,YK,2012-01-01,,2020-01-02 10:00:00 UTC
"""
WISHED = """Applicant.ID,Position.Of.Interest,Created.At
2,Baker,2020-01-03 10:00:00 UTC
2,Baker,2020-01-04 10:00:00 UTC
"""


def rows_of(tmp_path, name, text, **options):
    file = tmp_path / name
    file.write_text(text, encoding="utf-8")
    source = SourceFile(file)
    return list(read_rows(Candidate, source, ReadOptions(**options))), source


def test_each_moment_holds_all_that_was_stated_until_then(tmp_path):
    held, source = rows_of(tmp_path, "held.csv", HELD)
    assert source.has_entries
    wished, _ = rows_of(tmp_path, "wished.csv", WISHED)
    joined = list(join_entries([*wished, *held]))
    values = [json.loads(row.value) for row in joined]
    assert [(v["candidate_id"], v["updated_at"][:10]) for v in values] == [
        ("1", "2020-01-01"),
        ("2", "2020-01-02"),
        ("2", "2020-01-03"),
        ("2", "2020-01-04"),
    ]
    assert values[0]["experience"] == [{"title": "Welder"}]
    assert [one["title"] for one in values[1]["experience"]] == ["Cook", "Chef"]
    assert values[1]["wishes"] == []
    assert values[3]["experience"] == values[1]["experience"]
    assert values[3]["wishes"] == ["Baker"]  # stated twice, held once
    assert "end_date" not in values[1]["experience"][1]


def test_a_row_is_one_entry_of_a_mapped_list(tmp_path):
    text = "who,when,job,town\n7,2020-01-01,Cook,Leeds\n7,2020-01-01,Chef,York\n"
    flags = (
        *("candidate_id=who", "updated_at=when"),
        *("experience.title=job", "experience.place.locality=town"),
    )
    rows, source = rows_of(tmp_path, "own.csv", text, mapping=flags, entries=True)
    assert source.has_entries
    [joined] = join_entries(rows)
    assert [one["place"]["locality"] for one in json.loads(joined.value)["experience"]] == [
        "Leeds",
        "York",
    ]


def test_what_is_too_large_together_is_rejected_and_named(tmp_path):
    text = "who,when,job\n" + "".join(f"7,2020-01-01,{n}{'x' * 50_000}\n" for n in range(30))
    flags = ("candidate_id=who", "updated_at=when", "experience.title=job")
    rows, _ = rows_of(tmp_path, "large.csv", text, mapping=flags, entries=True)
    assert all(isinstance(row, Row) for row in rows)
    [rejected] = join_entries(rows)
    assert isinstance(rejected, RejectedRow)
    assert rejected.text.startswith("7: ")
