"""The contract as documents: JSON Schemas, an AsyncAPI document, and the table of topics."""

import json
from collections.abc import Iterator
from typing import Any

from streaming.contract.records import SCHEMA_VERSION
from streaming.contract.topics import MAX_VALUE_BYTES, TOPICS, Topic

ASYNCAPI_VERSION = "3.0.0"
_DEAD_LETTER_HEADERS = {
    "reason": "reason code",
    "text": "the reason in words",
    "topic": "source topic",
    "partition": "source partition",
    "offset": "source offset",
    "job": "the job that could not read it",
    "key": "the original key, where it had one",
}


def json_schema(topic: Topic) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a topic's value."""
    if topic.record is None:
        raise ValueError(f"topic {topic.name} holds raw bytes, which have no schema")
    schema = topic.record.model_json_schema(mode="validation")
    schema["properties"]["schema_version"] |= {"const": SCHEMA_VERSION}
    required = ["schema_version", *schema.get("required", [])]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "required": required,
        "additionalProperties": True,
    }


def asyncapi() -> dict[str, Any]:
    """Return one AsyncAPI document of all topics, from which clients can be generated."""
    return {
        "asyncapi": ASYNCAPI_VERSION,
        "info": {
            "title": "careerstream topics",
            "version": str(SCHEMA_VERSION),
            "description": "Topics are the interfaces between jobs. Topic names may carry the "
            "prefix of the setting kafka.topic_prefix.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": {topic.name: _channel(topic) for topic in TOPICS},
        "operations": {
            f"receive-{topic.name}": {
                "action": "receive",
                "channel": {"$ref": f"#/channels/{topic.name}"},
            }
            for topic in TOPICS
        },
    }


def _channel(topic: Topic) -> dict[str, Any]:
    return {
        "address": topic.name,
        "description": topic.description,
        "messages": {"value": _message(topic)},
        "bindings": {
            "kafka": {
                "topic": topic.name,
                "partitions": topic.partitions,
                "topicConfiguration": _topic_configuration(topic),
            }
        },
    }


def _topic_configuration(topic: Topic) -> dict[str, Any]:
    """Return those parts of a topic's configuration that AsyncAPI's Kafka binding knows."""
    configuration: dict[str, Any] = {
        "cleanup.policy": [topic.cleanup],
        "max.message.bytes": topic.max_message_bytes,
    }
    if topic.retention is not None:
        configuration["retention.ms"] = int(topic.retention.total_seconds() * 1000)
    return configuration


def _message(topic: Topic) -> dict[str, Any]:
    bindings = {"kafka": {"key": {"type": "string", "description": topic.key}}}
    if topic.record is None:
        headers = {
            "type": "object",
            "required": [name for name in _DEAD_LETTER_HEADERS if name != "key"],
            "properties": {
                name: {"type": "string", "description": text}
                for name, text in _DEAD_LETTER_HEADERS.items()
            },
        }
        content = {"contentType": "application/octet-stream", "headers": headers}
        return content | {"bindings": bindings}
    return {
        "contentType": "application/json",
        "payload": {
            "schemaFormat": "application/schema+json;version=draft-2020-12",
            "schema": {"$ref": f"./{topic.name}.schema.json"},
        },
        "bindings": bindings,
    }


def topic_table() -> str:
    """Return the table of topics in Markdown."""
    head = "| topic | key | kept | partitions | value |\n| --- | --- | --- | --- | --- |\n"
    return head + "".join(
        f"| {topic.name} | {topic.key} | {_retention(topic)} | {topic.partitions} | "
        f"{topic.record.__name__ if topic.record else 'original bytes'} |\n"
        for topic in TOPICS
    )


def _retention(topic: Topic) -> str:
    if topic.retention is not None:
        return f"{topic.retention.days} days"
    lag = f", every version for {topic.compaction_lag.days} days" if topic.compaction_lag else ""
    return f"latest by key{lag}"


def contract_documents() -> Iterator[tuple[str, str]]:
    """Yield the file name and the content of every document."""
    for topic in TOPICS:
        if topic.record is not None:
            yield f"{topic.name}.schema.json", _indented(json_schema(topic))
    yield "asyncapi.json", _indented(asyncapi())
    limit = f"A value holds at most {MAX_VALUE_BYTES:,} bytes.\n"
    yield "topics.md", f"# Topics\n\n{topic_table()}\n{limit}"


def _indented(value: dict[str, Any]) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
