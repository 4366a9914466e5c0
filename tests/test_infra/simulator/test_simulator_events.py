from collections import Counter, defaultdict
from statistics import mean

import numpy as np
import pytest

from infra.simulator import Market, MarketConfig, occupations
from infra.simulator.population.taxonomy import Taxonomy
from infra.simulator.sessions import opened_positions
from streaming.timestamps import format_timestamp


def test_events_come_in_the_order_of_their_time_and_of_their_ids(simulated):
    keys = [(event["event_time"], event["event_id"]) for event in simulated.events]
    assert keys == sorted(keys)
    assert [event["event_id"] for event in simulated.events] == sorted(
        event["event_id"] for event in simulated.events
    )
    assert keys[0][0] >= format_timestamp(simulated.market.config.start)


def test_a_posting_is_open_whenever_something_is_done_with_it(simulated):
    for event in simulated.events:
        posting = simulated.postings[event["posting_id"]]
        assert posting["date_posted"] <= event["event_time"]
        if event["kind"] != "hire":
            assert event["event_time"] <= posting.get("valid_through", "9")


def test_there_are_as_many_events_as_asked_for(simulated):
    per_candidate = len(simulated.events) / simulated.market.config.candidates
    assert per_candidate == pytest.approx(simulated.market.config.events_per_candidate, rel=0.1)
    kinds = Counter(event["kind"] for event in simulated.events)
    assert kinds["view"] > 10 * kinds["apply"] > 10 * kinds["hire"] > 0
    assert kinds["save"]
    assert kinds["dismiss"]
    assert not kinds["impression"]


def test_a_story_is_told_in_order_and_only_once(simulated):
    stories = defaultdict(list)
    for event in simulated.events:
        stories[event["candidate_id"], event["posting_id"]].append(event["kind"])
    allowed = {
        ("view", *rest)
        for rest in [(), ("save",), ("apply",), ("save", "apply"), ("apply", "hire")]
    } | {("view", "save", "apply", "hire"), ("dismiss",)}
    assert {tuple(story) for story in stories.values()} <= allowed


def test_only_views_last(simulated):
    for event in simulated.events:
        assert ("duration_seconds" in event) == (event["kind"] == "view")
        assert 0 < event.get("duration_seconds", 1) <= 400


def test_clicks_stay_mostly_in_the_own_and_the_neighbouring_occupations(simulated):
    near = Taxonomy(len(occupations())).near
    index = {occupation.key: number for number, occupation in enumerate(occupations())}
    wants = simulated.market.occupation_of_candidates()
    offers = simulated.market.occupation_of_postings()
    pairs = [
        (index[wants[event["candidate_id"]]], index[offers[event["posting_id"]]])
        for event in simulated.views
    ]
    own = mean(a == b for a, b in pairs)
    around = mean(bool(near[a, b]) for a, b in pairs)
    assert 0.6 < own < 0.8
    assert 0.1 < around < 0.3
    assert 0.78 < own + around < 0.92


def test_stated_skills_predict_clicks(simulated):
    rng = np.random.default_rng(0)
    open_ids = list(simulated.postings)
    clicked, chance = [], []
    for event in simulated.views:
        stated = set(simulated.candidates.get(event["candidate_id"], {}).get("skills", ()))
        if stated:
            any_id = open_ids[rng.integers(len(open_ids))]
            clicked.append(len(stated & set(simulated.postings[event["posting_id"]]["skills"])))
            chance.append(len(stated & set(simulated.postings[any_id]["skills"])))
    assert mean(clicked) > 10 * mean(chance)


def test_clicks_follow_place_language_and_blocked_employers(simulated):
    here, there = [], []
    for event in simulated.views:
        candidate = simulated.candidates.get(event["candidate_id"])
        posting = simulated.postings[event["posting_id"]]
        if candidate is None:
            continue
        assert posting["employer"] not in candidate["blocked_employers"]
        there.append(posting["language"] != candidate["language"])
        if candidate["places"]:
            here.append(posting["place"]["locality"] in candidate["places"])
    assert mean(here) > 0.25  # by chance it would be a tenth
    assert mean(there) < 0.01


def test_late_clicks_fall_on_postings_that_few_have_clicked(simulated):
    first: dict[str, tuple[str, str]] = {}
    last: dict[str, dict] = {}
    for event in simulated.events:
        first.setdefault(event["posting_id"], (event["event_time"], event["candidate_id"]))
        last[event["candidate_id"]] = event
    seen = mean(
        first[event["posting_id"]][1] != event["candidate_id"]
        and first[event["posting_id"]][0] < event["event_time"]
        for event in last.values()
    )
    assert 0.4 < seen < 0.75
    views = simulated.views
    cut = int(0.8 * len(views))
    early = {event["posting_id"] for event in views[:cut]}
    assert mean(event["posting_id"] in early for event in views[cut:]) < 0.5


def test_some_postings_are_much_more_popular_than_others(simulated):
    counts = sorted(
        Counter(event["posting_id"] for event in simulated.views).values(), reverse=True
    )
    assert counts[0] >= 4 * mean(counts)


def test_of_equal_postings_the_higher_one_is_opened_more_often():
    rng = np.random.default_rng(1)
    opened = Counter(place for _ in range(4_000) for place in opened_positions(np.zeros(20), rng))
    assert opened[0] > 1.5 * opened[3] > 1.5 * opened[19]


def test_interest_drifts_to_a_neighbouring_occupation():
    market = Market(MarketConfig(candidates=600, postings=3_000, events_per_candidate=40.0))
    drawn = market._candidates
    keys = [occupation.key for occupation in occupations()]
    offers = market.occupation_of_postings()
    half = format_timestamp(market.config.start.replace(month=2, day=5))
    moved = {
        f"c{number:06d}": keys[to]
        for number, to in enumerate(drawn.drifts_to)
        if to >= 0 and drawn.drifts_on[number] < 35
    }
    shares: dict[bool, list[bool]] = {False: [], True: []}
    for event in market.events():
        if event["kind"] == "view" and event["candidate_id"] in moved:
            target = moved[event["candidate_id"]]
            shares[event["event_time"] > half].append(offers[event["posting_id"]] == target)
    assert mean(shares[True]) > 1.5 * mean(shares[False])


def test_impressions_are_sampled_and_change_nothing_else(small_config):
    fields = {name: getattr(small_config, name) for name in ("candidates", "postings", "days")}
    plain, seeing = (
        [
            {key: value for key, value in event.items() if key != "event_id"}
            for event in Market(MarketConfig(**fields, impressions=share)).events()
        ]
        for share in (0.0, 0.5)
    )
    shown = [event for event in seeing if event["kind"] == "impression"]
    assert [event for event in seeing if event["kind"] != "impression"] == plain
    assert len(shown) > len(plain)
    done = {(event["candidate_id"], event["posting_id"], event["kind"]) for event in plain}
    assert len(done) == len(plain)
