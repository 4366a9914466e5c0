"""Every job works with its own rights alone, over TLS and with a login, and shows no password."""

import orjson
import pytest

from infra.broker import acls, provisioning
from infra.broker.acls import DEFAULT_PREFIX
from jobs import archive, converse, hot_path, index_postings, match, plan, recommend
from jobs.parity.rounds import run_round
from jobs.writing import rewrite
from streaming.contract.access.principals import (
    ARCHIVE,
    CONSUMER,
    CONVERSE,
    HOT_PATH,
    IMPORT,
    INDEX_POSTINGS,
    MATCH,
    OPERATOR,
    PARITY,
    PLAN,
    PRODUCER,
    RECOMMEND,
    REWRITE,
)
from streaming.contract.topics import (
    CANDIDATES,
    CONVERSATIONS,
    DEAD_LETTERS,
    EVENTS,
    POSTINGS,
    RECOMMENDATIONS,
    REWRITES,
)
from streaming.errors import BrokerError
from streaming.kafka.spark_io import read_batch
from streaming.kafka.topic_reader import read_latest, read_messages
from training.registry.registration import ensure_champion

pytestmark = [pytest.mark.spark, pytest.mark.kafka]
TOPIC_PREFIX = "jobs."
NOW = "2026-03-01T08:00:00Z"
POSTING = {"schema_version": 1, "posting_id": "p1", "title": "Nurse", "date_posted": NOW}
CANDIDATE = {"schema_version": 1, "candidate_id": "c1", "skills": ["Java"], "updated_at": NOW}
CLICK = {
    "schema_version": 1, "event_id": "e1", "candidate_id": "c1", "posting_id": "p1",
    "kind": "view", "event_time": NOW,
}  # fmt: skip
TURN = {
    "schema_version": 1, "turn_id": "t1", "candidate_id": "c1", "speaker": "candidate",
    "said_at": NOW, "text": "only remote",
}  # fmt: skip
HOT = ((index_postings, INDEX_POSTINGS), (hot_path, HOT_PATH))
OTHERS = (
    (archive, ARCHIVE),
    (converse, CONVERSE),
    (match, MATCH),
    (plan, PLAN),
    (rewrite, REWRITE),
    (recommend, RECOMMEND),
)


@pytest.fixture(scope="module")
def as_user(secured, make_settings):
    """Settings of one home, for each principal with its own login."""
    prefixed = secured.administrator.model_copy(update={"topic_prefix": TOPIC_PREFIX})
    acls.apply(prefixed)
    base = make_settings()

    def settings(principal):
        access = secured.access(DEFAULT_PREFIX + principal.name, topic_prefix=TOPIC_PREFIX)
        return base.model_copy(update={"kafka": access})

    provisioning.create(settings(OPERATOR).kafka)
    return settings


@pytest.fixture(scope="module")
def run_jobs(started):
    """Run jobs one after the other, each with its own login."""

    def run(as_user, *jobs):
        for job, principal in jobs:
            with started(job, as_user(principal)) as running:
                running.drain()

    return run


@pytest.fixture(scope="module")
def after_the_hot_path(as_user, send, run_jobs):
    """The site writes, and there are lists."""
    send(as_user(IMPORT), POSTINGS, [(b"p1", orjson.dumps(POSTING))])
    site = as_user(PRODUCER)
    send(site, CANDIDATES, [(b"c1", orjson.dumps(CANDIDATE))])
    send(site, EVENTS, [(b"c1", orjson.dumps(CLICK)), (b"c1", b"{")])
    send(site, CONVERSATIONS, [(b"c1", orjson.dumps(TURN))])
    ensure_champion(site)
    run_jobs(as_user, *HOT)
    return as_user


def letters(as_user):
    found = read_messages(as_user(OPERATOR).kafka, DEAD_LETTERS)
    return {dict(letter.headers)["job"] for letter in found}


def test_the_hot_path_works_with_its_own_rights(after_the_hot_path):
    assert "c1" in read_latest(after_the_hot_path(CONSUMER).kafka, RECOMMENDATIONS)
    assert letters(after_the_hot_path) == {b"update_profiles"}


def test_no_password_stands_in_plans_logs_or_files(after_the_hot_path, secured, spark):
    settings = after_the_hot_path(HOT_PATH)
    rows = read_batch(spark, settings.kafka, EVENTS)
    executions = spark._jsparkSession.sharedState().statusStore().executionsList()
    texts = [rows._jdf.queryExecution().toString().encode()]
    texts += [
        executions.apply(number).physicalPlanDescription().encode()
        for number in range(executions.size())
    ]
    assert any(b"kafka" in text.lower() for text in texts)
    texts += [file.read_bytes() for file in settings.home.rglob("*") if file.is_file()]
    passwords = [password.encode() for password in secured.passwords.values()]
    assert not any(password in text for text in texts for password in passwords)


def test_a_job_with_anothers_rights_does_not_start(after_the_hot_path, spark):
    line = (
        r"does not let careerstream-recommend read topic jobs\.candidates, jobs\.events; a super "
        r"user of the cluster grants it with `careerstream topics grants --apply`"
    )
    with pytest.raises(BrokerError, match=line):
        hot_path.start(spark, after_the_hot_path(RECOMMEND))


@pytest.mark.nightly
def test_every_other_job_works_with_its_own_rights(after_the_hot_path, run_jobs, spark):
    run_jobs(after_the_hot_path, *OTHERS)
    assert all(one.compared for one in run_round(spark, after_the_hot_path(PARITY), 1)[:2])
    reader = after_the_hot_path(CONSUMER).kafka
    assert "p1" in read_latest(reader, REWRITES)
    assert "c1" in read_latest(reader, RECOMMENDATIONS)
    turns = [orjson.loads(m.value) for m in read_messages(reader, CONVERSATIONS)]
    assert [turn["speaker"] for turn in turns] == ["candidate", "careerstream"]
