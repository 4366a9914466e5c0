"""The newest profile of every candidate in the lake."""

from typing import Any

import orjson
from pyspark.sql import SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the field's usual name

from streaming.lake import tables
from streaming.settings import Settings
from streaming.timestamps import SPARK_FORMAT


def read_newest_profiles(
    spark: SparkSession, settings: Settings, version: int | None = None
) -> dict[str, dict[str, Any]]:
    """Read the newest profile of every candidate from the lake, at a version or the newest one.

    Returns:
        Values of the topic `profiles`, by candidate id.

    Raises:
        InputError: there is no table of profiles.
    """
    if version is None:
        version = tables.version(spark, settings, tables.PROFILES)
    rows = tables.read(spark, settings, tables.PROFILES, version)
    newest = rows.groupBy("candidate_id").agg(F.max_by(F.struct("*"), "version").alias("profile"))
    texts = newest.select(F.to_json("profile", {"timestampFormat": SPARK_FORMAT}).alias("text"))
    profiles = (orjson.loads(row.text) for row in texts.toLocalIterator())
    return {profile["candidate_id"]: profile for profile in profiles}
