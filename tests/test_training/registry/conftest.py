"""A small market, and MLflow on SQLite: one empty store per run of the tests, copied for each."""

import json
import shutil
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from streaming.serving.catalogue import Catalogue
from streaming.settings import Settings
from streaming.timestamps import format_timestamp
from training.data.dataset import Dataset
from training.registry.tracking import setup

START = datetime(2026, 1, 1, tzinfo=UTC)
_TIME = pa.timestamp("us", tz="UTC")
SCHEMA = pa.schema(
    [
        ("posting_id", pa.string()),
        ("title", pa.string()),
        ("employer", pa.string()),
        ("date_posted", _TIME),
        ("valid_through", _TIME),
        ("open", pa.bool_()),
    ]
)


def make_day(number):
    """Day number of the small market, as text."""
    return format_timestamp(START + timedelta(days=number))


@pytest.fixture(scope="session")
def day():
    return make_day


@pytest.fixture(scope="session")
def make_catalogue():
    """Build a catalogue of rows given by what differs from an open, undated posting."""

    def make(*rows, version=1):
        default = {"title": "Baker", "employer": None, "open": True}
        filled = [dict.fromkeys(SCHEMA.names) | default | row for row in rows]
        return Catalogue.of(pa.Table.from_pylist(filled, schema=SCHEMA), version)

    return make


@pytest.fixture(scope="session")
def catalogue(make_catalogue):
    """Forty postings, one more each day from day 0 on, the last ten undated; p05 is closed."""
    dated = [
        {"posting_id": f"p{n:02}", "date_posted": START + timedelta(days=n)} for n in range(30)
    ]
    undated = [{"posting_id": f"p{n:02}"} for n in range(30, 40)]
    dated[5] |= {"open": False}
    dated[6] |= {"valid_through": START + timedelta(days=45), "employer": "Ada & Co"}
    return make_catalogue(*dated, *undated, version=3)


@pytest.fixture(scope="session")
def events():
    """Twenty candidates walking over the postings for forty days, low ids the more popular."""
    chance = np.random.default_rng(3)
    rows = []
    for number in range(600):
        minutes = int(chance.integers(0, 40 * 24 * 60))
        rows.append(
            {
                "event_id": f"e{number:03}",
                "candidate_id": f"c{chance.integers(20):02}",
                "posting_id": f"p{min(int(chance.exponential(9)), 39):02}",
                "kind": str(chance.choice(["view", "view", "view", "save", "apply", "dismiss"])),
                "event_time": START + timedelta(minutes=minutes),
            }
        )
    return pd.DataFrame(rows).sort_values("event_time", ignore_index=True)


CUT = 30


@pytest.fixture(scope="session")
def dataset_folder(catalogue, tmp_path_factory):
    """Sixty candidates: until day 30 they look at low ids, afterwards everybody turns to p20, p21.

    So whoever knows the future beats whoever counts the past.
    """
    chance = np.random.default_rng(5)
    looks = [
        (f"c{candidate:02}", f"p{posting:02}", float(chance.uniform(20, CUT)))
        for candidate in range(60)
        for posting in chance.choice(15, size=3, replace=False)
    ]
    looks += [
        (f"c{candidate:02}", posting, CUT + 1 + candidate / 100 + later / 1000)
        for candidate in range(60)
        for later, posting in enumerate(("p20", "p21"))
    ]
    folder = tmp_path_factory.mktemp("dataset")
    events = pd.DataFrame(
        {
            "candidate_id": [look[0] for look in looks],
            "posting_id": [look[1] for look in looks],
            "kind": "view",
            "event_time": [START + timedelta(days=look[2]) for look in looks],
            "duration_seconds": 12.0,
            "event_id": [f"e{number}" for number in range(len(looks))],
        }
    )
    events.to_parquet(folder / "events.parquet")
    said = pa.schema([("candidate_id", pa.string()), ("updated_at", _TIME)])
    pq.write_table(said.empty_table(), folder / "stated.parquet")
    pq.write_table(catalogue.table, folder / "postings.parquet")
    (folder / "version.json").write_text(json.dumps({"events_version": 4, "postings_version": 3}))
    return folder


@pytest.fixture(scope="session")
def dataset(dataset_folder):
    return Dataset.read(dataset_folder)


@pytest.fixture(scope="session")
def cut():
    return make_day(CUT)


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory):
    """The home of a store that has its tables and nothing in them."""
    home = tmp_path_factory.mktemp("empty") / "home"
    setup(Settings(home=home))
    return home


@pytest.fixture
def store(empty_store, tmp_path):
    """Settings of a registry of the test's own."""
    shutil.copytree(empty_store, tmp_path / "home")
    return Settings(home=tmp_path / "home")
