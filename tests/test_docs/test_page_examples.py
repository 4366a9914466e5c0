"""The examples of the pages work as they are written."""

import ast
import importlib
import os
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import doc_pages
import orjson
import pytest

from streaming.contract.topics import RECOMMENDATIONS
from streaming.kafka.clients import producer
from streaming.settings import KafkaSettings, Settings, load

PYTHON = doc_pages.examples("python")
TOML = doc_pages.examples("toml")
CONSUMER = PYTHON["docs/consuming.md"]


def test_the_settings_file_is_valid_and_shows_every_section(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    example = TOML["docs/platform.md"]
    file = tmp_path / "careerstream.toml"
    file.write_text(example, "utf-8")
    monkeypatch.setenv("CAREERSTREAM_KAFKA__PASSWORD", "secret")

    settings = load(file)

    assert settings.kafka.topic_prefix == "staging."
    assert set(tomllib.loads(example)) == set(Settings.model_fields)


def test_the_pages_that_promise_programs_have_them() -> None:
    assert {"docs/consuming.md", "docs/models.md", "docs/similarity.md"} <= set(PYTHON)


@pytest.mark.parametrize("page", PYTHON)
def test_programs_import_what_exists(page: str) -> None:
    for node in ast.walk(ast.parse(PYTHON[page])):
        if isinstance(node, ast.Import):
            for alias in node.names:
                importlib.import_module(alias.name)
        elif isinstance(node, ast.ImportFrom):
            module = importlib.import_module(node.module or "")
            assert [a.name for a in node.names if not hasattr(module, a.name)] == []


@contextmanager
def consumer(kafka: KafkaSettings) -> Iterator[subprocess.Popen[str]]:
    """Run the example consumer as it is, but for where Kafka is."""
    program = CONSUMER.replace("127.0.0.1:9092", kafka.bootstrap_servers)
    program = program.replace('"recommendations"', f'"{kafka.topic_prefix}recommendations"')
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8"}
    child = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, env=environment
    )
    with child:
        try:
            yield child
        finally:
            child.kill()


def recommendation(version: int, model: str, *items: tuple[str, str | None]) -> bytes:
    """Write what a consumer needs of a recommendation."""
    listed = [{"posting_id": name, "valid_through": end} for name, end in items]
    value = {"candidate_id": "c1", "profile_version": version, "model_version": model}
    return orjson.dumps(value | {"items": listed})


@pytest.mark.kafka
def test_the_consumer_ignores_older_profiles_and_what_has_expired(
    kafka_settings: KafkaSettings, create_topics: Callable[..., None]
) -> None:
    create_topics(RECOMMENDATIONS)
    past, future = "2020-01-01T00:00:00.000000Z", "2999-01-01T00:00:00.000000Z"
    values = [
        recommendation(7, "1", ("p1", None), ("p2", past)),
        recommendation(6, "1", ("p9", None)),
        recommendation(7, "2", ("p3", future)),
        recommendation(8, "2"),
    ]
    sender = producer(kafka_settings)
    for value in values:
        sender.send(f"{kafka_settings.topic_prefix}recommendations", key=b"c1", value=value)
    sender.flush()
    sender.close()

    with consumer(kafka_settings) as running:
        assert running.stdout is not None
        lines = [running.stdout.readline().strip() for _ in range(3)]

    assert lines == ["c1 7 1 ['p1']", "c1 7 2 ['p3']", "c1 8 2 []"]
