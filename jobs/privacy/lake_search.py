"""Searches what Spark reads: tables, their files and logs, and the state of a checkpoint."""

from collections.abc import Iterator

import orjson
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the field's usual name

from jobs.privacy.findings import Place, PlaceKind
from jobs.privacy.person_traces import Traces
from streaming.lake import tables
from streaming.profiles.documents import read_documents
from streaming.profiles.fences import KEY
from streaming.profiles.profile_operator import JOB
from streaming.settings import Settings
from streaming.spark.internals.delta_versions import current_version
from streaming.spark.internals.hadoop_files import HadoopFiles

PERSONAL = (
    tables.EVENTS,
    tables.PROFILES,
    tables.DECISIONS,
    tables.SHADOWS,
    tables.REACHES,
    tables.GROUPS,
)
"""Tables whose rows belong to a candidate."""
_FORMAT_CHECK = "spark.databricks.delta.formatCheck.enabled"
"""Delta refuses to read a table's files as Parquet unless its check is off."""


def search_tables(spark: SparkSession, settings: Settings, traces: Traces) -> Iterator[Place]:
    """Search each table of people: its rows, all files that it has, and its log."""
    for table in (*PERSONAL, tables.ERASURES):
        path = table.path(settings)
        if current_version(spark, path) is None:
            continue
        rows = spark.read.format("delta").load(path)
        fences = table is tables.ERASURES
        yield _by_id(PlaceKind.FENCES if fences else PlaceKind.TABLE, table.name, rows, traces)
        if fences:
            continue
        with_check = spark.conf.get(_FORMAT_CHECK, "true")
        spark.conf.set(_FORMAT_CHECK, "false")
        try:
            files = spark.read.schema("candidate_id string").parquet(path)
            yield _by_id(PlaceKind.TABLE_FILES, table.name, files, traces)
        finally:
            spark.conf.set(_FORMAT_CHECK, with_check or "true")
        yield _log(spark, table, path, traces)


def search_state(spark: SparkSession, settings: Settings, traces: Traces) -> Iterator[Place]:
    """Search the state of profiles as its newest batch has it, and as kept batches had it.

    A document that holds but a fence counts as a fence.
    """
    checkpoint = f"{settings.checkpoints}/{JOB}"
    commits = HadoopFiles(spark).list(f"{checkpoint}/commits")
    batches = sorted(int(name) for name in commits if name.isdigit())
    fences = Place(PlaceKind.FENCES, f"state of {JOB}")
    newest, kept = Place(PlaceKind.TABLE, f"state of {JOB}"), Place(PlaceKind.STATE, JOB)
    for batch in reversed(batches):
        place = newest if batch == batches[-1] else kept
        for row in _state(spark, checkpoint, batch, traces):
            is_fence = orjson.loads(row["document"]).keys() == {KEY}
            person = traces.known_as[row["candidate_id"]]
            (fences if is_fence else place).found.update([person])
        place.searched += 1
    yield from (newest, kept, fences)


def newest_documents(
    spark: SparkSession, settings: Settings, traces: Traces
) -> list[dict[str, object]]:
    """Return what the newest batch of the state of profiles keeps of some people."""
    checkpoint = f"{settings.checkpoints}/{JOB}"
    commits = HadoopFiles(spark).list(f"{checkpoint}/commits")
    batch = max((int(name) for name in commits if name.isdigit()), default=None)
    if batch is None:
        return []
    rows = _state(spark, checkpoint, batch, traces)
    return [{"batch": batch, "document": orjson.loads(row["document"])} for row in rows]


def _state(spark: SparkSession, checkpoint: str, batch: int, traces: Traces) -> list[Row]:
    """Return the documents of the people in the state as a batch left it."""
    own = read_documents(spark, checkpoint, batch)
    return own.where(F.col("candidate_id").isin(*traces.known_as)).collect()


def _by_id(kind: PlaceKind, name: str, rows: DataFrame, traces: Traces) -> Place:
    own = F.col("candidate_id").isin(*traces.known_as)
    key = F.when(own, F.col("candidate_id")).alias("candidate_id")
    counts = {row.candidate_id: row["count"] for row in rows.groupBy(key).count().collect()}
    place = Place(kind, name, searched=sum(counts.values()))
    people = {traces.known_as[one]: n for one, n in counts.items() if one is not None}
    place.found.update(people)
    return place


def _log(spark: SparkSession, table: tables.Table, path: str, traces: Traces) -> Place:
    """Search Delta's log: commits in JSON and checkpoints in Parquet."""
    place = Place(PlaceKind.TABLE_LOG, table.name)
    names = HadoopFiles(spark).list(f"{path}/_delta_log")
    frames = []
    if commits := [f"{path}/_delta_log/{one}" for one in names if one.endswith(".json")]:
        frames.append(spark.read.text(commits))
    if checkpoints := [f"{path}/_delta_log/{one}" for one in names if one.endswith(".parquet")]:
        frames.append(spark.read.parquet(*checkpoints).select(F.to_json(F.struct("*"))))
    for frame in frames:
        text = frame.columns[0]
        place.searched += frame.count()
        for row in frame.where(F.col(f"`{text}`").rlike(traces.pattern)).toLocalIterator():
            place.found.update(traces.within(str(row[0]).encode()))
    return place
