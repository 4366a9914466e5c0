"""The fold against a specification that sorts everything and slices, written from the prose."""

import json
import random
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import groupby, pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from streaming.contract.records import Profile
from streaming.profiles.fold import (
    COUNTS,
    MAX_EVENTS,
    MAX_MARKED,
    ReceivedEvent,
    ReceivedStatedPart,
    fold,
)
from streaming.timestamps import format_timestamp

START = datetime(2026, 3, 1, tzinfo=UTC)
KINDS = ("impression", "view", "save", "apply", "dismiss", "hire")


def moment(minute):
    return format_timestamp(START + timedelta(minutes=minute))


def event(number=0, *, posting="p0", kind="view", minute=0, seconds=None, offset=0, back=False):
    return ReceivedEvent(
        event_id=f"e{number}",
        posting_id=posting,
        kind=kind,
        event_time=moment(minute),
        offset=offset,
        produced_at=moment(1_000 + offset),
        duration_seconds=seconds,
        withdrawn=back,
    )


def said(minute, offset=0, **parts):
    told = {"updated_at": moment(minute)} | parts
    return ReceivedStatedPart(told, offset, moment(1_000 + offset))


# --- the specification -------------------------------------------------------------------------


def first_of(records, key):
    """Group by a key; of each group the records that are least by offset."""
    ordered = sorted(records, key=lambda r: (key(r), r.offset))
    return {name: next(group) for name, group in groupby(ordered, key)}


def expected(records):
    """The profile of all records at once, without `triggered_by`; None where nothing counts."""
    events = [r for r in records if isinstance(r, ReceivedEvent)]
    events = [e for e in events if e.kind != "impression"]
    back = first_of(
        [e for e in events if e.withdrawn],
        lambda e: (e.event_time, e.event_id, e.kind, e.posting_id),
    )
    back = [back[key] for key in sorted(back)][-500:]
    taken = {(e.event_time, e.event_id) for e in back}
    events = [e for e in events if not e.withdrawn]
    clicks = first_of(
        events,
        lambda e: (e.event_time, e.event_id, e.kind, e.posting_id, str(e.duration_seconds)),
    )
    distinct = {}
    for key in sorted(clicks, reverse=True):
        distinct[key[:2]] = clicks[key]
    held = [distinct[key] for key in sorted({*distinct, *taken})[-50:] if key not in taken]
    marks = {
        "applied": newest_marks(events, back, ("apply", "hire")),
        "dismissed": newest_marks(events, back, ("dismiss",)),
    }
    stated = newest_stated(r for r in records if isinstance(r, ReceivedStatedPart))
    kept = [*held, *marks["applied"], *marks["dismissed"], *back]
    if not kept and stated is None:
        return None
    tops = {}
    times = [e.event_time for e in kept]
    if kept:
        tops["events"] = max(e.offset for e in kept)
    if stated is not None:
        tops["candidates"] = stated[1]
        if len(stated[0]) > 1 or not kept:
            times.append(stated[0]["updated_at"])
    return {
        "schema_version": 1,
        "candidate_id": "c",
        "version": sum(top + 1 for top in tops.values()),
        "offsets": tops,
        "as_of": max(times),
        **({} if stated is None else {"stated": stated[0]}),
        "events": [
            {
                "event_id": e.event_id,
                "posting_id": e.posting_id,
                "kind": e.kind,
                "event_time": e.event_time,
                **({} if e.duration_seconds is None else {"duration_seconds": e.duration_seconds}),
                "offset": e.offset,
            }
            for e in held
        ],
        **{
            part: [
                {"posting_id": e.posting_id, "event_time": e.event_time, "offset": e.offset}
                for e in entries
            ]
            for part, entries in marks.items()
        },
        **({"withdrawn": [withdrawal(e) for e in back]} if back else {}),
    }


def withdrawal(e):
    return {
        "event_id": e.event_id,
        "posting_id": e.posting_id,
        "kind": e.kind,
        "event_time": e.event_time,
        "offset": e.offset,
    }


def newest_marks(events, back, kinds):
    """The newest 500 postings, done or taken back; then those whose newest is done."""
    events = [e for e in events if e.kind in kinds]
    per_time = first_of(events, lambda e: (e.posting_id, e.event_time))
    newest = {posting: per_time[posting, time] for posting, time in sorted(per_time)}
    taken = {e.posting_id: e.event_time for e in back if e.kind in kinds}
    times = [(e.event_time, posting) for posting, e in newest.items()]
    last = {
        posting: time for time, posting in sorted([*times, *((t, p) for p, t in taken.items())])
    }
    window = sorted((time, posting) for posting, time in last.items())[-500:]
    return [
        newest[posting]
        for time, posting in sorted(window)
        if posting in newest and newest[posting].event_time > taken.get(posting, "")
    ]


def newest_stated(records):
    """Of those with the newest time one that states nothing, or else the last of them.

    Of the same one again it is the first.
    """
    told = [(r, {k: v for k, v in r.stated.items() if v not in (None, [])}) for r in records]
    if not told:
        return None
    newest = max(stated["updated_at"] for _, stated in told)
    ends = sorted(
        ((r.offset, stated) for r, stated in told if stated["updated_at"] == newest),
        key=lambda pair: pair[0],
    )
    nothing = next((end for end in ends if len(end[1]) == 1), None)
    if nothing is not None:  # holds against what has the same time
        return nothing[1], nothing[0]
    stated = ends[-1][1]
    before = [offset for offset, other in ends if other != stated]
    return stated, min(offset for offset, _ in ends if not before or offset > before[-1])


# --- what is generated -------------------------------------------------------------------------

few_events = st.builds(
    event,
    number=st.integers(0, 5),
    posting=st.sampled_from(["p0", "p1", "p2", "p3"]),
    kind=st.sampled_from(KINDS),
    minute=st.integers(0, 4),
    seconds=st.sampled_from([None, 0.0, 2.5, 30.0]),
    back=st.sampled_from([False, False, False, True]),
)
many_events = st.builds(
    event,
    number=st.integers(0, 200),
    posting=st.integers(0, 60).map("p{}".format),
    kind=st.sampled_from(KINDS),
    minute=st.integers(0, 120),
    back=st.sampled_from([False, False, False, False, True]),
)
parts = st.builds(
    said,
    minute=st.integers(0, 4),
    skills=st.lists(st.sampled_from(["Java", "会计"]), max_size=2),
    language=st.sampled_from([None, "zh", "en"]),
    blocked_employers=st.lists(st.just("Ada"), max_size=1),
)
withdrawals = st.builds(said, minute=st.integers(0, 4))


def placed(records):
    """Give records the offsets of their order, each topic its own."""
    tops = {ReceivedEvent: 0, ReceivedStatedPart: 0}
    out = []
    for record in records:
        offset = tops[type(record)]
        tops[type(record)] += 1
        out.append(replace(record, offset=offset, produced_at=moment(1_000 + len(out))))
    return out


histories = st.one_of(
    st.lists(st.one_of(few_events, parts, withdrawals), max_size=25),
    st.lists(st.one_of(many_events, many_events, few_events, parts), min_size=60, max_size=160),
).map(placed)
cuts = st.lists(st.integers(0, 160), max_size=8)


def one_part_a_time(history):
    """Leave out stated parts of a time that another has: of those the later message counts."""
    taken, kept = set(), []
    for record in history:
        if isinstance(record, ReceivedStatedPart):
            if record.stated["updated_at"] in taken:
                continue
            taken.add(record.stated["updated_at"])
        kept.append(record)
    return placed(kept)


untied_histories = histories.map(one_part_a_time)


def batches(records, cuts):
    """Cut where told; equal and far cuts make empty batches and few."""
    edges = [0, *sorted(min(cut, len(records)) for cut in cuts), len(records)]
    return [records[a:b] for a, b in pairwise(edges)]


def fold_all(parts_of_history):
    """Fold batch by batch, through JSON between them as the state does."""
    profile, changes = None, []
    for batch in parts_of_history:
        folded = fold(profile, batch, "c")
        if folded.changed:
            profile = json.loads(json.dumps(folded.profile))
            changes.append(profile)
    return profile, changes


def bare(profile):
    return profile and {k: v for k, v in profile.items() if k != "triggered_by"}


def without_places(profile):
    """What a profile says, apart from where on the topics it was read."""
    if profile is None:
        return None
    told = {k: v for k, v in bare(profile).items() if k not in ("version", "offsets")}
    for part in ("events", "applied", "dismissed", "withdrawn"):
        told[part] = [{k: v for k, v in e.items() if k != "offset"} for e in told.get(part, ())]
    return told


# --- the properties ----------------------------------------------------------------------------


@given(histories, cuts)
@settings(max_examples=200, deadline=None)
def test_any_batching_gives_what_the_specification_says(history, cuts):
    profile, _ = fold_all(batches(history, cuts))
    assert bare(profile) == expected(history)


@given(untied_histories, st.randoms(use_true_random=False), cuts)
@settings(max_examples=80, deadline=None)
def test_any_order_gives_the_same_profile(history, chance, cuts):
    shuffled = list(history)
    chance.shuffle(shuffled)
    profile, _ = fold_all(batches(placed(shuffled), cuts))
    assert without_places(profile) == without_places(expected(history))


@given(untied_histories, st.randoms(use_true_random=False), cuts)
@settings(max_examples=80, deadline=None)
def test_all_records_again_in_another_order_change_nothing(history, chance, cuts):
    profile, _ = fold_all([history])
    again = list(history)
    chance.shuffle(again)
    again = placed([*history, *again])[len(history) :]
    for batch in batches(again, cuts):
        folded = fold(profile, batch, "c")
        assert not folded.changed
        assert folded.profile == profile
        assert folded.counts["entered"] == 0


@given(histories, cuts)
@settings(max_examples=80, deadline=None)
def test_versions_grow_with_each_change_and_end_where_no_batching_matters(history, cuts):
    profile, changes = fold_all(batches(history, cuts))
    versions = [change["version"] for change in changes]
    assert versions == sorted(set(versions))
    at_once, _ = fold_all([history])
    assert (profile and profile["version"]) == (at_once and at_once["version"])


@given(histories, cuts)
@settings(max_examples=60, deadline=None)
def test_what_changes_is_what_is_told_and_names_its_oldest_cause(history, cuts):
    profile = None
    for batch in batches(history, cuts):
        folded = fold(profile, batch, "c")
        same = profile is not None and bare(folded.profile) == bare(profile)
        assert folded.changed != (same or folded.profile is None)
        assert set(folded.counts) == set(COUNTS)
        assert sum(folded.counts.values()) == len(batch)
        if folded.changed:
            Profile.model_validate(folded.profile)
            cause = folded.profile["triggered_by"]["produced_at"]
            assert cause in {record.produced_at for record in batch}
        profile = folded.profile


@given(histories, cuts)
@settings(max_examples=60, deadline=None)
def test_arguments_stay_as_they_are(history, cuts):
    profile = None
    for batch in batches(history, cuts):
        before, seen = deepcopy(profile), deepcopy(batch)
        folded = fold(profile, batch, "c")
        assert profile == before
        assert batch == seen
        profile = folded.profile


@given(st.integers(0, 1_000))
@settings(max_examples=10, deadline=None)
def test_marks_and_events_are_bounded_and_the_newest(seed):
    chance = random.Random(seed)
    history = [
        event(n, posting=f"p{chance.randrange(900)}", kind=kind, minute=chance.randrange(3_000))
        for n, kind in enumerate(["apply"] * 800 + ["dismiss"] * 700 + ["hire"] * 50)
    ]
    chance.shuffle(history)
    history = placed(history)
    profile, changes = fold_all(batches(history, [chance.randrange(1_500) for _ in range(30)]))
    assert bare(profile) == expected(history)
    assert len(profile["events"]) == MAX_EVENTS == 50
    assert len(profile["applied"]) <= MAX_MARKED == 500
    full = [p for p in changes if len(p["applied"]) == MAX_MARKED]
    assert full or len({e.posting_id for e in history if e.kind != "dismiss"}) < MAX_MARKED


# --- by example --------------------------------------------------------------------------------


def test_nothing_makes_no_profile():
    assert fold(None, [], "c").profile is None
    shown = fold(None, [event(kind="impression")], "c")
    assert (shown.profile, shown.changed, shown.counts["impressions"]) == (None, False, 1)


def test_an_event_too_old_to_enter_is_counted_and_changes_nothing():
    full = fold(None, placed([event(n, minute=100 + n) for n in range(50)]), "c").profile
    late = fold(full, [event(99, minute=1, offset=50)], "c")
    assert (late.profile, late.changed, late.counts["too_old"]) == (full, False, 1)


def test_an_application_too_old_for_the_events_still_marks_its_posting():
    full = fold(None, placed([event(n, minute=100 + n) for n in range(50)]), "c").profile
    late = fold(full, [event(99, posting="old", kind="apply", minute=1, offset=50)], "c")
    assert late.changed
    assert [mark["posting_id"] for mark in late.profile["applied"]] == ["old"]
    assert late.profile["events"] == full["events"]


def test_a_hire_counts_as_applied():
    profile = fold(None, [event(kind="hire", posting="p7")], "c").profile
    assert [mark["posting_id"] for mark in profile["applied"]] == ["p7"]


def test_of_twins_that_differ_the_same_one_stands_in_either_order():
    one, other = event(1, kind="save", posting="p1"), event(1, kind="view", posting="p0")
    for order in ([one, other], [other, one]):
        profile, _ = fold_all([[record] for record in placed(order)])
        assert [(e["kind"], e["posting_id"]) for e in profile["events"]] == [("save", "p1")]


def test_a_twin_without_duration_and_one_of_zero_seconds_need_no_order():
    twins = [event(1, seconds=None), event(1, seconds=0.0)]
    ends = [fold_all([placed(order)])[0] for order in (twins, twins[::-1])]
    assert without_places(ends[0]) == without_places(ends[1])


def test_the_newest_stated_part_counts_and_can_be_withdrawn():
    first = fold(None, [said(5, skills=["Java"], wishes=[])], "c").profile
    assert first["stated"] == {"updated_at": moment(5), "skills": ["Java"]}
    older = fold(first, [said(4, offset=1, skills=["Go"])], "c")
    assert (older.changed, older.counts["too_old"]) == (False, 1)
    withdrawn = fold(first, [said(6, offset=2)], "c").profile
    assert withdrawn["stated"] == {"updated_at": moment(6)}
    assert withdrawn["version"] > first["version"]
    late = fold(withdrawn, [said(5, offset=3, skills=["Go"])], "c")
    assert not late.changed


def test_of_two_stated_parts_of_one_time_the_later_message_counts():
    first, second = (
        said(5, blocked_employers=["Zeta"]),
        said(5, offset=1, blocked_employers=["Ada"]),
    )
    for parts_of_history in ([[first, second]], [[first], [second]]):
        profile, _ = fold_all(parts_of_history)
        assert profile["stated"]["blocked_employers"] == ["Ada"]
    again = fold(profile, [replace(second, offset=2)], "c")
    assert not again.changed


def test_a_stated_part_is_not_newer_than_its_message():
    ahead = ReceivedStatedPart({"updated_at": moment(120), "skills": ["Go"]}, 0, moment(10))
    profile = fold(None, [ahead], "c").profile
    assert (profile["stated"]["updated_at"], profile["as_of"]) == (moment(10), moment(10))
    later = ReceivedStatedPart({"updated_at": moment(11), "skills": ["Ada"]}, 1, moment(11))
    assert fold(profile, [later], "c").profile["stated"]["skills"] == ["Ada"]


def test_a_withdrawal_holds_though_another_clock_is_ahead():
    """The producer's clock is two hours ahead, also in the time of its message."""
    ahead = ReceivedStatedPart({"updated_at": moment(120), "skills": ["Go"]}, 0, moment(120))
    withdrawal = ReceivedStatedPart({"updated_at": moment(10)}, 1, moment(10))
    for parts_of_history in ([[ahead, withdrawal]], [[ahead], [withdrawal]]):
        profile, _ = fold_all(parts_of_history)
        assert profile["stated"] == {"updated_at": moment(120)}
    older = ReceivedStatedPart({"updated_at": moment(60), "skills": ["Go"]}, 2, moment(130))
    assert not fold(profile, [older], "c").changed
    assert not fold(profile, [replace(ahead, offset=2, produced_at=moment(130))], "c").changed
    newer = ReceivedStatedPart({"updated_at": moment(140), "skills": ["Go"]}, 2, moment(140))
    assert fold(profile, [newer], "c").profile["stated"]["skills"] == ["Go"]


def test_withdrawing_is_no_news_of_the_market():
    profile = fold(None, [event(minute=3), said(9, skills=["Java"])], "c").profile
    assert profile["as_of"] == moment(9)
    assert fold(profile, [said(50, offset=1)], "c").profile["as_of"] == moment(3)
    assert fold(None, [said(50)], "c").profile["as_of"] == moment(50)
