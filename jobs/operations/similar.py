"""What similarity and groups need of the lake: the newest catalogue, everybody's newest profile."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import orjson
from pyspark.sql import SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the field's usual name

from streaming.lake import tables
from streaming.serving.bundles import BundleStore
from streaming.serving.versions import ServingVersions
from streaming.settings import Settings
from streaming.timestamps import SPARK_FORMAT
from training.registry.model_registry import ModelRef
from training.similarity.embedding_space import Space, has_vectors


@contextmanager
def newest_space(spark: SparkSession, settings: Settings, model: ModelRef) -> Iterator[Space]:
    """Open a model's space over the newest catalogue, prepared now where no stream has done so.

    Args:
        spark: session.
        settings: where the lake and MLflow are.
        model: a version.

    Raises:
        ModelError: it has no vectors.
        InputError: there is no table of postings.
    """
    catalogue_version = tables.version(spark, settings, tables.POSTINGS)
    versions = ServingVersions(model.name, model.version, catalogue_version)
    with BundleStore(spark, settings).lease(versions) as bundle:
        ranker = has_vectors(bundle.ranker(), model)
        yield Space(versions, ranker, bundle.catalogue(), bundle.prepared_path())


def newest_profiles(spark: SparkSession, settings: Settings) -> dict[str, dict[str, Any]]:
    """Read everybody's newest profile from the lake, as values of the topic `profiles`.

    Raises:
        InputError: there is no table of profiles.
    """
    at = tables.version(spark, settings, tables.PROFILES)
    rows = tables.read(spark, settings, tables.PROFILES, at)
    newest = rows.groupBy("candidate_id").agg(F.max_by(F.struct("*"), "version").alias("profile"))
    texts = newest.select(F.to_json("profile", {"timestampFormat": SPARK_FORMAT}).alias("text"))
    found = (orjson.loads(row.text) for row in texts.toLocalIterator())
    return {profile["candidate_id"]: profile for profile in found}
