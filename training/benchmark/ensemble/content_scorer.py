"""The content member of the ensemble: selection, training and scoring.

Postings are scored by a conditional logit over `HistoryFeatures`, and where that is better on the
validation part, by networks on top of it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch

from streaming.errors import InputError
from training.benchmark.ensemble.content_features.history_features import HistoryFeatures
from training.benchmark.ensemble.content_features.posting_vectors import PostingVectors, vectorise
from training.benchmark.ensemble.content_features.ranker_examples import make_examples
from training.benchmark.ensemble.interaction_network import (
    FeatureScaler,
    InteractionNetwork,
    NetworkTrainer,
    mean_scores,
)
from training.benchmark.ensemble.members import Member
from training.benchmark.protocols.competitors import competing_items
from training.benchmark.protocols.training_view import Cases, History, OnProgress, TrainingView
from training.content_ranker.conditional_logit import softmax_regression
from training.evaluation.ranking_metrics import METRICS, TiedRanks, expected_metrics

_L2_GRID = (3e-2, 1e-2, 1e-1)
_NETWORKS = 4
_MOST_EPOCHS = 8
_MOST_CASES = 1_500


@dataclass(frozen=True, eq=False)
class EnsembleContentScorer:
    """Scores postings by their content and by who viewed what."""

    features: HistoryFeatures
    scaler: FeatureScaler
    linear: np.ndarray
    """(F,) the weights of the regression."""
    networks: tuple[InteractionNetwork, ...]
    """Empty: the regression alone scores."""

    def scores(self, histories: Sequence[History]) -> np.ndarray:
        """Score every posting for each of B histories: (B, N) float32."""
        return np.stack([self._score(history) for history in histories])

    def _score(self, history: History) -> np.ndarray:
        features = self.scaler.transform(self.features.of(history))
        scores = mean_scores(self.networks, features) if self.networks else features @ self.linear
        return np.asarray(scores, dtype=np.float32)

    def weights(self) -> Mapping[str, np.ndarray]:
        """Return everything that was learned."""
        arrays = {
            "linear": self.linear,
            "mean": self.scaler.mean,
            "deviation": self.scaler.deviation,
            "held": self.features.held.indices,
        }
        for place, network in enumerate(self.networks):
            for name, values in network.state_dict().items():
                arrays[f"network{place}/{name}"] = values.numpy()
        return arrays


@dataclass(frozen=True, eq=False)
class ContentTrainingSet:
    """Counts and scaled examples of a set of histories."""

    features: HistoryFeatures
    scaler: FeatureScaler
    examples: torch.Tensor
    """(B, C, F) scaled features."""
    weights: torch.Tensor
    """(B,) of the examples."""

    @classmethod
    def build(
        cls,
        postings: PostingVectors,
        histories: Sequence[History],
        seed: int,
        on_progress: OnProgress,
    ) -> "ContentTrainingSet":
        """Count what histories show, and make examples of them.

        Raises:
            InputError: no history has a next posting to learn from.
        """
        features = HistoryFeatures.count(postings, histories)
        examples = make_examples(features, postings, histories, seed, on_progress)
        if not len(examples.weights):
            raise InputError(
                "nobody looked at three postings or more, so that there is no next posting to "
                "learn from; give a longer stream"
            )
        scaler = FeatureScaler.fit(examples.features)
        scaled = torch.from_numpy(scaler.transform(examples.features))
        return cls(features, scaler, scaled, torch.from_numpy(examples.weights))

    def regress(self, l2: float) -> torch.Tensor:
        """Fit the weights of the regression, (F,)."""
        return softmax_regression(self.examples, self.weights, l2)

    def trainers(self, linear: torch.Tensor, seed: int) -> list[NetworkTrainer]:
        """Start the networks from the weights of the regression."""
        return [
            NetworkTrainer(self.examples, self.weights, linear, seed * _NETWORKS + place)
            for place in range(_NETWORKS)
        ]


def content_member(training: TrainingView, seed: int, on_progress: OnProgress) -> Member:
    """Select the L2 penalty and the number of epochs on the validation part."""
    postings = vectorise(training.postings or ())
    selection = ContentTrainingSet.build(postings, training.histories, seed, on_progress)
    l2, epochs, curve = select_settings(selection, training.validation, seed, on_progress)

    def finish() -> EnsembleContentScorer:
        final = selection
        if training.final_histories is not training.histories:
            final = ContentTrainingSet.build(postings, training.final_histories, seed, on_progress)
        return _train(final, l2, epochs, seed, on_progress)

    choices = {"l2": l2, "epochs": epochs, "networks": _NETWORKS if epochs else 0}
    scorer = _LazyScorer(lambda: _train(selection, l2, epochs, seed, on_progress))
    return Member("content", scorer, finish, choices, curve)


@dataclass(eq=False)
class _LazyScorer:
    """Trains a scorer at its first use: without other members to blend with there is none."""

    make: Callable[[], EnsembleContentScorer]
    made: EnsembleContentScorer | None = None

    def scores(self, histories: Sequence[History]) -> np.ndarray:
        self.made = self.made or self.make()
        return self.made.scores(histories)

    def weights(self) -> Mapping[str, np.ndarray]:
        self.made = self.made or self.make()
        return self.made.weights()


def _train(
    training: ContentTrainingSet, l2: float, epochs: int, seed: int, on_progress: OnProgress
) -> EnsembleContentScorer:
    """Train with the selected settings."""
    linear = training.regress(l2)
    trainers = training.trainers(linear, seed) if epochs else []
    for place, trainer in enumerate(trainers, start=1):
        for _ in range(epochs):
            trainer.epoch()
        on_progress("training the content ranker", place / _NETWORKS)
    networks = tuple(trainer.network for trainer in trainers)
    return EnsembleContentScorer(training.features, training.scaler, linear.numpy(), networks)


def select_settings(
    training: ContentTrainingSet, cases: Cases, seed: int, on_progress: OnProgress
) -> tuple[float, int, list[float]]:
    """Find the L2 penalty, then the epochs of the networks, that are best on validation cases.

    Returns:
        The penalty, the epochs (0 where the networks do not help), and NDCG@10 after each epoch.
    """
    if not len(cases):
        return _L2_GRID[0], 0, []
    validation = ValidationFeatures.of(training, cases, on_progress)
    linears = [training.regress(l2) for l2 in _L2_GRID]
    values = [validation.measure(partial(linear_scores, w.numpy()))[1] for w in linears]
    best = int(np.argmax(values))
    trainers = training.trainers(linears[best], seed)
    networks = [trainer.network for trainer in trainers]
    curve = [values[best]]
    for epoch in range(1, _MOST_EPOCHS + 1):
        for trainer in trainers:
            trainer.epoch()
        curve.append(validation.measure(partial(mean_scores, networks))[1])
        on_progress("choosing", epoch / _MOST_EPOCHS)
    return _L2_GRID[best], int(np.argmax(curve)), curve


def linear_scores(weights: np.ndarray, features: np.ndarray) -> np.ndarray:
    """Score scaled features, (C, F) to (C,)."""
    return np.asarray(features @ weights)


@dataclass(frozen=True, eq=False)
class ValidationFeatures:
    """The scaled features of validation cases over the target's competitors, computed once."""

    features: list[np.ndarray]
    """(C, F) float16 each."""
    targets: list[int]
    """Row of the target in each."""

    @classmethod
    def of(
        cls, training: ContentTrainingSet, cases: Cases, on_progress: OnProgress
    ) -> "ValidationFeatures":
        """Compute the features."""
        features, targets = [], []
        total = min(len(cases), _MOST_CASES)
        for place in range(total):
            history, target = cases.histories[place], cases.targets[place]
            competing = competing_items([history], cases.targets[[place]], cases.pools)[0]
            competing[target] = True
            columns = np.flatnonzero(competing)
            scaled = training.scaler.transform(training.features.of(history, columns))
            features.append(scaled.astype(np.float16))
            targets.append(int(np.searchsorted(columns, target)))
            on_progress("comparing", (place + 1) / total)
        return cls(features, targets)

    def measure(self, score: Callable[[np.ndarray], np.ndarray]) -> tuple[float, float]:
        """Return HR@10 and NDCG@10 of a function that scores (C, F) features."""
        better, equal = [], []
        for features, target in zip(self.features, self.targets, strict=True):
            scores = score(features.astype(np.float32))
            better.append(np.count_nonzero(scores > scores[target]))
            equal.append(np.count_nonzero(scores == scores[target]))
        values = expected_metrics(TiedRanks(np.array(better), np.array(equal))).mean(axis=0)
        return float(values[METRICS.index("hr@10")]), float(values[METRICS.index("ndcg@10")])
