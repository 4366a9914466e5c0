"""Spark types, derived from the models, agree with the JSON Schemas, derived by pydantic."""

from typing import Any

import pytest
from pyspark.sql import types as t

from streaming.contract.documents import json_schema
from streaming.contract.spark_types import spark_type
from streaming.contract.topics import TOPICS, Topic
from streaming.lake import tables

VALUES = [topic for topic in TOPICS if topic.record is not None]
TYPES = {
    "string": t.StringType(),
    "integer": t.LongType(),
    "number": t.DoubleType(),
    "boolean": t.BooleanType(),
}


def from_schema(part: dict[str, Any], definitions: dict[str, Any]) -> t.DataType:
    """Read a JSON Schema as a Spark type: another way to the same end."""
    if "anyOf" in part:
        (part,) = (choice for choice in part["anyOf"] if choice.get("type") != "null")
    if "$ref" in part:
        part = definitions[part["$ref"].removeprefix("#/$defs/")]
    if part["type"] == "object":
        fields = part["properties"].items()
        return t.StructType(
            [t.StructField(name, from_schema(field, definitions)) for name, field in fields]
        )
    if part["type"] == "array":
        return t.ArrayType(from_schema(part["items"], definitions))
    return t.TimestampType() if part.get("format") == "date-time" else TYPES[part["type"]]


@pytest.mark.parametrize("topic", VALUES, ids=lambda topic: topic.name)
def test_types_agree_with_the_schema(topic: Topic) -> None:
    schema = json_schema(topic)

    assert topic.record is not None
    assert spark_type(topic.record) == from_schema(schema, schema.get("$defs", {}))


@pytest.mark.parametrize("topic", VALUES, ids=lambda topic: topic.name)
def test_a_drifting_schema_is_found(topic: Topic) -> None:
    schema = json_schema(topic)
    schema["properties"]["schema_version"] = {"type": "string"}

    assert topic.record is not None
    assert spark_type(topic.record) != from_schema(schema, schema.get("$defs", {}))


@pytest.mark.parametrize("topic", VALUES, ids=lambda topic: topic.name)
def test_names_and_order_are_those_of_the_model(topic: Topic) -> None:
    assert topic.record is not None
    assert spark_type(topic.record).names == list(topic.record.model_fields)


def test_nothing_forbids_null_because_delta_cannot_add_such_columns_later() -> None:
    def nullable(kind: t.DataType) -> bool:
        if isinstance(kind, t.StructType):
            return all(field.nullable and nullable(field.dataType) for field in kind.fields)
        return nullable(kind.elementType) if isinstance(kind, t.ArrayType) else True

    assert all(nullable(table.schema()) for table in tables.TABLES)


def test_tables_hold_every_field_of_their_record_and_where_it_stood() -> None:
    for table in tables.TABLES:
        names = table.schema().names
        assert set(names) == {
            *table.record.model_fields,
            *(field.name for field in table.extra_columns),
        }
        assert set(table.keys) <= set(names)
    for table in tables.STREAMED_TABLES:
        assert {"partition", "offset", "produced_at"} <= set(table.schema().names)
