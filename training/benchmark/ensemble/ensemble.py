"""`best()`: what measures best, found out from the data and chosen on their validation part.

Postings that say something are ranked by content, refined by what people did. Where most of what
comes next has been seen before, sequence models and item-kNN carry the list instead or besides,
with attributes as words where there are some. What is blended, and how much, the validation part
decides.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from training.benchmark.baselines.grid_search import sample
from training.benchmark.ensemble.blending import choose, known_items, mix
from training.benchmark.ensemble.content_scorer import content
from training.benchmark.ensemble.leave_one_out import carried_by
from training.benchmark.ensemble.members import Member, Scores, meanings, sequence, together
from training.benchmark.ensemble.sequence_encoder import EncoderConfig, Kind
from training.benchmark.ensemble.sequence_training import SequenceConfig
from training.benchmark.protocols.training_view import (
    Account,
    Cases,
    History,
    OnProgress,
    TrainingView,
)
from training.fitting.determinism import repeatable

_MOST_CASES = 4_000
_IDS_CARRY = 0.5
"""From this share of seen validation targets on, models of bare ids are worth training."""


def sequence_config(
    *, kind: Kind = "attention", dimensions: int, layers: int, dropout: float, epochs: int
) -> SequenceConfig:
    """Return the settings of a sequence model of some size."""
    return SequenceConfig(
        encoder=EncoderConfig(
            kind=kind,
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
        rivals=2_048,
        averaging=0.995,
    )


SEQUENCES: Mapping[str, SequenceConfig] = {
    "wide attention": sequence_config(dimensions=128, layers=2, dropout=0.4, epochs=12),
    "narrow attention": sequence_config(dimensions=64, layers=1, dropout=0.3, epochs=16),
}
"""The blend leaves out what brings nothing; a recurrent one beside them brought 0.001 (NDCG@10)."""


@dataclass(frozen=True, eq=False)
class Blended:
    """The trained preset (`data.Scorer`)."""

    parts: Mapping[str, Scores]
    blend: Mapping[str, float]
    known: np.ndarray
    """(N,) bool: items that training held; of the others no member but content says anything."""
    account: Account

    def scores(self, histories: Sequence[History]) -> np.ndarray:
        """Score every item for each of B histories: (B, N) float32."""
        found = {name: part.scores(histories) for name, part in self.parts.items()}
        return mix(_silenced(found, self.known), self.blend)

    def reasons(self, histories: Sequence[History], items: np.ndarray) -> np.ndarray:
        """Name the part of each of B histories that carries its item most: places, (B,) int64."""
        asked = zip(histories, items.tolist(), strict=True)
        return np.array([carried_by(self.scores, history, item) for history, item in asked])

    def weights(self) -> Mapping[str, np.ndarray]:
        """Return all that was learned or chosen."""
        learned = {
            f"{name}/{key}": values
            for name, part in self.parts.items()
            for key, values in part.weights().items()
        }
        chosen = {f"blend/{name}": np.array(weight) for name, weight in self.blend.items()}
        return {**learned, **chosen}


@repeatable()
def fit(training: TrainingView, *, seed: int, on_progress: OnProgress) -> Blended:
    """Train the preset (`data.Fit`).

    Args:
        training: the data.
        seed: of everything random.
        on_progress: told now and then.
    """
    began = time.monotonic()
    cases = sample(training.validation, seed, _MOST_CASES)
    members = _members(training, cases, seed, on_progress)
    known = known_items(training.histories, training.items)
    blend, reached = {members[0].name: 1.0}, None
    if len(members) > 1 and len(cases):
        asked = {member.name: member.choosing.scores(cases.histories) for member in members}
        blend, reached = choose(_silenced(asked, known), cases, on_progress)
    searched = time.monotonic()
    parts = {member.name: member.finish() for member in members if blend.get(member.name)}
    account = Account(
        seconds={"search": searched - began, "train": time.monotonic() - searched},
        choices={
            "blend": blend,
            "validation_ndcg@10": reached,
            **{member.name: dict(member.choices) for member in members},
        },
        curves={f"{m.name}/validation_ndcg@10": list(m.curve) for m in members if m.curve},
    )
    return Blended(parts, blend, known_items(training.final_histories, training.items), account)


def _members(
    training: TrainingView, cases: Cases, seed: int, on_progress: OnProgress
) -> list[Member]:
    """Prepare what this data can use."""
    found: list[Member] = []
    if training.postings is not None:
        found.append(content(training, seed, on_progress))
    if training.postings is None or cases.seen[cases.targets].mean() >= _IDS_CARRY:
        found += [
            sequence(
                name,
                config,
                training,
                cases,
                seed=seed + place,
                on_progress=on_progress,
            )
            for place, (name, config) in enumerate(SEQUENCES.items())
        ]
        found.append(together(training, seed, on_progress))
    if training.attributes is not None and any(training.attributes):
        found.append(meanings(training, seed, on_progress))
    return found


def _silenced(scores: Mapping[str, np.ndarray], known: np.ndarray) -> dict[str, np.ndarray]:
    """Give items that no training history holds the lowest score of those members that need one."""
    if known.all() or "content" not in scores:
        return dict(scores)
    return {
        name: part if name == "content" else np.where(known, part, part.min(axis=1, keepdims=True))
        for name, part in scores.items()
    }
