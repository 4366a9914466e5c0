"""Measuring rankers on what candidates did later, and the gate over it."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.data.dataset import HeldOut
from training.evaluation.bootstrap import Interval, mean_interval
from training.evaluation.offline_evaluation import (
    GATE_METRIC,
    EvaluationCases,
    EvaluationProtocol,
    RankerQuality,
    difference,
    evaluate_ranker,
    make_cases,
)
from training.ranking.most_popular import MostPopularRanker
from training.registry.model_registry import ModelRef
from training.registry.packaging import ENCODER_DECODER, MOST_POPULAR
from training.registry.promotion_gate import Report, gate

QUICK = EvaluationProtocol(draws=200)


def nobody(**parts):
    return {"candidate_id": "c", "events": [], "applied": [], "dismissed": [], **parts}


def ref(version, kind):
    return ModelRef(name="m", version=version, kind=kind, run_id="r", cut=None)


def make_report(lead_champion, lead_popular, candidates=50, reigning=MOST_POPULAR):
    point = Interval(0.3, 0.2, 0.4)
    names = ("challenger", "champion", MOST_POPULAR)
    return Report(
        challenger=ref("3", ENCODER_DECODER),
        champion=ref("1", reigning),
        cut="2026-01-31T00:00:00.000000Z",
        candidates=candidates,
        left_out=2,
        quality={name: {GATE_METRIC: point} for name in names} if candidates else {},
        coverage=dict.fromkeys(names, 0.5),
        lead={"champion": lead_champion, MOST_POPULAR: lead_popular} if candidates else {},
    )


def test_metrics_are_what_a_hand_computes(make_catalogue, day):
    # Without dates and counts everything ties, so the list is p0 … p9 of twelve.
    catalogue = make_catalogue(*({"posting_id": f"p{n:02}"} for n in range(12)))
    held_out = [
        HeldOut(nobody(), day(1), ("p02", "p11")),
        HeldOut(nobody(), day(1), ("p00",)),
        HeldOut(nobody(), day(1), ("p11",)),
    ]
    cases = make_cases(held_out, catalogue, {"p02", "p00"}, QUICK)
    found = evaluate_ranker(MostPopularRanker(), catalogue, cases, QUICK).per_candidate
    by_case = {tuple(case.targets): n for n, case in enumerate(cases.held_out)}
    two, first, out = by_case[("p02", "p11")], by_case[("p00",)], by_case[("p11",)]
    assert found["hr@1"][[two, first, out]].tolist() == [0, 1, 0]
    assert found["hr@5"][[two, first, out]].tolist() == [1, 1, 0]
    assert found["mrr"][[two, first, out]].tolist() == [pytest.approx(1 / 3), 1, 0]
    ideal = 1 + 1 / math.log2(3)
    assert found["ndcg@10"][two] == pytest.approx((1 / math.log2(4)) / ideal)
    assert found["seen/ndcg@10"][two] == pytest.approx(1 / math.log2(4))
    assert found["unseen/hr@10"][two] == 0
    assert math.isnan(found["seen/hr@10"][out])
    assert math.isnan(found["unseen/hr@10"][first])


def test_coverage_counts_whatever_was_shown(make_catalogue, day):
    catalogue = make_catalogue(*({"posting_id": f"p{n:02}"} for n in range(40)))
    cases = make_cases([HeldOut(nobody(), day(1), ("p01",))], catalogue, (), QUICK)
    assert evaluate_ranker(MostPopularRanker(), catalogue, cases, QUICK).coverage == 10 / 40


def test_only_targets_that_a_list_may_hold_count(catalogue, day):
    known = {"posting_id": "p01", "event_time": day(1)}
    held_out = [
        HeldOut(nobody(dismissed=[known]), day(10), ("p01", "p05", "p20", "unheard", "p02", "p03")),
        HeldOut(nobody(), day(10), ("p05",)),  # closed
        HeldOut(nobody(), day(10), ("p20",)),  # not open yet
    ]
    cases = make_cases(held_out, catalogue, (), QUICK)
    assert [case.targets for case in cases.held_out] == [("p02", "p03")]
    assert cases.left_out == 2


def test_the_sample_of_candidates_is_seeded(dataset, cut):
    _, held_out = dataset.split_at(cut)
    few = EvaluationProtocol(candidates=10)
    one, again = (make_cases(held_out, dataset.catalogue, (), few) for _ in range(2))
    other = make_cases(held_out, dataset.catalogue, (), EvaluationProtocol(candidates=10, seed=8))
    assert one == again
    assert len(one.held_out) == 10
    assert one != other


def test_what_happens_later_changes_no_profile(dataset, cut):
    _, held_out = dataset.split_at(cut)
    assert len(held_out) == 60
    for case in held_out:
        assert all(event["event_time"] <= cut for event in case.profile["events"])
        assert case.as_of > cut
        assert case.targets == ("p20", "p21")


def test_without_cases_nothing_is_claimed(catalogue):
    quality = evaluate_ranker(
        MostPopularRanker(), catalogue, EvaluationCases((), frozenset(), 0), QUICK
    )
    assert quality.intervals(QUICK) == {}
    assert quality.coverage == 0


@given(
    st.lists(st.floats(0, 1), min_size=1, max_size=60),
    st.integers(0, 2**31),
)
def test_an_interval_holds_its_estimate_and_repeats(values, seed):
    one = mean_interval(np.array(values), draws=100, seed=seed)
    assert one == mean_interval(np.array(values), draws=100, seed=seed)
    assert one.estimate == pytest.approx(np.mean(values))
    slack = 1e-9
    assert min(values) - slack <= one.low <= one.high <= max(values) + slack


def test_the_interval_is_about_as_wide_as_theory_says():
    values = np.random.default_rng(1).random(400)
    found = mean_interval(values, draws=2000, seed=7)
    expected = 1.96 * values.std() / math.sqrt(len(values))
    assert found.high - found.estimate == pytest.approx(expected, rel=0.15)
    assert found.estimate - found.low == pytest.approx(expected, rel=0.15)


def test_differences_are_paired():
    chance = np.random.default_rng(2)
    base = chance.random(100)
    one, other = (RankerQuality({GATE_METRIC: base + lead}, 0.1) for lead in (0.05, 0.0))
    found = difference(one, other, GATE_METRIC, QUICK)
    assert found.low == pytest.approx(0.05)
    assert found.high == pytest.approx(0.05)


ABOVE, ACROSS, BELOW = (
    Interval(0.1, 0.05, 0.15),
    Interval(0.1, -0.01, 0.2),
    Interval(-0.1, -0.2, 0),
)


@pytest.mark.parametrize(
    ("champion", "popular", "passed"),
    [
        (ABOVE, ABOVE, True),
        (ACROSS, ABOVE, False),
        (ABOVE, ACROSS, False),
        (BELOW, ABOVE, False),
        (ABOVE, Interval(0.0, 0.0, 0.0), False),
    ],
)
def test_the_gate_wants_both_leads_beyond_chance(champion, popular, passed):
    verdict = gate(make_report(champion, popular))
    assert verdict.passed is passed
    assert f"{champion.estimate:+.4f} [{champion.low:+.4f}, {champion.high:+.4f}]" in verdict.text
    assert "\n" not in verdict.text


@pytest.mark.parametrize(
    ("champion", "popular", "passed"),
    [
        (Interval(0.0, -0.014, 0.02), ABOVE, True),  # the champion's 0.3 times the margin: 0.015
        (Interval(-0.01, -0.014, -0.005), ABOVE, True),
        (Interval(0.0, -0.016, 0.02), ABOVE, False),
        (ABOVE, ABOVE, True),
        (ABOVE, ACROSS, False),
    ],
)
def test_one_of_its_own_kind_need_only_be_matched(champion, popular, passed):
    verdict = gate(make_report(champion, popular, reigning=ENCODER_DECODER))
    assert verdict.passed is passed
    assert ("is not worse by more than the 0.0150" in verdict.text) is passed
    assert not gate(make_report(Interval(0.0, -0.014, 0.02), ABOVE)).passed


def test_the_gate_says_no_without_anything_to_measure():
    verdict = gate(make_report(None, None, candidates=0))
    assert not verdict.passed
    assert "cannot be measured" in verdict.text


def test_a_report_is_flat():
    flat = make_report(ABOVE, ACROSS).to_dict()
    assert flat["ndcg@10"] == 0.3
    assert flat["ndcg@10/low"] == 0.2
    assert flat["champion/ndcg@10/high"] == 0.4
    assert flat["baselines/most-popular/lead/ndcg@10"] == 0.1
    assert flat["users"] == 50
    assert flat["coverage"] == 0.5
    assert all(isinstance(value, str | int | float) for value in flat.values())
