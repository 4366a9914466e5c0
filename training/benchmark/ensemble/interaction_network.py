"""Feature scaling, and small networks that learn interactions between features.

The score of a posting is Σ weight · feature plus the output of a small network for what features
mean only together. The weights start from a conditional logit
(`training.content_ranker.conditional_logit`); the networks start from an output of 0, and several
are averaged.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

_HIDDEN = 32
_DROPOUT = 0.3
_LEARNING_RATE = 2e-3
_WEIGHT_DECAY = 0.05
_BATCH = 32
_CONSTANT = 1e-6
"""Features of a lower deviation are constant and get scaled to 0."""
_CLIP = 8.0
"""Scaled features are clipped to so many deviations."""


@dataclass(frozen=True, eq=False)
class FeatureScaler:
    """Mean and deviation of each feature, (F,) float32."""

    mean: np.ndarray
    deviation: np.ndarray

    @classmethod
    def fit(cls, features: np.ndarray) -> "FeatureScaler":
        """Measure (B, C, F) features."""
        flat = features.reshape(-1, features.shape[-1])
        mean = flat.mean(axis=0, dtype=np.float64)
        deviation = np.sqrt(np.maximum((flat**2).mean(axis=0, dtype=np.float64) - mean**2, 0.0))
        deviation[deviation < _CONSTANT] = np.inf
        return cls(mean.astype(np.float32), deviation.astype(np.float32))

    def transform(self, features: np.ndarray) -> np.ndarray:
        """Scale features, (..., F), to mean 0 and deviation 1."""
        scaled = (features - self.mean) / self.deviation
        return np.asarray(np.clip(scaled, -_CLIP, _CLIP), dtype=np.float32)


class InteractionNetwork(nn.Module):
    """A linear score plus one hidden layer, which is silent at first."""

    def __init__(self, weights: Tensor) -> None:
        super().__init__()
        self.weights = nn.Parameter(weights.clone())  # (F,)
        self.hidden = nn.Linear(len(weights), _HIDDEN)
        self.out = nn.Linear(_HIDDEN, 1, bias=False)
        nn.init.zeros_(self.out.weight)

    def forward(self, features: Tensor) -> Tensor:
        """Score (..., F) to (...)."""
        dropped = functional.dropout(features, _DROPOUT, self.training)
        hidden = functional.gelu(self.hidden(dropped))
        interactions = self.out(functional.dropout(hidden, _DROPOUT, self.training))[..., 0]
        return torch.as_tensor(features @ self.weights + interactions)


class NetworkTrainer:
    """Trains one network an epoch at a time, so that the number of epochs can be chosen."""

    def __init__(
        self, features: Tensor, example_weights: Tensor, weights: Tensor, seed: int
    ) -> None:
        self._generator = torch.Generator().manual_seed(seed)
        self._features = features
        self._example_weights = example_weights * len(example_weights)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.network = InteractionNetwork(weights)
            self._state = torch.get_rng_state()
        rest = [*self.network.hidden.parameters(), *self.network.out.parameters()]
        groups: list[dict[str, Any]] = [
            {"params": [self.network.weights], "lr": _LEARNING_RATE / 5},
            {"params": rest},
        ]
        self._optimizer = torch.optim.AdamW(groups, lr=_LEARNING_RATE, weight_decay=_WEIGHT_DECAY)

    def epoch(self) -> None:
        """Pass over all examples once."""
        with torch.random.fork_rng(devices=[]):
            torch.set_rng_state(self._state)
            self.network.train()
            order = torch.randperm(len(self._features), generator=self._generator)
            for batch in torch.split(order, _BATCH):
                chosen = self.network(self._features[batch]).log_softmax(dim=1)[:, 0]
                loss = -(chosen * self._example_weights[batch]).mean()
                self._optimizer.zero_grad()
                loss.backward()
                self._optimizer.step()
            self._state = torch.get_rng_state()
        self.network.eval()


def mean_scores(networks: Sequence[InteractionNetwork], features: np.ndarray) -> np.ndarray:
    """Average the scores of networks for scaled features, (C, F) to (C,) float64."""
    with torch.no_grad():
        inputs = torch.from_numpy(features)
        scores = [network(inputs).double().numpy() for network in networks]
        return np.asarray(np.mean(scores, axis=0))
