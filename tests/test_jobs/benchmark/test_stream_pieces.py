"""What needs no broker: plans, what is sent, numbers over time, broken messages, pages."""

import json
import os

import numpy as np
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.benchmark.process_memory import tree_mib
from jobs.benchmark.stream import page
from jobs.benchmark.stream.harness import job_run, paired_runs, statistics
from jobs.benchmark.stream.harness.latency_samples import LatencySample
from jobs.benchmark.stream.harness.load_generator import Clicks, make_ids
from jobs.benchmark.stream.harness.match_history import MatchHistory, Shown
from jobs.benchmark.stream.harness.plan import DEFAULT_PARTS, Plan
from jobs.benchmark.stream.measurements import broken, closing
from jobs.benchmark.stream.measurements.closing import PublishedList
from jobs.cli.app import main
from jobs.operations.status_report import JobStatus
from jobs.verify.broken_messages import KINDS, TOO_LARGE
from streaming.contract.records import Event
from streaming.errors import SettingsError
from streaming.market.match_values import opaque_id
from streaming.metrics import definitions
from streaming.settings import Settings

TINY = Plan.quick().with_choices(profiles=40, postings=10, good=300, broken=60)


def clicks(**changes):
    chosen = {"candidates": make_ids("c", 7), "postings": make_ids("p", 3), "seed": 1}
    return Clicks(**chosen | changes)


@settings(deadline=None)
@given(seed=st.integers(0, 99), count=st.integers(0, 60), people=st.integers(1, 9))
def test_clicks_repeat_fit_the_contract_and_take_turns(seed, count, people):
    made = clicks(candidates=make_ids("c", people), seed=seed)
    for draw in (made.drawn, made.in_turn):
        values = list(draw(count))
        assert values == list(draw(count))
        events = [Event.model_validate_json(orjson.dumps(value)) for value in values]
        assert len({event.event_id for event in events}) == count
        assert [e.event_time for e in events] == sorted({e.event_time for e in events})
    turns = [value["candidate_id"] for value in made.in_turn(count)]
    for start in range(0, count, people):
        round_of_all = turns[start : start + people]
        assert len(set(round_of_all)) == len(round_of_all)


def test_numbers_come_from_the_events_after_the_warm_up():
    samples = [LatencySample(n, 1000 + n / 2, 1000 + n / 2 + (100 + n) / 1000) for n in range(20)]
    report = statistics.summary(samples, 10)
    assert (report["answered"], report["max_ms"]) == (10, 119.0)
    assert report["p50_ms"] == pytest.approx(114.5)
    assert report["p99_over_p50"] == statistics.ratio(report["p99_ms"], report["p50_ms"])
    curve = statistics.over_time(samples, 10)
    assert curve["second"] == list(range(-5, 5))
    assert curve["max_ms"] == [101.0 + 2 * n for n in range(10)]
    nothing = statistics.summary([], 0)
    assert (nothing["answered"], nothing["p50_ms"], nothing["p99_over_p50"]) == (0, None, None)
    assert statistics.over_time([], 0)["second"] == []


def test_broken_messages_are_strewn_among_all_good_ones_in_their_order():
    mixed = list(broken.mixture(TINY, TINY.broken))
    good = [json.loads(value) for _, value, headers in mixed if not headers]
    kinds = [headers[0][1].decode() for _, _, headers in mixed if headers]
    assert len(KINDS) == 15
    assert len(good) == TINY.good
    assert len(kinds) == TINY.broken
    assert set(kinds) == {*KINDS}
    assert kinds.count(TOO_LARGE) == TINY.broken // 15
    assert good == [json.loads(v) for _, v, _ in broken.mixture(TINY, 0)]
    places = [number for number, (_, _, headers) in enumerate(mixed) if headers]
    assert max(places) - min(places) > len(mixed) / 2
    assert mixed == list(broken.mixture(TINY, TINY.broken))


def test_a_closed_posting_is_gone_after_the_last_later_list_that_holds_it():
    lists = [
        PublishedList(99.0, ["a", "b"], 1),  # before either closed
        PublishedList(104.5, ["c", "a"], 1),
        PublishedList(102.0, ["a", "b"], 1),
        PublishedList(143.0, ["b"], 2),
        PublishedList(150.0, ["c"], 3),
    ]
    report = closing.last_lists(lists, {"a": 100.0, "b": 110.0, "never": 120.0})
    assert report["curve/gone_seconds"] == [4.5, 33.0, 0.0]
    assert report["curve/closed_second"] == [0.0, 10.0, 20.0]
    assert (report["p50_seconds"], report["max_seconds"], report["late_lists"]) == (4.5, 33.0, 1)
    assert (report["lists"], report["catalogues"]) == (5, 3)
    assert closing.last_lists([], {})["max_seconds"] is None
    # Nothing that was published later could have report.
    assert closing.last_lists(lists, {"c": 151.0})["max_seconds"] is None


def test_the_memory_of_a_process_tree_is_more_than_nothing():
    assert tree_mib(os.getpid()) > 10
    assert tree_mib(1_000_000_000) == 0


@pytest.mark.parametrize(
    ("choices", "words"),
    [
        ({"parts": ("speed",)}, "there is no part 'speed'"),
        ({"parts": ()}, "there is no part to measure"),
        ({"few": 10, "many": 10}, "--many 10 is not more than --few 10"),
        ({"few": 10, "many": 20, "touched": 6}, "more than half of --few 10"),
    ],
)
def test_a_plan_that_cannot_be_run_is_one_line(choices, words):
    with pytest.raises(SettingsError, match=words) as raised:
        Plan().with_choices(**choices)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--part=speed"], "there is no part 'speed'; choose among: latency, backlog"),
        (["--out=report.html"], "the name of the page"),
        (["--out=a/b.json"], "a/b.json does not exist"),
    ],
)
def test_whatever_is_wrong_is_one_line(arguments, words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main(["benchmark", "stream", "--quick", *arguments])
    said = capsys.readouterr().err.strip()
    assert ended.value.code == 2
    assert words in said
    assert len(said.splitlines()) == 1


def test_the_command_on_the_page_says_every_size():
    plan = Plan.quick().with_choices(trained=False, quix=True, parts=("state", "broken"))
    report = {"parts": list(plan.parts), **statistics.prefixed("size", plan.sizes())}
    words = page.command(report).split()
    assert words[:3] == ["careerstream", "benchmark", "stream"]
    assert words[3:7] == ["--part", "state", "--part", "broken"]
    assert {"--untrained", "--quix", "--warm-up-seconds", "--many"} <= {*words}
    assert words[words.index("--touched") + 1] == "200"
    assert Plan().parts == DEFAULT_PARTS


def status_of(positions):
    """A job as its metrics tell: query to topic to the offsets of two partitions."""
    active = {(definitions.ACTIVE.full_name, (("query", query),)): 1.0 for query in positions}
    stands = {
        (
            definitions.SOURCE_OFFSET.full_name,
            (("partition", str(partition)), ("query", query), ("topic", topic)),
        ): float(offset)
        for query, topics in positions.items()
        for topic, offsets in topics.items()
        for partition, offset in enumerate(offsets)
    }
    return JobStatus({"job": "up"}, active | stands)


@pytest.mark.parametrize(
    ("positions", "caught_up"),
    [
        ({}, False),
        ({"fold": {}}, False),
        ({"fold": {"events": (3, 4), "candidates": (0, 2)}}, True),
        ({"fold": {"events": (3, 3), "candidates": (0, 2)}}, False),
        ({"fold": {"events": (3, 4)}, "archive": {}}, False),
        ({"fold": {"events": (3, 4)}, "archive": {"events": (3, 4)}}, True),
        ({"fold": {"events": (3, 4)}, "archive": {"events": (0, 4)}}, False),
    ],
)
def test_a_job_has_caught_up_when_every_query_has_the_newest_messages(positions, caught_up):
    totals = {"events": 7, "candidates": 2, "postings": 5}
    assert job_run._has_processed(status_of(positions), totals) is caught_up


def test_an_interval_of_ratios_holds_their_mean_and_widens_with_their_spread():
    mean, low, high = paired_runs.interval([1.0, 1.21])
    assert mean == pytest.approx(1.1)
    assert low < mean < high
    assert high / low > 2
    # Student's t for 90 % and five degrees of freedom is 2.015.
    _, low, high = paired_runs.interval([1.0, 1.1, 1.0, 1.1, 1.0, 1.1])
    half = 2.015 * np.std(np.log([1.0, 1.1] * 3), ddof=1) / np.sqrt(6)
    assert np.log(high / low) / 2 == pytest.approx(half, rel=1e-3)


def test_somebody_is_gone_when_no_later_match_shows_them():
    key, plain = b"k" * 32, Settings()
    own = {posting: opaque_id(key, posting, "c") for posting in ("p", "q")}
    by_posting = {
        "p": [Shown(1.0, {own["p"]: 3}), Shown(12.0, {own["p"]: 3, "x": 1}), Shown(14.0, {"x": 1})],
        "q": [Shown(2.0, {own["q"]: 3}), Shown(11.5, {})],
        "r": [Shown(2.0, {"x": 3}), Shown(30.0, {})],
    }
    assert MatchHistory(plain, key, by_posting).seconds_to_disappear({"c": 10.0}) == [4.0]
    still = {**by_posting, "s": [Shown(3.0, {"c": 3})]}
    assert MatchHistory(plain, key, still).seconds_to_disappear({"c": 10.0}) == [None]
