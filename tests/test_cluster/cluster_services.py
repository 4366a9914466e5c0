"""What a cluster has beside Kafka: Spark's workers, an object store, MLflow with a database.

All of it listens on 127.0.0.1 and ends with its block.
"""

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

import boto3
import pyspark

from infra.broker.process import free_ports
from infra.process.supervisor import SupervisedProcess
from streaming import dependencies

SPARK_HOME = Path(pyspark.__file__).parent
HOST = "127.0.0.1"
BUCKET = "careerstream"


@dataclass(frozen=True)
class ObjectStore:
    """An endpoint of S3, with one bucket."""

    endpoint: str

    @property
    def environment(self) -> dict[str, str]:
        """How boto3 and Spark log in, by the usual variables."""
        return {
            "AWS_ACCESS_KEY_ID": "tests",
            "AWS_SECRET_ACCESS_KEY": "of-nobody",
            "AWS_DEFAULT_REGION": "us-east-1",
            "MLFLOW_S3_ENDPOINT_URL": self.endpoint,
        }

    @property
    def spark_conf(self) -> dict[str, str]:
        """How Spark finds it."""
        return {
            "spark.hadoop.fs.s3a.endpoint": self.endpoint,
            "spark.hadoop.fs.s3a.endpoint.region": "us-east-1",
            "spark.hadoop.fs.s3a.path.style.access": "true",
            "spark.hadoop.fs.s3a.connection.ssl.enabled": "false",
        }

    def names(self, prefix: str = "") -> list[str]:
        """Return the names of the objects."""
        pages = self._client().get_paginator("list_objects_v2")
        found = pages.paginate(Bucket=BUCKET, Prefix=prefix)
        return [one["Key"] for page in found for one in page.get("Contents", ())]

    def make_bucket(self) -> None:
        """Make the bucket."""
        self._client().create_bucket(Bucket=BUCKET)

    def _client(self):
        names = ("aws_access_key_id", "aws_secret_access_key", "region_name")
        login = dict(zip(names, list(self.environment.values())[:3], strict=True))
        return boto3.client("s3", endpoint_url=self.endpoint, **login)


@contextmanager
def object_store(folder: Path) -> Iterator[ObjectStore]:
    """Run moto's server in the block; it keeps objects in memory."""
    [port] = free_ports(1)
    server = Path(__file__).with_name("s3_server.py")
    store = ObjectStore(f"http://{HOST}:{port}")
    with SupervisedProcess(
        "moto", [sys.executable, server, HOST, str(port)], folder=folder
    ) as process:
        process.wait_until(lambda: listens(port), "ready")
        store.make_bucket()
        yield store


class StandaloneWorker:
    """A worker of a standalone cluster, which can be killed with its executors."""

    def __init__(self, name: str, folder: Path, master: "StandaloneMaster", cores: int) -> None:
        self.name, self._folder, self._master, self._cores = name, folder / name, master, cores
        self._process: SupervisedProcess | None = None
        self._id = ""

    def start(self) -> None:
        """Start it; it is `working` when the master knows it."""
        [port, ui] = free_ports(2)
        self._folder.mkdir(exist_ok=True)
        self._id = f":{port}"
        self._process = standalone(
            self.name,
            "worker.Worker",
            *("--host", HOST, "--port", str(port), "--webui-port", str(ui)),
            *("--cores", str(self._cores), "--memory", "8g", "--work-dir", str(self._folder)),
            self._master.url,
            folder=self._folder,
        )

    def kill(self) -> list[str]:
        """Kill it and its executors, as when a machine dies."""
        return self._process.kill() if self._process else []

    def working(self) -> bool:
        """Return whether the master counts on it."""
        try:
            workers = self._master.state()["workers"]
        except OSError:  # the page is not there yet
            return False
        alive = [one for one in workers if one["state"] == "ALIVE"]
        return any(f":{one['port']}" == self._id for one in alive)


class StandaloneMaster:
    """The master of a standalone cluster."""

    def __init__(self, folder: Path) -> None:
        port, self._ui = free_ports(2)
        self.url = f"spark://{HOST}:{port}"
        self.process = standalone(
            "master",
            "master.Master",
            *("--host", HOST, "--port", str(port), "--webui-port", str(self._ui)),
            folder=folder,
        )
        self.process.wait_until(lambda: listens(self._ui), "ready")

    def state(self) -> dict:
        """Return what its page shows."""
        with urlopen(f"http://{HOST}:{self._ui}/json/", timeout=30) as page:
            return json.load(page)


def standalone(name: str, program: str, *arguments: str, folder: Path) -> SupervisedProcess:
    """Start a part of a standalone cluster from the installed pyspark."""
    environment = os.environ | {
        "SPARK_HOME": str(SPARK_HOME),
        "JAVA_HOME": str(dependencies.java().home),
        "SPARK_LOCAL_IP": HOST,
        "SPARK_SCALA_VERSION": "2.13",  # else it looks for the folders of a build
    }
    return SupervisedProcess(
        name,
        [
            dependencies.java().executable,
            *("-Xmx512m", "-XX:+UseSerialGC", "-cp", f"{SPARK_HOME}/jars/*"),
            "-Dspark.master.rest.enabled=false",  # its port is the same for all clusters
            # As Spark's own launcher starts Java 17.
            "-XX:+IgnoreUnrecognizedVMOptions",
            *(f"--add-opens=java.base/{part}=ALL-UNNAMED" for part in JAVA_PARTS),
            f"org.apache.spark.deploy.{program}",
            *arguments,
        ],
        folder=folder,
        environment=environment,
    )


JAVA_PARTS = (
    "java.lang",
    "java.net",
    "java.nio",
    "java.util",
    "java.util.concurrent",
    "sun.nio.ch",
)


@contextmanager
def standalone_cluster(
    folder: Path, workers: int = 2, cores: int = 4
) -> Iterator[tuple[StandaloneMaster, list[StandaloneWorker]]]:
    """Run a master and workers in the block."""
    master = StandaloneMaster(folder)
    with ExitStack() as running:
        running.enter_context(master.process)
        made = [StandaloneWorker(f"worker-{n}", folder, master, cores) for n in range(workers)]
        for worker in made:
            running.callback(worker.kill)
            worker.start()
        for worker in made:
            master.process.wait_until(worker.working, "known to its workers")
        yield master, made


def postgresql() -> Path | None:
    """Return the folder of PostgreSQL's programs, where it is installed."""
    if found := shutil.which("initdb"):
        return Path(found).parent
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return folders[-1].parent if folders else None


@contextmanager
def database(folder: Path) -> Iterator[str]:
    """Run PostgreSQL in the block, or use SQLite where it is not installed; yields a URI."""
    programs = postgresql()
    if programs is None:
        yield f"sqlite:///{folder / 'mlflow.db'}"
        return
    [port], data = free_ports(1), Path(tempfile.mkdtemp(prefix="postgresql-"))
    as_user: list[str] = []
    if os.geteuid() == 0:  # as which PostgreSQL refuses to run
        shutil.chown(data, "nobody")
        as_user = ["setpriv", "--reuid", "nobody", "--clear-groups"]
    made = [*as_user, programs / "initdb", "-D", data, "-U", "mlflow", "--auth=trust", "-N"]
    subprocess.run(made, check=True, capture_output=True, cwd="/")
    command = [*as_user, programs / "postgres", "-D", data, "-h", HOST, "-p", str(port)]
    options = ["-c", "unix_socket_directories=", "-c", "fsync=off"]
    try:
        with SupervisedProcess("postgresql", [*command, *options], folder=folder) as process:
            process.wait_until(lambda: listens(port), "ready")
            yield f"postgresql+psycopg2://mlflow@{HOST}:{port}/postgres"
    finally:
        shutil.rmtree(data, ignore_errors=True)


@dataclass(frozen=True)
class TrackingServer:
    """MLflow's server, which asks for a name and a password."""

    uri: str
    environment: dict[str, str]
    """How its clients log in, by MLflow's own variables."""
    backend: str
    """Of the database."""


@contextmanager
def tracking_server(folder: Path, store: ObjectStore) -> Iterator[TrackingServer]:
    """Run MLflow with logins in the block; runs in a database, artefacts in the object store."""
    [port], password = free_ports(1), secrets.token_urlsafe(24)
    with database(folder) as uri:
        logins = folder / "basic_auth.ini"
        logins.touch(0o600)
        logins.write_text(
            "[mlflow]\n"
            "default_permission = NO_PERMISSIONS\n"
            f"database_uri = sqlite:///{folder / 'logins.db'}\n"
            "admin_username = careerstream\n"
            f"admin_password = {password}\n"
            "authorization_function = "
            "mlflow.server.auth:authenticate_request_basic_auth\n"
        )
        environment = os.environ | store.environment
        environment |= {
            "MLFLOW_AUTH_CONFIG_PATH": str(logins),
            "MLFLOW_FLASK_SERVER_SECRET_KEY": secrets.token_urlsafe(24),
        }
        server = SupervisedProcess(
            "mlflow",
            [
                *(sys.executable, "-m", "mlflow", "server", "--app-name", "basic-auth"),
                *("--host", HOST, "--port", str(port), "--workers", "1"),
                *("--backend-store-uri", uri),
                *("--artifacts-destination", f"s3://{BUCKET}/artefacts"),
            ],
            folder=folder,
            environment=environment,
        )
        with server:
            server.wait_until(lambda: listens(port), "ready")
            login = {
                "MLFLOW_TRACKING_USERNAME": "careerstream",
                "MLFLOW_TRACKING_PASSWORD": password,
            }
            yield TrackingServer(f"http://{HOST}:{port}", login, uri.partition(":")[0])


def listens(port: int) -> bool:
    """Return whether a program listens at a port of this machine."""
    try:
        socket.create_connection((HOST, port), timeout=1).close()
    except OSError:
        return False
    return True
