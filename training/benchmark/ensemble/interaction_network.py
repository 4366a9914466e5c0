"""The content ranker: a weight for each number, and a small network for what they say together.

The score is Σ over numbers of weight · number, each a likeness gathered over the history, plus what
a small network adds where numbers matter only together. The weights are those of a softmax
regression (McFadden's conditional logit), which have one optimum; the networks start from saying
nothing and are averaged.
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
_LINEAR_STEPS = 60
_CONSTANT = 1e-6
_FAR = 8.0
"""Numbers further from the mean than so many deviations count as that far."""


@dataclass(frozen=True, eq=False)
class Scale:
    """Mean and deviation of each number, (F,) float32."""

    mean: np.ndarray
    deviation: np.ndarray

    @classmethod
    def of(cls, numbers: np.ndarray) -> "Scale":
        """Measure (B, C, F)."""
        flat = numbers.reshape(-1, numbers.shape[-1])
        mean = flat.mean(axis=0, dtype=np.float64)
        deviation = np.sqrt(np.maximum((flat**2).mean(axis=0, dtype=np.float64) - mean**2, 0.0))
        deviation[deviation < _CONSTANT] = np.inf  # what never changes says nothing
        return cls(mean.astype(np.float32), deviation.astype(np.float32))

    def apply(self, numbers: np.ndarray) -> np.ndarray:
        """Bring numbers, (..., F), to mean 0 and deviation 1."""
        scaled = (numbers - self.mean) / self.deviation
        return np.asarray(np.clip(scaled, -_FAR, _FAR), dtype=np.float32)


class Interplay(nn.Module):
    """What numbers say only together: one hidden layer, at first nothing."""

    def __init__(self, weights: Tensor) -> None:
        super().__init__()
        self.weights = nn.Parameter(weights.clone())  # (F,)
        self.hidden = nn.Linear(len(weights), _HIDDEN)
        self.out = nn.Linear(_HIDDEN, 1, bias=False)
        nn.init.zeros_(self.out.weight)

    def forward(self, numbers: Tensor) -> Tensor:
        """Score (..., F) to (...)."""
        dropped = functional.dropout(numbers, _DROPOUT, self.training)
        hidden = functional.gelu(self.hidden(dropped))
        together = self.out(functional.dropout(hidden, _DROPOUT, self.training))[..., 0]
        return torch.as_tensor(numbers @ self.weights + together)


def regress(numbers: Tensor, each: Tensor, pull: float) -> Tensor:
    """Fit the weights: cross-entropy plus `pull` times their squares.

    Args:
        numbers: (B, C, F) scaled, what was chosen at 0.
        each: (B,) what an example counts, summing to 1.
        pull: towards 0.

    Returns:
        (F,).
    """
    weights = torch.zeros(numbers.shape[-1], requires_grad=True)
    optimizer = torch.optim.LBFGS(
        [weights], max_iter=_LINEAR_STEPS, history_size=20, line_search_fn="strong_wolfe"
    )

    def loss() -> Tensor:
        optimizer.zero_grad()
        chosen = (numbers @ weights).log_softmax(dim=1)[:, 0]
        found = -(chosen * each).sum() + pull * (weights**2).sum()
        found.backward()  # type: ignore[no-untyped-call]
        return found

    optimizer.step(loss)  # type: ignore[no-untyped-call]
    return weights.detach()


class Learner:
    """One network on its way, an epoch at a time, so that the number of epochs can be chosen."""

    def __init__(self, numbers: Tensor, each: Tensor, weights: Tensor, seed: int) -> None:
        self._chance = torch.Generator().manual_seed(seed)
        self._numbers = numbers
        self._each = each * len(each)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.network = Interplay(weights)
            self._state = torch.get_rng_state()
        rest = [*self.network.hidden.parameters(), *self.network.out.parameters()]
        groups: list[dict[str, Any]] = [
            {"params": [self.network.weights], "lr": _LEARNING_RATE / 5},
            {"params": rest},
        ]
        self._optimizer = torch.optim.AdamW(groups, lr=_LEARNING_RATE, weight_decay=_WEIGHT_DECAY)

    def epoch(self) -> float:
        """Pass over all examples once, and return the mean loss."""
        total = 0.0
        with torch.random.fork_rng(devices=[]):
            torch.set_rng_state(self._state)
            self.network.train()
            order = torch.randperm(len(self._numbers), generator=self._chance)
            for batch in torch.split(order, _BATCH):
                chosen = self.network(self._numbers[batch]).log_softmax(dim=1)[:, 0]
                loss = -(chosen * self._each[batch]).mean()
                self._optimizer.zero_grad()
                loss.backward()
                self._optimizer.step()
                total += float(loss.detach()) * len(batch)
            self._state = torch.get_rng_state()
        self.network.eval()
        return total / len(self._numbers)


def mean_scores(networks: Sequence[Interplay], numbers: np.ndarray) -> np.ndarray:
    """Average the scores of some networks for scaled numbers, (C, F) to (C,) float64."""
    with torch.no_grad():
        given = torch.from_numpy(numbers)
        scores = [network(given).double().numpy() for network in networks]
        return np.asarray(np.mean(scores, axis=0))
