"""Real files that other people made; skipped where they are absent."""

import os
import re
from collections import Counter
from pathlib import Path

import pytest

from streaming.contract.records import Event, Posting
from streaming.importing import DuplicateRow, ReadOptions, RejectedRow, Row, SourceFile, read_rows

DATA = Path(os.environ.get("CAREERSTREAM_DATA", Path(__file__).parents[4] / "shared" / "data"))
ZH = (
    *("posting_id=job_id", "title=position", "employer=company", "place.locality=city"),
    *("place.region=district", "place.country:=CN", "education=diploma_requirement"),
    *("experience=experience", "industry=industry", "skills=lang", "salary.minimum=wage_min*1000"),
    *("salary.maximum=wage_max*1000", "salary.currency:=CNY", "salary.unit:=MONTH"),
    *("description=description+welfare",),
)


def read(kind, name, **options):
    file = DATA / name
    if not file.exists():
        pytest.skip(f"{file} is not here; it is no part of the project")
    return list(read_rows(kind, SourceFile(file), ReadOptions(**options)))


def test_english_postings_have_clean_texts_salaries_and_dates():
    rows = read(Posting, "postings-jsonld/postings_sample.jsonl")
    assert len(rows) == 300
    assert all(isinstance(row, Row) for row in rows)
    postings = [row.record for row in rows]
    assert len({posting.posting_id for posting in postings}) == 300
    for posting in postings:
        text = f"{posting.title}\n{posting.description}"
        assert not re.search(r"</?[a-z][^>]*>|&[a-z]+;|&#\d+;", text)
        assert posting.language == "en"
        assert posting.date_posted < posting.valid_through
        assert posting.employer
        assert posting.place.country == "GB"
    assert sum("\n" in posting.description for posting in postings) > 250
    salaries = [posting.salary for posting in postings if posting.salary]
    assert len(salaries) == 248
    assert all(0 < salary.minimum <= salary.maximum for salary in salaries)
    assert {(salary.currency, salary.unit) for salary in salaries} == {("GBP", "YEAR")}


def test_chinese_postings_go_through_a_mapping():
    rows = read(Posting, "postings-zh/postings_zh.csv", mapping=ZH)
    assert len(rows) == 6000
    assert all(isinstance(row, Row) for row in rows)
    postings = [row.record for row in rows]
    assert Counter(posting.language for posting in postings)["zh"] > 5800
    assert sum(posting.salary is None for posting in postings) == 108  # "#N/A" at both ends
    first = postings[0]
    assert (first.salary.minimum, first.salary.maximum) == (20_000, 40_000)
    assert first.place.model_dump() == {"locality": "北京", "region": None, "country": "CN"}


def test_every_view_is_accounted_for():
    rows = read(Event, "job-views/job_views.csv")
    assert len(rows) == 9_896
    assert not any(isinstance(row, RejectedRow) for row in rows)
    assert len({row.record.event_id for row in rows}) == 9_896 - 31
    assert len({row.key for row in rows}) == 2_738
    assert [row.line for row in rows] == list(range(2, 9_898))


def test_postings_are_derived_from_views():
    rows = read(Posting, "job-views/job_views.csv")
    kinds = Counter(type(row) for row in rows)
    assert kinds == {Row: 5_828, DuplicateRow: 9_896 - 5_828}
    postings = [row.record for row in rows if isinstance(row, Row)]
    assert all(posting.title and posting.place.country == "US" for posting in postings)
    assert not any(posting.date_posted for posting in postings)
    assert not any(posting.employer in {"", "NA"} for posting in postings)
