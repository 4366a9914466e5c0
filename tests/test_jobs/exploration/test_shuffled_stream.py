"""Shuffled lists in the real stream: who gets them, their bytes again, and what is learned."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import orjson
import pytest

from jobs import archive, hot_path, index_postings
from jobs.explaining.explain import Questions, explain
from jobs.explaining.replay import canonical
from jobs.parity.outcome import LISTS
from jobs.parity.rounds import run_round
from jobs.rollouts.shuffled_lists import position_bias, read_published_lists
from streaming.contract.records import ANONYMOUS, Recommendation
from streaming.contract.topics import EVENTS, POSTINGS, RECOMMENDATIONS
from streaming.errors import InputError
from streaming.kafka.topic_reader import read_messages
from streaming.lake import tables
from streaming.metrics.definitions import SHUFFLED_LISTS
from streaming.metrics.exposition_parser import parse_samples
from streaming.metrics.registry import REGISTRY
from streaming.serving.exploration.shuffling import model_order
from training.registry.registration import ensure_champion

pytestmark = [pytest.mark.spark, pytest.mark.kafka, pytest.mark.slow]

PEOPLE = [f"c{number:03}" for number in range(80)]
SIZE = 5
SHARE = 0.5


def posting(number):
    return {
        "schema_version": 1, "posting_id": f"p{number:02}", "title": f"Developer {number}",
        "employer": f"Employer {number}", "date_posted": "2026-02-01T00:00:00Z",
    }  # fmt: skip


def event(candidate, number, posting_id, **more):
    return {
        "schema_version": 1, "event_id": f"{candidate}-{number}", "candidate_id": candidate,
        "posting_id": posting_id, "kind": "view", "event_time": f"2026-03-01T08:{number:02}:00Z",
    } | more  # fmt: skip


def with_share(settings, share):
    recommend = settings.recommend.model_copy(update={"shuffle_share": share})
    return settings.model_copy(update={"recommend": recommend})


def published(settings, before=()):
    """Values of the personal lists on the topic, each as its bytes, beyond those before."""
    found = [one.value for one in read_messages(settings.kafka, RECOMMENDATIONS) if one.value]
    personal = Counter(value for value in found if orjson.loads(value)["personal"])
    return [*(personal - Counter(before)).elements()]


@pytest.fixture(scope="module")
def settings(make_settings, send, started):
    """A market whose people have clicked the first or second place of lists, half shuffled."""
    made = with_share(make_settings(), SHARE)
    ensure_champion(made)
    pairs = [(f"p{n:02}".encode(), orjson.dumps(posting(n))) for n in range(30)]
    send(made, POSTINGS, pairs)
    with started(index_postings, made) as running:
        running.drain()
    with started(hot_path, made) as hot, started(archive, made) as lake:
        pairs = [(person.encode(), orjson.dumps(event(person, 1, "p29"))) for person in PEOPLE]
        send(made, EVENTS, pairs)
        hot.drain()
        counted = parse_samples(REGISTRY.exposition().decode())[SHUFFLED_LISTS.full_name, ()]
        assert counted == sum(orjson.loads(one)["shuffle"]["shuffled"] for one in published(made))
        clicks = []
        for number, value in enumerate(map(orjson.loads, published(made))):
            person, place = value["candidate_id"], 1 if number % 4 == 0 else 0
            chosen = value["items"][place]
            told = {"recommendation_id": value["recommendation_id"], "rank": chosen["rank"]}
            clicks.append(event(person, 2, chosen["posting_id"], **told))
        send(made, EVENTS, [(one["candidate_id"].encode(), orjson.dumps(one)) for one in clicks])
        hot.drain()
        lake.drain()
    return made


def test_a_share_of_the_lists_is_shuffled_and_says_so(settings):
    lists = [orjson.loads(value) for value in published(settings)]
    assert len(lists) == 2 * len(PEOPLE)
    drawn = Counter(value["shuffle"]["shuffled"] for value in lists)
    assert 50 < drawn[True] < 110
    for value in lists:
        Recommendation.model_validate(value)
        assert value["shuffle"]["propensity"] == SHARE
        items = value["items"]
        assert [item["rank"] for item in items] == [1, 2, 3, 4, 5]
        if value["shuffle"]["shuffled"]:
            items = model_order(items, value["recommendation_id"])
        scores = [item["score"] for item in items]
        assert scores == sorted(scores, reverse=True)
    shown = [orjson.loads(one.value) for one in read_messages(settings.kafka, RECOMMENDATIONS)]
    assert not any("shuffle" in value for value in shown if value["candidate_id"] == ANONYMOUS)


def test_past_lists_come_out_in_the_same_bytes(spark, settings):
    lists = [orjson.loads(value) for value in published(settings)]
    by_kind = {value["shuffle"]["shuffled"]: value for value in lists}
    for value in by_kind.values():
        answer = explain(
            spark, with_share(settings, 0.0), value["recommendation_id"], Questions(why_not="p29")
        )
        assert answer["replay"]["identical"], answer["replay"]["differences"]
        assert orjson.dumps(answer["recommendation"]) == canonical(value)
    [compared] = [one for one in run_round(spark, settings, 1) if one.kind == LISTS]
    assert compared.share == 1.0
    assert compared.equal >= len(lists)  # and those for everybody


def test_without_an_event_compares_with_the_order_of_the_model(spark, settings):
    value = next(
        value
        for value in map(orjson.loads, reversed(published(settings)))
        if value["shuffle"]["shuffled"]
    )
    clicked = Questions(without=f"{value['candidate_id']}-1")
    answer = explain(spark, settings, value["recommendation_id"], clicked)["without"]
    before = [row for row in answer["places"] if row["before"]]
    in_order = model_order(value["items"], value["recommendation_id"])
    ids = [row["posting_id"] for row in sorted(before, key=lambda one: one["before"])]
    assert ids == [item["posting_id"] for item in in_order]


def test_what_was_clicked_is_read_by_place(spark, settings):
    lists = [orjson.loads(value) for value in published(settings)]
    shuffled = [value for value in lists if value["shuffle"]["shuffled"]]
    found = read_published_lists(spark, settings)
    assert found.shuffled.clicks.shape == (len(shuffled), SIZE)
    assert found.shuffled.clicks[:, :2].sum() == found.shuffled.clicks.sum() > 0
    assert found.in_order.sum(axis=0)[0] == len(lists) - len(shuffled)
    assert found.in_order.sum(axis=0)[1] + found.shuffled.clicks.sum() == len(PEOPLE)
    assert np.array_equal(np.sort(found.shuffled.order, axis=1)[0], np.arange(SIZE))
    bias = position_bias(found)
    assert bias.examination[0].estimate == 1.0
    assert bias.examination[1].estimate < 1.0
    assert bias.examination[4].estimate == 0.0
    with pytest.raises(InputError, match="there is no shuffled list"):
        read_published_lists(spark, settings, "2027-01-01T00:00:00.000000Z")


def test_the_command_prints_one_document(settings):
    flags = {
        "home": settings.home,
        "kafka.topic_prefix": settings.kafka.topic_prefix,
        "spark.driver_memory": "1g",
    }
    options = [f"--set={name}={value}" for name, value in flags.items()]
    command = [sys.executable, "-m", "jobs.cli", *options, "position-bias", "--json"]
    done = subprocess.run(command, capture_output=True, check=True, text=True)
    report = json.loads(done.stdout)
    assert report["lists"] == sum(
        orjson.loads(value)["shuffle"]["shuffled"] for value in published(settings)
    )
    assert len(report["examination"]) == SIZE


def test_a_retried_batch_keeps_the_share_that_it_began_with(settings, send, started):
    """Last in this file: it changes what stands on the topic."""
    before = published(settings)
    commits = Path(settings.checkpoints, "update_profiles", "commits")
    newest = max(int(file.name) for file in commits.glob("[0-9]*"))
    (commits / str(newest)).unlink()
    (commits / f".{newest}.crc").unlink(missing_ok=True)
    with started(hot_path, with_share(settings, 0.0)) as running:
        running.drain()
        repeated = published(settings, before)
        assert repeated
        assert set(repeated) <= set(before)
        assert any(orjson.loads(value)["shuffle"]["shuffled"] for value in repeated)
        send(settings, EVENTS, [(b"c000", orjson.dumps(event("c000", 3, "p28")))])
        running.drain()
    last = [orjson.loads(v) for v in published(settings, [*before, *repeated])]
    assert last
    assert not any("shuffle" in value for value in last)


def test_a_lake_of_an_older_release_holds_no_shuffled_list(spark, make_settings):
    settings = make_settings()
    tables.create(spark, settings, tables.EVENTS, tables.DECISIONS)
    empty = tables.read(spark, settings, tables.DECISIONS, 0).drop("shuffle")
    writer = empty.write.format("delta").mode("overwrite").option("overwriteSchema", "true")
    writer.save(tables.DECISIONS.path(settings))
    with pytest.raises(InputError, match="there is no shuffled list"):
        read_published_lists(spark, settings)
