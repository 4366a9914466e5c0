"""Fixtures for every test: one Kafka broker, one Spark session, fresh settings and topics.

The broker and the session are real. Each starts with the first test that requests it and ends with
the run. A run with two workers (`make test`) has two of each.
"""

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import hypothesis
import pytest
from secured_broker import SecuredBroker, secured_broker

from infra.broker import acls, provisioning
from infra.broker.embedded import Broker
from streaming.contract.access.principals import OPERATOR, PRINCIPALS
from streaming.contract.topics import TOPICS, Topic
from streaming.settings import KafkaSettings, Settings, SparkSettings

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

PROJECT = Path(__file__).parents[1]

# A shell without job control starts a background command with SIGINT ignored, and what that command
# starts inherits this. Tests send SIGINT.
signal.signal(signal.SIGINT, signal.default_int_handler)


# Property tests run the same examples each time. `make nightly` draws new ones.
# Without a deadline: how fast a machine is must not decide.
hypothesis.settings.register_profile("repeatable", derandomize=True, deadline=None)
hypothesis.settings.register_profile("fuzz", max_examples=10_000)
hypothesis.settings.load_profile("repeatable")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that asks for the README's pictures."""
    parser.addoption(
        "--pictures",
        metavar="FOLDER",
        type=Path,
        help="Write pictures of the console, on the data of an earlier `make demo`, to a folder.",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Run fast tests first, and nightly ones only when `-m` names them.

    Workers receive whole files. They receive the slowest files right after the fast ones, so that
    none of them waits for a long file at the end.
    """
    if "nightly" not in config.option.markexpr:
        nightly = [item for item in items if item.get_closest_marker("nightly")]
        config.hook.pytest_deselected(items=nightly)
        items[:] = [item for item in items if item not in nightly]
    if "PYTEST_XDIST_WORKER" in os.environ:
        ranks: dict[Path, int] = {}
        for item in items:
            ranks[item.path] = max(_rank(item), ranks.get(item.path, 0))
        items.sort(key=lambda item: (ranks[item.path] > 0, -ranks[item.path]))
    else:
        items.sort(key=_rank)


def _rank(item: pytest.Item) -> int:
    ranks = {"slow": 3, "spark": 2, "kafka": 1}
    return max((ranks.get(mark.name, 0) for mark in item.iter_markers()), default=0)


# --- Kafka ---------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """The Kafka broker of the run, on a free port."""
    with Broker(tmp_path_factory.mktemp("kafka")) as running:
        yield running


@pytest.fixture(scope="session")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecuredBroker]:
    """A broker with TLS, logins and an authoriser, on which the table of principals is applied."""
    with secured_broker(tmp_path_factory.mktemp("secured")) as running:
        running.add_users(f"{acls.DEFAULT_PREFIX}{principal.name}" for principal in PRINCIPALS)
        acls.apply(running.administrator)
        operator = running.access(f"{acls.DEFAULT_PREFIX}{OPERATOR.name}")
        assert len(provisioning.create(operator).created) == len(TOPICS)
        yield running


@pytest.fixture
def kafka_settings(broker: Broker) -> KafkaSettings:
    """The broker, with a topic prefix for this test alone."""
    return KafkaSettings(
        bootstrap_servers=broker.bootstrap_servers, topic_prefix=f"test-{uuid4().hex[:12]}."
    )


@pytest.fixture
def settings(kafka_settings: KafkaSettings, tmp_path: Path) -> Settings:
    """Settings with a home folder and topic names for this test alone; no topic exists yet."""
    return Settings(home=tmp_path / "home", kafka=kafka_settings)


@pytest.fixture
def create_topics(kafka_settings: KafkaSettings) -> Callable[..., None]:
    """A function that creates the given topics of the table, by default all."""

    def create(*topics: Topic) -> None:
        provisioning.create(kafka_settings, topics or TOPICS)

    return create


# --- Spark ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def quick_jvms() -> Iterator[None]:
    """Start the JVMs of a module without Java's optimizing compiler.

    They run for seconds, and the compiler would take half of their processor time.
    """
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("SPARK_SUBMIT_OPTS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")
        yield


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator["SparkSession"]:
    """The Spark session of the run, made as every job makes it.

    It has two state partitions and no web page, to be quick. Tables, checkpoints and topics come
    from the settings of each test.
    """
    from streaming.spark.session import session  # noqa: PLC0415 - importing pyspark takes a second

    home = tmp_path_factory.mktemp("spark")
    conf = {
        "spark.ui.enabled": "false",
        "spark.sql.warehouse.dir": str(home / "warehouse"),
        "spark.local.dir": str(home / "local"),
    }
    with pytest.MonkeyPatch.context() as monkeypatch:
        # The module that starts the session may have changed the options of its own JVMs.
        monkeypatch.delenv("SPARK_SUBMIT_OPTS", raising=False)
        running = session(
            Settings(home=home, spark=SparkSettings(state_partitions=2, conf=conf)),
            "tests",
            scores=True,
        )
    yield running
    running.stop()
