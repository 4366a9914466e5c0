"""Reads what similarity search needs from the lake: the newest catalogue and profiles."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import orjson
from pyspark.sql import SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the field's usual name

from streaming.lake import tables
from streaming.serving.bundles import BundleStore
from streaming.serving.champion import ServingVersions
from streaming.settings import Settings
from streaming.timestamps import SPARK_FORMAT
from training.registry.model_registry import ModelRef
from training.similarity.embedding_space import EmbeddingSpace, has_vectors


@contextmanager
def open_embedding_space(
    spark: SparkSession, settings: Settings, model: ModelRef
) -> Iterator[EmbeddingSpace]:
    """Open a model's embedding space over the newest catalogue.

    The bundle of model and catalogue is built first, unless a stream has built it already.

    Raises:
        ModelError: the model has no vectors.
        InputError: there is no table of postings.
    """
    catalogue_version = tables.version(spark, settings, tables.POSTINGS)
    versions = ServingVersions(model.name, model.version, catalogue_version)
    with BundleStore(spark, settings).lease(versions) as bundle:
        ranker = has_vectors(bundle.ranker(), model)
        yield EmbeddingSpace(versions, ranker, bundle.catalogue(), bundle.prepared_path())


def read_newest_profiles(spark: SparkSession, settings: Settings) -> dict[str, dict[str, Any]]:
    """Read the newest profile of every candidate from the lake.

    Returns:
        Values of the topic `profiles`, by candidate id.

    Raises:
        InputError: there is no table of profiles.
    """
    version = tables.version(spark, settings, tables.PROFILES)
    rows = tables.read(spark, settings, tables.PROFILES, version)
    newest = rows.groupBy("candidate_id").agg(F.max_by(F.struct("*"), "version").alias("profile"))
    texts = newest.select(F.to_json("profile", {"timestampFormat": SPARK_FORMAT}).alias("text"))
    profiles = (orjson.loads(row.text) for row in texts.toLocalIterator())
    return {profile["candidate_id"]: profile for profile in profiles}
