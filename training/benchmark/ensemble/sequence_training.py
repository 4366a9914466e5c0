"""The training of sequence models: every step of every history is an example, shared computation.

One page in a fixed order: learning rate, forward, loss, backward, step, average. Weights are
averaged over the last steps (Polyak), which is worth several epochs and costs nothing to score.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from pydantic import Field
from torch import Tensor

from training.benchmark.ensemble.chunked_softmax import sampled
from training.benchmark.ensemble.sequence_encoder import EncoderConfig, SequenceModel, Words
from training.benchmark.protocols.training_view import History
from training.model.presets import Config


class SequenceConfig(Config):
    """A sequence model and its training."""

    encoder: EncoderConfig = Field(description="the shape")
    learning_rate: float = Field(gt=0, description="Adam's, at its peak")
    epochs: int = Field(ge=1, description="passes over the histories")
    least_steps: int = Field(ge=1, description="small data pass by until there are so many steps")
    most_epochs: int = Field(ge=1, description="but not more often than this")
    tokens: int = Field(ge=1, description="places of a batch, padding included")
    rivals: int = Field(ge=1, description="items that a target is compared with in a step")
    averaging: float = Field(ge=0, lt=1, description="share of the average kept at each step")

    def rounds(self, batches: int) -> int:
        """Epochs for so many batches each: small data pass by more often."""
        wanted = math.ceil(self.least_steps / max(batches, 1))
        return max(self.epochs, min(wanted, self.most_epochs))


_WARM_UP = 100
_LAST_SHARE = 0.05
"""Of the learning rate, at the end of its fall along a cosine."""
_TOGETHER = 512


@dataclass(frozen=True, eq=False)
class SequenceScorer:
    """A trained model for scoring.

    Args:
        model: the averaged weights, in evaluation mode.
        vectors: (N, D) of the items.
    """

    model: SequenceModel
    vectors: Tensor

    @classmethod
    def of(cls, model: SequenceModel, averaged: Mapping[str, Tensor]) -> "SequenceScorer":
        """Copy a model with averaged weights in place of its own."""
        items = model.ids.num_embeddings
        copy = SequenceModel(items, model.config, model.words)
        copy.load_state_dict(dict(averaged))
        copy.eval()
        with torch.no_grad():
            return cls(copy, copy.vectors())

    def scores(self, histories: Sequence[History]) -> np.ndarray:
        """Score every item for each of B histories: logarithms of chances, (B, N) float32."""
        longest = self.model.config.longest
        found = torch.empty(len(histories), self.vectors.shape[1])
        order = np.argsort([len(history) for history in histories], kind="stable")
        with torch.no_grad():
            for start in range(0, len(order), _TOGETHER):
                rows = order[start : start + _TOGETHER]
                items = [histories[row].items[-longest:] for row in rows]
                states = self.model(_padded(items, len(self.vectors)), self.vectors)
                last = torch.tensor([len(own) - 1 for own in items])
                found[torch.from_numpy(rows)] = states[torch.arange(len(items)), last]
            return np.asarray((found @ self.vectors.T).log_softmax(dim=1).numpy())

    def weights(self) -> Mapping[str, np.ndarray]:
        """Return all that was learned."""
        return {name: value.numpy() for name, value in self.model.state_dict().items()}


def train(
    config: SequenceConfig,
    histories: Sequence[np.ndarray],
    items: int,
    words: Words | None,
    *,
    seed: int,
    each_epoch: Callable[[int, int, SequenceModel, Mapping[str, Tensor], float], None],
) -> None:
    """Train a model.

    Args:
        config: shape and training.
        histories: rows of items, oldest first; those of a single item teach nothing.
        items: N.
        words: attributes; None for none.
        seed: of everything random.
        each_epoch: told the epoch from 1, the number of epochs, the model, its averaged weights and
            the mean loss.
    """
    chance = np.random.default_rng(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = SequenceModel(items, config.encoder, words)
        averaged = {name: value.detach().clone() for name, value in model.state_dict().items()}
        optimizer = torch.optim.Adam(model.parameters(), lr=config.learning_rate, fused=True)
        usable = [own[-config.encoder.longest - 1 :] for own in histories if len(own) > 1]
        per_round = len(_batches(usable, config.tokens, np.random.default_rng(0)))
        rounds, step = config.rounds(per_round), 0
        for epoch in range(1, rounds + 1):
            total, count = 0.0, 0
            model.train()
            for batch in _batches(usable, config.tokens, chance):
                for group in optimizer.param_groups:
                    group["lr"] = config.learning_rate * _share(step, rounds * per_round)
                whole = _padded([usable[place] for place in batch], items)
                given, wanted = whole[:, :-1], whole[:, 1:]
                real = wanted < items
                vectors = model.vectors()
                states = model(given, vectors)[real]
                loss = sampled(states, vectors, wanted[real], config.rivals, chance)
                optimizer.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                optimizer.step()
                step += 1
                _average(averaged, model, min(config.averaging, step / (step + 9)))
                total, count = total + float(loss.detach()) * len(states), count + len(states)
            model.eval()
            each_epoch(epoch, rounds, model, averaged, total / max(count, 1))


def _share(step: int, steps: int) -> float:
    """Share of the learning rate at a step: up for the first hundred, then down along a cosine."""
    fall = _LAST_SHARE + (1 - _LAST_SHARE) * (0.5 + 0.5 * math.cos(math.pi * step / steps))
    return min(1.0, (step + 1) / _WARM_UP) * fall


def _average(averaged: Mapping[str, Tensor], model: SequenceModel, keep: float) -> None:
    with torch.no_grad():
        for name, value in model.state_dict().items():
            averaged[name].lerp_(value, 1 - keep)


def _batches(
    histories: Sequence[np.ndarray], tokens: int, chance: np.random.Generator
) -> list[list[int]]:
    """Put histories of like length together, so that little is padding; in random order."""
    lengths = np.array([len(own) for own in histories])
    order = np.lexsort([chance.random(len(lengths)), lengths])
    found: list[list[int]] = []
    for place in order.tolist():
        if not found or (len(found[-1]) + 1) * lengths[place] > tokens:
            found.append([])
        found[-1].append(place)
    return [found[place] for place in chance.permutation(len(found))]


def _padded(histories: Sequence[np.ndarray], padding: int) -> Tensor:
    """Lay histories out side by side, (B, T) int64, padded at the end."""
    longest = max(len(own) for own in histories)
    found = np.full((len(histories), longest), padding, dtype=np.int64)
    for row, own in enumerate(histories):
        found[row, : len(own)] = own
    return torch.from_numpy(found)
