"""Hard wishes are rules of the list: what does not say that it meets them is not in it."""

import pyarrow as pa
import pytest

from streaming.contract.records import Posting
from streaming.contract.spark_types import spark_type
from streaming.serving.catalogue import Catalogue
from streaming.serving.champion import ServingVersions
from streaming.serving.list_values import recommendation_value
from streaming.wishes.hard_wishes import parsed_pay

NOW = "2026-03-01T00:00:00.000000Z"
POSTINGS = [
    {
        "posting_id": "paris",
        "title": "Go developer (remote)",
        "skills": ["Go", "SQL"],
        "place": {"locality": "Paris", "country": "FR"},
        "salary": {"minimum": 48_000.0, "maximum": 60_000.0, "currency": "EUR", "unit": "YEAR"},
        "employment_type": "FULL_TIME",
        "industry": "Finance",
    },
    {
        "posting_id": "hangzhou",
        "title": "会计",
        "description": "在公司办公室办公。",
        "skills": ["财务报表"],
        "place": {"locality": "杭州市", "region": "浙江"},
        "salary": {"minimum": 8_000.0, "maximum": 12_000.0, "currency": "CNY", "unit": "MONTH"},
        "employment_type": "PART_TIME",
        "industry": "金融",
    },
    {"posting_id": "silent", "title": "Gopher keeper"},
]


@pytest.fixture(scope="module")
def catalogue():
    names = spark_type(Posting).names
    rows = [{name: one.get(name) for name in names} | {"open": True} for one in POSTINGS]
    table = pa.Table.from_pylist(rows)
    for name in ("date_posted", "valid_through"):
        times = pa.array([None] * len(rows), pa.timestamp("us", tz="UTC"))
        table = table.set_column(table.column_names.index(name), name, times)
    return Catalogue.of(table, 1)


@pytest.mark.parametrize(
    ("field", "value", "met"),
    [
        ("place", "paris", {"paris"}),
        ("place", "杭州", {"hangzhou"}),
        ("place", "Par", set()),
        ("place", "", set()),
        ("work_mode", "remote", {"paris"}),
        ("work_mode", "on_site", {"hangzhou"}),
        ("work_mode", "floating", set()),
        ("salary", "5000 EUR MONTH", {"paris"}),
        ("salary", "5001 EUR MONTH", set()),
        ("salary", "10000", {"hangzhou"}),
        ("salary", "60000 EUR YEAR", {"paris"}),
        ("salary", "as much as possible", set()),
        ("salary", "1 EUR FORTNIGHT", set()),
        ("contract", "PART_TIME", {"hangzhou"}),
        ("occupation", "developer", {"paris"}),
        ("skill", "go", {"paris"}),
        ("industry", "finance", {"paris"}),
    ],
)
def test_what_a_posting_does_not_say_it_does_not_meet(catalogue, field, value, met):
    def listed(**more):
        stated = {"must": [{"field": field, "value": value, **more}]}
        allowed = catalogue.eligible({"stated": stated}, NOW)
        return {posting for posting, row in catalogue.rows.items() if allowed[row]}

    assert listed() == met
    assert listed(excluded=True) == {"paris", "hangzhou", "silent"} - met


def test_all_hard_wishes_count(catalogue):
    musts = [{"field": "place", "value": "Paris"}, {"field": "skill", "value": "财务报表"}]
    assert not catalogue.eligible({"stated": {"must": musts}}, NOW).any()
    assert catalogue.eligible({"stated": {"must": []}}, NOW).all()


def test_pay_without_a_period_is_a_months():
    assert parsed_pay("20000 CNY") == parsed_pay("20000 CNY MONTH") == (20_000.0, "CNY")


@pytest.mark.parametrize(
    ("language", "text"), [("en", "It is remote, as you ask."), ("zh", "远程")]
)
def test_reasons_name_what_was_insisted_on(language, text):
    must = [
        {"field": "work_mode", "value": "remote"},
        {"field": "place", "value": "Ulm", "excluded": True},
    ]
    stated = {"updated_at": NOW, "language": language, "must": must}
    profile = {"candidate_id": "c", "version": 3, "as_of": NOW, "stated": stated}
    item = {"rank": 1, "posting_id": "p", "score": 1.0, "reasons": [{"kind": "fresh", "text": "x"}]}
    value = recommendation_value(profile, [item], ServingVersions("m", "1", 1))
    first, second = value["items"][0]["reasons"]
    assert first == item["reasons"][0]
    assert text in second["text"]
    assert second["words"] == ["remote"]
    assert len(item["reasons"]) == 1
