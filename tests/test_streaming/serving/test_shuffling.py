"""Which lists are shuffled, into which orders, and what that leaves as it was."""

from collections import Counter
from dataclasses import replace
from itertools import permutations

import orjson
import pytest
from scipy.stats import chisquare

from streaming.contract.records import ANONYMOUS
from streaming.serving.champion import ServingVersions
from streaming.serving.exploration.shuffling import (
    LENGTH,
    model_order,
    permutation,
    shuffle,
    shuffle_assignment,
)
from streaming.serving.list_values import recommendation_value
from streaming.serving.rollouts.rollout import Mode, Rollout

VERSIONS = ServingVersions("m", "1", 1)
IDS = [f"{number:032x}" for number in range(12_000)]


def items(count):
    return [
        {"rank": rank, "posting_id": f"p{rank}", "score": 1 / rank, "reasons": []}
        for rank in range(1, count + 1)
    ]


def made(share, candidate_id="c", version=1, count=12):
    profile = {"candidate_id": candidate_id, "version": version, "as_of": "2026-01-01T00:00:00Z"}
    return recommendation_value(profile, items(count), replace(VERSIONS, shuffle_share=share))


@pytest.mark.parametrize("share", [0.01, 0.2, 0.5])
def test_the_share_is_that_of_the_setting(share):
    drawn = sum(shuffle_assignment(one, share)["shuffled"] for one in IDS)
    assert (
        chisquare([drawn, len(IDS) - drawn], [share * len(IDS), (1 - share) * len(IDS)])[1] > 1e-3
    )


@pytest.mark.parametrize(
    "chosen", [lambda _: True, lambda one: shuffle_assignment(one, 0.5)["shuffled"]]
)
def test_every_order_is_equally_likely_also_among_those_that_are_drawn(chosen):
    ids = [one for one in IDS if chosen(one)]
    short = Counter(tuple(permutation(one, 4)) for one in ids)
    assert set(short) == set(permutations(range(4)))
    assert chisquare(list(short.values()))[1] > 1e-3
    for place in (0, 4, LENGTH - 1):
        at = Counter(permutation(one, 25)[place] for one in ids)
        assert sorted(at) == list(range(LENGTH))
        assert chisquare(list(at.values()))[1] > 1e-3


@pytest.mark.parametrize("count", [0, 1, 2, 10, 25])
def test_the_first_ten_change_places_and_keep_all_else(count):
    before, list_id = items(count), IDS[7]
    after = shuffle(before, list_id)
    assert [one["rank"] for one in after] == list(range(1, count + 1))
    assert after[LENGTH:] == before[LENGTH:]
    scores = {one["posting_id"]: one["score"] for one in before}
    assert {one["posting_id"]: one["score"] for one in after} == scores
    assert model_order(after, list_id) == before
    assert after == shuffle(before, list_id)


def test_a_list_says_that_it_was_shuffled_and_is_the_same_again():
    lists = [made(0.2, version=number) for number in range(200)]
    assert {one["shuffle"]["propensity"] for one in lists} == {0.2}
    for number, one in enumerate(lists):
        in_order = [item["posting_id"] for item in one["items"]] == [f"p{n}" for n in range(1, 13)]
        assert in_order != one["shuffle"]["shuffled"]
        assert orjson.dumps(one) == orjson.dumps(made(0.2, version=number))
    assert 20 < sum(one["shuffle"]["shuffled"] for one in lists) < 60
    assert made(0.2)["recommendation_id"] != made(0.1)["recommendation_id"]


def test_without_a_share_and_for_everybody_nothing_changes():
    off = made(None)
    assert "shuffle" not in off
    assert off["items"] == items(12)
    assert made(0.5, ANONYMOUS) == made(None, ANONYMOUS)
    assert orjson.loads(VERSIONS.to_json()) == {
        "model_name": "m", "model_version": "1", "catalogue_version": 1,
    }  # fmt: skip


@pytest.mark.parametrize(("mode", "share"), [(Mode.CANARY, 0.1), (Mode.SHADOW, None)])
def test_versions_keep_the_share_and_nobody_shuffles_for_nobody(mode, share):
    rollout = Rollout(
        rollout_id="r", mode=mode, share=0.5, salt="s", champion_version="1", model_version="2",
        started_at="2026-01-01T00:00:00Z",
    )  # fmt: skip
    versions = replace(VERSIONS, rollout=rollout, shuffle_share=0.1)
    assert ServingVersions.from_json(versions.to_json()) == versions
    assert versions.challenger.shuffle_share == share
