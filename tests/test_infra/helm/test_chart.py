"""The chart, rendered by Helm itself: valid for Kubernetes, and true to the jobs and settings."""

import re
import subprocess
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from infra.setup import helm
from streaming.contract.access.principals import JOBS, OPERATOR
from streaming.settings import Settings, load

PROJECT = Path(__file__).parents[3]
CHART = PROJECT / "infra" / "helm" / "careerstream"
VALUES = yaml.safe_load((CHART / "values.yaml").read_text("utf-8"))
OLDEST, NEWEST = "1.27", "1.37"
"""Versions of Kubernetes; the first is that of Chart.yaml."""
MINIMAL = (
    "image.repository=example/careerstream",
    "settings.kafka.bootstrap_servers=kafka.example:9093",
    "settings.storage.lake=gs://lake/tables",
    "settings.storage.checkpoints=gs://lake/checkpoints",
    "settings.mlflow.tracking_uri=https://mlflow.example",
)
EVERYTHING = (
    *MINIMAL,
    *(f"jobs.{job.name}.enabled=true" for job in JOBS),
    "jobs.hot_path.enabled=false",
    *(f"cronJobs.{name}.enabled=true" for name in VALUES["cronJobs"]),
    *("secrets.matchKey=match", "secrets.pseudonymKey=pseudonyms", "secrets.mlflow=mlflow"),
    *("networkPolicy.languageModel.ports={443}", "image.pullSecrets={pull}"),
    *("nodeSelector.pool=streams", "podAnnotations.team=jobs"),
)
IN_PLAIN = (*MINIMAL, "settings.kafka.security_protocol=PLAINTEXT")
FEWEST = (*IN_PLAIN, *(f"secrets.{name}=" for name in VALUES["secrets"]))
WAYS = {"minimal": MINIMAL, "everything": EVERYTHING, "fewest": FEWEST}

Manifests = list[dict[str, Any]]
each_way = pytest.mark.parametrize("values", WAYS.values(), ids=WAYS)


def run_helm(*arguments: str) -> subprocess.CompletedProcess[str]:
    program = helm.program()
    if program is None:
        pytest.skip("there is no helm; `make helm` builds it where there is Go")
    return subprocess.run([program, *arguments], capture_output=True, text=True, check=False)


@cache
def template(values: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
    flags = [part for value in values for part in ("--set", value)]
    options = ("--namespace", "streams", "--kube-version", NEWEST)
    return run_helm("template", "demo", str(CHART), *options, *flags)


def render(values: tuple[str, ...]) -> Manifests:
    done = template(values)
    assert done.returncode == 0, done.stderr
    return [manifest for manifest in yaml.safe_load_all(done.stdout) if manifest]


def of_kind(manifests: Manifests, kind: str) -> dict[str, dict[str, Any]]:
    return {m["metadata"]["name"]: m for m in manifests if m["kind"] == kind}


def object_name(job: str) -> str:
    return f"demo-{job.replace('_', '-')}"


def executor_templates(manifests: Manifests) -> dict[str, dict[str, Any]]:
    maps = of_kind(manifests, "ConfigMap")
    return {
        name: yaml.safe_load(file)
        for name, found in maps.items()
        if (file := found["data"].get("executor-pod.yaml"))
    }


def pods(manifests: Manifests) -> Iterator[dict[str, Any]]:
    """Yield metadata and spec of every pod that comes of the chart, executors' too."""
    for deployment in of_kind(manifests, "Deployment").values():
        yield deployment["spec"]["template"]
    for cron in of_kind(manifests, "CronJob").values():
        yield cron["spec"]["jobTemplate"]["spec"]["template"]
    yield from executor_templates(manifests).values()


def job_files(entry_point: str) -> set[str]:
    """List the files of jobs that run by an entry point, from the folder of jobs on.

    Those of the benchmark are left out.
    """
    folder = PROJECT / "jobs"
    started = re.compile(rf"^    {entry_point}\(", re.MULTILINE)
    return {
        file.relative_to(folder).as_posix()
        for file in folder.rglob("*.py")
        if folder / "benchmark" not in file.parents
        and "__main__" in (text := file.read_text("utf-8"))
        and started.search(text)
    }


def test_the_table_of_jobs_is_that_of_principals() -> None:
    assert set(VALUES["jobs"]) == {job.name for job in JOBS}
    files = {job["file"] for job in VALUES["jobs"].values()}
    assert files == job_files("run_job") - {"up.py"}  # `up` is all of them in one session
    for name, job in VALUES["jobs"].items():
        assert Path(job["file"]).stem == name


def test_cron_jobs_are_all_that_run_to_their_end() -> None:
    crons = VALUES["cronJobs"]
    assert {cron["file"] for cron in crons.values() if "file" in cron} == job_files("run_once")
    logins = {cron.get("principal", "") for cron in crons.values()}
    assert logins == {"", OPERATOR.name}


def test_helm_finds_no_fault() -> None:
    flags = [part for value in MINIMAL for part in ("--set", value)]
    done = run_helm("lint", "--strict", str(CHART), *flags)

    assert done.returncode == 0, done.stdout + done.stderr


@each_way
@pytest.mark.parametrize("version", [OLDEST, NEWEST])
def test_kubernetes_knows_every_field(values: tuple[str, ...], version: str) -> None:
    manifests = render(values)

    assert len(of_kind(manifests, "Deployment")) >= 3
    for manifest in [*manifests, *executor_templates(manifests).values()]:
        kubernetes_validate.validate(manifest, version, strict=True)


def test_the_schemas_find_a_wrong_field() -> None:
    (deployment, *_) = of_kind(render(MINIMAL), "Deployment").values()
    deployment["spec"]["replica"] = 2

    with pytest.raises(kubernetes_validate.ValidationError, match="replica"):
        kubernetes_validate.validate(deployment, NEWEST, strict=True)


def settings_of(
    manifests: Manifests, name: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> Settings:
    """Read a pod's settings as the job does: its file, and its environment over it."""
    file = folder / f"{name}.toml"
    file.write_text(of_kind(manifests, "ConfigMap")[name]["data"]["careerstream.toml"], "utf-8")
    deployment = of_kind(manifests, "Deployment").get(name)
    if deployment:
        (container,) = deployment["spec"]["template"]["spec"]["containers"]
        for variable in container["env"]:
            if variable["name"] == "CAREERSTREAM_SPARK__CONF":
                value = variable["value"].replace("$(POD_NAME)", "pod-1")
                monkeypatch.setenv(variable["name"], value)
    settings = load(file)
    monkeypatch.delenv("CAREERSTREAM_SPARK__CONF", raising=False)
    return settings


@each_way
def test_the_settings_of_every_pod_are_valid(
    values: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifests = render(values)

    for name in of_kind(manifests, "ConfigMap"):
        settings = settings_of(manifests, name, tmp_path, monkeypatch)
        assert settings.home == Path("/var/lib/careerstream")
        is_distributed = settings.spark.master.startswith("k8s://")
        assert is_distributed == (name in executor_templates(manifests))
        if is_distributed:
            conf = settings.spark.conf
            assert conf["spark.kubernetes.driver.pod.name"] == "pod-1"
            assert conf["spark.driver.host"] == f"{name}.streams.svc"
            assert conf["spark.kubernetes.container.image"] == "example/careerstream:0.1.0"


def test_a_job_has_its_own_login_and_no_password_of_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifests = render(EVERYTHING)

    for job in JOBS:
        if job.name == "hot_path":
            continue
        name = object_name(job.name)
        settings = settings_of(manifests, name, tmp_path, monkeypatch)
        assert settings.kafka.username == f"careerstream-{job.name}"
        spec = of_kind(manifests, "Deployment")[name]["spec"]["template"]["spec"]
        (secrets,) = (volume for volume in spec["volumes"] if volume["name"] == "secrets")
        sources = [source["secret"] for source in secrets["projected"]["sources"]]
        passwords = [source["items"] for source in sources if source["name"].endswith("-kafka")]
        assert passwords == [[{"key": job.name, "path": "kafka-password"}]]
        assert ("match" in [source["name"] for source in sources]) == (job.name == "match")


@each_way
def test_files_that_settings_name_are_mounted(values: tuple[str, ...]) -> None:
    manifests = render(values)

    for pod in pods(manifests):
        (container,) = pod["spec"]["containers"]
        folders = {mount["mountPath"] for mount in container["volumeMounts"]}
        if pod["metadata"]["labels"]["careerstream/role"] == "executor":
            continue
        (config,) = (v["configMap"] for v in pod["spec"]["volumes"] if v["name"] == "config")
        file = of_kind(manifests, "ConfigMap")[config["name"]]["data"]["careerstream.toml"]
        settings = tomllib.loads(file)
        kafka, metrics = settings.get("kafka", {}), settings.get("metrics", {})
        for path in (kafka.get("password_file"), metrics.get("token_file"), kafka.get("ssl_ca")):
            assert path is None or str(Path(path).parent) in folders


@each_way
def test_every_pod_is_restricted(values: tuple[str, ...]) -> None:
    found = list(pods(render(values)))

    assert len(found) > 6
    for pod in found:
        spec = pod["spec"]
        assert spec["securityContext"]["runAsNonRoot"] is True
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert not {"hostNetwork", "hostPID", "hostIPC"} & set(spec)
        allowed = {"emptyDir", "configMap", "secret", "projected", "persistentVolumeClaim"}
        assert {key for volume in spec["volumes"] for key in volume} - {"name"} <= allowed
        for container in spec["containers"]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }


def test_only_drivers_with_executors_may_ask_kubernetes() -> None:
    for pod in pods(render(EVERYTHING)):
        labels = pod["metadata"]["labels"]
        alone = labels["app.kubernetes.io/component"] in {"converse", "parity"}
        asks = labels["careerstream/role"] == "driver" and not alone
        assert pod["spec"]["automountServiceAccountToken"] is asks


def test_one_driver_at_a_time() -> None:
    for deployment in of_kind(render(EVERYTHING), "Deployment").values():
        assert deployment["spec"]["replicas"] == 1
        assert deployment["spec"]["strategy"] == {"type": "Recreate"}


def test_every_pod_falls_under_the_policy_that_denies() -> None:
    manifests = render(EVERYTHING)
    deny = of_kind(manifests, "NetworkPolicy")["demo"]["spec"]
    chosen = deny["podSelector"]["matchLabels"].items()

    assert deny["policyTypes"] == ["Ingress", "Egress"]
    assert "ingress" not in deny
    for pod in pods(manifests):
        assert chosen <= pod["metadata"]["labels"].items()


@pytest.mark.parametrize(
    ("value", "complaint"),
    [
        ("image.repository=", "image.repository is empty"),
        ("settings.kafka.bootstrap_servers=", "bootstrap_servers is empty"),
        ("settings.storage.lake=/lake", 'settings.storage.lake is "/lake"'),
        ("jobs.recommend.enabled=true", "shares their checkpoint"),
        ("jobs.match.enabled=true", "needs secrets.matchKey"),
        ("secrets.kafka=", "needs secrets.kafka"),
        ("settings.kafka.password=secret", "/settings/kafka/password"),
        ("jobs.hot_path.executor.core=2", "core"),
    ],
)
def test_values_that_cannot_work_are_refused(value: str, complaint: str) -> None:
    done = template((*MINIMAL, value))

    assert done.returncode != 0
    assert complaint in done.stderr


def test_the_operator_of_prometheus_finds_the_token() -> None:
    manifests = render((*MINIMAL, "serviceMonitor.enabled=true"))
    (endpoint,) = of_kind(manifests, "ServiceMonitor")["demo"]["spec"]["endpoints"]

    credentials = endpoint["authorization"]["credentials"]
    assert credentials == {"name": "careerstream-metrics", "key": "token"}
    for service in of_kind(manifests, "Service").values():
        assert "metrics" in [port["name"] for port in service["spec"]["ports"]]
