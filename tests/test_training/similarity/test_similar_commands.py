"""The commands: on a registered model and real tables, and what they say of mistakes."""

import json

import pytest
from pyspark.sql import functions as F  # noqa: N812 - the field's usual name
from rich.table import Table

from infra.simulator import Market
from jobs.cli.app import main
from jobs.cli.commands.similarity import (
    candidate_table,
    group_table,
    posting_table,
    print_result,
    quality_table,
)
from jobs.operations.similarity_inputs import open_embedding_space
from streaming.contract.records import Posting, Profile
from streaming.contract.spark_types import spark_type
from streaming.errors import InputError, ModelError
from streaming.lake import tables
from streaming.lake.newest_profiles import read_newest_profiles
from streaming.settings import Settings
from training.registry.model_registry import find_version
from training.registry.registration import ensure_champion
from training.similarity.embedding_space import registered_space
from training.similarity.nearest_neighbours import similar_candidates, similar_postings
from training.similarity.posting_clusters import cluster_postings


def write(spark, settings: Settings, table: tables.Table, record: type, values: list) -> None:
    """Write records in JSON's types as a table."""
    texts = spark.createDataFrame([(json.dumps(value),) for value in values], "text string")
    read = texts.select(F.from_json("text", spark_type(record)).alias("one"), "text")
    opened = [F.expr("true").alias("open")] if table is tables.POSTINGS else []
    rows = read.select("one.*", *opened)
    rows.write.format("delta").save(table.path(settings))


def test_a_model_by_alias_and_by_number_over_its_own_catalogue(registered, space):
    challenger = registered_space(registered, "challenger")
    assert challenger.about() == registered_space(registered, "1").about()
    assert challenger.about()["catalogue_version"] == space.catalogue.version
    asked = space.catalogue.posting_ids[0]
    assert similar_postings(challenger, asked)["items"] == similar_postings(space, asked)["items"]
    with pytest.raises(ModelError, match="has no champion"):
        registered_space(registered)
    with pytest.raises(ModelError, match="has no version 9"):
        registered_space(registered, "9")


def test_the_most_popular_baseline_has_no_vectors(tmp_path):
    settings = Settings(home=tmp_path / "home")
    ensure_champion(settings)
    with pytest.raises(ModelError, match=r"\(most-popular\) has no vectors"):
        registered_space(settings)


@pytest.mark.spark
def test_the_newest_catalogue_and_the_newest_profiles(
    spark, registered, market: Market, profiles, space
):
    model = find_version(registered, "challenger")
    postings, everybody = list(market.postings())[:40], list(profiles.values())
    older = [{**profile, "version": 0, "events": []} for profile in everybody]
    newer = [{**profile, "version": 1 + profile.get("version", 0)} for profile in everybody]
    write(spark, registered, tables.POSTINGS, Posting, postings)
    write(spark, registered, tables.PROFILES, Profile, newer + older)
    found = read_newest_profiles(spark, registered)
    assert found.keys() == profiles.keys()
    for who, profile in found.items():
        assert [e["event_id"] for e in profile["events"]] == [
            e["event_id"] for e in profiles[who]["events"]
        ]
    with open_embedding_space(spark, registered, model) as newest:
        assert sorted(newest.catalogue.posting_ids) == sorted(p["posting_id"] for p in postings)
        assert len(cluster_postings(newest)["groups"]) == 4
        alike = similar_candidates(space, found, min(found), top=3)["items"]
        assert alike == similar_candidates(space, profiles, min(found), top=3)["items"]


def test_tables_for_people(space, profiles):
    asked = space.catalogue.posting_ids[0]
    postings = posting_table(similar_postings(space, asked, top=4))
    candidates = candidate_table(similar_candidates(space, profiles, min(profiles), top=3))
    found = cluster_postings(space, count=5, measured=True)
    assert [table.row_count for table in (postings, candidates, group_table(found))] == [4, 3, 5]
    assert quality_table(found["quality"]).row_count == 3
    json.dumps([found, similar_postings(space, asked)])


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("similar", "posting", "p1", "--metric", "manhattan"), 2, ("manhattan", "cosine")),
        (("similar", "candidate", "c1"), 5, ("has no champion",)),
        (("groups", "--model", "3"), 5, ("has no version 3", "careerstream models")),
    ],
)
def test_mistakes_are_one_line(registered, capsys, arguments, code, words):
    with pytest.raises(SystemExit) as ended:
        main(["--set", f"home={registered.home}", *arguments])
    said = capsys.readouterr().err.strip()
    assert (ended.value.code, len(said.splitlines())) == (code, 1), said
    assert all(word in said for word in words), said


def test_a_file_that_cannot_be_written(tmp_path):
    with pytest.raises(InputError, match=r"--out .* cannot be written: Is a directory"):
        print_result({}, Table(), tmp_path, as_json=True)


def test_json_on_the_screen_and_in_the_file(tmp_path, capsys):
    found = {"name": "软件开发"}
    print_result(found, Table(), tmp_path / "found.json", as_json=True)
    written = (tmp_path / "found.json").read_text("utf-8")
    assert json.loads(written) == found
    assert capsys.readouterr().out == written
    assert "软件开发" in written
