"""Everything that is derived from the records: Spark types, JSON Schemas, the AsyncAPI document."""

import json
from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel
from pyspark.sql import types as t

from streaming.contract.records import SCHEMA_VERSION
from streaming.contract.topics import MAX_VALUE_BYTES, TOPICS, Topic

SCALARS: dict[type, t.DataType] = {
    str: t.StringType(),
    int: t.LongType(),
    float: t.DoubleType(),
    bool: t.BooleanType(),
    datetime: t.TimestampType(),
}
ASYNCAPI_VERSION = "3.0.0"


def spark_type(record: type[BaseModel]) -> t.StructType:
    """Derive the Spark type of a record.

    Every field is nullable: what is required is checked where bytes are read
    (`streaming.contract.value_decoder`), and Delta refuses such constraints inside lists.
    """
    return t.StructType(
        [
            t.StructField(name, _spark_type(field.annotation))
            for name, field in record.model_fields.items()
        ]
    )


def _spark_type(annotation: Any) -> t.DataType:
    bare = without_none(annotation)
    if get_origin(bare) is list:
        return t.ArrayType(_spark_type(get_args(bare)[0]))
    if issubclass(bare, BaseModel):
        return spark_type(bare)
    if issubclass(bare, StrEnum):
        return t.StringType()
    return SCALARS[bare]


def without_none(annotation: Any) -> Any:
    """Strip `| None`, which Spark says with nullability."""
    if get_origin(annotation) in (Union, UnionType):
        (bare,) = (part for part in get_args(annotation) if part is not NoneType)
        return bare
    return annotation


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
    """Describe all topics as one AsyncAPI document, from which clients can be generated."""
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
        "operations": {f"receive-{topic.name}": _operation(topic) for topic in TOPICS},
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
                "topicConfiguration": _kept_as(topic),
            }
        },
    }


def _kept_as(topic: Topic) -> dict[str, Any]:
    """The part of a topic's configuration that AsyncAPI's Kafka binding has names for."""
    known: dict[str, Any] = {
        "cleanup.policy": [topic.cleanup],
        "max.message.bytes": topic.max_message_bytes,
    }
    if topic.retention is not None:
        known["retention.ms"] = int(topic.retention.total_seconds() * 1000)
    return known


def _message(topic: Topic) -> dict[str, Any]:
    key = {"type": "string", "description": topic.key}
    if topic.record is None:
        headers = {
            "type": "object",
            "required": ["reason", "text", "topic", "partition", "offset", "job"],
            "properties": {
                "reason": {"type": "string", "description": "reason code"},
                "text": {"type": "string", "description": "the reason in words"},
                "topic": {"type": "string", "description": "source topic"},
                "partition": {"type": "string", "description": "source partition"},
                "offset": {"type": "string", "description": "source offset"},
                "job": {"type": "string", "description": "the job that could not read it"},
                "key": {"type": "string", "description": "the original key, where it had one"},
            },
        }
        return {
            "contentType": "application/octet-stream",
            "headers": headers,
            "bindings": {"kafka": {"key": key}},
        }
    return {
        "contentType": "application/json",
        "payload": {
            "schemaFormat": "application/schema+json;version=draft-2020-12",
            "schema": {"$ref": f"./{topic.name}.schema.json"},
        },
        "bindings": {"kafka": {"key": key}},
    }


def _operation(topic: Topic) -> dict[str, Any]:
    return {"action": "receive", "channel": {"$ref": f"#/channels/{topic.name}"}}


def topic_table() -> str:
    """Render the table of topics for people, in Markdown."""
    head = "| topic | key | kept | partitions | value |\n| --- | --- | --- | --- | --- |\n"
    return head + "".join(
        f"| {topic.name} | {topic.key} | {_kept(topic)} | {topic.partitions} | "
        f"{topic.record.__name__ if topic.record else 'original bytes'} |\n"
        for topic in TOPICS
    )


def _kept(topic: Topic) -> str:
    if topic.retention is not None:
        return f"{topic.retention.days} days"
    lag = f", every version for {topic.compaction_lag.days} days" if topic.compaction_lag else ""
    return f"latest by key{lag}"


def documents() -> Iterator[tuple[str, str]]:
    """Yield name and content of every document of the contract."""
    for topic in TOPICS:
        if topic.record is not None:
            yield f"{topic.name}.schema.json", _pretty(json_schema(topic))
    yield "asyncapi.json", _pretty(asyncapi())
    limit = f"A value holds at most {MAX_VALUE_BYTES:,} bytes.\n"
    yield "topics.md", f"# Topics\n\n{topic_table()}\n{limit}"


def _pretty(value: dict[str, Any]) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
