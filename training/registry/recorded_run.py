"""What MLflow holds of a training: enough to repeat it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from streaming.errors import ModelError
from streaming.settings import Settings
from training.data.dataset import EVENTS_UNTIL, TAXONOMY_VERSION
from training.data.lake_export import TABLES, version_key
from training.model.presets import Preset
from training.registry.tracking import registry_errors, setup
from training.registry.training_run import REPEATED_SETTINGS


@dataclass(frozen=True, eq=False)
class RecordedRun:
    """The parameters of a training's MLflow run."""

    run_id: str
    preset: Preset
    versions: Mapping[str, int]
    """The versions of the lake's tables, by `lake_export.version_key`."""
    taxonomy: str | None
    """Source and version of the taxonomy; None: nothing was mapped."""
    events_until: str | None
    """Later events were held back."""
    continues: str | None
    """The version that the run went on from, NAME/VERSION."""
    settings: Mapping[str, Any]
    """The fields of `TrainingSettings` that change the result."""

    @classmethod
    def read(cls, settings: Settings, run_id: str) -> "RecordedRun":
        """Read the parameters of a run.

        Raises:
            ModelError: MLflow cannot be reached, there is no such run, or it is no training over
                the lake.
        """
        client = setup(settings)
        with registry_errors(settings):
            params = client.get_run(run_id).data.params
        nested = _nested(params)
        data = nested.get("data", {})
        try:
            return cls(
                run_id=run_id,
                preset=Preset.model_validate(nested["preset"]),
                versions={key: int(data[key]) for key in map(version_key, TABLES)},
                taxonomy=_text(data.get(TAXONOMY_VERSION)),
                events_until=_text(data.get(EVENTS_UNTIL)),
                continues=nested.get("continues"),
                settings={name: nested["training"][name] for name in REPEATED_SETTINGS},
            )
        except (KeyError, ValueError, ValidationError) as error:
            raise ModelError(
                f"run {run_id} is no finished training over the lake that can be repeated:"
                f" {type(error).__name__}: {str(error).splitlines()[0]}; `careerstream models`"
                " lists the runs of models"
            ) from error

    def apply_to(self, settings: Settings) -> Settings:
        """Return settings with those of the run, where they change the result."""
        fields = {name: _value(text) for name, text in self.settings.items()}
        training = type(settings.training).model_validate(settings.training.model_dump() | fields)
        return settings.model_copy(update={"training": training})


def _nested(params: Mapping[str, str]) -> dict[str, Any]:
    """Undo `tracking.as_params`, but for the types of values."""
    nested: dict[str, Any] = {}
    for name, value in params.items():
        *path, last = name.split(".")
        place = nested
        for part in path:
            place = place.setdefault(part, {})
        place[last] = value
    return nested


def _text(value: str | None) -> str | None:
    return None if value in {None, "null"} else value


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
