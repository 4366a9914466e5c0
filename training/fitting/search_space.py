"""What a sweep varies: the settings of a preset that leave the training data as they are."""

from collections.abc import Mapping
from typing import Any

import optuna

from training.model.presets import Preset

_FLOATS: Mapping[str, tuple[float, float, bool]] = {
    "training.learning_rate": (5e-4, 1e-2, True),
    "training.weight_decay": (1e-4, 1e-1, True),
    "training.id_dropout": (0.1, 0.9, False),
    "training.stated_dropout": (0.0, 0.5, False),
    "training.events_dropout": (0.0, 0.5, False),
    "model.dropout": (0.0, 0.5, False),
}
"""Low, high, and whether the scale is logarithmic."""
_CHOICES: Mapping[str, tuple[int, ...]] = {
    "training.batch_size": (32, 64, 128),
    "model.hidden": (64, 128, 256),
    "model.text_dimensions": (64, 128, 192),
    "model.relations": (8, 16, 32),
}


def suggest(trial: optuna.trial.Trial, base: Preset) -> Preset:
    """Return the preset of a trial; the first trial of a study is given `values_of` the base."""
    values: dict[str, float | int] = {
        name: trial.suggest_float(name, low, high, log=log)
        for name, (low, high, log) in _FLOATS.items()
    }
    for name, choices in _CHOICES.items():
        values[name] = trial.suggest_categorical(name, _with(choices, int(values_of(base)[name])))
    return changed(base, values)


def values_of(preset: Preset) -> dict[str, Any]:
    """Return the settings of a preset that a sweep varies, by their names."""
    return {name: _get(preset, name) for name in (*_FLOATS, *_CHOICES)}


def changed(preset: Preset, values: Mapping[str, Any]) -> Preset:
    """Return a preset with other values of some settings, which are checked."""
    sections = preset.model_dump()
    for name, value in values.items():
        section, _, field = name.partition(".")
        sections[section][field] = value
    return Preset.model_validate(sections)


def _get(preset: Preset, name: str) -> Any:
    section, _, field = name.partition(".")
    return getattr(getattr(preset, section), field)


def _with(choices: tuple[int, ...], own: int) -> tuple[int, ...]:
    return tuple(sorted({*choices, own}))
