"""The presets that can be benchmarked, by name; each is a builder (`training_view.Fit`).

`best` is the ensemble of `training.benchmark.ensemble`, which runs offline alone, not the preset of
the same name that the stream serves. `published` is the stream's encoder-decoder. Modules are
imported at the first use, because torch takes seconds.
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
"""Name to the module whose function `fit` trains it."""


def by_name(name: str) -> Fit:
    """Return a preset's builder.

    Raises:
        SettingsError: there is no preset of that name; the message lists all names.
    """
    if name not in PRESETS:
        raise SettingsError(f"there is no preset {name!r}; choose one of: {', '.join(PRESETS)}")
    return cast("Fit", import_module(PRESETS[name]).fit)
