"""Batch scoring in anybody's own Spark job: our UDF, its SQL function, and MLflow's spark_udf."""

import json
import shutil
import sys

import mlflow.pyfunc
import pytest
from pyspark.sql import functions as F  # noqa: N812 - the field's usual name

from streaming.contract.records import Item
from streaming.errors import ModelError
from streaming.serving.recommend_udf import recommend_udf
from streaming.settings import Settings, TrainingSettings
from training.fitting.fit import fit
from training.ranking.most_popular import MostPopularRanker
from training.registry import packaging
from training.registry.registration import TrainedModel, register_model

pytestmark = pytest.mark.spark
PRESETS = {packaging.ENCODER_DECODER: "published", packaging.TWO_STAGE: "best"}


@pytest.fixture(scope="module", params=[packaging.MOST_POPULAR, *PRESETS])
def ranker(request, events, day, dataset_folder, tmp_path_factory):
    """One of each kind; for those that are trained an epoch is enough."""
    if request.param == packaging.MOST_POPULAR:
        return MostPopularRanker.fit(events, day(30))
    once = TrainingSettings(preset=PRESETS[request.param], processes=1, epochs=1)
    return fit(dataset_folder, tmp_path_factory.mktemp("run"), once).ranker


@pytest.fixture(scope="module")
def uri(ranker, empty_store, catalogue, cut, tmp_path_factory):
    """A registered version; MLflow's search path and tracking URI are put back."""
    home = tmp_path_factory.mktemp("shop") / "home"
    shutil.copytree(empty_store, home)
    search_path, tracking = list(sys.path), mlflow.get_tracking_uri()
    settings = Settings(home=home)
    trained = TrainedModel(ranker=ranker, catalogue=catalogue, cut=cut)
    registered = register_model(settings, trained)
    mlflow.set_tracking_uri(settings.tracking_uri)
    mlflow.set_registry_uri(settings.tracking_uri)
    yield registered.uri
    mlflow.set_tracking_uri(tracking)
    mlflow.set_registry_uri(tracking)
    sys.path[:] = search_path


@pytest.fixture(scope="module")
def profiles(day):
    """Somebody unknown, and people who have seen or said something."""
    unknown = {
        "schema_version": 1,
        "candidate_id": "c0",
        "version": 1,
        "offsets": {},
        "as_of": day(30),
        "events": [],
        "applied": [],
        "dismissed": [],
    }
    seen = {"event_id": "e1", "kind": "view", "event_time": day(29), "offset": 4}
    viewers = [
        unknown | {"candidate_id": f"c{n}", "events": [seen | {"posting_id": f"p{n:02}"}]}
        for n in range(1, 9)
    ]
    stated = {"updated_at": day(20), "skills": ["软件开发", "baking"], "language": "zh"}
    return [unknown, *viewers, unknown | {"candidate_id": "c9", "stated": stated}]


@pytest.fixture
def rows(spark, profiles, day):
    columns = [(p["candidate_id"], json.dumps(p), day(31)) for p in profiles]
    return spark.createDataFrame(columns, "candidate_id string, profile string, as_of string")


@pytest.fixture
def expected(ranker, catalogue, profiles, day, tmp_path):
    ranker.prepare(catalogue, tmp_path)
    lists = ranker.rank(profiles, [day(31)] * len(profiles), tmp_path, 5)
    return {p["candidate_id"]: canonical(items) for p, items in zip(profiles, lists, strict=True)}


def canonical(items):
    """The bytes of a list, whatever its form: validated, without what is absent."""
    return [Item.model_validate(item).model_dump_json(exclude_none=True) for item in items]


def collected(frame):
    listed = frame.select("candidate_id", F.to_json("items").alias("items")).collect()
    return {row["candidate_id"]: canonical(json.loads(row["items"])) for row in listed}


def test_our_udf_makes_the_lists_of_the_ranker(spark, uri, rows, expected):
    recommend = recommend_udf(spark, uri, size=5)
    found = rows.repartition(3).withColumn("items", recommend("profile", "as_of"))
    assert collected(found) == expected
    rows.createOrReplaceTempView("profiles_to_score")
    query = "SELECT candidate_id, recommend(profile, as_of) AS items FROM profiles_to_score"
    assert collected(spark.sql(query)) == expected
    own = collected(rows.withColumn("items", recommend("profile")))
    at_null = rows.withColumn("as_of", F.lit(None).cast("string"))
    assert own == collected(at_null.withColumn("items", recommend("profile", "as_of")))


def test_our_udf_ranks_another_catalogue(spark, uri, rows, make_catalogue):
    other = make_catalogue({"posting_id": "only", "title": "Baker"})
    recommend = recommend_udf(spark, uri, catalogue=other)
    found = collected(rows.withColumn("items", recommend("profile", "as_of")))
    assert all("only" in items[0] and len(items) == 1 for items in found.values())


def test_our_udf_takes_the_folder_of_a_model(spark, uri, rows, expected, tmp_path):
    folder = mlflow.artifacts.download_artifacts(uri, dst_path=str(tmp_path))
    recommend = recommend_udf(spark, folder, size=5)
    assert collected(rows.withColumn("items", recommend("profile", "as_of"))) == expected


def test_mlflows_udf_makes_the_same_lists(spark, uri, rows, expected):
    udf = mlflow.pyfunc.spark_udf(spark, uri, env_manager="local", params={"size": 5})
    answers = rows.withColumn("answer", udf(F.struct("profile", "as_of")))
    found = answers.select("candidate_id", "answer.as_of", F.col("answer.items").alias("items"))
    assert collected(found) == expected


@pytest.mark.usefixtures("uri")
def test_a_model_that_is_not_there_is_one_line(spark):
    with pytest.raises(ModelError, match="models:/nobody@champion cannot be fetched"):
        recommend_udf(spark, "models:/nobody@champion")
