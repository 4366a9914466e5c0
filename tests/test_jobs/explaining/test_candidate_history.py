"""Profiles without an event, against the fold of the other events."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.explaining.candidate_history import CandidateHistory
from streaming.errors import InputError
from streaming.profiles.fold import fold
from streaming.profiles.fold_inputs import received_event, received_stated_part, without_trigger

KINDS = ("impression", "view", "save", "apply", "dismiss", "hire")
STATED = {"updated_at": "2026-01-01T00:00:00.000000Z", "skills": ["Java"]}


def row(offset, kind="view", posting_id="p", minute=None):
    minute = offset if minute is None else minute
    return {
        "offset": offset,
        "event_id": f"e{offset}",
        "posting_id": posting_id,
        "kind": kind,
        "event_time": f"2026-02-01T{minute // 60:02}:{minute % 60:02}:00.000000Z",
        "duration_seconds": None,
    }


def folded(rows, stated=None):
    received = [received_event(one, one["offset"]) for one in rows]
    received += [received_stated_part(stated, 3)] if stated else []
    profile = fold(None, received, "c").profile
    return None if profile is None else without_trigger(profile)


@st.composite
def streams(draw):
    """Events of some kinds on some postings, in any order of their times."""
    count = draw(st.integers(1, 70))
    minutes = draw(st.permutations(range(count)))
    return [
        row(offset, draw(st.sampled_from(KINDS)), draw(st.sampled_from("abcdef")), minute)
        for offset, minute in enumerate(minutes)
    ]


@given(streams(), st.sampled_from([None, STATED]), st.data())
def test_without_an_event_is_the_fold_of_the_others(rows, stated, data):
    profile = folded(rows, stated)
    if profile is None:
        return
    history = CandidateHistory.of(profile, rows)
    assert history.gives(profile)
    left_out = data.draw(st.sampled_from([one["event_id"] for one in rows]))
    others = [
        one
        for one in rows
        if one["event_id"] != left_out and one["offset"] <= profile["offsets"].get("events", -1)
    ]
    expected = folded(others, stated)
    if expected == profile:
        with pytest.raises(InputError, match="is not in the profile"):
            history.without_event(left_out)
    else:
        assert history.without_event(left_out).profile() == expected


def test_what_had_been_pushed_out_comes_back():
    rows = [row(n, posting_id=f"p{n}") for n in range(51)]
    profile = folded(rows)
    assert "p0" not in {event["posting_id"] for event in profile["events"]}
    events = CandidateHistory.of(profile, rows).without_event("e50").profile()["events"]
    assert [event["posting_id"] for event in events] == [f"p{n}" for n in range(50)]


@pytest.mark.parametrize(
    ("event_id", "reason"),
    [
        ("e0", "50 newer events have pushed it out"),
        ("e51", "an impression is in no profile"),
        ("e60", "it came after this version"),
        ("nobody's", "Δ events holds no such event of candidate c"),
    ],
)
def test_an_event_that_does_not_count_is_told(event_id, reason):
    rows = [row(n, posting_id=f"p{n}") for n in range(51)]
    profile = folded(rows)
    history = CandidateHistory.of(profile, [*rows, row(51, "impression"), row(60)])
    with pytest.raises(InputError, match=reason):
        history.without_event(event_id)


def test_an_event_missing_from_the_lake_is_noticed():
    rows = [row(n) for n in range(3)]
    assert not CandidateHistory.of(folded(rows), rows[:2]).gives(folded(rows))


def test_additions_are_folded_and_leave_the_moment():
    profile = folded([row(5)], STATED)
    history = CandidateHistory.of(profile, [row(5)])
    more = history.with_event("save", "q", profile["as_of"])
    more = more.with_stated("wishes", "Nurse", profile["as_of"]).profile()
    assert more["as_of"] == profile["as_of"]
    assert [event["posting_id"] for event in more["events"]] == ["p", "q"]
    assert more["stated"]["wishes"] == ["Nurse"]
    assert more["stated"]["skills"] == ["Java"]
    fewer = history.without_stated("skills", ["Java"]).without_posting("p").profile()
    assert fewer["events"] == []
    assert fewer["stated"].keys() == {"updated_at"}
