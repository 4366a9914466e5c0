"""The laptop's services: what can be held without Docker."""

import re
from pathlib import Path

import yaml

from streaming.dependencies import KAFKA_VERSION
from streaming.loopback import is_loopback
from streaming.settings import environment_name, names

FILE = Path(__file__).parents[3] / "infra" / "compose" / "compose.yaml"
COMPOSE = yaml.safe_load(FILE.read_text("utf-8"))
SERVICES = COMPOSE["services"]


def test_ports_are_for_this_machine_alone() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", ())]

    assert ports
    assert [port for port in ports if not is_loopback(port.rsplit(":", 2)[0])] == []
    assert [name for name, service in SERVICES.items() if "network_mode" in service] == []


def test_environment_names_settings() -> None:
    known = {environment_name(name) for name in names()}

    assert set(SERVICES["up"]["environment"]) <= known


def test_services_and_volumes_that_are_named_exist() -> None:
    for service in SERVICES.values():
        assert set(service.get("depends_on", {})) <= set(SERVICES)
        for volume in service["volumes"]:
            assert volume.partition(":")[0] in COMPOSE["volumes"]
        for other in service.get("depends_on", {}):
            assert "healthcheck" in SERVICES[other]


def test_the_broker_is_of_the_version_that_is_tried() -> None:
    assert re.search(rf":-apache/kafka:{re.escape(KAFKA_VERSION)}\}}$", SERVICES["kafka"]["image"])
