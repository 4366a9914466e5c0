"""The rules of the client that need no broker."""

import asyncio
import gc
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from careerstream_client import (
    AsyncConsumer,
    AsyncProducer,
    BrokerError,
    Candidate,
    Change,
    Connection,
    Consumer,
    ContractError,
    Event,
    ListStore,
    NewestVersions,
    Posting,
    Producer,
    checked,
    new_event,
    read_change,
)
from careerstream_client.testing import NOW, check_written, message, recommendation, samples

NOBODY = "127.0.0.1:9"


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


# kafka-python does not close the pair of sockets of a client that could not connect.
leaves_sockets = pytest.mark.filterwarnings(
    "ignore:Exception ignored in. <socket.socket:pytest.PytestUnraisableExceptionWarning"
)


@leaves_sockets
@pytest.mark.parametrize("kind", [Consumer, Producer])
def test_no_broker_is_one_line(kind) -> None:
    with pytest.raises(BrokerError, match=f"no Kafka broker answers at {NOBODY}") as caught:
        kind(quick(NOBODY))
    assert "\n" not in str(caught.value)
    forget(caught)


@leaves_sockets
@pytest.mark.parametrize("kind", [AsyncConsumer, AsyncProducer])
def test_no_broker_is_one_line_with_asyncio(kind) -> None:
    async def connect() -> None:
        async with kind(quick(NOBODY)):
            raise AssertionError

    with pytest.raises(BrokerError, match="no Kafka broker answers") as caught:
        asyncio.run(connect())
    forget(caught)


def quick(servers: str) -> Connection:
    return Connection(servers, options={"bootstrap_timeout_ms": 500})


def forget(caught: pytest.ExceptionInfo[BrokerError]) -> None:
    """Free the client in this test, where the warning of its sockets is expected."""
    error: BaseException | None = caught.value
    while error is not None:
        error.__traceback__ = None
        error = error.__cause__ or error.__context__
    gc.collect()
