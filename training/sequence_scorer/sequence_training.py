"""Training of sequence models: every step of every history is an example.

The loop's order is: learning rate, forward, loss, backward, step, average. Weights are averaged
over the last steps (Polyak averaging), which is worth several epochs and costs nothing at scoring.
"""

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from pydantic import Field
from torch import Tensor

from training.model.presets import Config
from training.sequence_scorer.attention_scorer import EncoderConfig
from training.sequence_scorer.sampled_softmax import sampled_cross_entropy
from training.sequence_scorer.sequence_encoder import ItemAttributes, SequenceModel


class SequenceConfig(Config):
    """A sequence model and its training."""

    encoder: EncoderConfig = Field(description="the shape")
    learning_rate: float = Field(gt=0, description="peak learning rate of Adam")
    epochs: int = Field(ge=1, description="passes over the histories")
    least_steps: int = Field(ge=1, description="small data get more epochs, up to so many steps")
    most_epochs: int = Field(ge=1, description="limit of these epochs")
    tokens: int = Field(ge=1, description="places of a batch, padding included")
    negatives: int = Field(ge=1, description="items that a target is compared with in a step")
    averaging: float = Field(ge=0, lt=1, description="share of the average kept at each step")

    def epochs_for(self, batches: int) -> int:
        """Return the number of epochs of so many batches each."""
        wanted = math.ceil(self.least_steps / max(batches, 1))
        return max(self.epochs, min(wanted, self.most_epochs))


_WARM_UP = 100
_FINAL_RATE = 0.05
"""Share of the learning rate at the end of the cosine decay."""
OnEpoch = Callable[[int, int, SequenceModel, Mapping[str, Tensor]], bool]
"""Called after each epoch with its number from 1, the number of epochs, the model and its averaged
weights; returns whether to go on."""


def sequence_config(*, dimensions: int, layers: int, dropout: float, epochs: int) -> SequenceConfig:
    """Return the settings of a sequence model of the given size."""
    return SequenceConfig(
        encoder=EncoderConfig(
            dimensions=dimensions,
            heads=2,
            layers=layers,
            dropout=dropout,
            attention_dropout=0.2,
            input_dropout=0.4,
            temperature=0.1,
            longest=50,
        ),
        learning_rate=4e-3,
        epochs=epochs,
        least_steps=1_500,
        most_epochs=40,
        tokens=1_000,
        negatives=2_048,
        averaging=0.995,
    )


def train(
    config: SequenceConfig,
    histories: Sequence[np.ndarray],
    items: int,
    attributes: ItemAttributes | None,
    *,
    seed: int,
    on_epoch: OnEpoch,
) -> None:
    """Train a model of N items.

    Histories are (n,) int64 places of items each, oldest first; those of a single item are skipped.
    """
    random = np.random.default_rng(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = SequenceModel(items, config.encoder, attributes)
        averaged = {name: value.detach().clone() for name, value in model.state_dict().items()}
        optimizer = torch.optim.Adam(model.parameters(), lr=config.learning_rate, fused=True)
        usable = [own[-config.encoder.longest - 1 :] for own in histories if len(own) > 1]
        per_epoch = len(_batches(usable, config.tokens, np.random.default_rng(0)))
        epochs, step = config.epochs_for(per_epoch), 0
        for epoch in range(1, epochs + 1):
            model.train()
            for batch in _batches(usable, config.tokens, random):
                for group in optimizer.param_groups:
                    group["lr"] = config.learning_rate * _schedule(step, epochs * per_epoch)
                whole = _padded([usable[place] for place in batch], items)
                inputs, targets = whole[:, :-1], whole[:, 1:]
                filled = targets < items
                vectors = model.vectors()
                states = model(inputs, vectors)[filled]
                loss = sampled_cross_entropy(
                    states, vectors, targets[filled], config.negatives, random
                )
                optimizer.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                optimizer.step()
                step += 1
                _average(averaged, model, min(config.averaging, step / (step + 9)))
            model.eval()
            if not on_epoch(epoch, epochs, model, averaged):
                return


def _schedule(step: int, steps: int) -> float:
    """Return the share of the learning rate at a step: linear warm-up, then cosine decay."""
    decay = _FINAL_RATE + (1 - _FINAL_RATE) * (0.5 + 0.5 * math.cos(math.pi * step / steps))
    return min(1.0, (step + 1) / _WARM_UP) * decay


def _average(averaged: Mapping[str, Tensor], model: SequenceModel, keep: float) -> None:
    with torch.no_grad():
        for name, value in model.state_dict().items():
            averaged[name].lerp_(value, 1 - keep)


def _batches(
    histories: Sequence[np.ndarray], tokens: int, random: np.random.Generator
) -> list[list[int]]:
    """Batch histories of similar length, so that there is little padding; in random order."""
    lengths = np.array([len(own) for own in histories])
    order = np.lexsort([random.random(len(lengths)), lengths])
    batches: list[list[int]] = []
    for place in order.tolist():
        if not batches or (len(batches[-1]) + 1) * lengths[place] > tokens:
            batches.append([])
        batches[-1].append(place)
    return [batches[place] for place in random.permutation(len(batches))]


def _padded(histories: Sequence[np.ndarray], padding: int) -> Tensor:
    """Return histories as (B, T) int64, padded at the end."""
    longest = max(len(own) for own in histories)
    padded = np.full((len(histories), longest), padding, dtype=np.int64)
    for row, own in enumerate(histories):
        padded[row, : len(own)] = own
    return torch.from_numpy(padded)
