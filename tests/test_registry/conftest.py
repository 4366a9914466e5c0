"""A small market, and MLflow on SQLite: one empty store per run of the tests, copied for each."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from streaming.catalogue import Catalogue
from streaming.clock import to_text

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
    return to_text(START + timedelta(days=number))


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
