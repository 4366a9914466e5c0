import pytest
from hypothesis import given
from hypothesis import strategies as st

from streaming.contract.records import SalaryUnit
from streaming.importing.parsers.salary import parse_salary, parse_salary_text
from streaming.importing.parsers.values import (
    parse_event_kind,
    parse_integer,
    parse_language,
    parse_list,
    parse_number,
    parse_salary_unit,
)


def test_plain_values():
    assert [parse_number(text) for text in ("12", " 1,200.5", "1 200", "-3e2")] == [
        12, 1200.5, 1200, -300
    ]  # fmt: skip
    assert parse_integer("3.0") == 3
    assert parse_salary_unit("per annum") == parse_salary_unit("YEAR") == SalaryUnit.YEAR
    assert parse_event_kind(" VIEW") == "view"
    assert parse_list("Java, SQL；Java、Go | C++\nCI/CD,") == ["Java", "SQL", "Go", "C++", "CI/CD"]  # noqa: RUF001
    assert parse_list("Ada, Ltd; Bob & Co", commas=False) == ["Ada, Ltd", "Bob & Co"]
    assert [parse_language(tag) for tag in ("en", "en-GB", "zh_CN")] == ["en", "en", "zh"]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("['Rust', \"Go's\"]", ["Rust", "Go's"]),
        ('["会计", "Excel", 7]', ["会计", "Excel", "7"]),
        ("[]", []),
        ("['Ada, Ltd.' 'Bob']", ["Ada, Ltd.", "Bob"]),
        ('["Rust", null, true, "CI\\/CD"]', ["Rust", "CI/CD"]),
        ("[Rust, Go]", ["[Rust", "Go]"]),
        ("['Rust'", ["['Rust'"]),
        ("[" * 2_000 + "]" * 2_000, ["[" * 2_000 + "]" * 2_000]),
    ],
)
def test_a_list_as_json_or_python_writes_it(text, parts):
    assert parse_list(text) == parts


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
