"""Δ groups: the audit groups of candidates, apart from all that models and the stream read."""

from collections.abc import Iterable
from functools import reduce

from delta.tables import DeltaTable
from pyspark.sql import Column, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the field's usual name

from streaming.contract.audit_groups import AuditGroups, GroupMembership
from streaming.lake import tables
from streaming.lake.merge import retry_on_conflict
from streaming.privacy.pseudonyms import known_as
from streaming.settings import Settings
from streaming.spark.internals.delta_versions import current_version


def write_groups(spark: SparkSession, settings: Settings, people: Iterable[AuditGroups]) -> int:
    """Insert or replace the groups of some people by attribute; of equal ones the last counts.

    What a person was in by other attributes stays. With pseudonyms, these stand in the table.

    Returns:
        The table's version. Without a change no version is made.
    """
    tables.create(spark, settings, tables.GROUPS)
    known = {_key(row): row for row in read_groups(spark, settings)}
    named = ((known_as(settings.privacy, person.candidate_id), person) for person in people)
    new = {_key(row): row for name, person in named for row in _memberships(name, person)}
    changed = [row.model_dump() for key, row in new.items() if known.get(key) != row]
    if changed:
        same = [F.col(f"old.{key}") == F.col(f"new.{key}") for key in tables.GROUPS.keys]
        rows = spark.createDataFrame(changed, tables.GROUPS.schema())
        merge = (
            DeltaTable.forPath(spark, tables.GROUPS.path(settings))
            .alias("old")
            .merge(rows.alias("new"), reduce(Column.__and__, same))
            .whenMatchedUpdateAll()
            .whenNotMatchedInsertAll()
        )
        retry_on_conflict(merge.execute)
    return tables.version(spark, settings, tables.GROUPS)


def read_groups(spark: SparkSession, settings: Settings) -> list[GroupMembership]:
    """Return all memberships; none where the table does not exist."""
    path = tables.GROUPS.path(settings)
    if current_version(spark, path) is None:
        return []
    rows = spark.read.format("delta").load(path).orderBy(*tables.GROUPS.keys).collect()
    return [GroupMembership.model_validate(row.asDict()) for row in rows]


def _memberships(candidate_id: str, person: AuditGroups) -> list[GroupMembership]:
    return [
        GroupMembership(candidate_id=candidate_id, attribute=name, group=group)
        for name, group in person.groups.items()
    ]


def _key(row: GroupMembership) -> tuple[str, str]:
    return row.candidate_id, row.attribute
