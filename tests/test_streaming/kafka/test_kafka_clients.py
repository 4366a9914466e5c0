"""One set of settings, spelt for each client; and the spelling works against a real login."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kafka import TopicPartition

from infra.broker import provisioning
from infra.broker.embedded import Broker
from infra.broker.process import free_ports
from streaming.contract.topics import EVENTS
from streaming.errors import BrokerError, SettingsError
from streaming.kafka import clients
from streaming.settings import KafkaSettings

AWKWARD = 'p"a\\ss word'


def _sasl(**changes: object) -> KafkaSettings:
    return KafkaSettings(
        **{
            "security_protocol": "SASL_PLAINTEXT",
            "username": "careerstream",
            "password": AWKWARD,
            **changes,
        }
    )


def test_tls_is_spelt_for_both_clients(tmp_path: Path) -> None:
    kafka = KafkaSettings(
        bootstrap_servers="a:1, b:2",
        security_protocol="SSL",
        ssl_ca=tmp_path / "ca.pem",
        ssl_certificate=tmp_path / "client.pem",
    )
    for file in (tmp_path / "ca.pem", tmp_path / "client.pem"):
        file.touch()
    python = clients.kafka_python_options(kafka)
    assert python["bootstrap_servers"] == ["a:1", "b:2"]
    assert python["ssl_cafile"] == str(tmp_path / "ca.pem")
    assert python["ssl_certfile"] == str(tmp_path / "client.pem")
    assert clients.spark_kafka_options(kafka) == {
        "kafka.bootstrap.servers": "a:1, b:2",
        "kafka.security.protocol": "SSL",
        "kafka.ssl.truststore.type": "PEM",
        "kafka.ssl.truststore.location": str(tmp_path / "ca.pem"),
        "kafka.ssl.keystore.type": "PEM",
        "kafka.ssl.keystore.location": str(tmp_path / "client.pem"),
    }


def test_plaintext_says_nothing_of_logins() -> None:
    assert clients.spark_kafka_options(KafkaSettings()) == {
        "kafka.bootstrap.servers": "127.0.0.1:9092",
        "kafka.security.protocol": "PLAINTEXT",
    }


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1))
def test_any_password_survives_the_jaas_quoting(password: str) -> None:
    quoted = clients._quoted(password)
    assert quoted[0] == quoted[-1] == '"'
    inner, restored = iter(quoted[1:-1]), ""
    for character in inner:
        restored += next(inner) if character == "\\" else character
    assert restored == password


@pytest.mark.parametrize("level", ["WARNING", "ERROR"])
def test_no_broker_is_one_line_with_a_remedy(level: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(level, logger="kafka")
    (port,) = free_ports(1)
    with pytest.raises(BrokerError, match=rf"127\.0\.0\.1:{port} \(.*ECONNREFUSED.*kafka start"):
        clients.admin(
            KafkaSettings(bootstrap_servers=f"127.0.0.1:{port}", connect_timeout_seconds=1)
        )


def test_a_missing_certificate_file_is_one_line(tmp_path: Path) -> None:
    kafka = KafkaSettings(security_protocol="SSL", ssl_ca=tmp_path / "absent.pem")
    with pytest.raises(SettingsError, match=r"kafka\.ssl_ca: there is no file .*absent\.pem"):
        clients.producer(kafka)
    with pytest.raises(SettingsError, match=r"kafka\.ssl_ca"):
        clients.spark_source_options(kafka)


@pytest.fixture(scope="module")
def sasl(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaSettings]:
    """A broker that lets only one user in."""
    (port,) = free_ports(1)
    own, controller = free_ports(2)
    user = AWKWARD.replace("\\", "\\\\").replace('"', '\\"')
    jaas = (
        "org.apache.kafka.common.security.plain.PlainLoginModule required "
        f'user_careerstream="{user}";'
    )
    properties = {
        "listeners": (
            f"PLAINTEXT://127.0.0.1:{own},CONTROLLER://127.0.0.1:{controller},"
            f"SASL_PLAINTEXT://127.0.0.1:{port}"
        ),
        "controller.quorum.voters": f"1@127.0.0.1:{controller}",
        "advertised.listeners": (f"PLAINTEXT://127.0.0.1:{own},SASL_PLAINTEXT://127.0.0.1:{port}"),
        "sasl.enabled.mechanisms": "PLAIN",
        "listener.name.sasl_plaintext.plain.sasl.jaas.config": jaas,
    }
    with Broker(tmp_path_factory.mktemp("sasl"), port=own, properties=properties):
        yield _sasl(bootstrap_servers=f"127.0.0.1:{port}")


@pytest.mark.kafka
def test_a_login_works_through_every_client(sasl: KafkaSettings) -> None:
    provisioning.create(sasl, [EVENTS])
    sender = clients.producer(sasl)
    sender.send("events", key=b"c", value=b"{}").get(10)
    sender.close()
    reader = clients.consumer(sasl)
    assert sum(reader.end_offsets([TopicPartition("events", i) for i in range(4)]).values()) == 1
    reader.close()


@pytest.mark.kafka
def test_a_wrong_password_is_one_line_without_the_password(sasl: KafkaSettings) -> None:
    wrong = _sasl(
        bootstrap_servers=sasl.bootstrap_servers, password=AWKWARD[::-1], connect_timeout_seconds=3
    )
    with pytest.raises(BrokerError, match=r"check kafka\.username and kafka\.password") as error:
        clients.admin(wrong)
    assert AWKWARD[::-1] not in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.spark
def test_a_login_works_through_spark(sasl: KafkaSettings, spark) -> None:
    provisioning.create(sasl, [EVENTS])
    message = spark.createDataFrame([("c", "{}")], ["key", "value"])
    options = clients.spark_sink_options(sasl)
    message.write.format("kafka").options(**options).option("topic", "events").save()
    source = spark.read.format("kafka").options(**clients.spark_source_options(sasl))
    assert source.option("subscribe", "events").load().count() >= 1
