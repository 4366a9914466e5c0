"""Causal self-attention over a history of ids, in NumPy.

It computes what `training.sequence_scorer.sequence_encoder` does, without PyTorch and for one
history at a time, so that a list does not depend on the profiles beside it (Kang and McAuley,
Self-Attentive Sequential Recommendation, 2018).

Everything that is learned is keyed by posting id and by attribute word. A posting that training
never saw has the vector of its attributes. Without known attributes its vector and its score are
0, the score of a posting of which nothing is known.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Self

import numpy as np
from pydantic import Field
from scipy.special import erf

from streaming.serving.catalogue import Catalogue
from training.model.presets import Config
from training.sequence_scorer.histories import Steps, attribute_words

_FILE, _SETTINGS = "attention.npz", "attention.json"
_VECTORS, _KNOWN = "vectors.npy", "known.npy"
_NETWORK = "network/"
_SMALLEST = 1e-12
_NORM_EPSILON = 1e-5
"""PyTorch's, of a layer norm."""


class EncoderConfig(Config):
    """The shape of a sequence model."""

    dimensions: int = Field(ge=2, description="size of an item's vector and of every state")
    heads: int = Field(ge=1, description="heads of each attention layer")
    layers: int = Field(ge=1, description="attention layers")
    dropout: float = Field(ge=0, lt=1, description="share of each layer's output dropped")
    attention_dropout: float = Field(ge=0, lt=1, description="share of the attention dropped")
    input_dropout: float = Field(ge=0, lt=1, description="share of the item vectors dropped")
    temperature: float = Field(gt=0, description="cosines are divided by it")
    longest: int = Field(ge=1, description="newest items of a history that are read")


@dataclass(frozen=True, eq=False)
class SequenceScorer:
    """A trained model of M items, A attribute words and D dimensions."""

    config: EncoderConfig
    items: tuple[str, ...]
    """Posting ids."""
    vectors: np.ndarray
    """(M, D) float32 of length 1."""
    words: tuple[str, ...]
    """Attribute words."""
    word_vectors: np.ndarray
    """(A, D) float32."""
    network: Mapping[str, np.ndarray]
    """The encoder's weights, by PyTorch's names."""

    def save(self, folder: Path) -> None:
        """Write everything `load` needs into an existing folder."""
        (folder / _SETTINGS).write_text(self.config.model_dump_json(), encoding="utf-8")
        arrays = {
            "items": np.array(self.items, dtype=str),
            "vectors": self.vectors,
            "words": np.array(self.words, dtype=str),
            "word_vectors": self.word_vectors,
            **{f"{_NETWORK}{name}": values for name, values in self.network.items()},
        }
        np.savez(folder / _FILE, allow_pickle=False, **arrays)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote.

        Raises:
            OSError, ValueError, KeyError, BadZipFile: the folder is incomplete.
        """
        settings = json.loads((folder / _SETTINGS).read_text(encoding="utf-8"))
        with np.load(folder / _FILE) as file:
            read = dict(file)
        return cls(
            EncoderConfig.model_validate(settings),
            tuple(read.pop("items").tolist()),
            read.pop("vectors"),
            tuple(read.pop("words").tolist()),
            read.pop("word_vectors"),
            {name.removeprefix(_NETWORK): values for name, values in read.items()},
        )

    def prepare(self, catalogue: Catalogue, folder: Path) -> None:
        """Write the vectors of a catalogue's postings into an existing folder."""
        vectors = self.catalogue_vectors(catalogue)
        np.save(folder / _VECTORS, vectors)
        np.save(folder / _KNOWN, vectors.any(axis=1))

    def open(self, folder: Path) -> "OpenSequenceScorer":
        """Open what `prepare` wrote; the vectors are mapped from the file."""
        # Multiplying a plain view of the map is faster than multiplying a `np.memmap`.
        vectors = np.asarray(np.load(folder / _VECTORS, mmap_mode="r"))
        return OpenSequenceScorer(self, vectors, np.load(folder / _KNOWN))

    def catalogue_vectors(self, catalogue: Catalogue) -> np.ndarray:
        """Return the vector of each posting of a catalogue, (N, D) float32 of length 1 or 0."""
        vectors = np.zeros((len(catalogue), self.config.dimensions), dtype=np.float32)
        places = self.places_of(catalogue.posting_ids, unknown=-1)
        vectors[places >= 0] = self.vectors[places[places >= 0]]
        new = np.flatnonzero(places < 0)
        if not self.words or "skills" not in catalogue.table.column_names:
            return vectors
        known = {word: place for place, word in enumerate(self.words)}
        skills = catalogue.table.select(["skills"]).take(new).to_pylist()
        for row, posting in zip(new.tolist(), skills, strict=True):
            own = [known[word] for word in attribute_words(posting) if word in known]
            if own:
                vectors[row] = _unit(self.word_vectors[own].mean(axis=0))
        return vectors

    def places_of(self, posting_ids: Sequence[str], unknown: int) -> np.ndarray:
        """Return the places of postings among the items, int64; `unknown` for others."""
        places = [self._places.get(posting_id, unknown) for posting_id in posting_ids]
        return np.array(places, dtype=np.int64)

    def read(self, steps: Steps) -> tuple[np.ndarray, np.ndarray]:
        """Select the steps that are read: the newest known ones.

        Returns:
            Their numbers among the steps and their places among the items, (T,) int64 each.
        """
        places = self.places_of(steps, unknown=-1)
        numbers = np.flatnonzero(places >= 0)[-self.config.longest :]
        return numbers, places[numbers]

    def query(self, places: np.ndarray) -> np.ndarray:
        """Encode T items, (T,) int64 places, oldest first; only the newest `longest` count.

        Returns:
            (D,) float32: its inner product with an item's vector is the item's score. Zero for no
            items.
        """
        places = places[-self.config.longest :]
        if not len(places):
            return np.zeros(self.config.dimensions, dtype=np.float32)
        return np.asarray(self.encode(places[None])[0])

    def encode(self, places: np.ndarray) -> np.ndarray:
        """Encode B histories of S items, (B, S) int64 places, S at most `longest`: (B, D)."""
        positions = self.network["positions.weight"][: places.shape[1]]
        states = self.vectors[places] * np.float32(math.sqrt(self.config.dimensions)) + positions
        for layer, block in enumerate(self._blocks):
            states = block.apply(states, only_last=layer == len(self._blocks) - 1)
        weight, bias = self.network["norm.weight"], self.network["norm.bias"]
        last = _unit(_layer_norm(states[:, -1], weight, bias))
        return np.asarray(last / np.float32(self.config.temperature))

    @cached_property
    def _places(self) -> dict[str, int]:
        return {posting_id: place for place, posting_id in enumerate(self.items)}

    @cached_property
    def _blocks(self) -> "list[_Block]":
        return [
            _Block.of(self.network, f"blocks.{layer}.", self.config.heads)
            for layer in range(self.config.layers)
        ]


@dataclass(frozen=True, eq=False)
class OpenSequenceScorer:
    """A model over the N postings of a prepared catalogue."""

    scorer: SequenceScorer
    vectors: np.ndarray
    """(N, D) float32."""
    known: np.ndarray
    """(N,) bool: the posting has a vector."""

    def scores(self, steps: Steps) -> np.ndarray:
        """Score every posting after a history by a scaled cosine: (N,) float32.

        0 for postings of which nothing is known, and for all after a history without known ones.
        """
        return np.asarray(self.vectors @ self.scorer.query(self.scorer.read(steps)[1]))

    def scores_alone(self, steps: Steps, rows: np.ndarray) -> np.ndarray:
        """Score (K,) rows after each of n steps alone, (n, K) float32; 0 after unknown steps."""
        scores = np.zeros((len(steps), len(rows)), dtype=np.float32)
        places = self.scorer.places_of(steps, unknown=-1)
        known = np.flatnonzero(places >= 0)
        if len(known):
            scores[known] = self.scorer.encode(places[known, None]) @ self.vectors[rows].T
        return scores


@dataclass(frozen=True, eq=False)
class _Block:
    """Attention over earlier items, then a feed-forward layer; weights are (in, out) matrices."""

    heads: int
    projection: tuple[np.ndarray, np.ndarray]
    output: tuple[np.ndarray, np.ndarray]
    expand: tuple[np.ndarray, np.ndarray]
    contract: tuple[np.ndarray, np.ndarray]
    first_norm: tuple[np.ndarray, np.ndarray]
    second_norm: tuple[np.ndarray, np.ndarray]

    @classmethod
    def of(cls, network: Mapping[str, np.ndarray], prefix: str, heads: int) -> Self:
        """Read the weights of a block from those of a network."""

        def pair(name: str) -> tuple[np.ndarray, np.ndarray]:
            weight = network[f"{prefix}{name}.weight"]
            return np.ascontiguousarray(weight.T), network[f"{prefix}{name}.bias"]

        names = ("projection", "output", "expand", "contract", "first_norm", "second_norm")
        return cls(heads, *(pair(name) for name in names))

    def apply(self, states: np.ndarray, *, only_last: bool) -> np.ndarray:
        """Transform (B, S, D) states: all of them, or only the last ones to (B, 1, D)."""
        size = states.shape[2]
        normed = _layer_norm(states, *self.first_norm)
        weight, bias = self.projection
        projected = normed @ weight[:, size:] + bias[size:]
        keys, values = self._split(projected[..., :size]), self._split(projected[..., size:])
        asking = slice(-1, None) if only_last else slice(None)
        queries = self._split(normed[:, asking] @ weight[:, :size] + bias[:size])
        mixed = _attend(queries, keys, values)
        merged = mixed.transpose(0, 2, 1, 3).reshape(len(states), -1, size)
        states = states[:, asking] + _linear(merged, self.output)
        inner = _gelu(_linear(_layer_norm(states, *self.second_norm), self.expand))
        return np.asarray(states + _linear(inner, self.contract))

    def _split(self, values: np.ndarray) -> np.ndarray:
        """Split (B, S, D) into heads, (B, heads, S, D / heads)."""
        batch, length, size = values.shape
        return values.reshape(batch, length, self.heads, size // self.heads).transpose(0, 2, 1, 3)


def _attend(queries: np.ndarray, keys: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Mix values by causal attention; the queries are those of the newest items."""
    asked, length, size = queries.shape[2], keys.shape[2], queries.shape[3]
    logits = queries @ keys.transpose(0, 1, 3, 2) / np.float32(math.sqrt(size))
    later = np.arange(length) > np.arange(length - asked, length)[:, None]
    logits = np.where(later, np.float32(-np.inf), logits)
    weights = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray((weights / weights.sum(axis=-1, keepdims=True)) @ values)


def _linear(values: np.ndarray, weights: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    return np.asarray(values @ weights[0] + weights[1])


def _layer_norm(values: np.ndarray, weight: np.ndarray, bias: np.ndarray) -> np.ndarray:
    centred = values - values.mean(axis=-1, keepdims=True)
    variance = (centred * centred).mean(axis=-1, keepdims=True)
    return np.asarray(centred / np.sqrt(variance + np.float32(_NORM_EPSILON)) * weight + bias)


def _gelu(values: np.ndarray) -> np.ndarray:
    half, scale = np.float32(0.5), np.float32(math.sqrt(0.5))
    return np.asarray(half * values * (1 + erf(values * scale)))


def _unit(vectors: np.ndarray) -> np.ndarray:
    """Scale (..., D) vectors to length 1."""
    lengths = np.sqrt((vectors * vectors).sum(axis=-1, keepdims=True))
    return np.asarray(vectors / np.maximum(lengths, np.float32(_SMALLEST)))
