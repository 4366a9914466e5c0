from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streaming.contract.records import SalaryUnit
from streaming.importing.salary_parser import parse_salary, parse_salary_text
from streaming.importing.value_parsers import (
    parse_event_kind,
    parse_integer,
    parse_language,
    parse_list,
    parse_number,
    parse_salary_unit,
    parse_time,
)
from streaming.timestamps import format_timestamp


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("2020-10-22T14:30:36+0100", "2020-10-22T13:30:36.000000Z"),
        ("2020-10-22T14:30:36.5+01:00", "2020-10-22T13:30:36.500000Z"),
        ("2014-11-06 11:15:51 UTC", "2014-11-06T11:15:51.000000Z"),
        (" 2014-11-06  11:15:51 +0800 ", "2014-11-06T03:15:51.000000Z"),
        ("2020-11-12T23:59:59.123456789Z", "2020-11-12T23:59:59.123456Z"),
        ("2020-10-22", "2020-10-22T00:00:00.000000Z"),
        ("20201022", "2020-10-22T00:00:00.000000Z"),
        ("2020/10/22 09:30", "2020-10-22T09:30:00.000000Z"),
        ("2020年10月22日", "2020-10-22T00:00:00.000000Z"),
        ("22 October 2020", "2020-10-22T00:00:00.000000Z"),
        ("Oct 22, 2020", "2020-10-22T00:00:00.000000Z"),
        ("Thu, 22 Oct 2020 14:30:36 +0100", "2020-10-22T13:30:36.000000Z"),
        ("1604000000", "2020-10-29T19:33:20.000000Z"),
        ("1604000000123", "2020-10-29T19:33:20.123000Z"),
    ],
)
def test_times_in_many_spellings(text, canonical):
    assert format_timestamp(parse_time(text)) == canonical


@pytest.mark.parametrize("text", ["03/04/2020", "soon", "", "2020-13-01", "0000-00-00", "12:30"])
def test_a_time_that_could_be_misread_is_refused(text):
    with pytest.raises(ValueError, match="write it as 2026-01-31T09:30:00Z"):
        parse_time(text)


@given(
    st.datetimes(
        min_value=datetime(1900, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
        timezones=st.just(UTC) | st.just(timezone(timedelta(hours=-7))),
        max_value=datetime(9000, 1, 1),  # noqa: DTZ001
    )
)
def test_any_iso_time_is_read_exactly(moment):
    assert parse_time(moment.isoformat()) == moment
    assert parse_time(format_timestamp(moment)) == moment


def test_a_last_day_is_included():
    assert (
        format_timestamp(parse_time("2020-11-12", end_of_day=True)) == "2020-11-12T23:59:59.999999Z"
    )
    assert format_timestamp(parse_time("12 November 2020", end_of_day=True)).startswith(
        "2020-11-12T23:59"
    )
    assert format_timestamp(parse_time("2020-11-12T00:00:00Z", end_of_day=True)).endswith(
        "T00:00:00.000000Z"
    )


def test_plain_values():
    assert [parse_number(text) for text in ("12", " 1,200.5", "1 200", "-3e2")] == [
        12, 1200.5, 1200, -300
    ]  # fmt: skip
    assert parse_integer("3.0") == 3
    assert parse_salary_unit("per annum") == parse_salary_unit("YEAR") == SalaryUnit.YEAR
    assert parse_event_kind(" VIEW") == "view"
    assert parse_list("Java, SQL；Java、Go | C++\nCI/CD,") == ["Java", "SQL", "Go", "C++", "CI/CD"]  # noqa: RUF001
    assert [parse_language(tag) for tag in ("en", "en-GB", "zh_CN")] == ["en", "en", "zh"]


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (parse_number, "1,2"),
        (parse_number, "ten"),
        (parse_integer, "1.5"),
        (parse_salary_unit, "pro rata"),
        (parse_event_kind, "looked"),
        (parse_language, "English"),
    ],
)
def test_what_is_not_understood_is_quoted_back(read, text):
    with pytest.raises(ValueError, match=repr(text)):
        read(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("£31,365 to £37,890 pa", (31365, 37890, "GBP", "YEAR")),
        ("£15.66 - 25.05 per hour", (15.66, 25.05, "GBP", "HOUR")),
        ("£17 - £17.45 P/H (DOE) + enhancements + £4,000", (17, 17.45, "GBP", "HOUR")),
        ("£43,000 per annum (£20 per hour)", (43000, 43000, "GBP", "YEAR")),
        ("Up to £35,000", (None, 35000, "GBP", None)),
        ("from £39,332", (39332, None, "GBP", None)),
        ("30-40k", (30000, 40000, None, None)),
        ("€31.365,00", (31365, 31365, "EUR", None)),
        ("10 000 - 12 000 PLN per month", (10000, 12000, "PLN", "MONTH")),
        ("¥20000-30000/月", (20000, 30000, "CNY", "MONTH")),
    ],
)
def test_salaries_in_words(text, expected):
    found = parse_salary_text(text)
    assert (found.minimum, found.maximum, found.currency, found.unit) == expected


@pytest.mark.parametrize(
    "text",
    ["Competitive", "Band 6", "37.5 hours", "from January 2020", "12.1% extra", "", "NP22 5PW"],
)
def test_no_money_no_salary(text):
    assert parse_salary_text(text) is None
    assert parse_salary({"value": {"value": text, "unitText": "YEAR"}, "currency": "GBP"}) is None


@given(st.text())
def test_no_text_breaks_the_salary(text):
    found = parse_salary_text(text)
    assert found is None or found.minimum is not None or found.maximum is not None


def test_structured_salaries():
    nested = {"minValue": "31,365", "maxValue": 37890, "unitText": "YEAR", "value": "£1 to £2"}
    expected = {"currency": "GBP", "minimum": 31365, "maximum": 37890, "unit": "YEAR"}
    assert parse_salary({"currency": "gbp", "value": nested}) == expected
    assert parse_salary({"currency": "gbp", **nested}) == expected
    assert parse_salary([None, {}, {"currency": "gbp", "value": nested}]) == expected
    assert parse_salary({"value": {"minValue": 9, "maxValue": 5}})["minimum"] == 5
    assert parse_salary(50_000, "usd") == {"currency": "USD", "minimum": 50_000, "maximum": 50_000}
    assert parse_salary({"value": {"minValue": "£31,365", "maxValue": 0}}) == {"minimum": 31365}
    for nothing in (None, {}, [], "", {"value": {"minValue": 0}}, {"value": float("nan")}):
        assert parse_salary(nothing) is None
