"""Past lists over several models and catalogues, made again from the lake and the registry."""

import json
import shutil

import orjson
import pytest
from delta.tables import DeltaTable
from pyspark.errors import AnalysisException
from pyspark.sql import functions as F  # noqa: N812 - the field's usual name

from infra.simulator import Market, MarketConfig
from jobs import archive as archive_job
from jobs import index_postings, train, update_profiles
from jobs.cli.commands.market import explain as command
from jobs.explaining.explain import Questions, explain
from jobs.explaining.recorded_inputs import read_recommendation, recorded_bundle
from jobs.explaining.replay import canonical
from streaming.contract.records import ANONYMOUS
from streaming.contract.topics import (
    CANDIDATES,
    EVENTS,
    POSTINGS,
    PROFILES,
    RECOMMENDATIONS,
)
from streaming.errors import InputError, ModelError
from streaming.kafka.topic_reader import read_latest, read_messages
from streaming.lake import tables
from streaming.lake.maintenance import maintain_table
from streaming.profiles.fold import fold
from streaming.profiles.fold_inputs import received_event, received_stated_part, without_trigger
from streaming.serving.batch_recommendation import recommend_all
from streaming.serving.bundles import BundleStore
from streaming.serving.champion import ServingVersions
from streaming.serving.list_values import make_recommendations
from streaming.settings import TrainingSettings
from training.registry.model_registry import set_champion
from training.registry.registration import ensure_champion
from training.registry.tracking import setup

pytestmark = [pytest.mark.spark, pytest.mark.kafka]

CONFIG = MarketConfig(
    candidates=12, postings=120, events_per_candidate=6, days=20, occupations=5, seed=4
)


@pytest.fixture(scope="module")
def settings(make_settings, send, started, spark):
    """Lists by two models over two catalogues, on their topic and in the lake."""
    made = make_settings().model_copy(update={"training": TrainingSettings(epochs=1, processes=1)})
    ensure_champion(made)
    market = Market(CONFIG)
    postings = list(market.postings())
    send(made, POSTINGS, [(p["posting_id"].encode(), orjson.dumps(p)) for p in postings])
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
        recommend_all(spark, made)
        trained = train.run(spark, made).reference
        set_champion(made, trained, reason="a test", forced=True)
        recommend_all(spark, made)
        closed = [(p["posting_id"].encode(), None) for p in postings[::3]]
        send(made, POSTINGS, closed)
        index.drain()
        recommend_all(spark, made)
        archive.drain()
    return made


@pytest.fixture(scope="module")
def lists(settings):
    """The bytes of every published list."""
    messages = read_messages(settings.kafka, RECOMMENDATIONS)
    return {orjson.loads(m.value)["recommendation_id"]: m.value for m in messages}


@pytest.fixture(scope="module")
def newest(lists):
    """The newest list of each candidate."""
    values = map(orjson.loads, lists.values())
    ordered = sorted(values, key=lambda one: (one["model_version"], one["catalogue_version"]))
    return {value["candidate_id"]: value for value in ordered}


@pytest.fixture(scope="module")
def busy(settings, newest):
    """The newest list of a candidate with several events."""
    return next(newest[c] for c, profile in profiles_of(settings) if len(profile["events"]) > 3)


def profiles_of(settings):
    newest = read_latest(settings.kafka, PROFILES)
    return [(key, orjson.loads(message.value)) for key, message in sorted(newest.items())]


def records_of(settings, candidate_id, *left_out):
    """What was sent for a candidate, read from the topics and not from the lake."""
    for topic, taken in ((EVENTS, received_event), (CANDIDATES, received_stated_part)):
        for message in read_messages(settings.kafka, topic):
            value = orjson.loads(message.value)
            if value["candidate_id"] == candidate_id and value.get("event_id") not in left_out:
                yield taken(value, message.offset)


def test_past_lists_come_out_in_the_same_bytes(spark, settings, lists):
    made = {orjson.loads(value)["model_version"] for value in lists.values()}
    catalogues = {orjson.loads(value)["catalogue_version"] for value in lists.values()}
    assert (len(made), len(catalogues)) == (2, 2)
    by_versions = {}
    for recommendation_id, value in lists.items():
        published = orjson.loads(value)
        key = published["model_version"], published["catalogue_version"]
        by_versions.setdefault(key, []).append(recommendation_id)
    assert len(by_versions) == 3
    shutil.rmtree(settings.home / "serving")  # nothing comes from what had been built to serve
    for ids in by_versions.values():
        for recommendation_id in sorted(ids)[:5]:
            answer = explain(spark, settings, recommendation_id, Questions())
            assert answer["replay"]["identical"], answer["replay"]["differences"]
            made = orjson.loads(lists[recommendation_id])
            assert orjson.dumps(answer["recommendation"]) == canonical(made)
            left_out = sum(row["postings"] for row in answer["left_out"])
            assert left_out + len(made["items"]) == CONFIG.postings


def test_all_lists_of_a_version_are_the_bytes_of_the_topic(spark, settings, lists, newest):
    profiles = dict(profiles_of(settings))
    for candidate_id, value in newest.items():
        if candidate_id == ANONYMOUS:
            continue
        with recorded_bundle(
            spark, settings, read_recommendation(spark, settings, value["recommendation_id"])
        ) as bundle:
            [again] = make_recommendations([profiles[candidate_id]], bundle, 5)
        assert orjson.dumps(again) == lists[value["recommendation_id"]]


def test_the_list_of_visitors_is_made_again(spark, settings, newest):
    answer = explain(spark, settings, newest[ANONYMOUS]["recommendation_id"], Questions())
    assert answer["replay"]["identical"]
    with pytest.raises(InputError, match="anonymous visitors, who have no profile"):
        explain(spark, settings, newest[ANONYMOUS]["recommendation_id"], Questions(without="e"))


def test_the_list_was_as_long_as_then(spark, settings, busy):
    longer = settings.model_copy(
        update={"recommend": settings.recommend.model_copy(update={"list_size": 9})}
    )
    answer = explain(spark, longer, busy["recommendation_id"], Questions())
    assert (answer["replay"]["identical"], answer["replay"]["size"]) == (True, 5)


def test_without_an_event_is_the_list_of_a_profile_folded_without_it(spark, settings, newest):
    compared, moved = 0, 0
    for candidate_id, profile in profiles_of(settings):
        for event in profile["events"][-1:]:
            received = list(records_of(settings, candidate_id, event["event_id"]))
            folded = fold(None, received, candidate_id).profile
            value = newest[candidate_id]
            names = ("model_name", "model_version", "catalogue_version")
            versions = ServingVersions(*(value[name] for name in names))
            with BundleStore(spark, settings).lease(versions) as bundle:
                [expected] = make_recommendations([without_trigger(folded)], bundle, 5)
            answer = explain(
                spark,
                settings,
                value["recommendation_id"],
                Questions(without=event["event_id"]),
            )
            found = answer["without"]["recommendation"]
            assert orjson.dumps(found) == canonical(expected)
            before = [item["posting_id"] for item in value["items"]]
            assert before == [
                row["posting_id"]
                for row in sorted(answer["without"]["places"], key=lambda one: one["before"] or 99)
                if row["before"]
            ]
            compared += 1
            moved += before != [item["posting_id"] for item in found["items"]]
    assert compared >= 4
    assert moved


def test_changes_that_are_found_bring_the_posting_in(spark, settings, busy):
    catalogue = BundleStore(spark, settings)
    names = ("model_name", "model_version", "catalogue_version")
    versions = ServingVersions(*(busy[name] for name in names))
    with catalogue.lease(versions) as bundle:
        profile = dict(profiles_of(settings))[busy["candidate_id"]]
        [longer] = bundle.ranker().rank([profile], [profile["as_of"]], bundle.prepared_path(), 30)
    listed = {item["posting_id"] for item in busy["items"]}
    near = next(item["posting_id"] for item in longer if item["posting_id"] not in listed)
    answer = explain(spark, settings, busy["recommendation_id"], Questions(why_not=near))["why_not"]
    assert answer["rules"][0]["rule"] in {"ranked below", "employer cap"}
    assert answer["place"] is not None
    assert answer["search"]["tried"] > 1
    for one in answer["search"]["smallest"]:
        assert 1 <= one["place"] <= 5

    known = dict(profiles_of(settings))[busy["candidate_id"]]["events"][-1]["posting_id"]
    answer = explain(spark, settings, busy["recommendation_id"], Questions(why_not=known))[
        "why_not"
    ]
    rules = {rule["rule"] for rule in answer["rules"]}
    assert rules & {"viewed or saved", "applied to", "dismissed", "withdrawn", "expired"}
    if answer["search"] and answer["search"]["smallest"]:
        assert answer["search"]["smallest"][0]["changes"][0] == f"no event with {known}"

    inside = explain(
        spark,
        settings,
        busy["recommendation_id"],
        Questions(why_not=busy["items"][1]["posting_id"]),
    )["why_not"]
    assert (inside["rules"], inside["place"]) == ([], 2)


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        (Questions(without="nobody's"), 'event "nobody\'s" is not in the profile'),
        (Questions(without="x" * 201), "is no id: it has 201 characters"),
        (Questions(why_not=""), "is no id: it has 0 characters"),
        (Questions(why_not="p?"), "posting 'p\\?' is not in catalogue"),
    ],
)
def test_bad_questions_are_one_line(spark, settings, busy, asked, text):
    with pytest.raises(InputError, match=text) as raised:
        explain(spark, settings, busy["recommendation_id"], asked)
    assert "\n" not in str(raised.value)


def test_an_unknown_list_is_one_line(spark, settings):
    with pytest.raises(InputError, match=r"no recommendation 'f00' in Δ decisions.*lake_interval"):
        explain(spark, settings, "f00", Questions())


def test_the_command_prints_everything(spark, settings, busy, capsys):
    questions = Questions(
        without=dict(profiles_of(settings))[busy["candidate_id"]]["events"][-1]["event_id"],
        why_not=busy["items"][0]["posting_id"],
    )
    answer = explain(spark, settings, busy["recommendation_id"], questions)
    assert json.loads(json.dumps(answer)) == answer
    command.console.print(command.Group(*command.explanation(answer)))
    text = capsys.readouterr().out
    assert "identical: " in text
    assert f"without event {questions.without}" in text
    assert "in the list, at place 1" in text


def test_what_is_gone_is_told(spark, settings, lists, busy):
    """The last test of this file: it deletes what the others need."""
    values = [orjson.loads(value) for value in lists.values()]
    first = min(values, key=lambda one: (one["catalogue_version"], int(one["model_version"])))
    shutil.rmtree(settings.home / "serving")
    # Delta would refuse what is older than this, although its files are there.
    place = tables.POSTINGS.path(settings)
    retention = "'delta.deletedFileRetentionDuration' = 'interval 0 seconds'"
    spark.sql(f"ALTER TABLE delta.`{place}` SET TBLPROPERTIES ({retention})")
    with pytest.raises(AnalysisException, match="Cannot time travel beyond"):
        tables.read(spark, settings, tables.POSTINGS, first["catalogue_version"]).count()
    assert explain(spark, settings, first["recommendation_id"], Questions())["replay"]["identical"]

    shutil.rmtree(settings.home / "serving")
    maintain_table(spark, settings, tables.POSTINGS, 0)
    with pytest.raises(InputError, match=r"catalogue .* is gone: .*168 hours") as raised:
        explain(spark, settings, first["recommendation_id"], Questions())
    assert "\n" not in str(raised.value)

    files = setup(settings).get_model_version_download_uri(
        busy["model_name"], busy["model_version"]
    )
    shutil.rmtree(files.removeprefix("file://"))
    shutil.rmtree(settings.home / "serving", ignore_errors=True)
    with pytest.raises(ModelError, match="of this list is gone or cannot be read; MLflow"):
        explain(spark, settings, busy["recommendation_id"], Questions())

    profiles = DeltaTable.forPath(spark, tables.PROFILES.path(settings))
    profiles.delete(F.col("candidate_id") == busy["candidate_id"])
    with pytest.raises(InputError, match=r"profile version .* is not in Δ profiles"):
        explain(spark, settings, busy["recommendation_id"], Questions())
