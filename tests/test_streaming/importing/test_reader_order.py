import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streaming.contract.records import Event, to_json
from streaming.errors import InputError
from streaming.importing import Row
from streaming.importing.external_sort import FAN_IN, sort_by_time, timed_row
from streaming.importing.replay_rate import ReplayRate

START = datetime(2026, 1, 31, tzinfo=UTC)


def row(line, minutes, candidate="c\t"):
    event = Event(
        event_id=f"e{line}",
        candidate_id=candidate,
        posting_id="p\n",
        kind="view",
        event_time=START + timedelta(minutes=minutes),
    )
    return Row(line, event, candidate, to_json(event))


@given(minutes=st.lists(st.integers(0, 9)), run_bytes=st.integers(1, 2000))
@settings(max_examples=50)
def test_the_merge_is_a_stable_sort_whatever_fits_in_memory(minutes, run_bytes, tmp_path_factory):
    rows = [row(line, minute) for line, minute in enumerate(minutes)]
    folder = tmp_path_factory.mktemp("runs")
    ordered = list(sort_by_time(iter(rows), folder, run_bytes=run_bytes))
    assert ordered == sorted(map(timed_row, rows), key=lambda row: row.time)


def test_more_runs_than_files_may_be_open(tmp_path):
    count = 2 * FAN_IN + 3
    rows = [row(line, line * 7 % 10) for line in range(count)]
    ordered = sort_by_time(rows, tmp_path, run_bytes=1)
    assert len(list(tmp_path.iterdir())) <= FAN_IN
    assert [(each.time, each.line) for each in ordered] == sorted(
        (each.time, each.line) for each in map(timed_row, rows)
    )


def test_nothing_in_nothing_out(tmp_path):
    assert list(sort_by_time([], tmp_path)) == []


def test_values_and_keys_survive(tmp_path):
    (only,) = sort_by_time([row(5, 0, "键\t\n")], tmp_path, run_bytes=1)
    assert (only.line, only.key) == (5, "键\t\n")
    assert json.loads(only.value)["posting_id"] == "p\n"


def test_pace_from_flags():
    assert ReplayRate.parse() == ReplayRate.parse("max") == ReplayRate()
    assert ReplayRate.parse("60x", "200/s") == ReplayRate(speed=60, rate=200)
    assert ReplayRate.parse("0.5", "10") == ReplayRate(speed=0.5, rate=10)


@pytest.mark.parametrize("flags", [("0x",), ("fast",), ("-1x",), ("max", "0/s"), ("max", "20/m")])
def test_a_wrong_pace_is_one_line(flags):
    with pytest.raises(InputError, match="is no number above zero; write --"):
        ReplayRate.parse(*flags)


@given(
    gaps=st.lists(st.floats(0, 1e6), min_size=1),
    speed=st.none() | st.floats(0.01, 1e6),
    rate=st.none() | st.floats(0.01, 1e6),
)
def test_the_schedule_never_runs_back_and_keeps_both_limits(gaps, speed, rate):
    pace = ReplayRate(speed=speed, rate=rate)
    moments = [sum(gaps[: index + 1]) for index in range(len(gaps))]
    due = [pace.due(index, moment) for index, moment in enumerate(moments)]
    assert due == sorted(due)
    for index, (moment, when) in enumerate(zip(moments, due, strict=True)):
        expected = [moment / speed if speed else 0, index / rate if rate else 0]
        assert when == max(expected)
