"""A small simulated market as a dataset folder, and a model trained on it once."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch

from infra.simulator import Market, MarketConfig
from streaming.settings import TrainingSettings
from streaming.timestamps import parse_timestamp
from training.data.dataset import Dataset
from training.fitting.fit import Fitted, fit
from training.model.presets import Preset, published
from training.model.training_data import TrainingData, write_training_data

TIME = pa.timestamp("us", tz="UTC")
TEXTS = pa.list_(pa.string())
PLACE = pa.struct([(name, pa.string()) for name in ("locality", "region", "country")])
SALARY = pa.struct(
    [
        ("currency", pa.string()),
        ("minimum", pa.float64()),
        ("maximum", pa.float64()),
        ("unit", pa.string()),
    ]
)
POSTINGS = pa.schema(
    [
        *((name, pa.string()) for name in ("posting_id", "title", "description", "employer")),
        *((name, pa.string()) for name in ("industry", "occupation", "employment_type")),
        *((name, pa.string()) for name in ("education", "experience", "language")),
        ("skills", TEXTS),
        ("place", PLACE),
        ("salary", SALARY),
        ("date_posted", TIME),
        ("valid_through", TIME),
        ("open", pa.bool_()),
    ]
)
EVENTS = pa.schema(
    [
        *((name, pa.string()) for name in ("candidate_id", "posting_id", "kind", "event_id")),
        ("event_time", TIME),
        ("duration_seconds", pa.float64()),
    ]
)
STATED = pa.schema(
    [
        ("candidate_id", pa.string()),
        ("updated_at", TIME),
        ("skills", TEXTS),
        ("background", pa.string()),
        ("wishes", TEXTS),
        ("places", TEXTS),
        ("language", pa.string()),
        ("blocked_employers", TEXTS),
    ]
)


def write_dataset(
    folder: Path,
    *,
    postings: list[dict[str, Any]],
    events: list[dict[str, Any]],
    stated: list[dict[str, Any]],
) -> Path:
    """Write a dataset folder as the train job does."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = [{"open": True, **posting} for posting in postings]
    for name, schema, values in (
        ("postings", POSTINGS, rows),
        ("events", EVENTS, events),
        ("stated", STATED, stated),
    ):
        table = pa.Table.from_pylist([_timed(value, schema) for value in values], schema=schema)
        pq.write_table(table, folder / f"{name}.parquet")
    version = {"events_version": 3, "postings_version": 5, "events": len(events)}
    (folder / "version.json").write_text(json.dumps(version), encoding="utf-8")
    return folder


def _timed(value: dict[str, Any], schema: pa.Schema) -> dict[str, Any]:
    times = [field.name for field in schema if field.type == TIME]
    return {**value, **{t: parse_timestamp(value[t]) for t in times if value.get(t)}}


@pytest.fixture
def dataset_writer() -> Callable[..., Path]:
    """`write_dataset`."""
    return write_dataset


@pytest.fixture(scope="session")
def market_dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixty candidates and two hundred postings of six occupations."""
    config = MarketConfig(
        candidates=60, postings=200, events_per_candidate=8, days=20, occupations=6, seed=3
    )
    market = Market(config)
    return write_dataset(
        tmp_path_factory.mktemp("market"),
        postings=list(market.postings()),
        events=[event for event in market.events() if event["kind"] != "impression"],
        stated=list(market.candidates()),
    )


@pytest.fixture(scope="session")
def fitted(
    market_dataset: Path, tmp_path_factory: pytest.TempPathFactory, one_thread: None
) -> Fitted:
    """The published preset after two epochs on the small market, in this process."""
    del one_thread  # only has to come first
    settings = TrainingSettings(preset="published", processes=1, epochs=2, seed=5)
    return fit(market_dataset, tmp_path_factory.mktemp("run"), settings)


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    """Small tensors: threads would cost more than they bring, and wait for each other."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def small_preset() -> Preset:
    """The published preset with a small network and three epochs."""
    preset = published()
    return preset.model_copy(
        update={
            "model": preset.model.model_copy(update={"word_dimensions": 16, "hidden": 16}),
            "training": preset.training.model_copy(update={"epochs": 3}),
        }
    )


@pytest.fixture(scope="session")
def training_data(
    market_dataset: Path, small_preset: Preset, tmp_path_factory: pytest.TempPathFactory
) -> TrainingData:
    """What a training of the small preset on the market reads."""
    folder = tmp_path_factory.mktemp("training-data")
    write_training_data(Dataset.read(market_dataset), small_preset, folder, seed=1)
    return TrainingData.open(folder)


@pytest.fixture(scope="session")
def market_writer(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Market], Path]:
    """Write the dataset folder of a market."""

    def write(market: Market) -> Path:
        return write_dataset(
            tmp_path_factory.mktemp("market"),
            postings=list(market.postings()),
            events=[event for event in market.events() if event["kind"] != "impression"],
            stated=list(market.candidates()),
        )

    return write
