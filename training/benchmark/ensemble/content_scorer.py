"""The member of `best()` for postings that say something: chosen, trained, and as a scorer."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch

from streaming.errors import InputError
from training.benchmark.ensemble.history_features import Features
from training.benchmark.ensemble.interaction_network import (
    Interplay,
    Learner,
    Scale,
    mean_scores,
    regress,
)
from training.benchmark.ensemble.members import Member
from training.benchmark.ensemble.posting_vectors import Said, read
from training.benchmark.ensemble.ranker_examples import make
from training.benchmark.protocols.training_view import Cases, History, OnProgress, TrainingView
from training.evaluation.ranking_metrics import METRICS, Places, of_places

_PULLS = (3e-2, 1e-2, 1e-1)
_MEMBERS = 4
_MOST_EPOCHS = 8
_MOST_CASES = 1_500


@dataclass(frozen=True, eq=False)
class ContentScorer:
    """Scores postings by what they say and by who looked at what."""

    features: Features
    scale: Scale
    linear: np.ndarray
    """(F,) the regression's weights."""
    networks: tuple[Interplay, ...]
    """None of them: the regression alone."""

    def scores(self, histories: Sequence[History]) -> np.ndarray:
        """Score every posting for each of B histories: (B, N) float32."""
        return np.stack([self._score(history) for history in histories])

    def _score(self, history: History) -> np.ndarray:
        numbers = self.scale.apply(self.features.of(history))
        found = mean_scores(self.networks, numbers) if self.networks else numbers @ self.linear
        return np.asarray(found, dtype=np.float32)

    def explain(self, history: History, item: int) -> dict[str, float]:
        """Split the score of a posting: what each number adds, and what they add together."""
        numbers = self.scale.apply(self.features.of(history, np.array([item])))[0]
        parts = dict(zip(self.features.names, (numbers * self.linear).tolist(), strict=True))
        if self.networks:
            whole = float(mean_scores(self.networks, numbers[None])[0])
            parts["together"] = whole - sum(parts.values())
        return parts

    def weights(self) -> Mapping[str, np.ndarray]:
        """Return all that was learned."""
        found = {
            "linear": self.linear,
            "mean": self.scale.mean,
            "deviation": self.scale.deviation,
            "held": self.features.held.indices,
        }
        for place, network in enumerate(self.networks):
            for name, values in network.state_dict().items():
                found[f"network{place}/{name}"] = values.numpy()
        return found


@dataclass(frozen=True, eq=False)
class Material:
    """What both trainings, the choosing and the final one, need alike."""

    features: Features
    scale: Scale
    numbers: torch.Tensor
    each: torch.Tensor


def content(training: TrainingView, seed: int, on_progress: OnProgress) -> Member:
    """Choose on the validation part how much to trust what was learned, then train on everything.

    Args:
        training: a view whose items say something.
        seed: of examples and networks.
        on_progress: told now and then.
    """
    said = read(training.postings or ())
    material = gather(said, training.histories, seed, on_progress)
    pull, epochs, curve = choose_ranker(material, training.validation, seed, on_progress)

    def finish() -> ContentScorer:
        final = material
        if training.final_histories is not training.histories:
            final = gather(said, training.final_histories, seed, on_progress)
        return _trained(final, pull, epochs, seed, on_progress)

    choices = {"pull": pull, "epochs": epochs, "networks": _MEMBERS if epochs else 0}
    chosen = _Later(lambda: _trained(material, pull, epochs, seed, on_progress))
    return Member("content", chosen, finish, choices, curve)


@dataclass(eq=False)
class _Later:
    """A scorer that is trained when it is asked: with nothing to blend it never is."""

    make: Callable[[], ContentScorer]
    made: ContentScorer | None = None

    def scores(self, histories: Sequence[History]) -> np.ndarray:
        self.made = self.made or self.make()
        return self.made.scores(histories)

    def weights(self) -> Mapping[str, np.ndarray]:
        self.made = self.made or self.make()
        return self.made.weights()


def _trained(
    material: Material, pull: float, epochs: int, seed: int, on_progress: OnProgress
) -> ContentScorer:
    """Train with what was chosen."""
    linear = regress(material.numbers, material.each, pull)
    networks = []
    for member in range(_MEMBERS if epochs else 0):
        learner = Learner(material.numbers, material.each, linear, seed * _MEMBERS + member)
        for _ in range(epochs):
            learner.epoch()
        networks.append(learner.network)
        on_progress("training the content ranker", (member + 1) / _MEMBERS)
    return ContentScorer(material.features, material.scale, linear.numpy(), tuple(networks))


def gather(
    said: Said, histories: Sequence[History], seed: int, on_progress: OnProgress
) -> Material:
    """Count what histories show, and make examples of them."""
    features = Features.count(said, histories)
    examples = make(features, said, histories, seed, on_progress)
    if not len(examples.weights):
        raise InputError(
            "nobody looked at three postings or more, so that there is no next posting to learn "
            "from; give a longer stream"
        )
    scale = Scale.of(examples.numbers)
    numbers = torch.from_numpy(scale.apply(examples.numbers))
    return Material(features, scale, numbers, torch.from_numpy(examples.weights))


def choose_ranker(
    material: Material, cases: Cases, seed: int, on_progress: OnProgress
) -> tuple[float, int, list[float]]:
    """Find the pull and the epochs of the networks that are best on the validation part.

    Returns:
        The pull, the epochs (0 where the networks bring nothing), and NDCG@10 after each epoch.
    """
    if not len(cases):
        return _PULLS[0], 0, []
    kept = Kept.of(material, cases, on_progress)
    linears = [regress(material.numbers, material.each, pull) for pull in _PULLS]
    values = [kept.values(partial(weighed, weights.numpy()))[1] for weights in linears]
    best = int(np.argmax(values))
    learners = [
        Learner(material.numbers, material.each, linears[best], seed * _MEMBERS + member)
        for member in range(_MEMBERS)
    ]
    networks = [learner.network for learner in learners]
    curve = [values[best]]
    for epoch in range(_MOST_EPOCHS):
        for learner in learners:
            learner.epoch()
        curve.append(kept.values(lambda x: mean_scores(networks, x))[1])
        on_progress("choosing", (epoch + 1) / _MOST_EPOCHS)
    return _PULLS[best], int(np.argmax(curve)), curve


def weighed(weights: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    """Score scaled numbers, (C, F) to (C,)."""
    return np.asarray(numbers @ weights)


@dataclass(frozen=True, eq=False)
class Kept:
    """The scaled numbers of validation cases, of those that compete, computed once."""

    numbers: list[np.ndarray]
    targets: list[int]

    @classmethod
    def of(cls, material: Material, cases: Cases, on_progress: OnProgress) -> "Kept":
        """Compute them."""
        numbers, targets = [], []
        total = min(len(cases), _MOST_CASES)
        for place in range(total):
            history, target = cases.histories[place], int(cases.targets[place])
            free = cases.pools == cases.pools[target]
            free[history.items] = False
            free[target] = True
            columns = np.flatnonzero(free)
            found = material.scale.apply(material.features.of(history, columns))
            numbers.append(found.astype(np.float16))
            targets.append(int(np.searchsorted(columns, target)))
            on_progress("comparing", (place + 1) / total)
        return cls(numbers, targets)

    def values(self, score: Callable[[np.ndarray], np.ndarray]) -> tuple[float, float]:
        """HR@10 and NDCG@10 of a way to score (C, F)."""
        placed = []
        for numbers, target in zip(self.numbers, self.targets, strict=True):
            scores = score(numbers.astype(np.float32))
            own = scores[target]
            placed.append(((scores > own).sum(), (scores == own).sum()))
        better, equal = np.array(placed, dtype=np.int64).T
        found = of_places(Places(better, equal)).mean(axis=0)
        return float(found[METRICS.index("hr@10")]), float(found[METRICS.index("ndcg@10")])
