"""The AsyncAPI document is structurally valid, complete, and points at what exists.

The rules are those of the AsyncAPI 3.0 specification for the objects that the document has.
"""

import copy
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from streaming.contract.documents import asyncapi
from streaming.contract.topics import BY_NAME, DEAD_LETTERS, MAX_VALUE_BYTES, TOPICS
from streaming.kafka.dead_letters import HEADERS

FOLDER = Path(__file__).parents[3] / "docs" / "contract"
ALLOWED: dict[str, tuple[set[str], set[str]]] = {
    "root": (
        {"asyncapi", "info"},
        {"id", "servers", "defaultContentType", "channels", "operations", "components"},
    ),
    "info": (
        {"title", "version"},
        {"description", "termsOfService", "contact", "license", "tags", "externalDocs"},
    ),
    "channel": (
        set(),
        {"address", "messages", "title", "summary", "description", "servers", "parameters", "tags"}
        | {"externalDocs", "bindings"},
    ),
    "message": (
        set(),
        {"headers", "payload", "correlationId", "contentType", "name", "title", "summary", "tags"}
        | {"description", "externalDocs", "bindings", "examples", "traits"},
    ),
    "operation": (
        {"action", "channel"},
        {"title", "summary", "description", "security", "tags", "externalDocs", "bindings"}
        | {"traits", "messages", "reply"},
    ),
}
"""Required and further fields of each object."""


def faults(document: dict[str, Any]) -> Iterator[str]:
    """Say what is wrong with an AsyncAPI document."""
    yield from _fields("root", document)
    if not re.fullmatch(r"3\.\d+\.\d+", document.get("asyncapi", "")):
        yield "asyncapi is no version 3"
    yield from _fields("info", document.get("info", {}))
    for name, channel in document.get("channels", {}).items():
        if not re.fullmatch(r"[\w-]+", name):
            yield f"channel {name} has no valid id"
        yield from _fields("channel", channel)
        for message in channel.get("messages", {}).values():
            yield from _fields("message", message)
            headers = message.get("headers")
            if headers is not None and headers.get("type") != "object":
                yield f"headers of {name} are no object"
    for name, operation in document.get("operations", {}).items():
        yield from _fields("operation", operation)
        if operation.get("action") not in {"send", "receive"}:
            yield f"operation {name} has no action"
    yield from _dangling(document, document)


def _fields(kind: str, value: dict[str, Any]) -> Iterator[str]:
    required, further = ALLOWED[kind]
    for name in required - value.keys():
        yield f"{kind} lacks {name}"
    for name in value.keys() - required - further:
        yield f"{kind} has an unknown {name}"


def _dangling(part: Any, document: dict[str, Any]) -> Iterator[str]:
    """Find references that lead nowhere, in this document or to the files beside it."""
    if isinstance(part, dict):
        if "$ref" in part and not _leads_somewhere(part["$ref"], document):
            yield f"{part['$ref']} leads nowhere"
        for inner in part.values():
            yield from _dangling(inner, document)
    elif isinstance(part, list):
        for inner in part:
            yield from _dangling(inner, document)


def _leads_somewhere(reference: str, document: dict[str, Any]) -> bool:
    if not reference.startswith("#/"):
        return (FOLDER / reference).is_file()
    found: Any = document
    for name in reference.removeprefix("#/").split("/"):
        if name not in found:
            return False
        found = found[name]
    return True


def test_the_document_is_valid() -> None:
    assert list(faults(asyncapi())) == []


@pytest.mark.parametrize(
    ("path", "value", "fault"),
    [
        (["asyncapi"], "2.6.0", "asyncapi is no version 3"),
        (["info"], {"title": "x"}, "info lacks version"),
        (["channels", "events", "adress"], "events", "channel has an unknown adress"),
        (["operations", "receive-events", "action"], "read", "has no action"),
        (["operations", "receive-events", "channel", "$ref"], "#/channels/event", "leads nowhere"),
        (
            ["channels", "events", "messages", "value", "payload", "schema", "$ref"],
            "./event.schema.json",
            "leads nowhere",
        ),
    ],
)
def test_a_fault_is_found(path: list[str], value: Any, fault: str) -> None:
    broken = copy.deepcopy(asyncapi())
    part = broken
    for name in path[:-1]:
        part = part[name]
    part[path[-1]] = value

    assert any(fault in found for found in faults(broken))


def test_every_topic_is_a_channel_as_the_table_of_topics_says() -> None:
    channels = asyncapi()["channels"]

    assert set(channels) == set(BY_NAME)
    for topic in TOPICS:
        channel = channels[topic.name]
        kafka = channel["bindings"]["kafka"]
        assert channel["address"] == kafka["topic"] == topic.name
        assert kafka["partitions"] == topic.partitions
        told = topic.broker_config()
        for name, value in kafka["topicConfiguration"].items():
            assert told[name] == (value[0] if isinstance(value, list) else str(value))
        assert topic.max_message_bytes > MAX_VALUE_BYTES


def test_every_value_has_its_schema_and_every_topic_an_operation() -> None:
    document = asyncapi()

    for topic in TOPICS:
        assert f"receive-{topic.name}" in document["operations"]
        (message,) = document["channels"][topic.name]["messages"].values()
        if topic.record is not None:
            reference = message["payload"]["schema"]["$ref"]
            assert reference == f"./{topic.name}.schema.json"


def test_the_headers_of_dead_letters_are_those_that_are_written() -> None:
    (message,) = asyncapi()["channels"][DEAD_LETTERS.name]["messages"].values()
    headers = message["headers"]

    Draft202012Validator.check_schema(headers)
    assert tuple(headers["required"]) == HEADERS
    assert set(headers["properties"]) == {*HEADERS, "key"}
