"""Histories of the benchmark in the form of a training job's data set."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from streaming.serving.catalogue import Catalogue
from training.benchmark.protocols.training_view import History, TrainingView
from training.data.dataset import EVENT_KINDS, Dataset
from training.model.examples import Example
from training.model.features import STEP_KINDS
from training.model.time_encoding import event_time_features

_HOUR = 3_600_000_000
_VIEW = 0  # the index of views in EVENT_KINDS
_TIME = pa.timestamp("us", tz="UTC")
_TEXTS = ("title", "description", "employer", "industry", "occupation", "language")
_TERMS = ("employment_type", "education", "experience")
_COLUMNS = pa.schema(
    [
        *((name, pa.string()) for name in ("posting_id", *_TEXTS, *_TERMS)),
        ("skills", pa.list_(pa.string())),
        ("place", pa.struct([(name, pa.string()) for name in ("locality", "region", "country")])),
        *((name, _TIME) for name in ("date_posted", "valid_through")),
        ("open", pa.bool_()),
    ]
)
"""The columns that features are made of; job-views have no salaries."""


def dataset_of(training: TrainingView) -> Dataset:
    """Convert the final histories to a training job's data set with the same rows."""
    histories = training.final_histories
    lengths = [len(history) for history in histories]
    total = sum(lengths)
    durations = [
        np.full(len(h), np.nan, np.float32) if h.durations is None else h.durations
        for h in histories
    ]
    return Dataset(
        catalogue=Catalogue(_table(training), 0),
        candidate_ids=training.users,
        stated=(None,) * len(histories),
        starts=np.concatenate([[0], np.cumsum(lengths)]),
        postings=np.concatenate([history.items for history in histories]),
        kinds=np.full(total, _VIEW),
        times=np.concatenate([_times(history) for history in histories]),
        durations=np.concatenate(durations),
        event_ids=np.arange(total).astype(str),
        version={},
    )


def _table(training: TrainingView) -> pa.Table:
    """Return the catalogue's table; its order is the view's."""
    postings: Sequence[Mapping[str, Any]] = training.postings or ({},) * training.items
    numbers = training.attributes or ((),) * training.items
    rows = [
        {
            **{name: value for name, value in posting.items() if name in _COLUMNS.names},
            "posting_id": f"{row:012}",
            "skills": [*(posting.get("skills") or ()), *(f"attribute{n}" for n in numbers[row])],
            "date_posted": None,
            "valid_through": None,
            "open": True,
        }
        for row, posting in enumerate(postings)
    ]
    return pa.Table.from_pylist(rows, schema=_COLUMNS)


def example_of(history: History, most: int) -> Example:
    """Convert the newest `most` steps of a history to the encoder's input."""
    times = _times(history)[-most:]
    durations = np.zeros(len(history)) if history.durations is None else history.durations
    return Example(
        rows=history.items[-most:],
        kinds=np.full(len(times), STEP_KINDS.index(str(EVENT_KINDS[_VIEW]))),
        time_features=event_time_features(
            times, durations[-most:].astype(np.float32), int(times[-1])
        ),
        targets=history.items[:1],  # required; scoring does not read it
        time=int(times[-1]),
    )


def _times(history: History) -> np.ndarray:
    return np.arange(len(history)) * _HOUR if history.times is None else history.times
