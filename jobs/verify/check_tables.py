"""The Delta tables that archive writes, held against what must stand in them."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the field's usual name

from jobs.verify.check_topics import Published
from jobs.verify.expected import Expected
from jobs.verify.findings import Findings
from streaming.lake import tables
from streaming.settings import Settings
from streaming.timestamps import SPARK_FORMAT


def check_tables(
    spark: SparkSession, settings: Settings, expected: Expected, published: Published
) -> list[Findings]:
    """Hold Δ events, Δ profiles and Δ decisions against the topics."""

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
        check_keys("Δ decisions", {(its_id,) for its_id in published.lists}, _tuples(decisions)),
    ]


def check_events(expected: Expected, rows: Iterable[tuple[Any, ...]]) -> Findings:
    """Hold Δ events against the distinct events: each once, as it first appeared.

    Args:
        expected: from the source topics.
        rows: candidate, event id, event time, posting, kind, partition and offset.
    """
    wanted = {key + place for key, place in expected.rows.items()}
    return check_keys("Δ events", wanted, rows)


def check_keys(
    place: str, wanted: set[tuple[Any, ...]], rows: Iterable[tuple[Any, ...]]
) -> Findings:
    """Hold the rows of a table against what identifies each one."""
    held = Counter(rows)
    return Findings(
        place,
        expected=len(wanted),
        found=held.total(),
        lost=sorted(_name(key) for key in wanted - held.keys()),
        invented=sorted(_name(key) for key in held.keys() - wanted),
        duplicated=sorted(_name(key) for key, count in held.items() if count > 1),
    )


def _tuples(rows: DataFrame) -> Iterable[tuple[Any, ...]]:
    columns = rows.toArrow().to_pydict()
    return zip(*columns.values(), strict=True)


def _name(key: tuple[Any, ...]) -> str:
    return " ".join(map(str, key))
