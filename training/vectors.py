"""Models that have vectors: what similarity and groups ask of a ranker, and not every one has."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np

from streaming.catalogue import Catalogue
from streaming.errors import ModelError
from streaming.ranking import Profile


@runtime_checkable
class Vectors(Protocol):
    """A ranker whose postings and candidates stand in one space; all rows by `Catalogue.rows`."""

    def prepare(self, catalogue: Catalogue, folder: Path) -> None:
        """Write a catalogue and its vectors; see `streaming.ranking.Ranker.prepare`."""
        ...

    def posting_vectors(self, folder: Path) -> np.ndarray:
        """Return the vectors of a prepared catalogue's postings, (N, D) float32."""
        ...

    def work_vectors(self, folder: Path) -> np.ndarray:
        """Return what of them says what the work is, (N, E) float32."""
        ...

    def candidate_vectors(
        self, profiles: Sequence[Profile], as_of: Sequence[str], folder: Path
    ) -> np.ndarray:
        """Return what profiles ask for, (number of profiles, D) float32; zero for nothing."""
        ...


def vectors_of(model: object, name: str) -> Vectors:
    """Return the ranker of a loaded model as one that has vectors.

    Args:
        model: what `streaming.serving.load_ranker` gives, or a ranker itself.
        name: of the model, for people.

    Raises:
        ModelError: it has none, as the most-popular baseline.
    """
    ranker = getattr(model, "ranker", model)
    if not isinstance(ranker, Vectors):
        raise ModelError(
            f"{name} has no vectors to compare: `careerstream train` makes a model that has, and "
            "--model challenger takes it before it is promoted"
        )
    return ranker
