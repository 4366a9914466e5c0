"""The gate over what was measured of challenger, champion and the most popular."""

import pytest

from training.evaluation.bootstrap import Interval
from training.evaluation.prequential import ALL, GATE_METRIC
from training.registry.model_registry import ModelRef
from training.registry.packaging import ENCODER_DECODER, MOST_POPULAR
from training.registry.promotion_gate import ENOUGH, Report, gate

ABOVE, ACROSS, BELOW = (
    Interval(0.1, 0.05, 0.15),
    Interval(0.1, -0.01, 0.2),
    Interval(-0.1, -0.2, -0.01),
)


def ref(version, kind):
    return ModelRef(name="m", version=version, kind=kind, run_id="r", cut=None)


def make_report(champion, popular, candidates=ENOUGH, reigning=MOST_POPULAR, **segments):
    """Build a report; `segments` maps names to candidates and leads on champion and popular."""
    counts = {ALL: candidates} if candidates else {}
    leads = {"champion": {ALL: champion}, MOST_POPULAR: {ALL: popular}} if candidates else {}
    for name, (size, *own) in segments.items():
        counts[name.replace("_", " ")] = size
        for opponent, lead in zip(leads, own, strict=True):
            leads[opponent][name.replace("_", " ")] = lead
    point = {GATE_METRIC: dict.fromkeys(counts, Interval(0.3, 0.2, 0.4))}
    names = ("challenger", "champion", MOST_POPULAR)
    return Report(
        challenger=ref("3", ENCODER_DECODER),
        champion=ref("1", reigning),
        cut="2026-01-31T00:00:00.000000Z",
        turns={name: 3 * count for name, count in counts.items()},
        candidates=counts,
        nothing_known=40,
        left_out=2,
        quality=dict.fromkeys(names, point),
        coverage=dict.fromkeys(names, 0.5),
        lead=leads,
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


@pytest.mark.parametrize(
    ("segment", "passed"),
    [
        ((ENOUGH, ACROSS, ACROSS), True),
        ((ENOUGH, BELOW, ABOVE), False),
        ((ENOUGH, ABOVE, BELOW), False),
        ((ENOUGH - 1, BELOW, BELOW), True),  # too few to say
    ],
)
def test_a_segment_that_gets_worse_lists_stops_the_challenger(segment, passed):
    verdict = gate(make_report(ABOVE, ABOVE, only_stated=segment))
    assert verdict.passed is passed
    named = "candidates who only stated something get worse lists than from" in verdict.text
    assert named is not passed


def test_the_verdict_says_for_whom_lists_get_better():
    text = gate(make_report(ABOVE, ABOVE, unseen=(60, ABOVE, ABOVE), seen=(60, ACROSS, ABOVE))).text
    assert "better than the champion's for postings that nobody had turned to +0.1000" in text
    assert "postings that somebody had turned to" not in text


@pytest.mark.parametrize("candidates", [0, ENOUGH - 1])
def test_too_few_candidates_are_no_verdict(candidates):
    verdict = gate(make_report(ABOVE, ABOVE, candidates=candidates))
    assert not verdict.passed
    assert (
        f"cannot be measured yet: after 2026-01-31T00:00:00.000000Z, {candidates}" in verdict.text
    )
    assert f"promote again when {ENOUGH} have" in verdict.text


def test_a_report_is_flat():
    flat = make_report(ABOVE, ACROSS, only_stated=(60, ABOVE, BELOW)).to_dict()
    assert flat["ndcg@10"] == 0.3
    assert flat["champion/ndcg@10/high"] == 0.4
    assert flat["baselines/most-popular/lead/ndcg@10"] == 0.1
    assert flat["baselines/most-popular/only-stated/lead/ndcg@10/low"] == -0.2
    assert (flat["candidates"], flat["turns"], flat["only-stated/turns"]) == (50, 150, 180)
    assert flat["coverage"] == 0.5
    assert all(isinstance(value, str | int | float) for value in flat.values())
