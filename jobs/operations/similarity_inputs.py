"""Reads what similarity search needs from the lake: the newest catalogue and profiles."""

from collections.abc import Iterator
from contextlib import contextmanager

from pyspark.sql import SparkSession

from streaming.lake import tables
from streaming.serving.bundles import BundleStore
from streaming.serving.champion import ServingVersions
from streaming.settings import Settings
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
