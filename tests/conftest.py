"""What every test may use: one embedded broker, fresh settings and topics for each test.

Real parts only. The broker starts with the first test that asks for it and ends with the run.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from infra.broker import provisioning
from infra.broker.embedded import Broker
from streaming.contract.topics import TOPICS, Topic
from streaming.settings import KafkaSettings, Settings, SparkSettings

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

PROJECT = Path(__file__).parents[1]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Fast tests first, so that a mistake shows early; order within a group stays."""
    ranks = {"slow": 3, "spark": 2, "kafka": 1}

    def rank(item: pytest.Item) -> int:
        return max((ranks.get(mark.name, 0) for mark in item.iter_markers()), default=0)

    items.sort(key=rank)


# --- Kafka ---------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """One real Kafka broker on a free port for the whole run."""
    with Broker(tmp_path_factory.mktemp("kafka")) as running:
        yield running


@pytest.fixture
def kafka_settings(broker: Broker) -> KafkaSettings:
    """The broker, with a topic prefix of this test's own."""
    return KafkaSettings(
        bootstrap_servers=broker.bootstrap_servers, topic_prefix=f"test-{uuid4().hex[:12]}."
    )


@pytest.fixture
def settings(kafka_settings: KafkaSettings, tmp_path: Path) -> Settings:
    """Fresh settings: own home, own topic names (create them with `create_topics`)."""
    return Settings(home=tmp_path / "home", kafka=kafka_settings)


@pytest.fixture
def create_topics(kafka_settings: KafkaSettings) -> Callable[..., None]:
    """A function that creates topics of the table: all of them, or those it is given."""

    def create(*topics: Topic) -> None:
        provisioning.create(kafka_settings, topics or TOPICS)

    return create


# --- Spark ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def quick_jvms() -> Iterator[None]:
    """Let the processes that a module starts, each for seconds, compile their Java little.

    Half of such a JVM's work would be its optimizing compiler's.
    """
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("SPARK_SUBMIT_OPTS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")
        yield


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator["SparkSession"]:
    """The one Spark session of the run, made as every job makes it.

    Two partitions of state and no web page, to be quick; tables, checkpoints and topics belong to
    each test's own settings.
    """
    from streaming.spark.session import session  # noqa: PLC0415 - importing pyspark takes a second

    home = tmp_path_factory.mktemp("spark")
    conf = {
        "spark.ui.enabled": "false",
        "spark.sql.warehouse.dir": str(home / "warehouse"),
        "spark.local.dir": str(home / "local"),
    }
    made = session(
        Settings(home=home, spark=SparkSettings(state_partitions=2, conf=conf)),
        "tests",
        scores=True,
    )
    yield made
    made.stop()
