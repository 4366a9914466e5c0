"""hot_path: profiles and lists by one query, in place of update_profiles and recommend."""

import os
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import orjson
import pytest

from jobs import archive, hot_path, index_postings, recommend, up, update_profiles
from jobs.demo.stream_checks import check_recommendations
from streaming.contract.records import ANONYMOUS
from streaming.contract.topics import (
    CANDIDATES,
    DEAD_LETTERS,
    EVENTS,
    POSTINGS,
    PROFILES,
    RECOMMENDATIONS,
)
from streaming.kafka.topic_reader import read_latest, read_messages
from streaming.lake.archive_rows import DESTINATIONS
from streaming.profiles.fold_inputs import without_trigger
from streaming.serving import recommender
from streaming.settings import StorageSettings
from streaming.spark.internals.tuned.python_daemon import (
    IDLE,
    LOW,
    MODULE,
    NICENESS,
    PRIORITY,
    SCORES,
)
from training.registry.registration import ensure_champion

pytestmark = [pytest.mark.spark, pytest.mark.kafka]

PEOPLE = [f"c{n}" for n in range(5)]


def posting(number):
    return {
        "schema_version": 1,
        "posting_id": f"p{number:02}",
        "title": f"Developer {number}",
        "date_posted": "2026-02-01T00:00:00Z",
    }


def click(candidate, number):
    return {
        "schema_version": 1,
        "event_id": f"{candidate}-{number}",
        "candidate_id": candidate,
        "posting_id": f"p{(7 * number + int(candidate[1:])) % 20:02}",
        "kind": ("view", "apply", "dismiss", "save")[number % 4],
        "event_time": f"2026-03-01T08:{number:02}:00Z",
    }


@pytest.fixture
def clicks(send):
    def sent(settings, *numbers):
        pairs = [(c.encode(), orjson.dumps(click(c, n))) for n in numbers for c in PEOPLE]
        send(settings, EVENTS, pairs)

    return sent


@pytest.fixture
def settings(make_settings, send, started):
    """A catalogue of 20 postings and nothing else."""
    prepared = make_settings()
    postings = [posting(n) for n in range(20)]
    send(prepared, POSTINGS, [(p["posting_id"].encode(), orjson.dumps(p)) for p in postings])
    ensure_champion(prepared)
    with started(index_postings, prepared) as running:
        running.drain()
    return prepared


def published(settings, topic):
    return [(m.key, m.value) for m in read_messages(settings.kafka, topic)]


def versions(settings):
    """Version of each candidate's profile, and of the profile that each list was made for."""
    profiles = {
        key: orjson.loads(m.value)["version"]
        for key, m in read_latest(settings.kafka, PROFILES).items()
    }
    lists = {
        key: orjson.loads(m.value)["profile_version"]
        for key, m in read_latest(settings.kafka, RECOMMENDATIONS).items()
        if key != ANONYMOUS
    }
    return profiles, lists


def test_every_profile_has_its_list_and_what_is_broken_is_a_dead_letter(
    settings, clicks, send, started
):
    clicks(settings, 0, 1, 2)
    send(settings, EVENTS, [(b"c1", b"{"), (None, b"[]")])
    stated = {
        "schema_version": 1,
        "candidate_id": "quiet",
        "skills": ["Java"],
        "updated_at": "2026-03-01T00:00:00Z",
    }
    send(settings, CANDIDATES, [(b"quiet", orjson.dumps(stated))])
    with started(hot_path, settings) as running:
        assert [query.name for query in running.queries] == ["update_profiles"]
        running.drain()
    profiles, lists = versions(settings)
    assert profiles.keys() == {*PEOPLE, "quiet"}
    assert lists == profiles
    assert len(published(settings, DEAD_LETTERS)) == 2
    check = check_recommendations(settings)
    assert check["lists"] == check["for_the_newest_profile"] == len(profiles)
    assert (check["not_open"], check["repeated"], check["already_known"]) == ([], 0, 0)
    assert check["for_people_nobody_knows"]


def test_either_path_makes_the_same_profiles_and_lists(settings, clicks, started):
    clicks(settings, 0, 1, 2)
    outputs = {}
    for tuned in ("on", "off"):
        spark_settings = settings.spark.model_copy(update={"tuned": tuned})
        tuned_settings = settings.model_copy(update={"spark": spark_settings})
        shutil.rmtree(settings.checkpoints, ignore_errors=True)
        with started(hot_path, tuned_settings) as running:
            running.drain()
        outputs[tuned] = [last_values(settings, topic) for topic in (PROFILES, RECOMMENDATIONS)]
    assert outputs["off"][0].keys() >= {*PEOPLE}
    assert outputs["off"] == outputs["on"]


def last_values(settings, topic):
    """The bytes of each key's newest value, without what depends on where batches are cut."""
    newest = read_latest(settings.kafka, topic)
    return {key: orjson.dumps(without_trigger(orjson.loads(m.value))) for key, m in newest.items()}


def test_those_who_fold_are_the_workers_that_were_started_ahead(settings, clicks, started):
    clicks(settings, 0)
    with started(hot_path, settings) as running:
        running.drain()
    assert len([daemon for daemon in worker_daemons() if not gives_way(daemon)]) == 1


def test_tables_are_written_by_workers_that_the_system_serves_last(settings, clicks, started):
    clicks(settings, 0)
    with started(up, settings) as running:
        running.drain()
    served = {gives_way(daemon): service(daemon) for daemon in worker_daemons()}
    niceness = os.nice(0)
    assert served == {
        None: (os.SCHED_OTHER, niceness),
        LOW: (os.SCHED_OTHER, niceness + NICENESS),  # of postings
        IDLE: (os.SCHED_IDLE, niceness),
    }


def test_what_tables_are_made_of_is_read_by_workers_of_low_priority(
    settings, started, spark, monkeypatch
):
    environments, decode_values = [], archive.decode_values

    def judged(*arguments):
        environments.append(dict(spark.sparkContext.environment))
        with ThreadPoolExecutor() as pool:  # what another thread plans meanwhile
            environments.append(pool.submit(lambda: dict(spark.sparkContext.environment)).result())
        return decode_values(*arguments)

    monkeypatch.setattr(archive, "decode_values", judged)
    with started(archive, settings):
        pass
    environments.append(dict(spark.sparkContext.environment))
    priorities = [(each.get(PRIORITY), SCORES in each) for each in environments]
    assert priorities == [(LOW, False), (None, True)] * len(DESTINATIONS) + [(None, True)]


def test_workers_that_nobody_asks_are_asked_before_spark_ends_them(
    settings, clicks, started, spark, monkeypatch
):
    def count_jobs():  # the jobs of queries belong to groups
        return len(spark.sparkContext.statusTracker().getJobIdsForGroup(None))

    monkeypatch.setattr(recommender, "IDLE_SECONDS", 0.5)
    clicks(settings, 0)
    with started(hot_path, settings) as running:
        running.drain()
        before = count_jobs()
        deadline = time.monotonic() + 30
        while count_jobs() < before + 3 and time.monotonic() < deadline:
            time.sleep(0.1)
        assert count_jobs() >= before + 3


def gives_way(daemon):
    """How far others come before it; None: not at all."""
    variables = (daemon / "environ").read_text().split("\0")
    return next((v.partition("=")[2] for v in variables if v.startswith(PRIORITY)), None)


def service(daemon):
    return os.sched_getscheduler(int(daemon.name)), int(stat(daemon)[16])


def worker_daemons():
    """The processes right below this test's JVM that Python workers are forked from."""
    daemons = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            jvm = parent(process)
            ours = parent(jvm).name == str(os.getpid())
            daemon = MODULE.encode() in (process / "cmdline").read_bytes()
        except OSError:  # it has ended, or has no such parents
            continue
        if ours and daemon:
            daemons.append(process)
    return daemons


def parent(process):
    return Path("/proc", stat(process)[1])


def stat(process):
    """What the system tells of a process, from its state on (proc(5), the third field)."""
    return (process / "stat").read_text().rpartition(")")[2].split()


def test_where_checkpoints_are_no_folder_the_driver_pins(settings, clicks, started):
    storage = StorageSettings(checkpoints=f"file:{settings.home}/elsewhere")
    far = settings.model_copy(update={"storage": storage})
    with started(hot_path, far) as running:
        for number in range(2):
            clicks(far, number)
            running.drain()
    profiles, lists = versions(far)
    assert profiles.keys() == set(PEOPLE)
    assert lists == profiles
    assert list((settings.home / "elsewhere" / "update_profiles" / "pins").glob("*.json"))


def test_the_two_jobs_and_the_one_go_on_from_each_other(settings, clicks, started):
    clicks(settings, 0, 1)
    for job in (update_profiles, recommend):
        with started(job, settings) as running:
            running.drain()
    counts = {topic: len(published(settings, topic)) for topic in (PROFILES, RECOMMENDATIONS)}
    with started(hot_path, settings) as running:
        running.drain()
        assert {topic: len(published(settings, topic)) for topic in counts} == counts
        clicks(settings, 2)
        running.drain()
    profiles, lists = versions(settings)
    assert lists == profiles
    clicks(settings, 3)
    for job in (update_profiles, recommend):
        with started(job, settings) as running:
            running.drain()
    again, lists = versions(settings)
    assert lists == again
    assert all(again[candidate] > profiles[candidate] for candidate in PEOPLE)


def test_a_batch_that_ended_before_its_commit_is_repeated_byte_for_byte(settings, clicks, started):
    with started(hot_path, settings) as running:
        for number in range(3):
            clicks(settings, number)
            running.drain()
    before = {topic: published(settings, topic) for topic in (PROFILES, RECOMMENDATIONS)}
    commits = Path(settings.checkpoints, "update_profiles", "commits")
    newest = max(int(file.name) for file in commits.glob("[0-9]*"))
    (commits / str(newest)).unlink()
    (commits / f".{newest}.crc").unlink(missing_ok=True)
    shutil.rmtree(settings.home / "serving")
    with started(hot_path, settings) as running:
        running.drain()
    for topic, pairs in before.items():
        more = [pair for pair in published(settings, topic)[len(pairs) :] if pair[0] != b"*"]
        assert more, topic.name
        assert set(more) <= set(pairs)
