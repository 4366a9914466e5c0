"""The Spark types of the records."""

from datetime import datetime
from enum import StrEnum
from typing import Any, get_args, get_origin

from pydantic import BaseModel
from pyspark.sql import types as t

from streaming.contract.field_rules import unwrap_optional

_SCALAR_TYPES: dict[type, t.DataType] = {
    str: t.StringType(),
    int: t.LongType(),
    float: t.DoubleType(),
    bool: t.BooleanType(),
    datetime: t.TimestampType(),
}


def spark_type(record: type[BaseModel]) -> t.StructType:
    """Return the Spark type of a record.

    Every field is nullable. The decoder checks what is required
    (`streaming.contract.value_decoder`), and Delta refuses such constraints inside lists.
    """
    return t.StructType(
        [
            t.StructField(name, _field_type(field.annotation))
            for name, field in record.model_fields.items()
        ]
    )


def _field_type(annotation: Any) -> t.DataType:
    bare = unwrap_optional(annotation)
    if get_origin(bare) is list:
        return t.ArrayType(_field_type(get_args(bare)[0]))
    if issubclass(bare, BaseModel):
        return spark_type(bare)
    if issubclass(bare, StrEnum):
        return t.StringType()
    return _SCALAR_TYPES[bare]
