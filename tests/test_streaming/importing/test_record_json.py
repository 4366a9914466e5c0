from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streaming.contract.records import (
    Candidate,
    Event,
    EventKind,
    Place,
    Posting,
    Salary,
    SalaryUnit,
    to_json,
)

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
IDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=200)
TIMES = st.datetimes(
    min_value=datetime(1, 1, 2),  # noqa: DTZ001 - hypothesis adds the zone
    max_value=datetime(9999, 12, 30),  # noqa: DTZ001
    timezones=st.integers(-840, 840).map(lambda minutes: timezone(timedelta(minutes=minutes))),
)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
EVENTS = st.builds(
    Event,
    event_id=IDS,
    candidate_id=IDS,
    posting_id=IDS,
    kind=st.sampled_from(EventKind),
    event_time=TIMES,
    duration_seconds=st.none() | NUMBERS,
    rank=st.none() | st.integers(1, 100),
)
POSTINGS = st.builds(
    Posting,
    posting_id=IDS,
    title=TEXT,
    description=st.none() | TEXT,
    skills=st.lists(TEXT, max_size=3),
    place=st.none() | st.builds(Place, locality=st.none() | TEXT),
    salary=st.none() | st.builds(Salary, minimum=NUMBERS, unit=st.sampled_from(SalaryUnit)),
    date_posted=st.none() | TIMES,
)
CANDIDATES = st.builds(Candidate, candidate_id=IDS, updated_at=TIMES, wishes=st.lists(TEXT))


@given(EVENTS | POSTINGS | CANDIDATES)
def test_reading_what_was_written_gives_the_same_record_and_bytes(record):
    value = to_json(record)
    again = type(record).model_validate_json(value)
    assert again == record
    assert to_json(again) == value
    assert b"\n" not in value


def test_times_are_canonical_and_absent_fields_left_out():
    event = Event(
        event_id="e", candidate_id="c", posting_id="p", kind="view",
        event_time=datetime(2026, 1, 31, 10, 30, tzinfo=timezone(timedelta(hours=1))),
    )  # fmt: skip
    assert to_json(event) == (
        b'{"schema_version":1,"event_id":"e","candidate_id":"c","posting_id":"p","kind":"view",'
        b'"event_time":"2026-01-31T09:30:00.000000Z"}'
    )


def test_a_time_without_a_zone_is_utc():
    naive, as_utc = (
        Candidate(candidate_id="c", updated_at=time)
        for time in ("2026-01-31T09:30:00", datetime(2026, 1, 31, 9, 30, tzinfo=UTC))
    )
    assert to_json(naive) == to_json(as_utc)


def test_a_time_before_the_year_one_is_an_error():
    far = datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=5)))
    with pytest.raises(ValueError, match="cannot be written as JSON"):
        to_json(Candidate(candidate_id="c", updated_at=far))


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_numbers_that_json_lacks_are_refused(number):
    with pytest.raises(ValueError, match="finite"):
        Salary(minimum=number)
