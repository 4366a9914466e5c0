"""The part of a ranker that reads ids: a weighted sum of sequence models, item-kNN, attributes.

The members complement each other: a sequence model generalises, item-kNN memorises, and attributes
carry what few have turned to.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Self
from zipfile import BadZipFile

import numpy as np

from streaming.errors import ModelError
from streaming.serving.catalogue import Catalogue
from training.sequence_scorer.attention_scorer import OpenSequenceScorer, SequenceScorer
from training.sequence_scorer.attribute_scorer import AttributeScorer, OpenAttributeScorer
from training.sequence_scorer.histories import Steps
from training.sequence_scorer.neighbour_scorer import NeighbourScorer, OpenNeighbourScorer

NEIGHBOURS, ATTRIBUTES = "neighbours", "attributes"
"""The names of item-kNN and of the likeness of attributes; members of other names are sequence
models."""
_OTHERS = (NEIGHBOURS, ATTRIBUTES)
_SETTINGS = "sequence.json"


@dataclass(frozen=True, eq=False)
class SequencePart:
    """Trained members, each with a weight."""

    models: Mapping[str, SequenceScorer]
    """Sequence models by name."""
    neighbours: NeighbourScorer | None
    weights: Mapping[str, float]
    """By name of each member; none is 0."""
    attributes: AttributeScorer | None = None

    def save(self, folder: Path) -> None:
        """Write everything `load` needs into an existing folder."""
        for name, member in self._members.items():
            (folder / name).mkdir()
            member.save(folder / name)
        settings = {"weights": dict(self.weights)}
        (folder / _SETTINGS).write_text(json.dumps(settings), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote.

        Raises:
            ModelError: the folder is incomplete.
        """
        try:
            weights = json.loads((folder / _SETTINGS).read_text(encoding="utf-8"))["weights"]
            models = {n: SequenceScorer.load(folder / n) for n in weights if n not in _OTHERS}
            near = NeighbourScorer.load(folder / NEIGHBOURS) if NEIGHBOURS in weights else None
            alike = AttributeScorer.load(folder / ATTRIBUTES) if ATTRIBUTES in weights else None
        except (OSError, ValueError, KeyError, BadZipFile) as error:
            raise ModelError(
                f"model folder {folder} is incomplete: {error}; train again"
            ) from error
        return cls(models, near, weights, alike)

    def prepare(self, catalogue: Catalogue, folder: Path) -> None:
        """Write what the members need of a catalogue into an existing folder."""
        for name, member in self._members.items():
            (folder / name).mkdir()
            member.prepare(catalogue, folder / name)

    def open(self, folder: Path) -> "OpenSequencePart":
        """Open what `prepare` wrote."""
        models = {name: model.open(folder / name) for name, model in self.models.items()}
        near = self.neighbours.open(folder / NEIGHBOURS) if self.neighbours else None
        alike = self.attributes.open(folder / ATTRIBUTES) if self.attributes else None
        return OpenSequencePart(models, near, self.weights, alike)

    @property
    def _members(self) -> dict[str, SequenceScorer | NeighbourScorer | AttributeScorer]:
        others = {NEIGHBOURS: self.neighbours, ATTRIBUTES: self.attributes}
        return {**self.models, **{name: own for name, own in others.items() if own}}


@dataclass(frozen=True, eq=False)
class SequenceScores:
    """The scores of the N postings of a catalogue after one history."""

    blended: np.ndarray
    """(N,) float32; 0 for a posting of which nothing is known."""
    retrieving: np.ndarray
    """(N,) float32: the same, and minus infinity for such postings."""
    neighbours: np.ndarray | None
    """(N,) float32 of item-kNN, and minus infinity for what stands near no step; None without
    item-kNN."""

    def sources(self) -> dict[str, np.ndarray]:
        """Return the scores by which postings are retrieved, by source."""
        near = {} if self.neighbours is None else {"co-visitation": self.neighbours}
        return {"sequence": self.retrieving, **near}


@dataclass(frozen=True, eq=False)
class OpenSequencePart:
    """The members over the N postings of a prepared catalogue."""

    models: Mapping[str, OpenSequenceScorer]
    near: OpenNeighbourScorer | None
    weights: Mapping[str, float]
    alike: OpenAttributeScorer | None = None

    @cached_property
    def known(self) -> np.ndarray:
        """Whether a member knows each posting, (N,) bool."""
        known: np.ndarray = np.logical_or.reduce([own.known for own in self._members.values()])
        return known

    def scores(self, steps: Steps) -> SequenceScores:
        """Score every posting after the history of one candidate."""
        scores = {name: member.scores(steps) for name, member in self._members.items()}
        blended = blend(scores, self.weights)
        known = self.known if blended.any() else np.zeros_like(self.known)
        near = scores.get(NEIGHBOURS)
        return SequenceScores(
            blended,
            np.where(known, blended, np.float32(-np.inf)),
            None if near is None else np.where(near > 0, near, np.float32(-np.inf)),
        )

    def scores_alone(self, steps: Steps, rows: np.ndarray) -> np.ndarray:
        """Score (K,) rows after each of n steps alone, (n, K) float32."""
        members = self._members.items()
        return blend({name: one.scores_alone(steps, rows) for name, one in members}, self.weights)

    @property
    def _members(self) -> dict[str, OpenSequenceScorer | OpenNeighbourScorer | OpenAttributeScorer]:
        others = {NEIGHBOURS: self.near, ATTRIBUTES: self.alike}
        return {**self.models, **{name: own for name, own in others.items() if own}}


def blend(scores: Mapping[str, np.ndarray], weights: Mapping[str, float]) -> np.ndarray:
    """Add scores of the same shape by weight, to float32; members of weight 0 are left out."""
    first, *others = [(weights[name], part) for name, part in scores.items() if weights[name]]
    total = first[0] * first[1]
    for weight, part in others:
        total = total + weight * part
    return np.asarray(total, dtype=np.float32)
