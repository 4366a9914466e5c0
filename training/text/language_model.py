"""A pretrained language-model encoder as a `TextEncoder` (sentence-transformers, the extra `lm`).

Encoding takes milliseconds a text where word vectors take microseconds, so vectors are kept on each
machine (`VectorCache`), under a name made of the encoder's files.
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
import torch

from streaming.dependencies import cache_folder
from streaming.errors import InputError, MissingDependencyError, ModelError, one_line
from training.text.vector_cache import VectorCache
from training.text.word_embeddings import unit_rows

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

KIND = "language-model"
PACKAGES = ("sentence-transformers", "transformers")
"""What a machine needs that loads it, besides what every encoder needs."""

_NAME = re.compile(r"(?P<name>[\w.-]+(?:/[\w.-]+)?)(?:@(?P<revision>[\w./-]+))?")
_FOLDER = "language-model"
_CENTRE = "centre.npy"
_KEPT_AT_ONCE = 256


@dataclass(frozen=True, eq=False)
class LanguageModel:
    """A `TextEncoder` by a pretrained language model."""

    model: "SentenceTransformer"
    fingerprint: str
    """Names the encoder's files."""
    centre: np.ndarray
    """(D,) float32: what all texts of the catalogue share, which would make any two look alike."""

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        return len(self.centre)

    @property
    def packages(self) -> tuple[str, ...]:
        """What a machine needs to load it."""
        return PACKAGES

    @cached_property
    def store(self) -> VectorCache:
        """Where vectors are kept on this machine."""
        file = cache_folder() / "text-vectors" / f"{self.fingerprint}.sqlite"
        return VectorCache(file, self.dimensions)

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Embed texts; see `TextEncoder.encode`. Each is read once on a machine, then looked up."""
        stripped = [text.strip() for text in texts]
        known = self._raw([text for text in dict.fromkeys(stripped) if text])
        embedded = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        for place, text in enumerate(stripped):
            if text:
                embedded[place] = known[text] - self.centre
        return unit_rows(embedded)

    def centred(self, texts: Sequence[str]) -> "LanguageModel":
        """Return the same encoder, centred on a catalogue's texts."""
        different = sorted({text.strip() for text in texts if text.strip()})
        if len(different) < 2:  # noqa: PLR2004 - one text shares all it says with itself
            return self
        raw = self._raw(different)
        table = np.array([raw[text] for text in different], dtype=np.float64)
        return replace(self, centre=np.asarray(table.mean(axis=0), dtype=np.float32))

    def save(self, folder: Path) -> None:
        """Write the encoder's own files, too: a model must not wait for a download to serve."""
        about = {"kind": KIND, "dimensions": self.dimensions, "fingerprint": self.fingerprint}
        (folder / "encoder.json").write_text(json.dumps(about), encoding="utf-8")
        np.save(folder / _CENTRE, self.centre)
        _write(self.model, folder / _FOLDER)

    @classmethod
    def load(cls, folder: Path) -> "LanguageModel":
        """Read what `save` wrote.

        Raises:
            MissingDependencyError: the extra is not installed.
            ModelError: the folder is not complete.
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

    def _raw(self, texts: Sequence[str]) -> dict[str, np.ndarray]:
        """Look vectors up, and make and keep those that are not there; float16, not centred."""
        known = self.store.read(texts)
        missing = iter([text for text in texts if text not in known])
        while part := list(islice(missing, _KEPT_AT_ONCE)):
            made = {text: _embed(self.model, text) for text in part}
            self.store.write(made)
            known |= made
        return known


def from_pretrained(named: str) -> LanguageModel:
    """Open a folder of sentence-transformers or transformers, or a name on their hub.

    Args:
        named: the folder, or `organisation/model`, with `@revision` where one is wanted.

    Raises:
        MissingDependencyError: the extra is not installed.
        InputError: no such folder or name, or no model in it.
    """
    try:
        is_folder = Path(named).is_dir()
        model = _open(named, local_files_only=True) if is_folder else _download(named)
        length = len(_embed(model, "text"))
    except (OSError, ValueError) as error:
        raise InputError(
            f"text encoder {named} cannot be loaded: {one_line(error)}; give a folder or a name of "
            "sentence-transformers, or a word2vec or GloVe file"
        ) from error
    return LanguageModel(model, _fingerprint(model), np.zeros(length, dtype=np.float32))


def _download(named: str) -> "SentenceTransformer":
    found = _NAME.fullmatch(named)
    if found is None:
        raise InputError(f"text encoder {named} is no folder; give an existing one, or a name")
    return _open(found["name"], revision=found["revision"])


def _open(named: str, **how: Any) -> "SentenceTransformer":
    """Load a model.

    Raises:
        OSError: it is not there.
        ValueError: it is not a model.
    """
    try:
        from sentence_transformers import SentenceTransformer  # noqa: PLC0415 - an extra, and slow
        from transformers.utils import logging  # noqa: PLC0415 - as above
    except ImportError as error:
        raise MissingDependencyError(
            f"text encoder {named} needs sentence-transformers, which is not installed; "
            "install careerstream[lm]"
        ) from error
    # A bar for each file in each process that loads a model; the library declares no types here.
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        return SentenceTransformer(named, device="cpu", trust_remote_code=False, **how).eval()
    except Exception as error:  # other files than expected raise nearly anything
        raise ValueError(one_line(error)) from error


def _embed(model: "SentenceTransformer", text: str) -> np.ndarray:
    """Embed one text, (D,) float16 of length 1.

    Alone and in one thread: beside longer texts, or cut up among threads, its last bits differ.

    Raises:
        ValueError: the model makes no finite vector.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        [vector] = model.encode([text], normalize_embeddings=True, show_progress_bar=False)
    finally:
        torch.set_num_threads(threads)
    rounded = np.asarray(vector, dtype=np.float16)
    if not np.isfinite(rounded).all():
        raise ValueError("it makes vectors that are not finite")
    return rounded


def _write(model: "SentenceTransformer", folder: Path) -> None:
    model.save(str(folder), create_model_card=False, safe_serialization=True)


def _fingerprint(model: "SentenceTransformer") -> str:
    """Name a model by all that it would write."""
    digest = hashlib.blake2b(digest_size=16)
    with TemporaryDirectory(prefix="careerstream-") as temporary:
        _write(model, Path(temporary))
        for file in sorted(path for path in Path(temporary).rglob("*") if path.is_file()):
            digest.update(f"{file.relative_to(temporary)}\0{file.stat().st_size}\0".encode())
            with file.open("rb") as stream:
                while part := stream.read(1 << 20):
                    digest.update(part)
    return digest.hexdigest()
