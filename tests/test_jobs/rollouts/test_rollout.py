"""A rollout in the real stream: who gets whose lists, what ends it, and what is left afterwards."""

import shutil
from pathlib import Path

import orjson
import pytest
from rollout_market import FATAL, PEOPLE, SETTINGS, Market, event, fill

from jobs import archive, hot_path, index_postings
from streaming.contract.records import Recommendation, RolloutArm
from streaming.contract.topics import (
    SHADOW_RECOMMENDATIONS,
)
from streaming.lake import tables
from streaming.metrics.definitions import (
    ROLLOUT_ERRORS,
    ROLLOUT_LISTS,
    ROLLOUT_SECONDS,
    ROLLOUTS_ABORTED,
)
from streaming.metrics.registry import REGISTRY
from streaming.serving.rollouts.rollout import read_rollouts
from training.registry.model_registry import CHALLENGER, champion, resolve, rollback
from training.registry.tracking import setup

pytestmark = [pytest.mark.spark, pytest.mark.kafka, pytest.mark.slow]

ROLLOUT_METRICS = (ROLLOUT_ERRORS, ROLLOUT_LISTS, ROLLOUT_SECONDS, ROLLOUTS_ABORTED)


@pytest.fixture(scope="module")
def market(make_settings, send, started, tmp_path_factory):
    """A market whose challenger is that of the module; its champion is the baseline."""
    settings = make_settings().model_copy(update={"rollout": SETTINGS})
    fill(settings, send, tmp_path_factory.mktemp("model") / "model.py")
    with started(index_postings, settings) as running:
        running.drain()
    return Market(settings, send)


def end_by_hand(market, running):
    market.command("abort")
    market.wait_until_served(None, running)


def test_a_canary_serves_its_share_and_everything_says_so(market, started):
    with started(hot_path, market.settings) as running:
        rollout = market.start("--share", "50%", "--canary")
        market.wait_until_served(rollout, running)
        market.clicks(*(event(person, 1) for person in PEOPLE))
        running.drain()
        lists = market.newest()
        assert {*lists} == {*PEOPLE}
        for person, value in lists.items():
            own = rollout.includes(person)
            arm = RolloutArm.CHALLENGER if own else RolloutArm.CHAMPION
            version = rollout.model_version if own else rollout.champion_version
            assert value["model_version"] == version
            assert value["rollout"] == {
                "rollout_id": rollout.rollout_id, "arm": arm, "propensity": 0.5
            }  # fmt: skip
            Recommendation.model_validate(value)
        chosen = [value for value in lists.values() if value["rollout"]["arm"] == "challenger"]
        assert 40 < len(chosen) < 80
        assert {value["items"][0]["posting_id"] for value in chosen} == {"p19"}

        # An abort makes the challenger's lists again.
        market.command("abort", "--reason", "enough seen")
        assert read_rollouts(market.settings).remake == ()
        after = market.newest()
        assert {value["model_version"] for value in after.values()} == {rollout.champion_version}
        assert not any("rollout" in after[value["candidate_id"]] for value in chosen)
        versions = {person: value["profile_version"] for person, value in lists.items()}
        assert versions == {person: value["profile_version"] for person, value in after.items()}
    assert "aborted: enough seen" in market.command("status")


def test_a_retried_batch_repeats_the_lists_of_an_ended_rollout(market, started):
    with started(hot_path, market.settings) as running:
        rollout = market.start("--share", "0.5", "--canary", "--salt", "another")
        market.wait_until_served(rollout, running)
        market.clicks(*(event(person, 2) for person in PEOPLE[:20]))
        running.drain()
    before, ends = set(market.since({})), market.ends()
    market.command("abort", "--wait", "0")
    # The last batch ended before its commit was written.
    commits = Path(market.settings.checkpoints, "update_profiles", "commits")
    newest = max(int(file.name) for file in commits.glob("[0-9]*"))
    (commits / str(newest)).unlink()
    (commits / f".{newest}.crc").unlink(missing_ok=True)
    with started(hot_path, market.settings) as running:
        running.drain()
        repeated = {text for text in market.since(ends) if "rollout" in orjson.loads(text)}
        assert repeated  # beside the lists that are made again already
        assert repeated <= before
        market.wait(lambda: read_rollouts(market.settings).remake == (), running)
    versions = {value["model_version"] for value in market.newest().values()}
    assert versions == {rollout.champion_version}


def test_who_the_challenger_fails_for_gets_the_champions_list(market, started):
    with started(hot_path, market.settings) as running:
        rollout = market.start("--share", "50%", "--canary", "--salt", "s")
        market.wait_until_served(rollout, running)
        chosen = [person for person in PEOPLE if rollout.includes(person)]
        fine, failing = chosen[0], chosen[1]
        market.clicks(event(fine, 3, "p01"))
        running.drain()
        market.clicks(event(failing, 3, FATAL))
        running.drain()
        assert market.newest()[fine]["model_version"] == rollout.model_version
        served = market.newest()[failing]
        assert served["model_version"] == rollout.champion_version
        assert "rollout" not in served
        assert read_rollouts(market.settings).current == rollout  # one of two: the limit is half
        market.clicks(event(failing, 4, "p02"))
        running.drain()
        market.wait(lambda: read_rollouts(market.settings).current is None, running)
        assert read_rollouts(market.settings).ended[-1].reason == "errors: 2 of 3 lists failed"
        market.wait(lambda: read_rollouts(market.settings).remake == (), running)
        assert market.newest()[fine]["model_version"] == rollout.champion_version
    shown = {sample.name: sample for family in REGISTRY.collect() for sample in family.samples}
    assert {metric.full_name for metric in ROLLOUT_METRICS} <= shown.keys()


def test_lists_of_a_shadow_are_kept_and_not_published(market, started, spark):
    ends = market.ends()
    with started(hot_path, market.settings) as running, started(archive, market.settings) as lake:
        rollout = market.start("--share", "50%", "--shadow", "--salt", "s")
        market.wait_until_served(rollout, running)
        people = PEOPLE[40:80]
        chosen = {person for person in people if rollout.includes(person)}
        market.clicks(*(event(person, 5, "p03") for person in people))
        running.drain()
        lake.drain()
        market.wait(
            lambda: (read_rollouts(market.settings).look or {"lists": 0})["lists"] == len(chosen),
            lake,
        )
        seen = read_rollouts(market.settings).look
        end_by_hand(market, running)
    lists = [orjson.loads(value) for value in market.since(ends)]
    assert {value["model_version"] for value in lists} == {rollout.champion_version}
    assert {value["rollout"]["propensity"] for value in lists} == {1.0}
    shadows = market.newest(SHADOW_RECOMMENDATIONS)
    assert {*shadows} == chosen
    assert {value["rollout"]["arm"] for value in shadows.values()} == {"shadow"}
    at = tables.version(spark, market.settings, tables.SHADOWS)
    kept = tables.read(spark, market.settings, tables.SHADOWS, at)
    assert {row.candidate_id for row in kept.select("candidate_id").collect()} == {*shadows}
    assert 0 <= seen["same_postings"] < 1


def test_a_challenger_whose_lists_are_not_clicked_is_taken_back(market, started):
    with started(hot_path, market.settings) as running, started(archive, market.settings) as lake:
        rollout = market.start("--share", "50%", "--canary", "--salt", "clicks")
        market.wait_until_served(rollout, running)
        market.clicks(*(event(person, 6, "p04") for person in PEOPLE))
        running.drain()
        answers = [
            event(person, 7, value["items"][0]["posting_id"])
            | {"recommendation_id": value["recommendation_id"], "rank": 1}
            for person, value in market.newest().items()
            if value.get("rollout", {}).get("arm") == "champion"
        ]
        market.clicks(*answers)
        running.drain()
        lake.drain()
        market.wait(lambda: read_rollouts(market.settings).current is None, lake)
        last = read_rollouts(market.settings).ended[-1]
        assert last.rollout == rollout
        assert last.reason.startswith("outcomes: 0.0 % of its")
        market.wait(lambda: read_rollouts(market.settings).remake == (), running)
    assert {v["model_version"] for v in market.newest().values()} == {rollout.champion_version}


def test_a_challenger_that_cannot_be_loaded_is_set_aside(market, started):
    client, name = setup(market.settings), market.settings.mlflow.model_name
    challenger = resolve(market.settings, CHALLENGER)
    files = client.get_model_version_download_uri(name, challenger.version)
    ruined = market.settings.home / "ruined"
    shutil.copytree(files.removeprefix("file://"), ruined)
    version = client.create_model_version(name, ruined.as_uri())
    shutil.rmtree(ruined)
    with started(hot_path, market.settings) as running:
        market.start("--share", "50%", "--canary", "--version", version.version)
        market.wait(lambda: read_rollouts(market.settings).current is None, running)
        last = read_rollouts(market.settings).ended[-1]
        assert last.reason.startswith("load: ")
        market.clicks(event(PEOPLE[0], 8, "p06"))
        running.drain()
        serving = champion(market.settings).version
        assert market.newest()[PEOPLE[0]]["model_version"] == serving


def test_finish_makes_the_challenger_champion_and_a_rollback_makes_lists_again(market, started):
    before = champion(market.settings)
    with started(hot_path, market.settings) as running:
        rollout = market.start("--share", "50%", "--canary")
        market.command("start", "--share", "5%", "--canary", code="5")  # one is on
        market.wait_until_served(rollout, running)
        market.command("finish")
        assert champion(market.settings).version == rollout.model_version
        market.wait_until_served(None, running)
        market.clicks(event(PEOPLE[1], 9, "p07"))
        running.drain()
        assert market.newest()[PEOPLE[1]]["model_version"] == rollout.model_version
        rollback(market.settings)
        assert champion(market.settings) == before
        market.wait(lambda: read_rollouts(market.settings).remake == (), running)
        assert {v["model_version"] for v in market.newest().values()} == {before.version}
    assert [one.outcome for one in read_rollouts(market.settings).ended][-1] == "finished"
