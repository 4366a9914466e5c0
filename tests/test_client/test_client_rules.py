"""The rules of the client that need no broker."""

import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from careerstream_client import (
    Candidate,
    Change,
    ContractError,
    Event,
    ListStore,
    NewestVersions,
    Posting,
    checked,
    new_event,
    read_change,
)
from careerstream_client.testing import NOW, check_written, message, recommendation, samples

CLIENT = Path(__file__).parents[2] / "client"


def changes(*versions: int, candidate: str = "c1") -> list[Change]:
    lists = [recommendation(version, f"p{version}", candidate_id=candidate) for version in versions]
    return [read_change(*message(one)) for one in lists]


@pytest.mark.parametrize("sample", samples(), ids=lambda sample: sample.name)
def test_each_sample_is_shown_as_it_says(sample) -> None:
    versions, store = NewestVersions(), ListStore()
    for one in sample.messages:
        change = versions.read(*one)
        if change is not None:
            store.apply(change)

    shown = store.get("c1", NOW)
    assert (None if shown is None else tuple(i.posting_id for i in shown.items)) == sample.shown


def test_older_versions_are_ignored_and_counted_and_a_null_forgets() -> None:
    versions = NewestVersions()
    new, old = message(recommendation(8, "p2")), message(recommendation(7, "p1"))

    assert versions.read(*new) is not None
    assert versions.read(*old) is None
    assert versions.ignored == 1
    gone = versions.read(b"c1", None)
    assert gone is not None
    assert gone.recommendation is None
    assert len(versions) == 0
    assert versions.read(*old) is not None


def test_versions_of_the_latest_candidates_are_remembered() -> None:
    versions = NewestVersions(remember=2)
    for candidate in ("c1", "c2", "c1", "c3"):
        versions.read(*message(recommendation(8, "p1", candidate_id=candidate)))

    assert len(versions) == 2
    old = [message(recommendation(7, "p1", candidate_id=c)) for c in ("c1", "c3", "c2")]
    assert [versions.read(*one) is None for one in old] == [True, True, False]


@pytest.mark.parametrize(
    ("key", "value", "fault"),
    [
        (None, None, "the message has no key"),
        (b"\xff", b"{}", "the key is not UTF-8"),
        (b"c1", b"nonsense", "the value is not JSON"),
        (b"c1", b"[]", "the value is a list, must be an object"),
        (b"c1", b"{}", "field schema_version is missing"),
        (b"c1", b'{"schema_version":2}', "this careerstream-client reads 1"),
        (b"c1", b'{"schema_version":1}', "field profile_version is missing"),
        (b"c2", message(recommendation(1))[1], "is 'c1', and the key is 'c2'"),
    ],
)
def test_what_is_no_recommendation_is_one_line(key, value, fault) -> None:
    with pytest.raises(ContractError, match=fault) as caught:
        read_change(key, value)
    assert "\n" not in str(caught.value)


def test_a_wrong_part_is_named() -> None:
    _, value = message(recommendation(1, "p1", "p2"))
    change = read_change(b"c1", value.replace(b'"rank":2', b'"rank":"2"'))

    with pytest.raises(ContractError, match=r"field items\[1\]\.rank is a string, must be a whole"):
        _ = change.recommendation


def test_the_store_drops_what_nobody_asks_for_and_never_the_anonymous_list() -> None:
    store = ListStore(most=2)
    for change in changes(1, candidate="*") + changes(1, candidate="c1"):
        store.apply(change)
    store.apply(*changes(1, candidate="c2"))
    assert store.get("c1").personal
    store.apply(*changes(1, candidate="c3"))

    assert len(store) == 2
    assert [store.get(c).personal for c in ("c1", "c2", "c3")] == [True, False, True]


def test_the_store_ignores_older_versions_itself() -> None:
    store = ListStore()
    for change in changes(8, 7):
        store.apply(change)

    assert store.get("c1").profile_version == 8


def test_a_moment_without_a_zone_is_refused() -> None:
    store = ListStore()
    store.apply(*changes(1))
    with pytest.raises(ValueError, match="has no time zone"):
        store.get("c1", datetime(2026, 1, 1))  # noqa: DTZ001


def test_an_event_without_an_id_has_that_of_its_content() -> None:
    fields = {"candidate_id": "c1", "posting_id": "p1", "event_time": NOW}
    first, again = (new_event(kind="view", **fields) for _ in range(2))

    assert first == again
    assert first.event_id != new_event(kind="save", **fields).event_id
    assert new_event(kind="view", event_id="e1", **fields).event_id == "e1"


def test_an_event_names_the_list_it_came_from() -> None:
    shown = recommendation(7, "p1", "p2")
    event = new_event(candidate_id="c1", posting_id="p2", kind="view", shown_in=shown)

    assert (event.recommendation_id, event.rank) == (shown.recommendation_id, 2)
    with pytest.raises(ContractError, match="field posting_id is 'p9', which is not in the list"):
        new_event(candidate_id="c1", posting_id="p9", kind="view", shown_in=shown)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"candidate_id": ""}, "field candidate_id has 0 characters, must have 1 to 200"),
        ({"candidate_id": "*"}, r"field candidate_id is '\*', which stands for anonymous visitors"),
        ({"kind": "look"}, "field kind is 'look', must be one of impression, view"),
        ({"event_time": datetime(2026, 1, 1)}, "field event_time is .* no time zone"),  # noqa: DTZ001
        ({"event_time": datetime.now(UTC) + timedelta(days=2)}, "more than a day ahead"),
        ({"duration_seconds": float("nan")}, "field duration_seconds is nan"),
        ({"rank": 2**63}, "field rank must be from"),
        ({"source": "\ud800"}, "it cannot be written as JSON"),
    ],
)
def test_what_careerstream_would_refuse_is_refused_with_the_field(change, fault) -> None:
    event = new_event(candidate_id="c1", posting_id="p1", kind="view")

    with pytest.raises(ContractError, match=fault) as caught:
        checked(replace(event, **change))
    assert "\n" not in str(caught.value)


def test_a_value_that_is_too_large_is_refused() -> None:
    with pytest.raises(ContractError, match="at most 1,048,576"):
        checked(Posting(posting_id="p1", title="x" * 1_048_576))


def test_a_written_message_must_have_the_right_key() -> None:
    event = new_event(candidate_id="c1", posting_id="p1", kind="view")
    stated = Candidate(candidate_id="c1", updated_at=NOW, skills=("python",))

    check_written(Event, (b"c1", event.to_json()))
    check_written(Candidate, (b"c1", stated.to_json()))
    with pytest.raises(ContractError, match="field candidate_id is 'c1', and the key is b'p1'"):
        check_written(Event, (b"p1", event.to_json()))


# In a process of its own, because kafka-python leaves sockets open when it cannot connect.
WITHOUT_BROKER = """
import asyncio
from careerstream_client import *

kafka = Connection("127.0.0.1:9", options={"bootstrap_timeout_ms": 300})

async def connect(kind):
    async with kind(kafka):
        pass

for kind in (Consumer, Producer):
    try:
        kind(kafka)
    except BrokerError as error:
        print(error)
for kind in (AsyncConsumer, AsyncProducer):
    try:
        asyncio.run(connect(kind))
    except BrokerError as error:
        print(error)
"""


def test_no_broker_is_one_line_from_every_class() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_BROKER],
        env={**os.environ, "PYTHONPATH": str(CLIENT / "src")},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) == 4
    assert all(line.startswith("no Kafka broker answers at 127.0.0.1:9 (") for line in lines)
