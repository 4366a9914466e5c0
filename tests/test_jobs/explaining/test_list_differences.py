"""Differences of two lists, and what moves between them, in words."""

import orjson

from jobs.explaining.counterfactuals import moves
from jobs.explaining.replay import MAX_DIFFERENCES, differences


def value(*items, as_of="2026-03-01"):
    entries = [
        {"rank": rank, "posting_id": posting_id, "score": score}
        for rank, (posting_id, score) in enumerate(items, start=1)
    ]
    return {"as_of": as_of, "items": entries}


def told(one, other):
    return differences(orjson.dumps(one), orjson.dumps(other))


def test_fields_places_and_scores_are_told():
    first, second = value(("a", 1), ("b", 2)), value(("a", 3), ("c", 2), ("d", 1), as_of="now")
    assert told(first, first) == []
    assert told(first, second) == [
        "as_of: 2026-03-01 was recorded, now comes now",
        "place 1: score of a",
        "place 2: b was recorded, c comes now",
        "place 3: nothing was recorded, d comes now",
    ]


def test_there_are_not_too_many():
    many = value(*((str(n), n) for n in range(50)))
    assert len(told(many, value())) == MAX_DIFFERENCES


def test_moves_follow_the_new_list_and_end_with_what_is_gone():
    before, after = value(("a", 1), ("b", 2), ("c", 3)), value(("c", 1), ("d", 2))
    assert [tuple(one.values()) for one in moves(before, after)] == [
        ("c", 3, 1), ("d", None, 2), ("a", 1, None), ("b", 2, None),
    ]  # fmt: skip
