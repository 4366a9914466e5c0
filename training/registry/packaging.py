"""A packed model: a folder with a saved ranker, a prepared catalogue and the ranker's kind.

Packed models outlive the code that wrote them. Class paths may change, but a kind that a release
has written must stay known to `unpack`; `tests/test_training/registry/test_released_models.py`
holds the kinds of all releases.
"""

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
TWO_STAGE = "encoder-decoder with content"
_CLASSES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        MOST_POPULAR: ("training.ranking.most_popular", "MostPopularRanker"),
        ENCODER_DECODER: ("training.ranking.encoder_decoder_ranker", "EncoderDecoderRanker"),
        TWO_STAGE: ("training.content_ranker.two_stage_ranker", "TwoStageRanker"),
    }
)
_COMMON = ("mlflow", "numpy", "orjson", "pandas", "pyarrow", "pydantic")
_NEURAL = (*_COMMON, "jieba", "threadpoolctl", "torch")
_PACKAGES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        MOST_POPULAR: _COMMON,
        ENCODER_DECODER: _NEURAL,
        TWO_STAGE: (*_NEURAL, "scikit-learn", "scipy"),
    }
)
FORMAT = 1
"""Of the packed folder; a folder of a newer format is refused."""

MODEL, CATALOGUE = "model", "catalogue"
"""Subfolders of the packed folder."""


class SavedRanker(Ranker, Protocol):
    """A ranker that can be written to a folder and read again."""

    @property
    def packages(self) -> tuple[str, ...]:
        """Packages that loading this ranker needs, besides those of its kind."""
        ...

    def save(self, folder: Path) -> None:
        """Write everything `load` needs into an existing empty folder."""
        ...

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote."""
        ...


def kind_of(ranker: SavedRanker) -> str:
    """Return the kind of a ranker.

    Raises:
        ModelError: rankers of this class cannot be registered.
    """
    path = (type(ranker).__module__, type(ranker).__name__)
    for kind, known in _CLASSES.items():
        if known == path:
            return kind
    raise ModelError(f"a {path[1]} cannot be registered; known kinds: {', '.join(_CLASSES)}")


def requirements(ranker: SavedRanker) -> list[str]:
    """Pin the packages that a model imports to the installed versions, without local labels."""
    packages = (*_PACKAGES[kind_of(ranker)], *ranker.packages)
    return [f"{package}=={version(package).partition('+')[0]}" for package in packages]


def pack(ranker: SavedRanker, catalogue: Catalogue, folder: Path) -> None:
    """Write a ranker, its kind and the prepared catalogue into an empty folder."""
    header = {"kind": kind_of(ranker), "format": FORMAT}
    (folder / "kind.json").write_text(json.dumps(header), encoding="utf-8")
    for name in (MODEL, CATALOGUE):
        (folder / name).mkdir()
    ranker.save(folder / MODEL)
    ranker.prepare(catalogue, folder / CATALOGUE)


def unpack(folder: Path) -> SavedRanker:
    """Load the ranker that `pack` wrote.

    Raises:
        ModelError: the folder was written by a newer careerstream, or is incomplete.
    """
    try:
        header = json.loads((folder / "kind.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"model folder {folder} is not complete: {error}; train again") from error
    if header["format"] > FORMAT or header["kind"] not in _CLASSES:
        raise ModelError(
            f"model of kind {header['kind']}, format {header['format']}, is newer than this "
            f"careerstream (format {FORMAT}): upgrade careerstream"
        )
    module, name = _CLASSES[header["kind"]]
    return cast("type[SavedRanker]", getattr(import_module(module), name)).load(folder / MODEL)
