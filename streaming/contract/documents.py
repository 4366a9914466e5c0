"""The contract as documents: JSON Schemas, an AsyncAPI document, and the table of topics."""

import json
from collections.abc import Iterator
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue

from streaming.contract.access.principals import PRINCIPALS, Operation, Principal
from streaming.contract.field_rules import PERSON_TIME_FIELDS
from streaming.contract.records import MAX_FLOAT, MAX_INT, MIN_INT, SCHEMA_VERSION, Versioned
from streaming.contract.topics import MAX_VALUE_BYTES, TOPICS, Topic
from streaming.timestamps import OUT_OF_RANGE_PATTERN, RFC3339_PATTERN

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
    """Return the JSON Schema (2020-12) of a topic's value.

    With formats asserted it accepts what `value_decoder.read_value` reads, and nothing else. Its
    description says what the decoder asks for beyond it.
    """
    if topic.record is None:
        raise ValueError(f"topic {topic.name} holds raw bytes, which have no schema")
    schema = topic.record.model_json_schema(mode="validation", schema_generator=_WireSchema)
    schema["properties"]["schema_version"] = {
        "description": Versioned.model_fields["schema_version"].description,
        "title": "Schema Version",
        "type": "integer",
        "const": SCHEMA_VERSION,
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "description": f"{schema['description']} {_further_rules(topic)}",
        "required": ["schema_version", *schema.get("required", [])],
        "additionalProperties": True,
    }


class _WireSchema(GenerateJsonSchema):
    """The types of the models in JSON: with their limits, and null for what is optional."""

    def datetime_schema(self, schema: Any) -> JsonSchemaValue:
        return {
            **super().datetime_schema(schema),
            "pattern": RFC3339_PATTERN,
            # For validators in Python, $ also stands before a line end.
            "not": {"pattern": rf"{OUT_OF_RANGE_PATTERN}|\n"},
        }

    def int_schema(self, schema: Any) -> JsonSchemaValue:
        return {**super().int_schema(schema), "minimum": MIN_INT, "maximum": MAX_INT}

    def float_schema(self, schema: Any) -> JsonSchemaValue:
        return {**super().float_schema(schema), "minimum": -MAX_FLOAT, "maximum": MAX_FLOAT}

    def default_schema(self, schema: Any) -> JsonSchemaValue:
        field = super().default_schema(schema)
        if schema["schema"]["type"] == "nullable":
            return field
        default = {"default": field.pop("default")}
        return {"anyOf": [field, {"type": "null"}], **default}


def _further_rules(topic: Topic) -> str:
    """Say what a value must be beyond its JSON Schema."""
    rules = (
        f"Beyond this schema, a value has at most {MAX_VALUE_BYTES:,} bytes of UTF-8 and is not "
        "nested hundreds of levels deep. It repeats no key of an object, and has neither NaN nor "
        "half of a surrogate pair."
    )
    field = PERSON_TIME_FIELDS.get(topic.record) if topic.record else None
    ahead = f" Its {field} is at most a day after the timestamp of its message."
    return rules + (ahead if field else "")


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


def rights_table() -> str:
    """Return the table of principals in Markdown."""
    head = "| user | is | reads | writes | may also |\n| --- | --- | --- | --- | --- |\n"
    return head + "".join(
        f"| {each.name} | {each.description} | {_names(each.reads)} | {_names(each.writes)} | "
        f"{_further_rights(each)} |\n"
        for each in PRINCIPALS
    )


def _further_rights(principal: Principal) -> str:
    rights = [
        f"{operation.value} {_names(topics)}"
        for operation in (Operation.CREATE, Operation.ALTER, Operation.INSPECT)
        if (topics := principal.topics(operation))
    ]
    groups = ["use consumer groups whose names begin with its own"] if principal.has_groups else []
    return ", ".join(rights + groups)


def _names(topics: tuple[Topic, ...]) -> str:
    return "all" if topics == TOPICS else ", ".join(topic.name for topic in topics)


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
    rights = (
        f"## Rights\n\n{rights_table()}\n[rights.md](../rights.md) says how Kafka learns them.\n"
    )
    yield "topics.md", f"# Topics\n\n{topic_table()}\n{limit}\n{rights}"


def _indented(value: dict[str, Any]) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
