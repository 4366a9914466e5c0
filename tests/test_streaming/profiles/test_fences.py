"""The fold of people who were erased: nothing from before the fence, everything from after it."""

import pytest

from streaming.profiles.fences import Fence, fold_behind, is_fenced
from streaming.profiles.fold import ReceivedEvent, ReceivedStatedPart, fold

ERASED = "2026-03-05T00:00:00.000000Z"


def event(offset, kind="view"):
    moment = f"2026-03-{offset + 1:02}T00:00:00.000000Z"
    return ReceivedEvent(f"e{offset}", f"p{offset}", kind, moment, offset, moment)


def stated(offset, moment, **parts):
    return ReceivedStatedPart({"updated_at": moment, **parts}, offset, moment)


def withdrawal(offset, moment=ERASED):
    return ReceivedStatedPart({"updated_at": moment}, offset, moment)


BEFORE = [event(1), event(2, "apply"), stated(1, "2026-03-01T00:00:00.000000Z", skills=["Go"])]
AFTER = [event(10), stated(8, "2026-03-09T00:00:00.000000Z", skills=["Java"])]


def folded_in(parts):
    """Fold records in several batches; each may come with a fence."""
    document, outcomes = None, []
    for records, fence in parts:
        if fence is None and not is_fenced(document):
            document = fold(document, records, "c1").profile
            continue
        outcome = fold_behind(document, records, "c1", fence)
        document = outcome.document()
        outcomes.append(outcome)
    return outcomes


FENCE = Fence(events=5, at=ERASED)


@pytest.mark.parametrize(
    "parts",
    [
        [([*BEFORE, withdrawal(4)], FENCE)],
        [(BEFORE, None), ([withdrawal(4)], None), ([], FENCE)],
        [(BEFORE, None), ([], FENCE), ([withdrawal(4)], None)],
        [([], FENCE), (BEFORE, None), ([withdrawal(4)], None)],
        [([], Fence(events=5, at=ERASED, candidates=4)), (BEFORE, None), ([withdrawal(4)], FENCE)],
    ],
)
def test_nothing_is_left_in_whatever_order_the_topics_are_read(parts):
    outcomes = folded_in(parts)
    assert [outcome.profile for outcome in outcomes] == [None] * len(outcomes)
    assert outcomes[-1].document() == {"fence": {"events": 5, "at": ERASED, "candidates": 4}}


def test_a_fence_is_told_to_the_topic_also_where_the_state_knows_nobody():
    assert fold_behind(None, [], "c1", FENCE).changed
    assert not fold_behind({"fence": {"events": 5, "at": ERASED}}, BEFORE, "c1").changed


def test_who_comes_back_has_what_came_after_the_fence():
    [outcome] = folded_in([([*BEFORE, withdrawal(4), *AFTER], FENCE)])
    assert outcome.profile == fold(None, AFTER, "c1").profile
    assert outcome.counts["too_old"] == 4
    again = fold_behind(outcome.document(), BEFORE, "c1")
    assert (again.profile, again.changed) == (outcome.profile, False)


def test_a_stated_part_that_is_sent_again_does_not_return():
    old = ReceivedStatedPart(
        {"updated_at": "2026-03-01T00:00:00.000000Z", "skills": ["Go"]},
        9,
        "2026-03-09T00:00:00.000000Z",
    )
    outcomes = folded_in([([*BEFORE, withdrawal(4)], FENCE), ([old], None)])
    assert outcomes[-1].profile is None
    assert not outcomes[-1].changed


def test_somebody_who_was_erased_twice_has_the_later_fence():
    later = Fence(events=12, at="2026-03-20T00:00:00.000000Z")
    outcomes = folded_in([([*BEFORE, withdrawal(4), *AFTER], FENCE), ([withdrawal(9)], later)])
    assert outcomes[-1].profile is None
    assert outcomes[-1].fence == Fence(events=12, at=later.at, candidates=9)
