"""The baseline of the reverse task: likeness of a posting to what each candidate viewed.

For each field (title words, title characters, employer, locality, region, industry) there are two
likenesses to a candidate's views: the mean, newer views weighing more, and the largest. Their
weights are fitted on earlier cases, the candidate who turned to the posting against others.
"""

from collections.abc import Mapping, Sequence
from typing import Self

import numpy as np
import torch
from scipy import sparse

from training.benchmark.baselines.content import field_vectors
from training.benchmark.protocols.reverse_views import Day
from training.content_ranker.conditional_logit import softmax_regression
from training.data.dataset import Dataset

_DECAY = 0.3
"""Of the weight, by view: that of the data's documented baseline."""
_NEGATIVES = 200
_L2 = 1e-3
_LEAST_DEVIATION = 0.05


class CandidateLikeness:
    """Ranks candidates for a posting."""

    def __init__(self, views: Dataset, blocks: Mapping[str, sparse.csr_array]) -> None:
        self._views = views
        self._blocks = blocks
        self.weights = np.ones(2 * len(blocks))

    @classmethod
    def fit(cls, views: Dataset, days: Sequence[Day], seed: int) -> Self:
        """Fit the weights on the cases of some days; there is at least one."""
        baseline = cls(views, field_vectors(views.catalogue.table.to_pylist()))
        random, choices = np.random.default_rng(seed), []
        for day in days:
            features = baseline.likenesses(day)
            for case, target in enumerate(day.targets.tolist()):
                others = np.delete(np.arange(len(day.candidates)), target)
                # A sample of one size, drawn with replacement: a day can have few who compete.
                drawn = random.choice(others if len(others) else [target], _NEGATIVES)
                choices.append(features[case][[target, *drawn.tolist()]])
        stacked = np.stack(choices)
        deviation = np.maximum(stacked.std(axis=(0, 1)), _LEAST_DEVIATION)
        weights = softmax_regression(
            torch.from_numpy(stacked / deviation),
            torch.full((len(stacked),), 1 / len(stacked)),
            _L2,
            torch.zeros(len(deviation), dtype=torch.float64),
        )
        baseline.weights = weights.numpy() / deviation
        return baseline

    def scores(self, day: Day) -> np.ndarray:
        """Score the P candidates of T cases, (T, P) float64."""
        return np.asarray(self.likenesses(day) @ self.weights)

    def likenesses(self, day: Day) -> np.ndarray:
        """Return the likenesses of T postings to the views of P candidates, (T, P, F) float32."""
        items = [self._views.postings[own] for own in day.events]
        lengths = np.array([len(own) for own in items])
        starts = np.cumsum(lengths) - lengths
        ages = np.concatenate([np.arange(length)[::-1] for length in lengths])
        decayed = np.exp(-_DECAY * ages)
        decayed /= np.repeat(np.add.reduceat(decayed, starts), lengths)
        parts = []
        for block in self._blocks.values():
            alike = (block[day.postings] @ block[np.concatenate(items)].T).toarray()
            parts.append(np.add.reduceat(alike * decayed, starts, axis=1))
            parts.append(np.maximum.reduceat(alike, starts, axis=1))
        return np.stack(parts, axis=2).astype(np.float32)
