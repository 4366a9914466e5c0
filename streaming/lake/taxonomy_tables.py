"""Δ occupations and Δ skills: the taxonomies that were imported, each under its source."""

from collections.abc import Iterable

from pyspark.sql import SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the field's usual name

from streaming.errors import InputError, quote
from streaming.lake import tables
from streaming.settings import Settings
from streaming.spark.internals.delta_versions import current_version
from streaming.taxonomy.concept import Concept, ConceptKind, Taxonomy

_TABLE_OF = {ConceptKind.OCCUPATION: tables.OCCUPATIONS, ConceptKind.SKILL: tables.SKILLS}


def write_taxonomy(spark: SparkSession, settings: Settings, taxonomy: Taxonomy) -> dict[str, int]:
    """Replace the concepts of a taxonomy's source; other sources stay.

    Returns:
        By table its new version. Without a change no version is made.
    """
    tables.create(spark, settings, *_TABLE_OF.values())
    known = read_taxonomies(spark, settings).get(taxonomy.source)
    if known is None or known.version != taxonomy.version:
        for kind, table in _TABLE_OF.items():
            rows = [concept.model_dump() for concept in taxonomy.of_kind(kind)]
            (
                spark.createDataFrame(rows, table.schema())
                .write.format("delta")
                .mode("overwrite")
                .option("replaceWhere", f"source = {_literal(taxonomy.source)}")
                .save(table.path(settings))
            )
    return {table.name: tables.version(spark, settings, table) for table in _TABLE_OF.values()}


def read_taxonomies(spark: SparkSession, settings: Settings) -> dict[str, Taxonomy]:
    """Read the newest version of each imported taxonomy, by source; none where nothing was."""
    concepts: dict[str, list[Concept]] = {}
    for table in _TABLE_OF.values():
        if current_version(spark, table.path(settings)) is None:
            continue
        for row in _rows(spark, settings, table):
            concept = Concept.model_validate(row)
            concepts.setdefault(concept.source, []).append(concept)
    return {source: Taxonomy.of(source, own) for source, own in concepts.items()}


def _rows(spark: SparkSession, settings: Settings, table: tables.Table) -> Iterable[object]:
    version = tables.version(spark, settings, table)
    rows = tables.read(spark, settings, table, version)
    return (row.asDict(recursive=True) for row in rows.orderBy(F.col("concept_id")).collect())


def _literal(source: str) -> str:
    if "'" in source or "\\" in source:
        raise InputError(
            f"the name of a taxonomy {quote(source)} has a quotation mark; leave it out"
        )
    return f"'{source}'"
