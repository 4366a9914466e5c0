"""A broker that asks everybody who they are: TLS, SASL/SCRAM and Kafka's own authoriser.

It may be a cluster of several. Each listens on 127.0.0.1 at two ports. Clients reach one over
SASL_SSL, with a name and a password. The administrator reaches the other with a certificate, before
anybody has a password. So no password stands on a command line or in the broker's configuration.
"""

import secrets
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from kafka.admin import UserScramCredentialUpsertion

from infra.broker.embedded import Broker
from infra.broker.process import free_ports
from infra.broker.server_config import new_cluster_id
from streaming.kafka import clients
from streaming.settings import KafkaSettings

MECHANISM = "SCRAM-SHA-512"
ADMINISTRATOR = "administrator"
DAY = timedelta(days=1)


@dataclass(frozen=True)
class SecuredBroker:
    """A running broker, and how each of its users reaches it."""

    folder: Path
    administrator: KafkaSettings
    """With a certificate; the authoriser refuses it nothing."""
    address: str
    """Where its users reach it."""
    brokers: tuple[Broker, ...]
    passwords: dict[str, str] = field(default_factory=dict, repr=False)

    @property
    def authority(self) -> Path:
        """The certificate that signed the broker's own."""
        return self.folder / "authority.pem"

    def add_users(self, names: Iterable[str]) -> None:
        """Give users a password each."""
        mine = {name: secrets.token_urlsafe(24) for name in names}
        with closing(clients.admin(self.administrator)) as admin:
            answer = admin.alter_user_scram_credentials(
                UserScramCredentialUpsertion(name, MECHANISM, password)
                for name, password in mine.items()
            )
        assert not any(answer.values()), answer
        self.passwords.update(mine)

    def access(self, name: str, **changes: object) -> KafkaSettings:
        """Return the settings with which a user reaches the broker; the password is in a file."""
        file = self.folder / f"{name}.password"
        file.touch(0o600)
        file.write_text(self.passwords[name] + "\n")
        given = {
            "bootstrap_servers": self.address,
            "replication_factor": len(self.brokers),
            "security_protocol": "SASL_SSL",
            "sasl_mechanism": MECHANISM,
            "username": name,
            "password_file": file,
            "ssl_ca": self.authority,
        }
        return KafkaSettings(**(given | changes))


@contextmanager
def secured_broker(folder: Path, nodes: int = 1) -> Iterator[SecuredBroker]:
    """Run a secured cluster of brokers in the block, by default of one.

    Each of them is a controller, too. Of three, one may be away.
    """
    authority = _Authority(folder)
    certificates = {name: authority.issue(name) for name in ("broker", ADMINISTRATOR)}
    ports = free_ports(3 * nodes)
    own, controllers, clients_ = ports[:nodes], ports[nodes : 2 * nodes], ports[2 * nodes :]
    voters = ",".join(f"{node}@127.0.0.1:{port}" for node, port in enumerate(controllers, 1))
    shared = _security(authority.file, certificates["broker"]) | _replicas(nodes)
    access = KafkaSettings(
        bootstrap_servers=_addresses(own),
        replication_factor=nodes,
        security_protocol="SSL",
        ssl_ca=authority.file,
        ssl_certificate=certificates[ADMINISTRATOR],
    )
    cluster_id = new_cluster_id()
    brokers = [
        Broker(
            folder / f"kafka-{node}",
            port=port,
            properties=shared
            | {
                "node.id": str(node),
                "controller.quorum.voters": voters,
                "listeners": (
                    f"SSL://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller},"
                    f"SASL_SSL://127.0.0.1:{client}"
                ),
                "advertised.listeners": (f"SSL://127.0.0.1:{port},SASL_SSL://127.0.0.1:{client}"),
            },
            access=access,
            cluster_id=cluster_id,
        )
        for node, (port, controller, client) in enumerate(
            zip(own, controllers, clients_, strict=True), 1
        )
    ]
    # Most of them have to be up before any of them is ready. A broker ends with its thread.
    with ThreadPoolExecutor(nodes) as threads, ExitStack() as running:
        starts = [threads.submit(broker.start) for broker in brokers]
        for broker in brokers:
            running.callback(broker.stop)
        for start in starts:
            start.result()
        yield SecuredBroker(folder, access, _addresses(clients_), tuple(brokers))


def _security(authority: Path, certificate: Path) -> dict[str, str]:
    return {
        "listener.security.protocol.map": "SSL:SSL,CONTROLLER:SSL,SASL_SSL:SASL_SSL",
        "inter.broker.listener.name": "SSL",
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": str(certificate),
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": str(authority),
        "listener.name.ssl.ssl.client.auth": "required",
        "listener.name.controller.ssl.client.auth": "required",
        "sasl.enabled.mechanisms": MECHANISM,
        "listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config": (
            "org.apache.kafka.common.security.scram.ScramLoginModule required;"
        ),
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "allow.everyone.if.no.acl.found": "false",
        "super.users": f"User:CN=broker;User:CN={ADMINISTRATOR}",
    }


def _replicas(nodes: int) -> dict[str, str]:
    """Every message on each of them, and acknowledged by most of them."""
    in_sync = nodes // 2 + 1
    return {
        "min.insync.replicas": str(in_sync),
        "offsets.topic.replication.factor": str(nodes),
        "transaction.state.log.replication.factor": str(nodes),
        "transaction.state.log.min.isr": str(in_sync),
        "share.coordinator.state.topic.replication.factor": str(nodes),
        "share.coordinator.state.topic.min.isr": str(in_sync),
    }


def _addresses(ports: Iterable[int]) -> str:
    return ",".join(f"127.0.0.1:{port}" for port in ports)


class _Authority:
    """Signs certificates for programs of this machine."""

    def __init__(self, folder: Path, name: str = "authority") -> None:
        self.file, self._folder = folder / f"{name}.pem", folder
        self._name, self._key = _common_name(name), ec.generate_private_key(ec.SECP256R1())
        rules = x509.BasicConstraints(ca=True, path_length=0)
        certificate = self._builder(name, self._key).add_extension(rules, critical=True)
        self.file.write_bytes(_pem(certificate.sign(self._key, hashes.SHA256())))

    def issue(self, name: str) -> Path:
        """Write a certificate for 127.0.0.1 and its key to one file; return the file."""
        key = ec.generate_private_key(ec.SECP256R1())
        address = x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))])
        certificate = self._builder(name, key).add_extension(address, critical=False)
        private = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        file = self._folder / f"{name}.pem"
        file.touch(0o600)
        file.write_bytes(private + _pem(certificate.sign(self._key, hashes.SHA256())))
        return file

    def _builder(self, name: str, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
        now = datetime.now(tz=UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(_common_name(name))
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - DAY)
            .not_valid_after(now + DAY)
        )


def _common_name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
