"""The presets that can be benchmarked, by name; each is a builder (`data.Fit`).

Modules are loaded when asked for, because torch takes seconds.
"""

from collections.abc import Mapping
from importlib import import_module
from typing import cast

from streaming.errors import SettingsError
from training.benchmark.protocols.training_view import Fit

PRESETS: Mapping[str, str] = {
    "best": "training.benchmark.ensemble.ensemble",
    "published": "training.benchmark.encoder_decoder_adapter",
}
"""Name to the module whose `fit` trains it."""


def by_name(name: str) -> Fit:
    """Return a preset's builder.

    Raises:
        SettingsError: there is none of that name; the message lists those there are.
    """
    if name not in PRESETS:
        raise SettingsError(f"there is no preset {name!r}; choose one of: {', '.join(PRESETS)}")
    return cast("Fit", import_module(PRESETS[name]).fit)
