"""A ring of items as a data set: who stands at one goes on to the next or the one after."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from streaming.serving.catalogue import Catalogue
from training.data.dataset import Dataset, build_dataset

ITEMS = 24
_TIME = pa.timestamp("us", tz="UTC")
_POSTINGS = pa.schema(
    [
        *((name, pa.string()) for name in ("posting_id", "title", "employer")),
        ("skills", pa.list_(pa.string())),
        ("date_posted", _TIME),
        ("valid_through", _TIME),
        ("open", pa.bool_()),
    ]
)
_EVENTS = pa.schema(
    [
        *((name, pa.string()) for name in ("candidate_id", "posting_id", "kind", "event_id")),
        ("event_time", _TIME),
        ("duration_seconds", pa.float64()),
    ]
)


def catalogue_of(names: Sequence[str], skills: dict[str, list[str]] | None = None) -> Catalogue:
    """Postings without a text; of each the skills that are given."""
    rows = [
        {"posting_id": name, "title": "", "skills": (skills or {}).get(name, []), "open": True}
        for name in names
    ]
    return Catalogue.of(pa.Table.from_pylist(rows, schema=_POSTINGS), 1)


def dataset_of(catalogue: Catalogue, walks: Sequence[Sequence[tuple[str, str]]]) -> Dataset:
    """Events of one candidate for each walk of posting ids and kinds, an hour apart."""
    events = [
        {
            "candidate_id": f"c{walker:03}",
            "posting_id": posting_id,
            "kind": kind,
            "event_id": f"e{walker}-{step}",
            "event_time": 3_600_000_000 * (step + 100 * (len(walk) - step < 2)) + walker,
        }
        for walker, walk in enumerate(walks)
        for step, (posting_id, kind) in enumerate(walk)
    ]
    table = pa.Table.from_pylist(events, schema=_EVENTS)
    stated = pa.table({"candidate_id": pa.array([], pa.string())})
    return build_dataset(catalogue, table, stated, {})


def ring(count: int = 90, seed: int = 6) -> list[list[tuple[str, str]]]:
    chance = np.random.default_rng(seed)
    walks = []
    for walker in range(count):
        places = walker + np.concatenate([[0], chance.integers(1, 3, size=6).cumsum()])
        walks.append([(f"p{place % ITEMS:02}", "view") for place in places.tolist()])
    return walks
