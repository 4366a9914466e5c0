"""`careerstream verify` as on a cluster, and its workers and brokers are killed too.

    python tests/test_cluster/cluster_run.py FOLDER [--kills 8] [--events 2000] [--seed 7]

Three brokers with TLS, logins and access rules; a standalone cluster of two workers; tables,
checkpoints and models on S3; MLflow with logins. Prints the report as JSON.
"""

import argparse
import json
import logging
import os
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path

from cluster_services import BUCKET, object_store, standalone_cluster, tracking_server
from kafka.admin import ACL, ACLOperation, ACLPermissionType, ResourcePattern, ResourceType

sys.path.insert(0, str(Path(__file__).parents[1]))

from secured_broker import SecuredBroker, secured_broker

from jobs.verify import run
from jobs.verify.chaos import BrokerVictim, Kill, Victim
from jobs.verify.recording_producer import Produced
from streaming.kafka import clients
from streaming.settings import (
    KafkaSettings,
    MlflowSettings,
    Settings,
    SparkSettings,
    StorageSettings,
)
from streaming.spark.session import logged_session

USER = "careerstream"


@dataclass
class Notes:
    """Prints stages and kills to standard error."""

    started: float = field(default_factory=time.monotonic)

    def stage(self, name: str) -> None:
        """Another stage begins."""
        print(f"{time.monotonic() - self.started:.0f} s: {name}", file=sys.stderr, flush=True)

    def tick(self, produced: Produced) -> None:
        """Some time has passed."""

    def kill(self, kill: Kill) -> None:
        """A process was killed."""
        print(f"{kill.number}: {kill.process} at {kill.at_seconds:.0f} s", file=sys.stderr)


def main() -> None:
    """Run the services and the verifier."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--kills", type=int, default=8)
    parser.add_argument("--events", type=int, default=2_000)
    parser.add_argument("--rate", type=float, default=30.0)
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    logging.getLogger("kafka").setLevel(logging.CRITICAL)
    folder = given.folder.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    options = run.Options(
        kills=given.kills, events=given.events, rate=given.rate, seed=given.seed, cluster=True
    )
    with ExitStack() as running:
        broker = running.enter_context(secured_broker(folder, nodes=3))
        store = running.enter_context(object_store(folder))
        tracking = running.enter_context(tracking_server(folder, store))
        os.environ |= store.environment | tracking.environment
        master, workers = running.enter_context(standalone_cluster(folder))
        settings = Settings(
            home=folder / "home",
            kafka=_login(broker),
            storage=StorageSettings(
                lake=f"s3a://{BUCKET}/lake", checkpoints=f"s3a://{BUCKET}/checkpoints"
            ),
            mlflow=MlflowSettings(tracking_uri=tracking.uri),
            spark=SparkSettings(
                master=master.url,
                driver_memory="1g",
                conf=store.spark_conf
                | {
                    "spark.driver.host": "127.0.0.1",
                    "spark.driver.bindAddress": "127.0.0.1",
                    "spark.cores.max": "2",
                    "spark.executor.cores": "1",
                    "spark.executor.memory": "1g",
                },
            ),
        )

        def others(acknowledged: Callable[[], int]) -> Sequence[Victim]:
            brokers = [
                BrokerVictim(one, acknowledged, f"broker-{number}")
                for number, one in enumerate(broker.brokers, 1)
            ]
            return [*brokers, *workers]

        own = running.enter_context(run.verify_sandbox(settings, options))
        local = own.settings.spark.model_copy(update={"master": "local[2]"})
        reader = own.settings.model_copy(update={"spark": local})
        spark = running.enter_context(logged_session(reader, "verify"))
        report = run.verify(spark, own, options, Notes(), others)
        report["services"] = {
            "database": tracking.backend,
            "objects left": [name for name in store.names() if "/cluster.verify-" in name],
            "artefacts": len(store.names("artefacts")),
        }
    print(json.dumps(report))


def _login(broker: SecuredBroker) -> KafkaSettings:
    """Return the login of a user with the rights of all jobs, and of nothing else."""
    broker.add_users([USER])
    everything = [
        ResourcePattern(ResourceType.TOPIC, "*"),
        ResourcePattern(ResourceType.GROUP, "*"),
        ResourcePattern(ResourceType.TRANSACTIONAL_ID, "*"),
    ]
    rules = [
        ACL(f"User:{USER}", "*", ACLOperation.ALL, ACLPermissionType.ALLOW, one)
        for one in everything
    ]
    with closing(clients.admin(broker.administrator)) as admin:
        failed = admin.create_acls(rules)["failed"]
        assert not failed, failed
    return broker.access(USER, topic_prefix="cluster.")


if __name__ == "__main__":
    main()
