from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streaming.importing.parsers.times import parse_time
from streaming.timestamps import format_timestamp


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("2020-10-22T14:30:36+0100", "2020-10-22T13:30:36.000000Z"),
        ("2020-10-22T14:30:36.5+01:00", "2020-10-22T13:30:36.500000Z"),
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000000Z"),
        ("2020-10-22t14:30z", "2020-10-22T14:30:00.000000Z"),
        ("2014-11-06 11:15:51 UTC", "2014-11-06T11:15:51.000000Z"),
        (" 2014-11-06  11:15:51 +0800 ", "2014-11-06T03:15:51.000000Z"),
        ("2014-11-06 11:15:51+08", "2014-11-06T03:15:51.000000Z"),
        ("2020-11-12T23:59:59.123456789Z", "2020-11-12T23:59:59.123456Z"),
        ("20201022T0930Z", "2020-10-22T09:30:00.000000Z"),
        ("2020/10/22 09:30", "2020-10-22T09:30:00.000000Z"),
        ("2020-1-5 9:30", "2020-01-05T09:30:00.000000Z"),
        ("20201022093059", "2020-10-22T09:30:59.000000Z"),
        ("Thu, 22 Oct 2020 14:30:36 +0100", "2020-10-22T13:30:36.000000Z"),
        ("22 Oct 2020 14:30:36 GMT", "2020-10-22T14:30:36.000000Z"),
        ("986000000", "2001-03-31T00:53:20.000000Z"),
        ("1604000000", "2020-10-29T19:33:20.000000Z"),
        ("1604000000123", "2020-10-29T19:33:20.123000Z"),
    ],
)
def test_times_in_many_spellings(text, canonical):
    assert format_timestamp(parse_time(text)) == canonical
    assert format_timestamp(parse_time(text, end_of_day=True)) == canonical


@pytest.mark.parametrize(
    "text",
    [
        "2020-10-22",
        "20201022",
        "2020-W43-4",
        "2020/10/22",
        "2020.10.22",
        "2020年10月22日",
        "22 October 2020",
        "22-Oct-2020",
        "Oct 22, 2020",
        "october 22 2020",
        "2020-10-22Z",
        "2020-10-22 UTC",
    ],
)
def test_a_date_begins_a_day_or_ends_it(text):
    assert format_timestamp(parse_time(text)) == "2020-10-22T00:00:00.000000Z"
    last = parse_time(text, end_of_day=True)
    assert format_timestamp(last) == "2020-10-22T23:59:59.999999Z"


def test_a_date_with_a_zone_is_a_day_there():
    assert format_timestamp(parse_time("2020-10-22+09:00")) == "2020-10-21T15:00:00.000000Z"
    last = parse_time("2020-10-22-03:30", end_of_day=True)
    assert format_timestamp(last) == "2020-10-23T03:29:59.999999Z"


@pytest.mark.parametrize(
    "text",
    [
        "03/04/2020",  # day and month
        "202010220930",  # a date or Unix milliseconds
        "20201022093",
        "1604000000000000",
        "2020-10-22-05",  # a zone, or an hour
        "2020-10-22x08:00",
        "22 Oct 2020 14:30:36 CST",  # Chicago or Shanghai
        "2020-10-22 09.30",
        "2020-10-22 09:00-17:00",  # a span
        "20201022 20201023",
        "soon", "", "2020-13-01", "2021-02-29", "0000-00-00", "12:30", "2020", "7",
    ],
)  # fmt: skip
def test_a_time_that_could_be_misread_is_refused(text):
    with pytest.raises(ValueError, match="write it as 2026-01-31T09:30:00Z"):
        parse_time(text)


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+08:00", "9999-12-31T23:59:59-05:00"])
def test_a_time_beyond_the_calendar_is_refused(text):
    with pytest.raises(ValueError, match="outside the years 1 to 9999"):
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


@given(st.text() | st.from_regex(r"[0-9TZ:+./ -]{1,30}", fullmatch=True), st.booleans())
def test_a_text_is_read_as_utc_or_is_a_value_error(text, end_of_day):
    try:
        moment = parse_time(text, end_of_day=end_of_day)
    except ValueError:
        return
    assert moment.tzinfo is UTC
