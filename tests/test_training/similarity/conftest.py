"""A tiny market of Chinese and English postings, and a model trained on it once."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from pyspark.sql.pandas.types import to_arrow_schema

from infra.simulator import Market, MarketConfig
from streaming.contract.records import Posting, Stated
from streaming.contract.spark_types import spark_type
from streaming.serving.catalogue import Catalogue
from streaming.serving.champion import ServingVersions
from streaming.settings import Settings, TrainingSettings
from streaming.timestamps import parse_timestamp
from training.data.dataset import Dataset
from training.fitting.fit import fit
from training.ranking.encoder_decoder_ranker import EncoderDecoderRanker
from training.registry.registration import TrainedModel, register_model
from training.similarity.embedding_space import EmbeddingSpace

AS_OF = "2025-03-01T00:00:00.000000Z"
POSTINGS = to_arrow_schema(spark_type(Posting), timezone="UTC").append(pa.field("open", pa.bool_()))
EVENTS = pa.schema(
    [
        *((name, pa.string()) for name in ("candidate_id", "posting_id", "kind", "event_id")),
        ("event_time", pa.timestamp("us", tz="UTC")),
        ("duration_seconds", pa.float64()),
    ]
)
STATED = to_arrow_schema(spark_type(Stated), timezone="UTC").append(
    pa.field("candidate_id", pa.string())
)


def table_of(values: list[dict[str, Any]], schema: pa.Schema) -> pa.Table:
    """Make a table of records in JSON's types."""
    times = [field.name for field in schema if pa.types.is_timestamp(field.type)]
    rows = [
        {**value, **{name: parse_timestamp(value[name]) for name in times if value.get(name)}}
        for value in values
    ]
    return pa.Table.from_pylist(rows, schema=schema)


def catalogue_of(*postings: dict[str, Any], version: int = 1) -> Catalogue:
    """Make a catalogue of postings, open unless they say otherwise."""
    rows = [{"open": True, "title": "Baker"} | posting for posting in postings]
    return Catalogue.of(table_of(rows, POSTINGS), version)


@pytest.fixture(scope="session")
def market() -> Market:
    return Market(
        MarketConfig(
            candidates=30, postings=120, events_per_candidate=6, days=20, occupations=6, seed=3
        )
    )


@pytest.fixture(scope="session")
def folder(market: Market, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The market as the train job writes it."""
    made = tmp_path_factory.mktemp("market")
    events = [event for event in market.events() if event["kind"] != "impression"]
    postings = [{"open": True, **posting} for posting in market.postings()]
    for name, values, schema in (
        ("postings", postings, POSTINGS),
        ("events", events, EVENTS),
        ("stated", list(market.candidates()), STATED),
    ):
        pq.write_table(table_of(values, schema), made / f"{name}.parquet")
    version = {"events_version": 3, "postings_version": 5, "events": len(events)}
    (made / "version.json").write_text(json.dumps(version), encoding="utf-8")
    return made


@pytest.fixture(scope="session")
def dataset(folder: Path) -> Dataset:
    return Dataset.read(folder)


@pytest.fixture(scope="session")
def ranker(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> EncoderDecoderRanker:
    """One epoch of the published preset, in this process and one thread."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    settings = TrainingSettings(preset="published", processes=1, epochs=1, seed=5)
    fitted = fit(folder, tmp_path_factory.mktemp("run"), settings)
    torch.set_num_threads(threads)
    return fitted.ranker


@pytest.fixture(scope="session")
def make_space(ranker: EncoderDecoderRanker, tmp_path_factory: pytest.TempPathFactory):
    """Let the model prepare a catalogue."""

    def make(catalogue: Catalogue) -> EmbeddingSpace:
        prepared = tmp_path_factory.mktemp("prepared")
        ranker.prepare(catalogue, prepared)
        return EmbeddingSpace(
            ServingVersions("careerstream", "2", catalogue.version), ranker, catalogue, prepared
        )

    return make


@pytest.fixture(scope="session")
def space(make_space, dataset: Dataset) -> EmbeddingSpace:
    """The whole market."""
    return make_space(dataset.catalogue)


@pytest.fixture(scope="session")
def profiles(dataset: Dataset) -> dict[str, dict[str, Any]]:
    """Of those with events after the cut, by candidate."""
    _, held_out = dataset.split(0.5)
    return {held.profile["candidate_id"]: held.profile for held in held_out}


@pytest.fixture(scope="session")
def registered(
    ranker: EncoderDecoderRanker, dataset: Dataset, tmp_path_factory: pytest.TempPathFactory
) -> Settings:
    """Settings of a store in which the model is version 1 and the challenger."""
    settings = Settings(home=tmp_path_factory.mktemp("registered") / "home")
    register_model(settings, TrainedModel(ranker=ranker, catalogue=dataset.catalogue, cut=AS_OF))
    return settings


@pytest.fixture(scope="session")
def make_catalogue():
    return catalogue_of
