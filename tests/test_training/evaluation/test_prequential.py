"""The turns of candidates, what was known before each, and rankers measured on them."""

import math
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streaming.timestamps import format_timestamp
from training.data.dataset import Dataset, hold_back
from training.evaluation.bootstrap import mean_interval
from training.evaluation.prequential import (
    SEGMENTS,
    EvaluationProtocol,
    evaluate_lists,
    evaluate_ranker,
    held_out_turns,
    recommend,
)
from training.ranking.most_popular import MostPopularRanker

START = datetime(2026, 1, 1, tzinfo=UTC)
QUICK = EvaluationProtocol(draws=200)


def day(number):
    return format_timestamp(START + timedelta(days=number))


def look(candidate, posting, when, kind="view"):
    return {
        "candidate_id": candidate,
        "posting_id": posting,
        "kind": kind,
        "event_time": day(when),
        "event_id": f"{candidate}-{posting}-{when}",
    }


@pytest.fixture
def make(dataset_writer, tmp_path):
    """Build a data set of postings p0 … p9, undated but for what `dated` maps to a day."""

    def build(*events, stated=(), dated=None, **parts):
        dates = dated or {}
        postings = [
            {"posting_id": f"p{n}", "title": "Baker"}
            | ({"date_posted": day(dates[f"p{n}"])} if f"p{n}" in dates else {})
            | parts.get(f"p{n}", {})
            for n in range(10)
        ]
        folder = tmp_path / "data"
        dataset_writer(folder, postings=postings, events=list(events), stated=list(stated))
        return Dataset.read(folder)

    return build


def targets(turns):
    return [(case.profile["candidate_id"], case.targets[0]) for case in turns.cases]


def eligible(data, turns, turn):
    case = turns.case(turn)
    allowed = data.catalogue.eligible(case.profile, case.as_of)
    return {id_ for id_, may in zip(data.catalogue.posting_ids, allowed, strict=True) if may}


def test_each_turn_counts_once_and_its_event_joins_the_profile(make):
    data = make(
        look("b", "p0", 1),
        look("a", "p1", 2),
        look("a", "p2", 11),
        look("b", "p3", 12),
        look("a", "p2", 13),  # again
        look("b", "p4", 14, "dismiss"),
        look("a", "p5", 15),
    )
    turns = held_out_turns(data, day(10), QUICK)
    assert targets(turns) == [("a", "p2"), ("b", "p3"), ("a", "p5")]
    assert [case.as_of for case in turns.cases] == [day(11), day(12), day(15)]
    known = [[event["posting_id"] for event in case.profile["events"]] for case in turns.cases]
    assert known == [["p1"], ["p0"], ["p1", "p2", "p2"]]


def test_whoever_nothing_is_known_of_is_counted_apart(make):
    said = {"candidate_id": "b", "updated_at": day(1), "skills": ["Baking"]}
    empty = {"candidate_id": "c", "updated_at": day(1), "language": "en"}
    later = {"candidate_id": "d", "updated_at": day(20), "skills": ["Baking"]}
    events = [look(who, "p1", 11 + n) for n, who in enumerate("abcd")]
    turns = held_out_turns(make(*events, stated=[said, empty, later]), day(10), QUICK)
    assert targets(turns) == [("b", "p1")]
    assert turns.nothing_known == 3


def test_a_target_that_no_list_may_hold_is_left_out(make):
    events = [look("a", "p0", 1), look("a", "p1", 11), look("a", "p2", 12), look("a", "p3", 13)]
    data = make(*events, dated={"p2": 40}, p1={"open": False}, p3={"valid_through": day(13.5)})
    turns = held_out_turns(data, day(10), QUICK)
    assert targets(turns) == [("a", "p3")]
    assert turns.left_out == 2


def test_an_undated_target_competes_with_its_own_status(make):
    data = make(
        look("a", "p0", 1),
        look("b", "p1", 2),
        look("b", "p2", 3),
        look("a", "p1", 11),
        look("a", "p3", 12),
        look("b", "p3", 12),  # at the same moment: nobody had turned to it before
    )
    turns = held_out_turns(data, day(10), QUICK)
    assert targets(turns) == [("a", "p1"), ("a", "p3"), ("b", "p3")]
    assert turns.seen.tolist() == [True, False, False]
    assert eligible(data, turns, 0) == {"p1", "p2"}
    untouched = {f"p{n}" for n in range(3, 10)}
    assert eligible(data, turns, 1) == eligible(data, turns, 2) == untouched


def test_a_dated_target_competes_with_all_that_was_open(make):
    dated = {f"p{n}": n for n in range(9)} | {"p9": 30}
    data = make(look("a", "p0", 1), look("b", "p1", 2), look("a", "p5", 11), dated=dated)
    turns = held_out_turns(data, day(10), QUICK)
    assert not turns.seen.any()
    assert eligible(data, turns, 0) == {f"p{n}" for n in range(1, 9)}


def test_metrics_are_what_a_hand_computes(make):
    events = [look(who, "p0", 1) for who in "abc"]
    events += [look("a", "p1", 11), look("b", "p2", 12), look("c", "p3", 13)]
    data = make(*events, dated={f"p{n}": 0 for n in range(10)})
    turns = held_out_turns(data, day(10), QUICK)
    lists = [["p1", "p5"], ["p5", "p4", "p2"], ["p8"]]
    found = evaluate_lists(lists, data.catalogue, turns)
    assert found.per_turn["ndcg@10"].tolist() == [1, pytest.approx(1 / math.log2(4)), 0]
    assert found.per_turn["hr@10"].tolist() == [1, 1, 0]
    assert found.coverage == 0.5
    estimates = turns.estimate(found.per_turn["hr@10"], QUICK)
    assert estimates["all"].estimate == pytest.approx(2 / 3)
    assert set(estimates) == {"all", "with events", "unseen"}


def test_a_list_is_what_the_ranker_itself_makes(make, tmp_path):
    events = [look(who, f"p{n}", 1 + n / 9) for n, who in enumerate("aabbb")]
    data = make(*events, look("a", "p4", 11), look("b", "p7", 12))
    turns = held_out_turns(data, day(10), QUICK)
    ranker = MostPopularRanker(data.until(day(10)).counts)
    ranker.prepare(data.catalogue, tmp_path)
    seen, unseen = recommend(ranker, tmp_path, turns)
    assert set(seen) == {"p2", "p3", "p4"}
    assert set(unseen) == {"p5", "p6", "p7", "p8", "p9"}
    quality = evaluate_ranker(ranker, data.catalogue, turns)
    assert quality.per_turn["hr@10"].tolist() == [1, 1]


def test_whole_candidates_are_sampled(market_dataset):
    data = Dataset.read(market_dataset)
    cut = data.cut(0.5)
    every, few = (held_out_turns(data, cut, EvaluationProtocol(turns=n)) for n in (9_999, 40))
    again = held_out_turns(data, cut, EvaluationProtocol(turns=40))
    other = held_out_turns(data, cut, EvaluationProtocol(turns=40, seed=8))
    assert 20 < len(few) <= 40 < len(every)
    assert few.cases == again.cases != other.cases
    for owner in few.owners:
        assert (few.owners == owner).sum() == (every.owners == owner).sum()
    moments = [case.as_of for case in every.cases]
    assert moments == sorted(moments)
    for case in every.cases:
        assert all(event["event_time"] <= case.as_of for event in case.profile["events"])
    assert set(every.segments) == set(SEGMENTS)
    sampled = every.sample(40, seed=3)
    assert 20 < len(sampled) <= 40
    for owner in sampled.owners:
        assert (sampled.owners == owner).sum() == (every.owners == owner).sum()
    cases = list(every.cases)
    places = [cases.index(case) for case in sampled.cases]
    assert places == sorted(places)
    assert [every.case(place) for place in places] == [sampled.case(n) for n in range(len(places))]
    assert every.sample(len(every), seed=3) is every


def test_without_turns_nothing_is_claimed(make):
    data = make(look("a", "p0", 1))
    turns = held_out_turns(data, day(10), QUICK)
    quality = evaluate_ranker(MostPopularRanker(), data.catalogue, turns)
    assert turns.estimate(quality.per_turn["ndcg@10"], QUICK) == {}
    assert quality.coverage == 0


def test_equal_scores_are_in_no_order_of_the_ids(dataset_writer, tmp_path):
    """Ids often grow with time: the older of equal postings must not lead."""
    rows = [{"posting_id": f"{n:05}", "title": "Baker"} for n in range(2_000)]
    data = Dataset.read(dataset_writer(tmp_path / "data", postings=rows, events=[], stated=[]))
    (tmp_path / "folder").mkdir()
    ranker = MostPopularRanker()
    ranker.prepare(data.catalogue, tmp_path / "folder")
    [items] = ranker.rank([{}], [day(1)], tmp_path / "folder", 1_000)
    first = np.array([int(item["posting_id"]) for item in items])
    assert abs(first.mean() - 1_000) < 60  # of half the ids; the lower half would have 500
    assert abs(np.corrcoef(first, np.arange(len(first)))[0, 1]) < 0.1


def test_what_is_held_back_is_read_by_nobody(dataset_writer, tmp_path):
    said = {"candidate_id": "a", "updated_at": day(12), "skills": ["Baking"]}
    rows = [{"posting_id": "p0", "title": "Baker"}]
    events = [look(f"c{n}", "p0", n) for n in range(10)]
    folder = dataset_writer(tmp_path, postings=rows, events=events, stated=[said])
    hold_back(folder, 0.2)
    data = Dataset.read(folder)
    assert len(data.times) == 8
    assert data.counts.made_at == day(7)
    assert data.stated == (None,) * 11


@given(
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 9)), min_size=1, max_size=60),
    st.integers(0, 2**31),
)
def test_an_interval_holds_its_estimate_and_repeats(pairs, seed):
    values, owners = np.array([pair[0] for pair in pairs]), np.array([pair[1] for pair in pairs])
    one = mean_interval(values, draws=100, seed=seed, owners=owners)
    assert one == mean_interval(values, draws=100, seed=seed, owners=owners)
    assert one.estimate == pytest.approx(np.mean(values))
    slack = 1e-9
    assert min(values) - slack <= one.low <= one.high <= max(values) + slack


def test_the_interval_is_about_as_wide_as_theory_says():
    values = np.random.default_rng(1).random(400)
    found = mean_interval(values, draws=2000, seed=7)
    expected = 1.96 * values.std() / math.sqrt(len(values))
    assert found.high - found.estimate == pytest.approx(expected, rel=0.15)
    assert found.estimate - found.low == pytest.approx(expected, rel=0.15)


def test_turns_of_one_candidate_are_one_observation():
    """Repeating each value nine times makes no interval narrower."""
    values = np.random.default_rng(1).random(400)
    alone = mean_interval(values, draws=2000, seed=7)
    owners = np.repeat(np.arange(400), 9)
    repeated = mean_interval(np.repeat(values, 9), draws=2000, seed=7, owners=owners)
    assert repeated.low == pytest.approx(alone.low)
    assert repeated.high == pytest.approx(alone.high)
