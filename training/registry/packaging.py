"""A ranker in a folder: saved, with a prepared catalogue and its kind beside it."""

import json
from collections.abc import Mapping
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from types import MappingProxyType
from typing import Protocol, Self, cast

from streaming.errors import ModelError
from streaming.serving.catalogue import Catalogue
from streaming.serving.ranker import Ranker

MOST_POPULAR = "most-popular"
ENCODER_DECODER = "encoder-decoder"
BLENDED = "encoder-decoder with content"
_CLASSES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        MOST_POPULAR: ("training.ranking.most_popular", "MostPopularRanker"),
        ENCODER_DECODER: ("training.ranking.encoder_decoder_ranker", "EncoderDecoderRanker"),
        BLENDED: ("training.content_ranker.blended_ranker", "BlendedRanker"),
    }
)
_ALWAYS = ("mlflow", "numpy", "orjson", "pandas", "pyarrow", "pydantic")
_NEURAL = (*_ALWAYS, "jieba", "threadpoolctl", "torch")
_PACKAGES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        MOST_POPULAR: _ALWAYS,
        ENCODER_DECODER: _NEURAL,
        BLENDED: (*_NEURAL, "scikit-learn", "scipy"),
    }
)
FORMAT = 1
"""Of the packed folder; an older careerstream refuses a newer one."""

MODEL, CATALOGUE = "model", "catalogue"
"""The folders within it."""


class SavedRanker(Ranker, Protocol):
    """A ranker that can be written to a folder and read again."""

    @property
    def packages(self) -> tuple[str, ...]:
        """Packages that a machine needs to load it, besides those that its kind always needs."""
        ...

    def save(self, folder: Path) -> None:
        """Write everything `load` needs into an existing empty folder."""
        ...

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote."""
        ...


def kind_of(ranker: SavedRanker) -> str:
    """Name the kind of a ranker, one of those above."""
    place = (type(ranker).__module__, type(ranker).__name__)
    for kind, known in _CLASSES.items():
        if known == place:
            return kind
    raise ModelError(f"a {place[1]} cannot be registered; known kinds: {', '.join(_CLASSES)}")


def requirements(ranker: SavedRanker) -> list[str]:
    """Pin what a model imports, as installed here (local version labels left out)."""
    packages = (*_PACKAGES[kind_of(ranker)], *ranker.packages)
    return [f"{package}=={version(package).partition('+')[0]}" for package in packages]


def pack(ranker: SavedRanker, catalogue: Catalogue, folder: Path) -> None:
    """Write a ranker, the prepared catalogue and the ranker's kind into an empty folder."""
    about = {"kind": kind_of(ranker), "format": FORMAT}
    (folder / "kind.json").write_text(json.dumps(about), encoding="utf-8")
    for name in (MODEL, CATALOGUE):
        (folder / name).mkdir()
    ranker.save(folder / MODEL)
    ranker.prepare(catalogue, folder / CATALOGUE)


def unpack(folder: Path) -> SavedRanker:
    """Load the ranker that `pack` wrote.

    Raises:
        ModelError: the folder was written by a newer careerstream, or is not complete.
    """
    try:
        about = json.loads((folder / "kind.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"model folder {folder} is not complete: {error}; train again") from error
    if about["format"] > FORMAT or about["kind"] not in _CLASSES:
        raise ModelError(
            f"model of kind {about['kind']}, format {about['format']}, is newer than this "
            f"careerstream (format {FORMAT}): upgrade careerstream"
        )
    module, name = _CLASSES[about["kind"]]
    return cast("type[SavedRanker]", getattr(import_module(module), name)).load(folder / MODEL)
