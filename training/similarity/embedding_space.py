"""The embedding space of a model version over a catalogue version.

Not every kind of model has vectors: `has_vectors` checks.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np

from streaming.errors import InputError, ModelError
from streaming.serving.catalogue import Catalogue
from streaming.serving.champion import CHAMPION, ServingVersions
from streaming.serving.ranker import Profile
from streaming.settings import Settings
from streaming.timestamps import format_timestamp, parse_timestamp
from training.inference.prepared_catalogue import PreparedCatalogue
from training.registry.model_registry import ModelRef, find_version, load
from training.registry.pyfunc import RankerModel


@runtime_checkable
class HasVectors(Protocol):
    """A ranker with vectors of postings and candidates in one space; rows as `Catalogue.rows`."""

    def prepare(self, catalogue: Catalogue, folder: Path) -> None:
        """Write a catalogue and its vectors; see `streaming.serving.ranker.Ranker.prepare`."""
        ...

    def open_prepared(self, folder: Path) -> PreparedCatalogue:
        """Open what `prepare` wrote."""
        ...

    def posting_vectors(self, folder: Path) -> np.ndarray:
        """Return the vectors of a prepared catalogue's postings, (N, D) float32."""
        ...

    def work_vectors(self, folder: Path) -> np.ndarray:
        """Return the part of these vectors that describes the work, (N, E) float32."""
        ...

    def candidate_vectors(
        self, profiles: Sequence[Profile], as_of: Sequence[str], folder: Path
    ) -> np.ndarray:
        """Return query vectors, (number of profiles, D) float32; zero for an empty profile."""
        ...


@dataclass(frozen=True, eq=False)
class EmbeddingSpace:
    """The vectors of one model version over one catalogue version."""

    versions: ServingVersions
    ranker: HasVectors
    catalogue: Catalogue
    folder: Path
    """The catalogue as prepared by the model."""

    def about(self) -> dict[str, Any]:
        """Return the versions that an answer was made with."""
        return {
            "model_name": self.versions.model_name,
            "model_version": self.versions.model_version,
            "catalogue_version": self.versions.catalogue_version,
        }

    def posting(self, row: int) -> dict[str, Any]:
        """Return posting_id, title and employer of a posting."""
        posting = self.ranker.open_prepared(self.folder).terms(row).posting
        return {name: posting.get(name) for name in ("posting_id", "title", "employer")}

    def open_at(self, as_of: str | None) -> tuple[str | None, np.ndarray]:
        """Return which postings are open at a moment.

        Args:
            as_of: a time; None: at any time, so that only withdrawn postings are left out.

        Returns:
            The moment in its canonical form, and (N,) bool.

        Raises:
            InputError: `as_of` is not a time.
        """
        if as_of is None:
            return None, self.catalogue.is_open
        try:
            moment = format_timestamp(parse_timestamp(as_of))
        except ValueError as error:
            raise InputError(
                f"as_of {as_of} is no time; give one such as 2026-01-31T09:30:00Z"
            ) from error
        return moment, self.catalogue.open_at(moment)


def registered_space(settings: Settings, which: str = CHAMPION) -> EmbeddingSpace:
    """Open the space of a model, by alias or version, over the catalogue that it was trained on.

    Raises:
        ModelError: there is no such version, or it has no vectors.
    """
    reference = find_version(settings, which)
    model = load(settings, reference)
    ranker = has_vectors(model, reference)
    if not isinstance(model, RankerModel):
        raise ModelError(f"{reference.uri} was not registered by careerstream; train a model")
    catalogue = ranker.open_prepared(model.prepared).catalogue
    versions = ServingVersions(reference.name, reference.version, catalogue.version)
    return EmbeddingSpace(versions, ranker, catalogue, model.prepared)


def has_vectors(model: object, reference: ModelRef) -> HasVectors:
    """Return the ranker of a loaded model, which must have vectors.

    Raises:
        ModelError: it has none, like the most-popular baseline.
    """
    ranker = getattr(model, "ranker", model)
    if not isinstance(ranker, HasVectors):
        raise ModelError(
            f"{reference.name} version {reference.version} ({reference.kind}) has no vectors to "
            "compare: `careerstream train` makes a model that has, and --model challenger takes it "
            "before it is promoted"
        )
    return ranker
