"""Times: any RFC 3339 time is read, nothing else, and one form is written."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import schema_values
from hypothesis import given, settings

from streaming.timestamps import (
    OUT_OF_RANGE_PATTERN,
    canonical_timestamp,
    format_timestamp,
    parse_timestamp,
)


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("2024-07-08T09:10:11Z", "2024-07-08T09:10:11.000000Z"),
        ("2024-07-08t09:10:11z", "2024-07-08T09:10:11.000000Z"),
        ("2024-07-08T09:10:11.123456Z", "2024-07-08T09:10:11.123456Z"),
        ("2024-07-08T09:10:11.5Z", "2024-07-08T09:10:11.500000Z"),
        ("2024-12-31T23:59:59.99999999999Z", "2024-12-31T23:59:59.999999Z"),
        ("2024-07-08T09:10:11-00:00", "2024-07-08T09:10:11.000000Z"),
        ("2024-07-08T09:10:11.000001+05:45", "2024-07-08T03:25:11.000001Z"),
        ("2015-06-30T23:59:60Z", "2015-07-01T00:00:00.000000Z"),
        ("2015-06-30T23:59:60.000000Z", "2015-07-01T00:00:00.000000Z"),
        ("2015-06-30T18:59:60.75-05:00", "2015-07-01T00:00:00.750000Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000000Z"),
        ("0001-01-01T00:00:00.7+00:00", "0001-01-01T00:00:00.700000Z"),
        ("0001-01-01T00:00:00-12:00", "0001-01-01T12:00:00.000000Z"),
        ("0001-01-01T12:00:00+11:59", "0001-01-01T00:01:00.000000Z"),
        ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59.000000Z"),
        ("9999-12-31T23:59:59.9999999-00:00", "9999-12-31T23:59:59.999999Z"),
        ("9999-12-31T23:59:59+14:00", "9999-12-31T09:59:59.000000Z"),
        ("9999-12-31T00:00:00-06:00", "9999-12-31T06:00:00.000000Z"),
    ],
)
def test_an_rfc_3339_time_is_read(text, canonical):
    assert canonical_timestamp(text) == canonical
    assert format_timestamp(parse_timestamp(text)) == canonical


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "1720429811",
        "2024-07-08",
        "2024-07-08T09:10:11",
        "2024-07-08 09:10:11Z",
        "2024-07-08+08:00",
        "20240708T091011Z",
        "2024-W28-1T09:10:11.000000Z",
        "2024-07-08T09:10Z",
        "2024-07-08T09:10:11,5Z",
        "2024-07-08T09:10:11.Z",
        "2024-07-08T09:10:11+0800",
        "2024-07-08T09:10:11+08",
        "2024-07-08T09:10:11+08:60",
        "2024-07-08T09:10:11+24:00",
        "2024-07-08T24:00:00Z",
        "2024-07-08T24:00:00.000000Z",
        "2024-07-08T09:60:11Z",
        "2024-07-08T09:10:60Z",
        "2024-07-08T09:10:61Z",
        "2015-07-01T07:59:60+07:00",
        "2023-02-29T09:10:11Z",
        "2023-02-29T09:10:11.000000Z",
        "2024-13-08T09:10:11Z",
        " 2024-07-08T09:10:11Z",
        "2024-07-08T09:10:11Z\n",
        "2024-07-08T09:10:11.000000Z\n",
        "٢٠٢٤-07-08T09:10:11Z",
        "12024-07-08T09:10:11Z",
        "0000-06-01T00:00:00Z",
        "0000-06-01T00:00:00.000000Z",
        "0001-01-01T00:00:00+00:01",
        "0001-01-01T07:59:60+08:00",
        "9999-12-31T23:59:59.5-00:01",
        "9999-12-31T23:59:60Z",
    ],
)
def test_anything_else_is_a_value_error(text):
    for read in (parse_timestamp, canonical_timestamp):
        with pytest.raises(ValueError, match=r"."):
            read(text)


@given(text=schema_values.TIMES)
@settings(max_examples=300)
def test_a_time_is_read_as_its_parts_say(text):
    """Times on the first and the last day that are refused are few, and all outside are."""
    if not schema_values.is_rfc3339(text):
        with pytest.raises(ValueError, match=r"."):
            parse_timestamp(text)
        return
    date, clock = text[:10], text[11:19]
    decimals = (*re.findall(r"\.([0-9]+)", text), "")[0]
    seconds = int(clock[:2]) * 3600 + int(clock[3:5]) * 60 + int(clock[6:])
    micros = int(decimals[:6].ljust(6, "0"))
    sign, hours, minutes = (text[-6], text[-5:-3], text[-2:]) if text[-1] not in "Zz" else "+00"
    east = timedelta(hours=int(hours), minutes=int(minutes)) * (-1 if sign == "-" else 1)
    midnight = datetime.fromisoformat(date).replace(tzinfo=UTC)
    try:
        moment = midnight + (timedelta(seconds=seconds, microseconds=micros) - east)
    except OverflowError:
        moment = None
    if moment is None or re.search(OUT_OF_RANGE_PATTERN, text):
        assert date in {"0001-01-01", "9999-12-31"}
        with pytest.raises(ValueError, match="years 1 to 9999"):
            parse_timestamp(text)
    else:
        assert parse_timestamp(text) == moment
        assert canonical_timestamp(text) == format_timestamp(moment)


def test_a_time_without_a_zone_is_not_written():
    with pytest.raises(ValueError, match="no time zone"):
        format_timestamp(datetime(2024, 7, 8))  # noqa: DTZ001 - that it has no zone is the point
