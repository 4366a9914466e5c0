"""Compares the Delta tables that archive writes with what they must hold."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the field's usual name

from jobs.verify.check_topics import Published
from jobs.verify.comparison import Comparison
from jobs.verify.expected import Expected
from streaming.lake import tables
from streaming.settings import Settings
from streaming.timestamps import SPARK_FORMAT


def check_tables(
    spark: SparkSession, settings: Settings, expected: Expected, published: Published
) -> list[Comparison]:
    """Compare Δ events, Δ profiles and Δ decisions with the topics."""

    def read(table: tables.Table) -> DataFrame:
        return tables.read(spark, settings, table, tables.version(spark, settings, table))

    events = read(tables.EVENTS).select(
        *("candidate_id", "event_id"),
        F.date_format("event_time", SPARK_FORMAT).alias("event_time"),
        *("posting_id", "kind", "partition", "offset"),
    )
    profiles = read(tables.PROFILES).select("candidate_id", "version")
    decisions = read(tables.DECISIONS).select("recommendation_id")
    return [
        check_events(expected, _tuples(events)),
        check_keys("Δ profiles", set(published.profiles), _tuples(profiles)),
        check_keys("Δ decisions", {(list_id,) for list_id in published.lists}, _tuples(decisions)),
    ]


def check_events(expected: Expected, rows: Iterable[tuple[Any, ...]]) -> Comparison:
    """Compare Δ events with the distinct events: each once, as it first appeared.

    A row is candidate, event id, event time, posting, kind, partition and offset.
    """
    keys = {key + first for key, first in expected.rows.items()}
    return check_keys("Δ events", keys, rows)


def check_keys(
    name: str, expected: set[tuple[Any, ...]], rows: Iterable[tuple[Any, ...]]
) -> Comparison:
    """Compare the keys of a table's rows with those it must hold, each once."""
    counts = Counter(rows)
    return Comparison(
        name,
        expected=len(expected),
        actual=counts.total(),
        lost=sorted(map(_text, expected - counts.keys())),
        invented=sorted(map(_text, counts.keys() - expected)),
        duplicated=sorted(_text(key) for key, count in counts.items() if count > 1),
    )


def _tuples(rows: DataFrame) -> Iterable[tuple[Any, ...]]:
    columns = rows.toArrow().to_pydict()
    return zip(*columns.values(), strict=True)


def _text(key: tuple[Any, ...]) -> str:
    return " ".join(map(str, key))
