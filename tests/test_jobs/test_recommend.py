"""recommend from end to end: what is published, by which versions, and what a switch does."""

import json
import os
import shutil
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import mlflow
import orjson
import pandas as pd
import pytest

from jobs import index_postings, recommend, update_profiles
from streaming.contract.records import ANONYMOUS, Item, Recommendation
from streaming.contract.topics import EVENTS, POSTINGS, PROFILES, RECOMMENDATIONS
from streaming.kafka.topic_reader import read_latest, read_messages
from streaming.lake import tables
from streaming.serving.batch_recommendation import recommend_all
from streaming.serving.bundles import load_catalogue
from streaming.serving.champion import read_current_versions
from streaming.serving.list_values import anonymous_profile
from streaming.settings import Settings
from training.ranking.most_popular import MostPopularRanker
from training.registry.model_registry import champion, set_champion, versions
from training.registry.registration import TrainedModel, ensure_champion, register_model
from training.registry.tracking import setup

pytestmark = [pytest.mark.spark, pytest.mark.kafka]

PATIENCE = 120.0
CANDIDATES = tuple(f"c{n}" for n in range(8))


def posting(number, **changes):
    return {
        "schema_version": 1,
        "posting_id": f"p{number:02}",
        "title": f"Developer {number}",
        "employer": f"Employer {number % 4}",
        "date_posted": f"2026-02-{number % 28 + 1:02}T00:00:00.000000Z",
    } | changes


OWN_POSTINGS = [
    *(posting(n) for n in range(24)),
    posting(24, valid_through="2026-02-20T00:00:00.000000Z"),
    posting(25, valid_through="2026-06-20T00:00:00.000000Z"),
    posting(26, date_posted="2026-05-01T00:00:00.000000Z"),
    posting(27),
]
EXPIRED, NOT_YET_OPEN, WITHDRAWN = "p24", "p26", "p27"


def click(candidate, number, posting_id, **changes):
    return {
        "schema_version": 1,
        "event_id": f"{candidate}-{number}",
        "candidate_id": candidate,
        "posting_id": posting_id,
        "kind": "view",
        "event_time": f"2026-03-01T08:{number:02}:00.000000Z",
    } | changes


CLICKS = [
    click(candidate, n, f"p{(5 * n + len(candidate) + int(candidate[1:])) % 24:02}", kind=kind)
    for candidate in CANDIDATES
    for n, kind in enumerate(("view", "apply", "dismiss", "save", "view", "hire"))
]


@dataclass
class PublishedMarket:
    """A small market with everything on its topics."""

    settings: Settings
    send: object
    spark: object

    def clicks(self, *clicks):
        pairs = [(c["candidate_id"].encode(), orjson.dumps(c)) for c in clicks]
        return self.send(self.settings, EVENTS, pairs)

    def lists(self):
        """Every list that was ever published, in the order of its partition."""
        return [orjson.loads(m.value) for m in read_messages(self.settings.kafka, RECOMMENDATIONS)]

    def profiles(self):
        newest = read_latest(self.settings.kafka, PROFILES)
        return {key: orjson.loads(message.value) for key, message in newest.items()}

    def ends(self):
        """How much stands on the topic, by partition."""
        count = {}
        for message in read_messages(self.settings.kafka, RECOMMENDATIONS):
            count[message.partition] = message.offset + 1
        return count

    def since(self, ends):
        """Key and value of each message after those."""
        return [
            (m.key.decode(), m.value)
            for m in read_messages(self.settings.kafka, RECOMMENDATIONS)
            if m.offset >= ends.get(m.partition, 0)
        ]


def wait_for(condition, running):
    """Wait for what goes on in the background; a query that fails meanwhile is a failure."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        running.check()
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture(scope="module")
def market(make_settings, send, started, spark):
    """The market above, its profiles and the first lists, by the most-popular baseline."""
    settings = make_settings()
    ensure_champion(settings)
    made_market = PublishedMarket(settings, send, spark)
    pairs = [(p["posting_id"].encode(), orjson.dumps(p)) for p in OWN_POSTINGS]
    send(settings, POSTINGS, [*pairs, (WITHDRAWN.encode(), None)])
    made_market.clicks(*CLICKS)
    with (
        started(index_postings, settings) as index,
        started(update_profiles, settings) as profiles,
    ):
        index.drain()
        profiles.drain()
    with started(recommend, settings) as running:
        running.drain()
    return made_market


@pytest.fixture(scope="module")
def first_lists(market):
    return market.lists()


@pytest.fixture
def offline(market, tmp_path, monkeypatch):
    """Ask the registered model what it gives for a published list."""
    models, catalogues = {}, {}
    monkeypatch.setattr(sys, "path", list(sys.path))  # MLflow puts the model's packages there

    def ask(value, profile):
        version, at = value["model_version"], value["catalogue_version"]
        setup(market.settings)
        if version not in models:
            models[version] = mlflow.pyfunc.load_model(f"models:/{value['model_name']}/{version}")
        if at not in catalogues:
            catalogues[at] = tmp_path / f"{at}.parquet"
            load_catalogue(market.spark, market.settings, at).write(catalogues[at])
        rows = pd.DataFrame({"profile": [json.dumps(profile)], "as_of": [value["as_of"]]})
        params = {"size": market.settings.recommend.list_size, "catalogue": str(catalogues[at])}
        items = models[version].predict(rows, params=params)["items"][0]
        return [Item.model_validate(item) for item in items]  # null and absent are one there

    return ask


def test_every_profile_has_one_list_and_nobody_in_particular_has_one(market, first_lists):
    assert sorted(value["candidate_id"] for value in first_lists) == ["*", *CANDIDATES]
    for value in first_lists:
        Recommendation.model_validate(value)
        assert value["personal"] == (value["candidate_id"] != ANONYMOUS)
        assert len(value["items"]) == market.settings.recommend.list_size
        assert [item["rank"] for item in value["items"]] == [1, 2, 3, 4, 5]
        assert all(item["reasons"] for item in value["items"])
    profiles = market.profiles()
    for value in first_lists:
        if value["personal"]:
            profile = profiles[value["candidate_id"]]
            assert value["profile_version"] == profile["version"]
            assert value["as_of"] == profile["as_of"]
            assert value["triggered_by"] == profile["triggered_by"]


def test_the_list_for_everyone_is_as_of_the_newest_profile(market, first_lists):
    (value,) = [v for v in first_lists if not v["personal"]]
    assert value["as_of"] == max(profile["as_of"] for profile in market.profiles().values())


def test_lists_hold_nothing_closed_expired_known_or_repeated(market, first_lists):
    profiles = market.profiles()
    for value in first_lists:
        ids = [item["posting_id"] for item in value["items"]]
        assert len(set(ids)) == len(ids)
        assert not {EXPIRED, NOT_YET_OPEN, WITHDRAWN} & set(ids)
        profile = profiles.get(value["candidate_id"], anonymous_profile(value["as_of"]))
        parts = ("events", "applied", "dismissed")
        assert not {entry["posting_id"] for p in parts for entry in profile[p]} & set(ids)


def test_each_list_is_what_the_registered_model_gives(market, first_lists, offline):
    profiles = market.profiles()
    for value in first_lists:
        profile = profiles.get(value["candidate_id"]) or anonymous_profile(value["as_of"])
        assert offline(value, profile) == Recommendation.model_validate(value).items


def test_versions_are_pinned_and_ids_made_of_them(market, first_lists):
    pins = sorted(Path(market.settings.checkpoints, "recommend", "pins").glob("[0-9]*.json"))
    assert pins
    made_with = {(v["model_name"], v["model_version"], v["catalogue_version"]) for v in first_lists}
    pinned = {tuple(json.loads(pin.read_text()).values()) for pin in pins}
    assert made_with == pinned
    assert len({value["recommendation_id"] for value in first_lists}) == len(first_lists)


def test_all_anew_repeats_the_same_bytes(market, first_lists, spark):
    before = market.ends()
    assert recommend_all(spark, market.settings) == len(CANDIDATES)
    again = market.since(before)
    assert sorted(value for _, value in again) == sorted(map(orjson.dumps, first_lists))


@pytest.fixture
def popular(market):
    """Register a most-popular model for which one posting is all that counts."""

    def register(posting_id):
        events = pd.DataFrame(
            [(f"fan{n}", posting_id, "apply", "2026-03-01T00:00:00.000000Z") for n in range(500)],
            columns=["candidate_id", "posting_id", "kind", "event_time"],
        )
        as_of = "2026-03-01T00:00:00.000000Z"
        catalogue = load_catalogue(
            market.spark,
            market.settings,
            tables.version(market.spark, market.settings, tables.POSTINGS),
        )
        ranker = MostPopularRanker.fit(events, as_of)
        return register_model(
            market.settings, TrainedModel(ranker=ranker, catalogue=catalogue, cut=as_of)
        )

    return register


def test_a_new_champion_takes_over_and_a_retried_batch_repeats_its_bytes(
    market, popular, started, offline
):
    settings = market.settings
    first = champion(settings)
    second = popular("p00")
    ends = market.ends()
    with started(recommend, settings) as running:
        market.clicks(click("c1", 20, "p03"))
        drain_profiles(market, started)
        running.drain()
        set_champion(settings, second, reason="a test", forced=True)
        wait_for(lambda: read_current_versions(settings).model_version == second.version, running)
        market.clicks(*(click(candidate, 21, "p04") for candidate in CANDIDATES))
        drain_profiles(market, started)
        running.drain()
    fresh = [orjson.loads(value) for _, value in market.since(ends)]
    by_candidate = {(v["candidate_id"], v["model_version"]): v for v in fresh}
    assert ("c1", first.version) in by_candidate
    profiles = market.profiles()
    for candidate in CANDIDATES:
        value = by_candidate[candidate, second.version]
        assert offline(value, profiles[candidate]) == Recommendation.model_validate(value).items
        assert value["profile_version"] == profiles[candidate]["version"]
    last = [v for v in fresh if v["candidate_id"] == ANONYMOUS][-1]
    assert last["model_version"] == second.version
    assert last["items"][0]["posting_id"] == "p00"

    # The last batch ended before its commit was written; meanwhile the champion changed.
    set_champion(settings, first, reason="a test", forced=True)
    commits = Path(settings.checkpoints, "recommend", "commits")
    newest = max(int(file.name) for file in commits.glob("[0-9]*"))
    (commits / str(newest)).unlink()
    (commits / f".{newest}.crc").unlink(missing_ok=True)
    shutil.rmtree(settings.home / "serving")
    ends = market.ends()
    with started(recommend, settings) as running:
        running.drain()
        assert read_current_versions(settings).model_version == first.version
    repeated = [(k, v) for k, v in market.since(ends) if k != ANONYMOUS]
    published = {(v["candidate_id"], orjson.dumps(v)) for v in fresh if v["personal"]}
    assert repeated
    assert set(repeated) <= published


def drain_profiles(market, started):
    with started(update_profiles, market.settings) as running:
        running.drain()


def test_a_posting_that_closes_leaves_the_lists_and_no_model_is_fetched_again(
    market, started, send
):
    settings, closed = market.settings, "p06"
    serving = champion(settings)
    files = setup(settings).get_model_version_download_uri(serving.name, serving.version)
    folder = Path(files.removeprefix("file://"))
    # One was killed long ago while it made a bundle; another is at it.
    killed, busy = (settings.home / "serving" / f".building-{name}" for name in ("killed", "busy"))
    killed.mkdir(), busy.mkdir()
    os.utime(killed, (0, 0))
    with started(recommend, settings) as running:
        assert (killed.exists(), busy.exists()) == (False, True)
        before = read_current_versions(settings)
        away = folder.rename(folder.with_name("away"))
        try:
            send(settings, POSTINGS, [(closed.encode(), None)])
            with started(index_postings, settings) as index:
                index.drain()
            wait_for(lambda: read_current_versions(settings) != before, running)
        finally:
            away.rename(folder)
        ends = market.ends()
        market.clicks(*(click(candidate, 25, "p07") for candidate in CANDIDATES))
        drain_profiles(market, started)
        running.drain()
    fresh = [orjson.loads(value) for key, value in market.since(ends) if key != ANONYMOUS]
    assert {value["candidate_id"] for value in fresh} == {*CANDIDATES}
    assert {value["model_version"] for value in fresh} == {before.model_version}
    assert min(value["catalogue_version"] for value in fresh) > before.catalogue_version
    assert closed not in {item["posting_id"] for value in fresh for item in value["items"]}


def test_what_cannot_be_prepared_leaves_the_old_model_serving(market, popular, started, caplog):
    settings = market.settings
    ruined = popular("p01")
    files = setup(settings).get_model_version_download_uri(ruined.name, ruined.version)
    with started(recommend, settings) as running:
        before = read_current_versions(settings)
        shutil.rmtree(files.removeprefix("file://"))
        set_champion(settings, ruined, reason="a test", forced=True)
        wait_for(lambda: "cannot switch" in caplog.text, running)
        ends = market.ends()
        market.clicks(click("c2", 30, "p05"))
        drain_profiles(market, started)
        running.drain()
        assert read_current_versions(settings) == before
    fresh = [orjson.loads(value) for _, value in market.since(ends)]
    assert {v["model_version"] for v in fresh} == {before.model_version}


def test_an_event_with_an_unknown_posting_counts_once_the_posting_arrives(
    market, started, spark, send
):
    settings = market.settings
    set_champion(settings, first_version(settings), reason="a test", forced=True)
    late = posting(90, date_posted="2026-03-01T00:00:00.000000Z", title="Known too late")
    other = posting(91, date_posted="2026-03-01T00:00:00.000000Z", title="Nobody saw it")
    market.clicks(click("c3", 40, "p90"))
    drain_profiles(market, started)
    events = market.profiles()["c3"]["events"]
    assert "p90" in {event["posting_id"] for event in events}
    with started(recommend, settings) as running:
        running.drain()
    assert "p90" not in str(newest_list(market, "c3"))
    send(settings, POSTINGS, [(p["posting_id"].encode(), orjson.dumps(p)) for p in (late, other)])
    with started(index_postings, settings) as running:
        running.drain()
    recommend_all(spark, settings)
    # The freshest of all lead every list but that of the one who knows it already.
    leaders = {c: newest_list(market, c)["items"][0]["posting_id"] for c in CANDIDATES}
    assert leaders == dict.fromkeys(CANDIDATES, "p90") | {"c3": "p91"}


def newest_list(market, candidate):
    return orjson.loads(read_latest(market.settings.kafka, RECOMMENDATIONS)[candidate].value)


def first_version(settings):
    return versions(settings, setup(settings))[0]
