"""Bytes to records, in the JVM: what can be read, and for the rest why it cannot.

Errors are data. Each message gets a `record` or an `error`, never both, never neither, and nothing
here can fail a query. The checks are derived from the models of `streaming.records`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, get_args, get_origin

from pydantic import BaseModel
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the field's usual name
from pyspark.sql.types import StructType

from streaming.contract import spark_type, without_none
from streaming.records import EVERYONE, SCHEMA_VERSION, Candidate, Event, Versioned
from streaming.topics import MAX_VALUE_BYTES, Topic

ERROR_TYPE = "struct<reason: string, text: string>"
FUTURE_TOLERANCE = "INTERVAL 1 DAY"
TIMES_OF_PEOPLE: dict[type[Versioned], str] = {Event: "event_time", Candidate: "updated_at"}
"""Times that decide what a profile holds and the moment its lists are made for."""
END = "end of value"
"""Follows the value while it is parsed: Spark's parser takes no notice of what is left over."""
RFC3339 = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$"


class Fault(StrEnum):
    """The reason codes of dead letters."""

    NULL_VALUE = "null-value"
    WRONG_KEY = "wrong-key"
    TOO_LARGE = "too-large"
    NOT_UTF8 = "not-utf8"
    NOT_JSON = "not-json"
    MISSING_FIELD = "missing-field"
    WRONG_TYPE = "wrong-type"
    WRONG_VALUE = "wrong-value"
    SCHEMA_VERSION = "schema-version"
    FUTURE_TIME = "future-time"


def decode(messages: DataFrame, topic: Topic) -> DataFrame:
    """Read the values of one topic.

    Args:
        messages: rows of Spark's Kafka source; at least `value` and `timestamp`.
        topic: whose contract applies.

    Returns:
        The same rows with `record` (the record's Spark type, null where it cannot be read) and
        `error` (reason code and text, null where it can). A null value is the error `null-value`;
        a topic on which it means deletion tells it apart by that code.
    """
    if topic.record is None:
        raise ValueError(f"topic {topic.name} holds raw bytes, which cannot be decoded")
    shape = spark_type(topic.record)
    # One select per step: the optimiser keeps them apart, so that no step is computed twice.
    return (
        messages.withColumn("_text", _text(F.col("value")))
        .withColumn("_framed", F.try_parse_json(F.concat(F.lit("["), "_text", F.lit(f',"{END}"]'))))
        .withColumn("_json", _unframed())
        .withColumn("_record", F.try_variant_get("_json", "$", _ddl(shape)))
        .withColumn("error", _error(topic.record))
        .withColumn("record", F.when(F.col("error").isNull(), F.col("_record")))
        .drop("_text", "_framed", "_json", "_record")
    )


def _text(value: Column) -> Column:
    """The value as text; null where it is none."""
    text = value.cast("string")
    readable = (F.octet_length(value) <= MAX_VALUE_BYTES) & F.is_valid_utf8(text)
    return F.when(readable, text)


def _unframed() -> Column:
    """The value, where nothing but it stands before the end."""
    alone = F.try_variant_get("_framed", "$[1]", "string") == END
    return F.when(alone, F.try_variant_get("_framed", "$[0]", "variant"))


def _error(record: type[Versioned]) -> Column:
    value = F.col("value")
    size = F.octet_length(value)
    checks = [
        _fault(value.isNull(), Fault.NULL_VALUE, F.lit("the value is null")),
        _fault(
            size > MAX_VALUE_BYTES,
            Fault.TOO_LARGE,
            F.format_string(f"%d bytes, at most {MAX_VALUE_BYTES} are allowed", size),
        ),
        _fault(F.col("_text").isNull(), Fault.NOT_UTF8, F.lit("the value is not UTF-8")),
        _fault(
            F.col("_json").isNull(),
            Fault.NOT_JSON,
            F.lit("the value is not JSON, or repeats a key of an object"),
        ),
        _fault(
            ~_type("$").startswith("OBJECT<"),
            Fault.WRONG_TYPE,
            F.format_string("the value is %s, must be an object", _type("$")),
        ),
        *(check for field in fields(record) for check in field.checks()),
        _version_check(),
        _fault(
            F.col("_record").isNull(),
            Fault.WRONG_TYPE,
            F.lit("a part of the value does not have the type of the schema"),
        ),
    ]
    if record in TIMES_OF_PEOPLE:
        checks += [_somebody_check(), _future_check(TIMES_OF_PEOPLE[record])]
    return F.coalesce(*checks)


def _fault(condition: Column, fault: Fault, text: Column) -> Column:
    error = F.struct(F.lit(fault.value).alias("reason"), text.alias("text"))
    return F.when(condition, error.cast(ERROR_TYPE))


def _type(path: str) -> Column:
    """The SQL name of a JSON value's type; null where the path leads nowhere, VOID for null."""
    return F.schema_of_variant(F.try_variant_get("_json", path, "variant"))


def _version_check() -> Column:
    version = F.col("_record.schema_version")
    text = f"schema_version is %d, this careerstream reads {SCHEMA_VERSION}"
    return _fault(version != SCHEMA_VERSION, Fault.SCHEMA_VERSION, F.format_string(text, version))


def _somebody_check() -> Column:
    """The list for people nobody knows has a key that no candidate may have."""
    text = F.lit(f"field candidate_id is '{EVERYONE}', which stands for people nobody knows")
    return _fault(F.col("_record.candidate_id") == EVERYONE, Fault.WRONG_VALUE, text)


def _future_check(name: str) -> Column:
    """A date far in the future would hold a place in its profile for ever."""
    moment = F.col(f"_record.{name}")
    return _fault(
        moment > F.col("timestamp") + F.expr(FUTURE_TOLERANCE),
        Fault.FUTURE_TIME,
        F.format_string(
            f"{name} %s is more than a day after the message's own time %s",
            moment.cast("string"),
            F.col("timestamp").cast("string"),
        ),
    )


@dataclass(frozen=True)
class Field:
    """What one field of a record must be."""

    path: str
    annotation: Any
    required: bool
    min_length: int | None
    max_length: int | None

    def checks(self) -> Iterator[Column]:
        """Yield an error for each thing that can be wrong with it, null where it is not."""
        name, kind = self.path.removeprefix("$."), _type(self.path)
        absent = kind.isNull() | (kind == "VOID")
        if self.required:
            text = F.lit(f"field {name} is missing")
            yield _fault(absent, Fault.MISSING_FIELD, text)
        pattern, words = _expected(self.annotation)
        text = F.format_string(f"field {name} is %s, must be {words}", kind)
        yield _fault(~absent & ~kind.rlike(pattern), Fault.WRONG_TYPE, text)
        yield from self._value_checks(name)

    def _value_checks(self, name: str) -> Iterator[Column]:
        value = F.try_variant_get("_json", self.path, "string")
        if self.annotation is datetime:
            words = f"field {name} is '%.60s', must be an RFC 3339 time in the years 1 to 9999, UTC"
            # Python, which reads it later, knows no other years.
            known = F.year(value.try_cast("timestamp")).between(1, 9999)
            good = value.rlike(RFC3339) & F.coalesce(known, F.lit(False))  # noqa: FBT003 - a column
            bad = value.isNotNull() & ~good
            yield _fault(bad, Fault.WRONG_VALUE, F.format_string(words, value))
        if self.annotation is float:
            infinite = F.abs(F.try_variant_get("_json", self.path, "double")) == float("inf")
            text = F.lit(f"field {name} is too large a number")
            yield _fault(infinite, Fault.WRONG_VALUE, text)
        if get_origin(self.annotation) is list:
            elements = F.try_variant_get("_json", self.path, "array<string>")
            text = F.lit(f"field {name} holds a null")
            # Nulls sort first. A lambda would cost each task a compilation of all the checks.
            first = F.get(F.sort_array(elements), F.lit(0))
            yield _fault((F.size(elements) > 0) & first.isNull(), Fault.WRONG_TYPE, text)
        if isinstance(self.annotation, type) and issubclass(self.annotation, StrEnum):
            members = [member.value for member in self.annotation]
            words = f"field {name} is '%.60s', must be one of {', '.join(members)}"
            yield _fault(~value.isin(members), Fault.WRONG_VALUE, F.format_string(words, value))
        if self.min_length is not None and self.max_length is not None:
            allowed = f"{self.min_length} to {self.max_length}"
            words = f"field {name} has %d characters, must have {allowed}"
            size = F.char_length(value)
            bad = ~size.between(self.min_length, self.max_length)
            yield _fault(bad, Fault.WRONG_VALUE, F.format_string(words, size))


def fields(record: type[BaseModel], prefix: str = "$.") -> Iterator[Field]:
    """List a record's fields and those of the objects in it; lists of objects are only cast."""
    for name, info in record.model_fields.items():
        bare = without_none(info.annotation)
        limits = {
            key: getattr(rule, key)
            for rule in info.metadata
            for key in ("min_length", "max_length")
            if hasattr(rule, key)
        }
        # The version is required on the wire, though Python may leave it to the default.
        required = info.is_required() or name == "schema_version"
        path = prefix + name
        yield Field(path, bare, required, limits.get("min_length"), limits.get("max_length"))
        if isinstance(bare, type) and issubclass(bare, BaseModel):
            for inner in fields(bare, f"{path}."):
                # note: a missing object is reported once, by the object's own check
                yield Field(inner.path, inner.annotation, False, None, None)  # noqa: FBT003


JSON_TYPES: dict[type, tuple[str, str]] = {
    bool: ("^BOOLEAN$", "true or false"),
    int: ("^BIGINT$", "a whole number"),
    float: (r"^(BIGINT|DOUBLE|FLOAT|DECIMAL\(.*)$", "a number"),
}
"""Pattern of a JSON value's SQL type name, and the type in words; all else stands in a string."""


def _expected(annotation: Any) -> tuple[str, str]:
    """Pattern of the JSON type's SQL name, and the type in words."""
    if get_origin(annotation) is list:
        if get_args(annotation)[0] is str:
            return r"^ARRAY<(STRING|VOID)>$", "a list of strings"
        return r"^ARRAY<(OBJECT<.*|VOID)>$", "a list of objects"
    if issubclass(annotation, BaseModel):
        return r"^OBJECT<", "an object"
    return JSON_TYPES.get(annotation, ("^STRING$", "a string"))


def _ddl(shape: StructType) -> str:
    return shape.simpleString()
