"""A pretrained language-model encoder as a `TextEncoder` (sentence-transformers, the extra `lm`).

A text takes milliseconds, where word vectors take microseconds. Each machine therefore caches the
vectors (`VectorCache`), in a file named by a hash of the encoder's files.
"""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np

from streaming.dependencies import cache_folder
from streaming.errors import InputError, MissingDependencyError, ModelError, one_line
from training.determinism import one_torch_thread
from training.text.vector_cache import VectorCache
from training.text.word_embeddings import unit_rows

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

KIND = "language-model"
PACKAGES = ("sentence-transformers", "transformers")
"""Packages needed to load it, beyond those that every encoder needs."""

_NAME = re.compile(r"(?P<name>[\w.-]+(?:/[\w.-]+)?)(?:@(?P<revision>[\w./-]+))?")
_FOLDER = "language-model"
_CENTRE = "centre.npy"
_CACHE_BATCH = 256


@dataclass(frozen=True, eq=False)
class LanguageModel:
    """A `TextEncoder` by a pretrained language model."""

    model: "SentenceTransformer"
    fingerprint: str
    """A hash of the encoder's files."""
    centre: np.ndarray
    """(D,) float32: the mean of the catalogue's texts, which would make any two texts similar."""

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        return len(self.centre)

    @property
    def packages(self) -> tuple[str, ...]:
        """Packages needed to load it, beyond those that every encoder needs."""
        return PACKAGES

    @cached_property
    def cache(self) -> VectorCache:
        """The vectors known on this machine."""
        file = cache_folder() / "text-vectors" / f"{self.fingerprint}.sqlite"
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

    def save(self, folder: Path) -> None:
        """Write the encoder with its own files, so that serving needs no download."""
        about = {"kind": KIND, "dimensions": self.dimensions, "fingerprint": self.fingerprint}
        (folder / "encoder.json").write_text(json.dumps(about), encoding="utf-8")
        np.save(folder / _CENTRE, self.centre)
        _write(self.model, folder / _FOLDER)

    @classmethod
    def load(cls, folder: Path) -> "LanguageModel":
        """Read what `save` wrote.

        Raises:
            MissingDependencyError: the extra is not installed.
            ModelError: the folder is incomplete.
        """
        try:
            about = json.loads((folder / "encoder.json").read_text(encoding="utf-8"))
            centre = np.load(folder / _CENTRE)
            model = _open(str(folder / _FOLDER), local_files_only=True)
        except (OSError, ValueError) as error:
            raise ModelError(
                f"text encoder in {folder} is not complete: {one_line(error)}; train again"
            ) from error
        return cls(model, about["fingerprint"], centre)

    def _uncentred(self, texts: Sequence[str]) -> dict[str, np.ndarray]:
        """Return vectors, (D,) float16 each, from the cache; make and cache those it lacks."""
        known = self.cache.read(texts)
        missing = iter([text for text in texts if text not in known])
        while batch := list(islice(missing, _CACHE_BATCH)):
            made = {text: _embed(self.model, text) for text in batch}
            self.cache.write(made)
            known |= made
        return known


def from_pretrained(source: str) -> LanguageModel:
    """Load a folder of sentence-transformers or transformers, or a name on their hub.

    Args:
        source: the folder, or `organisation/model`, with an optional `@revision`.

    Raises:
        MissingDependencyError: the extra is not installed.
        InputError: the folder or name does not exist, or holds no model.
    """
    try:
        is_folder = Path(source).is_dir()
        model = _open(source, local_files_only=True) if is_folder else _download(source)
        length = len(_embed(model, "text"))
    except (OSError, ValueError) as error:
        raise InputError(
            f"text encoder {source} cannot be loaded: {one_line(error)}; give a folder or a name of"
            " sentence-transformers, or a word2vec or GloVe file"
        ) from error
    return LanguageModel(model, _fingerprint(model), np.zeros(length, dtype=np.float32))


def _download(name: str) -> "SentenceTransformer":
    match = _NAME.fullmatch(name)
    if match is None:
        raise InputError(f"text encoder {name} is no folder; give an existing one, or a name")
    return _open(match["name"], revision=match["revision"])


def _open(source: str, **options: Any) -> "SentenceTransformer":
    """Load a model; an OSError says that it does not exist, a ValueError that it is none."""
    try:
        from sentence_transformers import SentenceTransformer  # noqa: PLC0415 - an extra; slow to import
        from transformers.utils import logging  # noqa: PLC0415 - as above
    except ImportError as error:
        raise MissingDependencyError(
            f"text encoder {source} needs sentence-transformers, which is not installed; "
            "install careerstream[lm]"
        ) from error
    # Each process would show a bar for each file it loads. The library declares no types here.
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        return SentenceTransformer(source, device="cpu", trust_remote_code=False, **options).eval()
    except Exception as error:  # unexpected files raise nearly anything
        raise ValueError(one_line(error)) from error


def _embed(model: "SentenceTransformer", text: str) -> np.ndarray:
    """Embed one text, (D,) float16 of length 1.

    The text is encoded alone and in one thread: in a batch, or with several threads, the last bits
    of its vector would differ.
    """
    with one_torch_thread():
        [vector] = model.encode([text], normalize_embeddings=True, show_progress_bar=False)
    rounded = np.asarray(vector, dtype=np.float16)
    if not np.isfinite(rounded).all():
        raise ValueError("it makes vectors that are not finite")
    return rounded


def _write(model: "SentenceTransformer", folder: Path) -> None:
    model.save(str(folder), create_model_card=False, safe_serialization=True)


def _fingerprint(model: "SentenceTransformer") -> str:
    """Hash all files that a model would write."""
    digest = hashlib.blake2b(digest_size=16)
    with TemporaryDirectory(prefix="careerstream-") as temporary:
        _write(model, Path(temporary))
        for file in sorted(path for path in Path(temporary).rglob("*") if path.is_file()):
            digest.update(f"{file.relative_to(temporary)}\0{file.stat().st_size}\0".encode())
            with file.open("rb") as stream:
                while part := stream.read(1 << 20):
                    digest.update(part)
    return digest.hexdigest()
