"""The folder of a training run, and the record of it that the registry keeps."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from streaming.errors import InputError
from streaming.settings import Settings
from training.data.dataset import Dataset
from training.fitting.fit import Fitted
from training.fitting.worker import SPEC
from training.registry.registration import TrainedModel
from training.registry.tracking import LiveRun

REPEATED_SETTINGS = ("seed", "processes", "backend", "gradients", "text_encoder")
"""Fields of `TrainingSettings` that change what is learned, besides those in the preset."""
_RUN_FILE = "mlflow.json"
"""In a run's folder: the id of its MLflow run."""


def create_run_folder(settings: Settings, kind: str = "training") -> Path:
    """Create a folder for a new run in HOME/KIND and return it."""
    timestamp = datetime.now(tz=UTC).strftime("%Y%m%dT%H%M%S%f")
    folder = settings.home.absolute() / kind / timestamp
    folder.mkdir(parents=True)
    return folder


def begin_run(settings: Settings, folder: Path, name: str, *, parent: str | None = None) -> LiveRun:
    """Begin the MLflow run of a run folder, or go on with it where the folder has one.

    A new run is nested in the run of the id `parent`, if that is given.

    Raises:
        ModelError: MLflow cannot be reached or refuses.
    """
    file = folder / _RUN_FILE
    known = json.loads(file.read_text(encoding="utf-8"))["run_id"] if file.exists() else None
    run = LiveRun(settings, name, known, parent=parent)
    file.write_text(json.dumps({"run_id": run.id}), encoding="utf-8")
    return run


def find_run_folder(
    settings: Settings, which: Path, kind: str = "training", written_last: str = SPEC
) -> Path:
    """Return the folder of an earlier run, by its path or by its name in HOME/KIND.

    Raises:
        InputError: there is no such folder, or its data were never complete.
    """
    folder = settings.home.absolute() / kind / which  # an absolute path stays as it is
    if not (folder / written_last).is_file():
        known = sorted(file.parent.name for file in folder.parent.glob(f"*/{written_last}"))
        raise InputError(
            f"{folder} is no {kind} that can be resumed; there are: {', '.join(known) or 'none'}"
        )
    return folder


def training_record(
    fitted: Fitted, dataset: Dataset, seconds: float, params: Mapping[str, Any]
) -> TrainedModel:
    """Build what the registry records of a training; `params` are added to its parameters.

    The data set is the one trained on, with the validation part: the model has seen no later event.
    """
    return TrainedModel(
        ranker=fitted.ranker,
        catalogue=dataset.catalogue,
        cut=dataset.counts.made_at,
        params={
            "preset": fitted.preset.model_dump(mode="json"),
            "training": {name: getattr(fitted.settings, name) for name in REPEATED_SETTINGS},
            **params,
            **({"content": fitted.content.choices()} if fitted.content else {}),
        },
        data_version={**dataset.version, "digest": dataset.digest},
        curves=epoch_curves(fitted.records),
        metrics={
            "seconds": seconds,
            **(fitted.content.reports() if fitted.content else {}),
        },
        description=f"{fitted.preset.name}: {len(dataset.times)} events of {len(dataset)}"
        f" candidates with {len(dataset.catalogue)} postings, up to {dataset.counts.made_at}",
        processes=fitted.processes,
        device=fitted.device,
    )


def epoch_curves(records: Iterable[Mapping[str, Any]]) -> dict[str, list[float]]:
    """Turn the records of the epochs into a list of values for each metric."""
    curves: defaultdict[str, list[float]] = defaultdict(list)
    for record in records:
        for name, value in epoch_values(record).items():
            curves[name].append(value)
    return dict(curves)


def epoch_values(record: Mapping[str, Any]) -> dict[str, float]:
    """Return the numbers of an epoch's record that make a curve."""
    return {
        name: float(value)
        for name, value in record.items()
        if isinstance(value, (int, float)) and name not in {"epoch", "epochs"}
    }
