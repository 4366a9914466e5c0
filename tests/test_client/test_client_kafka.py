"""The client against the real broker: every message once, clean ends, and what jobs can read."""

import asyncio
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from careerstream_client import (
    AsyncConsumer,
    AsyncProducer,
    BrokerError,
    Candidate,
    Connection,
    Consumer,
    DeliveryError,
    ListStore,
    Posting,
    Producer,
)
from careerstream_client.benchmark import measure, report
from careerstream_client.testing import NOW, message, recommendation

from streaming.contract.topics import CANDIDATES, EVENTS, POSTINGS, RECOMMENDATIONS
from streaming.contract.value_decoder import read_value
from streaming.kafka import clients
from streaming.kafka.topic_reader import read_messages

CLIENT = Path(__file__).parents[2] / "client"
LATEST = "9999-12-31T23:59:59.999999Z"
pytestmark = pytest.mark.kafka


@pytest.fixture
def kafka(kafka_settings, create_topics) -> Connection:
    """The topics of this test."""
    create_topics(EVENTS, POSTINGS, CANDIDATES, RECOMMENDATIONS)
    return Connection(kafka_settings.bootstrap_servers, topic_prefix=kafka_settings.topic_prefix)


@pytest.fixture
def publish(kafka_settings):
    """A function that writes messages to the topic of recommendations, as `recommend` does."""

    def published(*messages) -> None:
        sender = clients.producer(kafka_settings)
        for key, value in messages:
            sender.send(f"{kafka_settings.topic_prefix}recommendations", key=key, value=value)
        sender.flush()
        sender.close()

    return published


def lists(*versions, candidate="c1"):
    return [message(recommendation(one, f"p{one}", candidate_id=candidate)) for one in versions]


def test_a_store_is_filled_by_the_rules(kafka, publish) -> None:
    publish(*lists(7, 9, 8), (b"c1", b"nonsense"), *lists(1, candidate="*"))
    publish(*lists(1, candidate="c2"), (b"c2", None))
    store = ListStore()
    with Consumer(kafka) as consumer:
        seen = []
        for change in consumer.catch_up(60):
            seen.append((change.candidate_id, change.profile_version))
            store.apply(change)

    assert [version for candidate, version in seen if candidate == "c1"] == [7, 9]
    assert (consumer.ignored, consumer.unreadable) == (1, 1)
    assert store.get("c1", NOW).items[0].posting_id == "p9"
    assert not store.get("c2", NOW).personal


def test_a_loop_ends_when_another_thread_stops_it(kafka, publish) -> None:
    publish(*lists(7))
    with Consumer(kafka) as consumer:
        seen = []
        for change in consumer:
            seen.append(change)
            threading.Thread(target=consumer.stop).start()

    assert len(seen) == 1


def test_a_topic_that_is_not_there_is_one_line(kafka_settings) -> None:
    where = Connection(kafka_settings.bootstrap_servers, topic_prefix="nowhere.")

    with pytest.raises(BrokerError, match=r"has no topic nowhere\.recommendations; check"):
        Consumer(where)


def test_the_jobs_can_read_what_a_producer_writes(kafka, kafka_settings) -> None:
    with Producer(kafka) as producer:
        event = producer.event(candidate_id="c1", posting_id="p1", kind="view")
        producer.send(Posting(posting_id="p1", title="Köchin"))
        producer.withdraw(Posting, "p2")
        producer.send(Candidate(candidate_id="c1", updated_at=NOW, skills=("Python",)))

    written = {
        topic.name: [(one.key, one.value) for one in read_messages(kafka_settings, topic)]
        for topic in (EVENTS, POSTINGS, CANDIDATES)
    }
    assert written["events"] == [(b"c1", event.to_json())]
    assert (b"p2", None) in written["postings"]
    for name, topic in (("events", EVENTS), ("postings", POSTINGS), ("candidates", CANDIDATES)):
        for _, value in written[name]:
            if value is not None:
                assert read_value(value, topic, LATEST)


def test_what_is_not_delivered_is_one_line(kafka_settings) -> None:
    where = Connection(
        kafka_settings.bootstrap_servers, topic_prefix="nowhere.", options={"max_block_ms": 500}
    )

    with (
        pytest.raises(DeliveryError, match=r"nothing can be sent to nowhere\.events") as caught,
        Producer(where) as producer,
    ):
        producer.event(candidate_id="c1", posting_id="p1", kind="view")
    assert "\n" not in str(caught.value)


def test_asyncio_reads_and_writes_and_loses_nothing_when_cancelled(kafka, publish) -> None:
    async def run() -> tuple[list[int], list[int]]:
        async with AsyncConsumer(kafka) as consumer, AsyncProducer(kafka) as producer:
            before = [change.profile_version for change in await consumer.catch_up(60)]
            waiting = asyncio.create_task(anext(consumer))
            await asyncio.sleep(0)
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
            await asyncio.to_thread(publish, *lists(8, 9))
            await producer.event(candidate_id="c1", posting_id="p1", kind="view")
            await producer.flush()
            after = []
            async for change in consumer:
                after.append(change.profile_version)
                if len(after) == 2:
                    consumer.stop()
            return before, after

    publish(*lists(7))
    assert asyncio.run(run()) == ([7], [8, 9])


def test_leaving_by_cancellation_disconnects(kafka) -> None:
    async def follow(entered: asyncio.Event) -> None:
        async with AsyncConsumer(kafka) as consumer:
            entered.set()
            async for _ in consumer:
                raise AssertionError

    async def run() -> None:
        entered = asyncio.Event()
        task = asyncio.create_task(follow(entered))
        await entered.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(run())
    for thread in threading.enumerate():
        if "careerstream-client" in thread.name:
            thread.join(30)
            assert not thread.is_alive()


def run_example(name: str, *arguments: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(CLIENT / "src"), "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, str(CLIENT / "examples" / name), *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_example_shows_a_list_and_says_so(kafka, publish, kafka_settings) -> None:
    publish(*lists(7))

    printed = run_example("show_lists.py", kafka.bootstrap_servers, "c1", kafka.topic_prefix)

    assert printed == "1 p7 You state Python\n"
    (event,) = read_messages(kafka_settings, EVENTS)
    assert read_value(event.value, EVENTS, LATEST)["recommendation_id"] == "c1-7-1"


def test_the_benchmark_compares_every_way(broker) -> None:
    speeds = measure(broker.bootstrap_servers, lists=3000, rounds=1)

    assert set(speeds) == {"bare", "stored", "decoded"}
    assert report(speeds, 3000, 1).count("of bare") == 3
