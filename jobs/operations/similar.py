"""What similarity and groups need of the lake: the newest catalogue, everybody's newest profile."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
from pyspark.sql import SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the field's usual name

from streaming.lake import tables
from streaming.serving.bundles import CATALOGUE_FILE, Shelf, Versions, ranker_of
from streaming.serving.catalogue import Catalogue
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
    versions = Versions(model.name, model.version, tables.version(spark, settings, tables.POSTINGS))
    with Shelf(spark, settings).lend(versions) as bundle:
        folder = Path(bundle.folder)
        ranker = has_vectors(ranker_of(bundle), model)
        catalogue = Catalogue.read(folder / CATALOGUE_FILE)
        yield Space(versions, ranker, catalogue, folder / "prepared")


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
