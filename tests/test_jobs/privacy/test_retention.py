"""People of whom nothing came for long are erased; those who come back begin anew."""

import subprocess
import sys

import orjson
import pytest

from jobs import update_profiles
from jobs.privacy.retention import idle_people
from streaming.contract.topics import CANDIDATES, EVENTS, PROFILES
from streaming.errors import InputError
from streaming.kafka.topic_reader import read_latest
from streaming.settings import PrivacySettings

pytestmark = [pytest.mark.spark, pytest.mark.kafka, pytest.mark.slow]


def viewed(candidate, day, number=0):
    value = {
        "schema_version": 1,
        "event_id": f"{candidate}-{day}-{number}",
        "candidate_id": candidate,
        "posting_id": "p1",
        "kind": "view",
        "event_time": f"2026-{day}T08:00:00.000000Z",
    }
    return candidate.encode(), orjson.dumps(value)


def stated(candidate, day):
    value = {
        "schema_version": 1,
        "candidate_id": candidate,
        "updated_at": f"2026-{day}T08:00:00.000000Z",
        "skills": ["bread"],
    }
    return candidate.encode(), orjson.dumps(value)


@pytest.fixture(scope="module")
def stream(make_settings, send, started):
    """Two who are idle, two who are not: one of them has stated something lately."""
    settings = make_settings()
    assert idle_people(settings, 1).people == 0
    old = [viewed("idle", "01-10"), viewed("quiet", "01-20"), viewed("stating", "01-10")]
    send(settings, EVENTS, [*old, viewed("active", "03-01")])
    send(settings, CANDIDATES, [stated("quiet", "01-19"), stated("stating", "02-20")])
    with started(update_profiles, settings) as running:
        running.drain()
    return settings


def profiles(settings):
    newest = read_latest(settings.kafka, PROFILES)
    return {who: message.value for who, message in newest.items() if message.value is not None}


def retention(settings, *words, code=0):
    kafka = settings.kafka
    options = [
        f"--set=home={settings.home}",
        f"--set=kafka.bootstrap_servers={kafka.bootstrap_servers}",
        f"--set=kafka.topic_prefix={kafka.topic_prefix}",
    ]
    # A process of its own: the command ends its Spark session.
    command = [sys.executable, "-m", "jobs.cli", *options, "retention", *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == code, done.stderr
    return done.stdout


def test_without_a_number_of_days_the_setting_is_named(stream):
    retention(stream, code=2)


def test_with_pseudonyms_nobody_can_be_chosen_by_them(stream, tmp_path):
    key = tmp_path / "key"
    key.write_bytes(b"k" * 32)
    privacy = PrivacySettings(pseudonyms="yes", key_file=key)
    with pytest.raises(InputError, match="fences need ids"):
        idle_people(stream.model_copy(update={"privacy": privacy}), 30)


def test_who_is_idle_is_shown_then_erased_and_may_come_back(stream, send, started):
    before = profiles(stream)
    shown = orjson.loads(retention(stream, "--idle-days", "30", "--json"))
    assert shown == {
        "people": 4,
        "idle": {
            "idle": "2026-01-10T08:00:00.000000Z", "quiet": "2026-01-20T08:00:00.000000Z",
        },
        "erased": False,
    }  # fmt: skip
    assert "nothing was changed" in retention(stream, "--idle-days", "30")
    assert profiles(stream) == before

    receipt = stream.home / "receipt.json"
    words = ("--idle-days", "30", "--apply", "--receipt", str(receipt), "--json")
    assert orjson.loads(retention(stream, *words))["erased"]
    assert len(orjson.loads(receipt.read_bytes())["receipt"]["people"]) == 2
    with started(update_profiles, stream) as running:
        running.drain()
        after = profiles(stream)
        assert after == {who: before[who] for who in ("active", "stating")}
        send(stream, EVENTS, [viewed("idle", "03-02")])
        running.drain()
    [event] = orjson.loads(profiles(stream)["idle"])["events"]
    assert event["event_time"] == "2026-03-02T08:00:00.000000Z"
    assert orjson.loads(retention(stream, "--idle-days", "30", "--json"))["idle"] == {}
