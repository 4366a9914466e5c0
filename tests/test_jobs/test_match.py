"""match from end to end: against scoring everybody from scratch, through kills and withdrawals."""

import time

import orjson
import pytest

from infra.simulator import Market, MarketConfig
from jobs import archive as archive_job
from jobs import index_postings, match, train, update_profiles
from jobs.verify.check_matches import matches_from_scratch, published_matches
from streaming.contract.records import Match
from streaming.contract.topics import CANDIDATES, EVENTS, POSTINGS, PROFILES
from streaming.kafka.topic_reader import read_latest
from streaming.market.match_values import opaque_id, opaque_key
from streaming.market.matcher import Matcher
from streaming.market.reach import is_contactable
from streaming.settings import MatchSettings, TrainingSettings
from training.registry.model_registry import set_champion

pytestmark = [pytest.mark.spark, pytest.mark.kafka]

CONFIG = MarketConfig(
    candidates=60, postings=200, events_per_candidate=8, days=20, occupations=6, seed=3
)
HALF_LIFE = MatchSettings().activity_half_life_days


@pytest.fixture(scope="module")
def settings(make_settings, send, started, spark):
    """A market on its topics and in the lake, and a trained champion."""
    made = make_settings().model_copy(
        update={
            "match": MatchSettings(size=3, reach=20, interval_seconds=0.2),
            "training": TrainingSettings(epochs=1, processes=1),
        }
    )
    market = Market(CONFIG)
    send(made, POSTINGS, [(p["posting_id"].encode(), orjson.dumps(p)) for p in market.postings()])
    said = [(c["candidate_id"].encode(), orjson.dumps(c)) for c in market.candidates()]
    send(made, CANDIDATES, said)
    send(made, EVENTS, [(e["candidate_id"].encode(), orjson.dumps(e)) for e in market.events()])
    with (
        started(index_postings, made) as index,
        started(update_profiles, made) as profiles,
        started(archive_job, made) as archive,
    ):
        for job in (index, profiles, archive):
            job.drain()
    set_champion(made, train.run(spark, made).reference, reason="a test", forced=True)
    return made


def profiles_of(settings):
    newest = read_latest(settings.kafka, PROFILES)
    return {key: orjson.loads(message.value) for key, message in newest.items()}


def people_in(settings, matches):
    """Return the candidates whom some matches show."""
    key = opaque_key(settings)
    names = {
        posting_id: {one.candidate for one in Match.model_validate_json(value).candidates}
        for posting_id, value in matches.items()
    }
    return {
        candidate_id
        for candidate_id in profiles_of(settings)
        for posting_id, shown in names.items()
        if shown & {candidate_id, opaque_id(key, posting_id, candidate_id)}
    }


def wait_until(condition, running):
    deadline = time.monotonic() + 120
    while not condition():
        running.check()
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_matches_are_those_of_scoring_everybody_through_restarts_and_withdrawals(
    settings, send, started, spark
):
    with started(match, settings) as running:
        running.drain()
    first = published_matches(settings)
    assert first
    assert first == matches_from_scratch(spark, settings)
    contactable = {c for c, p in profiles_of(settings).items() if is_contactable(p)}
    for value in first.values():
        found = Match.model_validate_json(value)
        assert len(found.candidates) <= 3
        for one in found.candidates:
            halves = one.probability * one.requirement
            assert one.score == pytest.approx(halves * one.activity)
            assert one.disclosed == (one.candidate in contactable)
            assert one.reasons

    # Three candidates act while no job runs, one of them withdraws their consent.
    shown = sorted(contactable)[:3]
    postings = sorted(first)
    clicks = [
        {
            "schema_version": 1,
            "event_id": f"z{number}",
            "candidate_id": candidate,
            "posting_id": postings[number],
            "kind": "apply",
            "event_time": "2025-01-27T08:00:00.000000Z",
        }
        for number, candidate in enumerate(shown[1:])
    ]
    send(settings, EVENTS, [(c["candidate_id"].encode(), orjson.dumps(c)) for c in clicks])
    [withdrawn] = [c for c in Market(CONFIG).candidates() if c["candidate_id"] == shown[0]]
    withdrawn |= {"contactable": False, "updated_at": "2025-01-27T08:00:00.000000Z"}
    send(settings, CANDIDATES, [(shown[0].encode(), orjson.dumps(withdrawn))])
    with started(update_profiles, settings) as profiles, started(match, settings) as running:
        profiles.drain()
        running.drain()
    assert published_matches(settings) == matches_from_scratch(spark, settings)

    assert published_matches(settings) != first
    assert shown[0] not in {c for c, p in profiles_of(settings).items() if is_contactable(p)}

    # A batch that is repeated publishes nothing new, and a rebuild changes nothing.
    before = published_matches(settings)
    matcher = Matcher(spark, settings)
    messages = spark.createDataFrame(
        [(key.encode(), orjson.dumps(value)) for key, value in profiles_of(settings).items()],
        "key binary, value binary",
    )
    matcher.handle(messages, 10_000)
    assert published_matches(settings) == before
    assert matcher.score_all() == len(before)
    assert published_matches(settings) == before


def test_a_stop_between_the_table_and_the_topic_is_made_good(
    settings, send, started, spark, monkeypatch
):
    with started(match, settings) as running:
        running.drain()
    before = published_matches(settings)
    shown = min(people_in(settings, before))
    [said] = [c for c in Market(CONFIG).candidates() if c["candidate_id"] == shown]
    said |= {"contactable": False, "updated_at": "2025-01-27T09:00:00.000000Z"}
    send(settings, CANDIDATES, [(shown.encode(), orjson.dumps(said))])
    with started(update_profiles, settings) as profiles:
        profiles.drain()
    matcher = Matcher(spark, settings)
    messages = spark.createDataFrame(
        [(shown.encode(), orjson.dumps(profiles_of(settings)[shown]))], "key binary, value binary"
    )
    with monkeypatch.context() as patched:
        patched.setattr(Matcher, "_publish", lambda *_: (_ for _ in ()).throw(OSError("killed")))
        with pytest.raises(OSError, match="killed"):
            matcher.handle(messages, 20_000)
    assert published_matches(settings) == before
    Matcher(spark, settings).handle(messages, 20_000)
    assert published_matches(settings) == matches_from_scratch(spark, settings)
    assert published_matches(settings) != before
