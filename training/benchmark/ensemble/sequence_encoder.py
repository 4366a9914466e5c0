"""Sequence encoders: a history of ids becomes a vector that is compared with all items' vectors.

An item's vector is the embedding of its id plus the mean of the embeddings of its attributes.
Vectors have length 1 on both sides, so that frequent items are not preferred, and cosines are
divided by a temperature. There are two encoders: causal self-attention with layer norm first (Kang
and McAuley, SASRec, 2018) and a GRU (Hidasi and others, GRU4Rec, 2016).
"""

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from training.model.presets import Config

Kind = Literal["attention", "recurrent"]


class EncoderConfig(Config):
    """The shape of a sequence model."""

    kind: Kind = Field(description="attention or a recurrent network")
    dimensions: int = Field(ge=2, description="size of an item's vector and of every state")
    heads: int = Field(ge=1, description="heads of each attention layer")
    layers: int = Field(ge=1, description="attention layers")
    dropout: float = Field(ge=0, lt=1, description="share of each layer's output dropped")
    attention_dropout: float = Field(ge=0, lt=1, description="share of the attention dropped")
    input_dropout: float = Field(ge=0, lt=1, description="share of the item vectors dropped")
    temperature: float = Field(gt=0, description="cosines are divided by it")
    longest: int = Field(ge=1, description="newest items of a history that are read")


class ItemAttributes:
    """The attribute numbers of items, concatenated, with the start of each item's."""

    def __init__(self, attributes: Sequence[Sequence[int]]) -> None:
        numbers = sorted({number for own in attributes for number in own})
        places = {number: place for place, number in enumerate(numbers)}
        self.count = len(numbers)
        self.flat = torch.tensor([places[n] for own in attributes for n in own], dtype=torch.int64)
        lengths = [len(own) for own in attributes]
        self.starts = torch.tensor(np.cumsum([0, *lengths[:-1]]), dtype=torch.int64)


class SequenceModel(nn.Module):
    """Item vectors and an encoder; row N of the vectors is padding."""

    def __init__(
        self, items: int, config: EncoderConfig, attributes: ItemAttributes | None
    ) -> None:
        super().__init__()
        size = config.dimensions
        self.config = config
        self.attributes = attributes
        self.ids = nn.Embedding(items, size)
        nn.init.normal_(self.ids.weight, std=1 / math.sqrt(size))
        if attributes is not None:
            self.attribute_vectors = nn.Embedding(attributes.count, size)
            nn.init.normal_(self.attribute_vectors.weight, std=0.5 / math.sqrt(size))
        self.encoder: nn.Module = (
            _Attention(config) if config.kind == "attention" else _Recurrent(config)
        )

    def vectors(self) -> Tensor:
        """Return the unit vectors of all items, (N, D)."""
        vectors, own = self.ids.weight, self.attributes
        if own is not None:
            vectors = vectors + functional.embedding_bag(
                own.flat, self.attribute_vectors.weight, own.starts, mode="mean"
            )
        return functional.normalize(vectors, dim=-1)

    def forward(self, histories: Tensor, vectors: Tensor) -> Tensor:
        """Encode histories, (B, T) rows of items with N for padding at the end.

        Returns:
            (B, T, D): after each step, the vector that is compared with `vectors` to predict the
            next item.
        """
        size = self.config.dimensions
        padded = torch.cat([vectors, vectors.new_zeros(1, size)])
        steps = functional.dropout(
            padded[histories] * math.sqrt(size), self.config.input_dropout, self.training
        )
        return functional.normalize(self.encoder(steps), dim=-1) / self.config.temperature


class _Recurrent(nn.Module):
    """A GRU."""

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        self.dropout = config.dropout
        self.cells = nn.GRU(config.dimensions, config.dimensions, batch_first=True)
        self.out = nn.Linear(config.dimensions, config.dimensions)

    def forward(self, steps: Tensor) -> Tensor:
        """Encode (B, T, D) to (B, T, D)."""
        states = self.cells(steps)[0]
        return torch.as_tensor(self.out(functional.dropout(states, self.dropout, self.training)))


class _Attention(nn.Module):
    """Causal self-attention; positions are counted from the oldest step."""

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        self.positions = nn.Embedding(config.longest, config.dimensions)
        nn.init.normal_(self.positions.weight, std=0.02)
        self.blocks = nn.ModuleList([_Block(config) for _ in range(config.layers)])
        self.norm = nn.LayerNorm(config.dimensions)

    def forward(self, steps: Tensor) -> Tensor:
        """Encode (B, T, D) to (B, T, D)."""
        length = steps.shape[1]
        states = steps + self.positions.weight[:length]
        future = torch.full((length, length), -torch.inf).triu(1)
        for block in self.blocks:
            states = block(states, future)
        return torch.as_tensor(self.norm(states))


class _Block(nn.Module):
    """Attention over earlier steps, then a feed-forward layer for each step."""

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        size = config.dimensions
        self.config = config
        self.projection = nn.Linear(size, 3 * size)
        self.output = nn.Linear(size, size)
        self.expand = nn.Linear(size, 4 * size)
        self.contract = nn.Linear(4 * size, size)
        self.first_norm, self.second_norm = nn.LayerNorm(size), nn.LayerNorm(size)

    def forward(self, states: Tensor, future: Tensor) -> Tensor:
        """Encode (B, T, D) to (B, T, D); `future` (T, T) is -inf at later steps, else 0."""
        states = states + self._drop(self._attend(self.first_norm(states), future))
        inner = self._drop(functional.gelu(self.expand(self.second_norm(states))))
        return states + self._drop(self.contract(inner))

    def _attend(self, states: Tensor, future: Tensor) -> Tensor:
        users, length, size = states.shape
        heads = self.config.heads
        queries, keys, values = (
            self.projection(states)
            .view(users, length, 3, heads, size // heads)
            .permute(2, 0, 3, 1, 4)
        )  # each (B, heads, T, D / heads)
        weights = queries @ keys.transpose(-1, -2) / math.sqrt(size // heads) + future
        weights = functional.dropout(
            weights.softmax(dim=-1), self.config.attention_dropout, self.training
        )
        mixed = (weights @ values).transpose(1, 2).reshape(users, length, size)
        return torch.as_tensor(self.output(mixed))

    def _drop(self, values: Tensor) -> Tensor:
        return functional.dropout(values, self.config.dropout, self.training)
