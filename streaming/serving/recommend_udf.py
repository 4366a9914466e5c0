"""The UDF `recommend`: lists for profiles in anybody's own Spark job, by a registered model."""

import atexit
import shutil
import tempfile
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
import pyarrow as pa
from mlflow.exceptions import MlflowException
from pyspark import SparkFiles
from pyspark.sql import SparkSession
from pyspark.sql.functions import arrow_udf  # type: ignore[attr-defined]
from pyspark.sql.types import ArrayType
from pyspark.sql.udf import UserDefinedFunction

from streaming.contract.records import Item
from streaming.contract.spark_types import spark_type
from streaming.errors import ModelError
from streaming.kafka.batch_decoder import document_column
from streaming.serving.catalogue import Catalogue
from streaming.serving.model_loader import cached_ranker
from streaming.spark.session import is_local

NAME = "recommend"
"""Of the SQL function."""
_MODEL, _PREPARED = "model", "prepared"


def recommend_udf(
    spark: SparkSession, model_uri: str, *, catalogue: Catalogue | None = None, size: int = 10
) -> UserDefinedFunction:
    """Return a UDF that makes a list for each profile; SQL knows it as `recommend`.

        recommend = recommend_udf(spark, "models:/careerstream@champion")
        profiles.select("candidate_id", recommend("value", "as_of").alias("items"))

    The first argument is a profile as JSON text, as on the topic `profiles`. The second, optional,
    is the moment of the list as RFC 3339 text; without it or with null it is the profile's own
    `as_of`. Lists are those of the stream: equal profile, moment, catalogue and model make equal
    bytes. The model is fetched now, so a new champion needs a new UDF. Each Python worker loads it
    once.

    Args:
        spark: the session, local or on a cluster.
        model_uri: of a registered version, an alias or a folder, in MLflow's form.
        catalogue: the postings to rank (`streaming.serving.bundles.load_catalogue`); default: those
            that the model was trained on.
        size: most postings in a list.

    Returns:
        A UDF of type array<struct<...>> with the fields of `records.Item`, best first.

    Raises:
        ModelError: the model cannot be fetched, or it ranks no postings.
    """
    folder = Path(tempfile.mkdtemp(prefix="careerstream-udf-")).resolve()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    try:
        downloaded = mlflow.artifacts.download_artifacts(
            artifact_uri=model_uri, dst_path=str(folder / _MODEL)
        )
    except MlflowException as error:
        raise ModelError(f"model {model_uri} cannot be fetched: {error.message}") from error
    model_path = Path(downloaded).resolve().relative_to(folder)  # a folder keeps its name
    if catalogue is not None:
        (folder / _PREPARED).mkdir()
        cached_ranker(folder / model_path).prepare(catalogue, folder / _PREPARED)
    elsewhere = not is_local(spark)
    if elsewhere:
        spark.sparkContext.addArchive(shutil.make_archive(str(folder), "zip", folder))
    item_type = ArrayType(spark_type(Item))
    path, prepared = str(folder), catalogue is not None

    def recommend(profile: pa.Array, *as_of: pa.Array) -> pa.Array:
        here = Path(SparkFiles.get(f"{Path(path).name}.zip") if elsewhere else path)
        rows: dict[str, Any] = {"profile": profile.to_pylist()}
        if as_of:
            rows["as_of"] = as_of[0].to_pylist()
        model: Any = cached_ranker(here / model_path)
        params = {"size": size, "catalogue": str(here / _PREPARED) if prepared else ""}
        lists = model.predict(None, pd.DataFrame(rows, dtype=object), params)["items"]
        return document_column(lists.tolist(), item_type)

    udf: UserDefinedFunction = arrow_udf(recommend, item_type)
    spark.udf.register(NAME, udf)
    return udf
