"""The benchmark's preset `best`: an ensemble whose members the data decide.

This is not the preset `best` that the stream serves (`training.content_ranker.blended_ranker`). It
is larger, runs offline alone, and shows what the data allow.

Postings with content are ranked by the content member. Where most validation targets have been seen
before, sequence models and item-kNN are members too, with attributes where there are some. The
weights of the members are chosen on the validation part.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import logsumexp

from training.benchmark.baselines.grid_search import sample_cases
from training.benchmark.ensemble.content_scorer import content_member
from training.benchmark.ensemble.members import (
    Member,
    MemberScorer,
    baseline_member,
    sequence_member,
)
from training.benchmark.protocols.competitors import mean_metric
from training.benchmark.protocols.leave_last_out import items_held
from training.benchmark.protocols.training_view import (
    Cases,
    History,
    OnProgress,
    TrainingSummary,
    TrainingView,
)
from training.determinism import repeatable
from training.sequence_scorer.fit_sequence import SEQUENCES, choose_weights
from training.sequence_scorer.sequence_part import blend

_MOST_CASES = 4_000
_LEAST_SEEN = 0.5
"""Share of seen validation targets from which on models of ids are worth training."""
_MOST_STEPS = 50
"""Older steps of a history are no reasons: they have little influence."""


@dataclass(frozen=True, eq=False)
class EnsembleScorer:
    """The trained ensemble; a `training_view.Scorer`."""

    members: Mapping[str, MemberScorer]
    blend_weights: Mapping[str, float]
    trained: np.ndarray
    """(N,) bool: items of the training histories. Only the content member can score others."""
    summary: TrainingSummary

    def scores(self, histories: Sequence[History]) -> np.ndarray:
        """Score every item for each of B histories: (B, N) float32."""
        scores = {name: member.scores(histories) for name, member in self.members.items()}
        return blend(_demote_untrained(scores, self.trained), self.blend_weights)

    def reasons(self, histories: Sequence[History], items: np.ndarray) -> np.ndarray:
        """Name the step of each history that contributes most to its item: places, (B,) int64."""
        pairs = zip(histories, items.tolist(), strict=True)
        return np.array([most_influential_step(self.scores, *pair) for pair in pairs])

    def weights(self) -> Mapping[str, np.ndarray]:
        """Return everything that was learned or chosen."""
        learned = {
            f"{name}/{key}": values
            for name, member in self.members.items()
            for key, values in member.weights().items()
        }
        chosen = {f"blend/{name}": np.array(w) for name, w in self.blend_weights.items()}
        return {**learned, **chosen}


@repeatable()
def fit(training: TrainingView, *, seed: int, on_progress: OnProgress) -> EnsembleScorer:
    """Train the ensemble; see `training_view.Fit`."""
    started = time.monotonic()
    cases = sample_cases(training.validation, seed, _MOST_CASES)
    members = _members(training, cases, seed, on_progress)
    trained = items_held(training.histories, training.items)
    weights, ndcg = {members[0].name: 1.0}, None
    if len(members) > 1 and len(cases):
        scores = {member.name: member.selection.scores(cases.histories) for member in members}
        on_progress("blending", 0.0)
        weights, ndcg = choose_weights(
            _demote_untrained(scores, trained),
            lambda blended: mean_metric(lambda rows: blended[rows], cases),
        )
    searched = time.monotonic()
    scorers = {member.name: member.finish() for member in members if weights.get(member.name)}
    summary = TrainingSummary(
        seconds={"search": searched - started, "train": time.monotonic() - searched},
        choices={
            "blend": weights,
            "validation_ndcg@10": ndcg,
            **{member.name: dict(member.choices) for member in members},
        },
        curves={f"{m.name}/validation_ndcg@10": list(m.curve) for m in members if m.curve},
    )
    trained = items_held(training.final_histories, training.items)
    return EnsembleScorer(scorers, weights, trained, summary)


def _members(
    training: TrainingView, cases: Cases, seed: int, on_progress: OnProgress
) -> list[Member]:
    """Prepare the members that this data can use."""
    members: list[Member] = []
    if training.postings is not None:
        members.append(content_member(training, seed, on_progress))
    if training.postings is None or cases.seen[cases.targets].mean() >= _LEAST_SEEN:
        members += [
            sequence_member(
                name, config, training, cases, seed=seed + place, on_progress=on_progress
            )
            for place, (name, config) in enumerate(SEQUENCES.items())
        ]
        members.append(baseline_member("item-knn", training, seed, on_progress))
    if training.attributes is not None and any(training.attributes):
        members.append(baseline_member("attributes", training, seed, on_progress))
    return members


def _demote_untrained(
    scores: Mapping[str, np.ndarray], trained: np.ndarray
) -> dict[str, np.ndarray]:
    """Give items outside the training histories the lowest score of each member but content."""
    if trained.all() or "content" not in scores:
        return dict(scores)
    return {
        name: own if name == "content" else np.where(trained, own, own.min(axis=1, keepdims=True))
        for name, own in scores.items()
    }


def most_influential_step(
    scores: Callable[[Sequence[History]], np.ndarray], history: History, item: int
) -> int:
    """Return the place in a history that contributes most to an item, by `Scorer.scores`.

    Each step is left out in turn and the whole ensemble scores again. What counts is the item's
    log-probability among everything that the history does not hold.
    """
    if len(history) == 1:
        return 0
    places = np.arange(len(history))
    tried = places[-_MOST_STEPS:]
    without = scores([history.take(np.delete(places, place)) for place in tried])
    without = without.astype(np.float64)
    without[:, np.setdiff1d(history.items, [item])] = -np.inf
    log_probabilities = without[:, item] - logsumexp(without, axis=1)
    return int(tried[log_probabilities.argmin()])
