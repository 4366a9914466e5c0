"""What a site saves and what is said in conversations: neither undoes the other."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from streaming.contract.records import Profile
from streaming.profiles.fences import Fence, fold_behind
from streaming.profiles.fold import ReceivedStatedPart, fold
from streaming.profiles.stated_parts import MAX_SAID, StatedParts
from streaming.timestamps import format_timestamp

START = datetime(2026, 3, 1, tzinfo=UTC)


def moment(minute):
    return format_timestamp(START + timedelta(minutes=minute))


def saying(turn, value, field="wishes", *, minute=0, **more):
    return {"turn_id": turn, "said_at": moment(minute), "field": field, "value": value} | more


def saved(minute, **lists):
    return {"updated_at": moment(minute)} | lists


def message(stated, offset=0, minute=1_000):
    return ReceivedStatedPart(stated, offset, moment(minute + offset))


def with_said(stated, *said):
    """What a conversation publishes: the merged whole of a stated part, and what was said."""
    parts = StatedParts.of(stated) if stated else StatedParts(None)
    return StatedParts(parts.saved, (*parts.said, *said)).document()


def folded(*stated):
    return fold(None, [message(one, offset) for offset, one in enumerate(stated)], "c").profile


def test_what_was_said_joins_the_lists_and_the_site_does_not_undo_it():
    first = saved(1, wishes=["baker"], places=["Hangzhou"])
    told = with_said(first, saying("t1", "night shift", minute=2))
    again = saved(3, wishes=["baker", "cook"])

    stated = folded(first, told, again)["stated"]

    assert stated["wishes"] == ["baker", "cook", "night shift"]
    assert "places" not in stated  # the site's newest part counts
    assert stated["saved"] == {"updated_at": moment(3), "wishes": ["baker", "cook"]}
    assert stated["updated_at"] == moment(3)
    Profile.model_validate(folded(first, told, again))


def test_a_message_with_what_was_said_does_not_undo_a_newer_save():
    first, newer = saved(1, wishes=["baker"]), saved(3, wishes=["cook"])
    told = with_said(first, saying("t1", "night shift", minute=4))  # made before the newer one came
    assert folded(first, newer, told)["stated"]["wishes"] == ["cook", "night shift"]


def test_an_entry_leaves_a_list_and_comes_back_when_that_is_taken_back():
    first = saved(1, places=["Hangzhou", "Ningbo"])
    gone = saying("t1", "Hangzhou", "places", minute=2, removes=True)
    told = with_said(first, gone)
    assert folded(first, told)["stated"]["places"] == ["Ningbo"]
    back = with_said(told, {**gone, "withdrawn": True})
    assert folded(first, told, back)["stated"]["places"] == ["Hangzhou", "Ningbo"]
    assert folded(first, back, told)["stated"]["places"] == ["Hangzhou", "Ningbo"]


def test_a_hard_wish_is_an_entry_too():
    must = {"field": "place", "value": "Hangzhou"}
    told = with_said(None, saying("t1", None, "must", minute=2, must=must))
    stated = folded(told)["stated"]
    assert stated["must"] == [must]
    assert stated["saved"] == {}


def test_nobodys_stated_part_begins_with_what_they_say_and_an_older_save_still_counts():
    told = with_said(None, saying("t1", "baker", minute=9))
    assert folded(told)["stated"]["updated_at"] == moment(9)
    stated = folded(told, saved(3, wishes=["cook"]))["stated"]
    assert stated["wishes"] == ["cook", "baker"]


def test_a_withdrawal_takes_what_was_said_too_and_holds_against_copies():
    told = with_said(saved(1, wishes=["cook"]), saying("t1", "baker", minute=2))
    withdrawal = ReceivedStatedPart({"updated_at": moment(1_001)}, 1, moment(1_001))
    parts = [message(told), withdrawal, message(told, 2)]
    assert fold(None, parts, "c").profile["stated"] == {"updated_at": moment(1_001)}


def test_a_fence_keeps_out_what_a_later_message_copies_from_before_it():
    told = with_said(
        saved(1, wishes=["cook"]), saying("t1", "baker", minute=2), saying("t2", "spy", minute=900)
    )
    fence = Fence(events=5, at=moment(500), candidates=4)
    profile = fold_behind(None, [message(told, 7)], "c", fence).profile
    assert profile["stated"]["wishes"] == ["spy"]
    assert profile["stated"]["saved"] == {}
    assert "cook" not in json.dumps(profile)


def test_no_time_is_later_than_its_message():
    told = with_said(saved(5_000, wishes=["cook"]), saying("t1", "baker", minute=6_000))
    stated = folded(told)["stated"]
    assert {stated["updated_at"], stated["saved"]["updated_at"]} == {moment(1_000)}


def test_the_newest_things_said_are_kept():
    many = [saying(f"t{n}", f"wish {n}", minute=n) for n in range(MAX_SAID + 20)]
    stated = folded(with_said(None, *many))["stated"]
    assert len(stated["said"]) == MAX_SAID == 200
    assert stated["said"][0]["turn_id"] == "t20"


sayings = st.builds(
    saying,
    turn=st.sampled_from(["t1", "t2", "t3"]),
    value=st.sampled_from(["a", "b"]),
    field=st.sampled_from(["wishes", "skills"]),
    minute=st.integers(0, 3),
    removes=st.sampled_from([None, True]),
    withdrawn=st.sampled_from([None, None, True]),
)
saves = st.builds(
    saved, st.integers(0, 4), wishes=st.lists(st.sampled_from("abc"), min_size=1, max_size=2)
)


@given(
    st.lists(st.one_of(saves, st.lists(sayings, min_size=1, max_size=3)), max_size=12),
    st.lists(st.integers(0, 12), max_size=4),
)
@settings(max_examples=150, deadline=None)
def test_any_batching_gives_the_same_and_everything_said_is_there(history, cuts):
    parts, current = [], None
    for offset, one in enumerate(history):
        stated = with_said(current, *one) if isinstance(one, list) else one
        parts.append(message(stated, offset))
        current = fold(None, parts, "c").profile["stated"]
    profile = None
    edges = [0, *sorted(min(cut, len(parts)) for cut in cuts), len(parts)]
    for first, last in pairwise(edges):
        after = fold(profile, parts[first:last], "c").profile
        profile = json.loads(json.dumps(after)) if after else profile
    at_once = fold(None, parts, "c").profile
    if profile is None:
        assert at_once is None
        return
    without = {"triggered_by"}
    assert {k: v for k, v in profile.items() if k not in without} == {
        k: v for k, v in at_once.items() if k not in without
    }
    said = {
        (one["turn_id"], one["said_at"], one["field"], one["value"], one["removes"])
        for entries in history
        if isinstance(entries, list)
        for one in entries
    }
    held = {
        (one["turn_id"], one["said_at"], one["field"], one["value"], one.get("removes"))
        for one in at_once["stated"].get("said", ())
    }
    assert held == said
    again = fold(profile, [replace(one, offset=one.offset + 100) for one in parts], "c")
    assert again.profile["stated"] == profile["stated"]
