"""A rollout in the real stream whose jobs are killed: it ends, and no list is another one twice."""

import random
import time
from collections import defaultdict

import orjson
import pytest
from rollout_market import PEOPLE, SETTINGS, Market, event, fill

from jobs import index_postings
from jobs.runtime.sandbox import sandbox
from streaming.contract.records import RolloutArm
from streaming.contract.topics import PROFILES, RECOMMENDATIONS
from streaming.kafka.topic_reader import read_messages
from streaming.serving.rollouts.rollout import read_rollouts
from streaming.settings import Settings, SparkSettings

pytestmark = [pytest.mark.spark, pytest.mark.kafka, pytest.mark.nightly]
KILLS = 8
PATIENCE = 240.0
SEED = 3


class Jobs:
    """The jobs of the rollout as processes, one of which is killed now and then."""

    def __init__(self, own):
        self._own, self._rng, self.kills = own, random.Random(SEED), 0
        self._running = {name: own.start_job(f"jobs.{name}") for name in ("hot_path", "archive")}

    def kill_one(self):
        """Kill one at a moment of its work, and start it again."""
        time.sleep(self._rng.uniform(0, 3))
        name = self._rng.choice([*self._running])
        self._running[name].kill()
        self._running[name] = self._own.start_job(f"jobs.{name}")
        self.kills += 1

    def check(self):
        for process in self._running.values():
            process.check()

    def stop(self):
        for process in self._running.values():
            process.stop()


@pytest.fixture
def market(tmp_path, send, started):
    given = Settings(home=tmp_path, spark=SparkSettings(driver_memory="1g"), rollout=SETTINGS)
    changes = {"jobs": {"lake_interval_seconds": 1.0}, "metrics": {"port": "off"}}
    with sandbox(given, tmp_path / "home", **changes) as own:
        fill(own.settings, send, tmp_path / "model.py")
        with started(index_postings, own.settings) as running:
            running.drain()
        yield own, Market(own.settings, send)


def lists_of(market):
    """Every content of each list, by its id."""
    found = defaultdict(set)
    for message in read_messages(market.settings.kafka, RECOMMENDATIONS):
        if message.value and orjson.loads(message.value)["personal"]:
            found[orjson.loads(message.value)["recommendation_id"]].add(message.value)
    return found


@pytest.mark.timeout(1_800)
def test_it_ends_and_no_list_is_another_twice_whatever_is_killed(market):
    own, market = market
    rollout = market.start("--share", "50%", "--canary", "--salt", "killed")
    jobs = Jobs(own)
    try:
        number = 0
        while read_rollouts(market.settings).current is not None or jobs.kills < KILLS:
            number += 1
            assert number < 40, "it is not taken back"
            viewed = f"p{number % 4:02}"
            market.clicks(*(event(person, number, viewed) for person in PEOPLE))
            if jobs.kills < KILLS:
                jobs.kill_one()
            deadline = time.monotonic() + PATIENCE
            while not everybody_has_a_list(market, number):
                jobs.check()
                assert time.monotonic() < deadline, jobs.kills
                time.sleep(0.5)
            market.clicks(
                *(
                    event(person, 60, value["items"][0]["posting_id"])
                    | {"event_id": f"{person}-answer-{number}"}
                    | {"recommendation_id": value["recommendation_id"], "rank": 1}
                    | {"event_time": f"2026-03-01T09:{number:02}:00.000000Z"}
                    for person, value in market.newest().items()
                    if value.get("rollout", {}).get("arm") == RolloutArm.CHAMPION
                )
            )
        market.wait(lambda: read_rollouts(market.settings).remake == (), jobs)
    finally:
        jobs.stop()
    last = read_rollouts(market.settings).ended[-1]
    assert last.rollout == rollout
    assert last.reason.startswith("outcomes: ")
    found = lists_of(market)
    assert not [name for name, contents in found.items() if len(contents) > 1]
    values = [orjson.loads(value) for contents in found.values() for value in contents]
    assigned = [value for value in values if "rollout" in value]
    for value in assigned:
        own_arm = value["rollout"]["arm"] == RolloutArm.CHALLENGER
        assert own_arm == rollout.includes(value["candidate_id"])
    after = market.newest()
    assert {*after} == {*PEOPLE}
    assert {value["model_version"] for value in after.values()} == {rollout.champion_version}


def everybody_has_a_list(market, number):
    """Whether an event is in everybody's profile, and the newest list is of that profile."""
    lists, profiles = market.newest(), market.newest(PROFILES)
    if not {*PEOPLE} <= lists.keys() & profiles.keys():
        return False
    return all(
        any(one["event_id"] == f"{person}-{number}" for one in profiles[person]["events"])
        and lists[person]["profile_version"] == profiles[person]["version"]
        for person in PEOPLE
    )
