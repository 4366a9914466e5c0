"""The score of stage two: Σ weight · feature, plus what features mean only together.

The second part is the output of small networks, averaged. Their weights start from a conditional
logit (`training.content_ranker.conditional_logit`), and their hidden layers from an output of 0.
They are trained with PyTorch and score with NumPy.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from scipy.special import erf
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


@dataclass(frozen=True, eq=False)
class InteractionScore:
    """Scores postings by their features; M networks of H hidden units."""

    scaler: FeatureScaler
    weights: np.ndarray
    """(F,) float32, of the linear part: the mean over the networks."""
    hidden: np.ndarray
    """(F, M · H) float32."""
    bias: np.ndarray
    """(M · H,) float32."""
    out: np.ndarray
    """(M · H,) float32, divided by M."""

    @classmethod
    def of(cls, scaler: FeatureScaler, networks: Sequence[InteractionNetwork]) -> Self:
        """Take over what networks have learned; at least one."""

        def gather(tensors: Sequence[Tensor]) -> np.ndarray:
            return torch.cat([tensor.detach() for tensor in tensors], dim=-1).numpy()

        return cls(
            scaler=scaler,
            weights=np.mean([network.weights.detach().numpy() for network in networks], axis=0),
            hidden=gather([network.hidden.weight.T for network in networks]),
            bias=gather([network.hidden.bias for network in networks]),
            out=gather([network.out.weight[0] for network in networks]) / len(networks),
        )

    def scores(self, features: np.ndarray) -> np.ndarray:
        """Score (C, F) features: (C,) float32."""
        scaled = self.scaler.transform(features)
        inputs = scaled @ self.hidden + self.bias
        activated = np.float32(0.5) * inputs * (1 + erf(inputs * np.float32(0.5**0.5)))
        return np.asarray(scaled @ self.weights + activated @ self.out, dtype=np.float32)

    def save(self, file: Path) -> None:
        """Write a file for `load`."""
        scaler = {"mean": self.scaler.mean, "deviation": self.scaler.deviation}
        own = {name: getattr(self, name) for name in ("weights", "hidden", "bias", "out")}
        np.savez(file, allow_pickle=False, **scaler, **own)

    @classmethod
    def load(cls, file: Path) -> Self:
        """Read what `save` wrote."""
        with np.load(file) as arrays:
            read = dict(arrays)
        return cls(FeatureScaler(read.pop("mean"), read.pop("deviation")), **read)


def mean_scores(networks: Sequence[InteractionNetwork], features: np.ndarray) -> np.ndarray:
    """Average the scores of networks for scaled features, (C, F) to (C,) float64."""
    with torch.no_grad():
        inputs = torch.from_numpy(features)
        scores = [network(inputs).double().numpy() for network in networks]
        return np.asarray(np.mean(scores, axis=0))
