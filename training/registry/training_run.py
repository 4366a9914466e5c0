"""The folder of a training run, and the record of it that the registry keeps."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from streaming.settings import Settings
from training.data.dataset import Dataset
from training.fitting.fit import Fitted
from training.registry.registration import TrainedModel


def create_run_folder(settings: Settings) -> Path:
    """Create a folder for a new run and return it."""
    timestamp = datetime.now(tz=UTC).strftime("%Y%m%dT%H%M%S%f")
    folder = settings.home.absolute() / "training" / timestamp
    folder.mkdir(parents=True)
    return folder


def training_record(
    fitted: Fitted,
    dataset: Dataset,
    seed: int,
    data_version: Mapping[str, Any],
    seconds: float,
) -> TrainedModel:
    """Build what the registry records of a training and its data version, versions and counts.

    The data set is the one trained on, with the validation part: the model has seen no later event.
    """
    return TrainedModel(
        ranker=fitted.ranker,
        catalogue=dataset.catalogue,
        cut=dataset.counts.made_at,
        params={
            "preset": fitted.preset.model_dump(mode="json"),
            "seed": seed,
            **({"content": fitted.content.choices()} if fitted.content else {}),
        },
        data_version=data_version,
        curves=epoch_curves(fitted.records),
        metrics={
            "seconds": seconds,
            **(fitted.content.reports() if fitted.content else {}),
        },
        processes=fitted.processes,
        device=fitted.device,
    )


def epoch_curves(records: Iterable[Mapping[str, Any]]) -> dict[str, list[float]]:
    """Turn the records of the epochs into a list of values for each metric."""
    curves: defaultdict[str, list[float]] = defaultdict(list)
    for record in records:
        for name, value in record.items():
            if isinstance(value, (int, float)) and name not in {"epoch", "epochs"}:
                curves[name].append(float(value))
    return dict(curves)
