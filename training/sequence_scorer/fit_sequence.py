"""Training of the part that reads ids, and choice of its settings.

Chosen are the epochs of sequence models, item-kNN's settings, the decay of the likeness of
attributes, and the weights of all of these.

Everything is chosen by NDCG@10 on the turns of the validation part, one setting after the other.
Few weights are chosen, so that they cannot overfit these turns.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from scipy import sparse

from streaming.serving.catalogue import Catalogue
from training.data.dataset import Dataset
from training.determinism import repeatable
from training.evaluation.prequential import HeldOutTurns
from training.evaluation.ranking_metrics import METRICS, expected_metrics, tied_ranks
from training.evaluation.setting_search import search
from training.inference.batch_invariant_ops import one_thread
from training.sequence_scorer.attention_scorer import SequenceScorer
from training.sequence_scorer.attribute_scorer import DECAYS, AttributeScorer
from training.sequence_scorer.histories import Steps, TrainingHistories, steps_of
from training.sequence_scorer.neighbour_scorer import (
    GRID,
    Choices,
    CoOccurrence,
    NeighbourScorer,
    log_scale,
)
from training.sequence_scorer.sequence_encoder import ItemAttributes, SequenceModel, scorer_of
from training.sequence_scorer.sequence_part import ATTRIBUTES, NEIGHBOURS, SequencePart, blend
from training.sequence_scorer.sequence_training import (
    OnEpoch,
    SequenceConfig,
    sequence_config,
    train,
)

SEQUENCES: Mapping[str, SequenceConfig] = {
    "wide attention": sequence_config(dimensions=128, layers=2, dropout=0.4, epochs=12),
    "narrow attention": sequence_config(dimensions=64, layers=1, dropout=0.3, epochs=16),
}
WEIGHTS = (1.0, 0.0, 0.25, 0.5, 0.75, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0)
_ROUNDS, _NEIGHBOUR_ROUNDS = 3, 2
_VALIDATIONS = 6
"""How often a sequence model is measured during its training."""
_MOST_CELLS = 60_000_000
"""The most scores of turns times postings that are held for each member."""
_BATCH = 500


@dataclass(frozen=True, eq=False)
class FittedSequence:
    """A trained part, and how its settings were chosen."""

    part: SequencePart
    """Trained on the events before the turns."""
    configs: Mapping[str, SequenceConfig]
    """By sequence model, those of weight 0 among them."""
    epochs: Mapping[str, int]
    """By sequence model."""
    weights: Mapping[str, float]
    """By member, those of weight 0 among them."""
    neighbours: Choices
    decay: float | None
    """Of the likeness of attributes; None without any."""
    curves: Mapping[str, tuple[float, ...]]
    """By sequence model, NDCG@10 of the turns during its training; empty without turns."""
    ndcg: float | None
    """Of the part on these turns; None without any."""
    turns: int
    seconds: float
    """Duration of the whole training."""

    @repeatable()
    def refit(self, dataset: Dataset, seed: int) -> SequencePart:
        """Train the same members on other events, with the settings that were chosen."""
        learned = TrainingHistories.of(dataset)
        models = {
            name: _train_until(config, learned, self.epochs[name], seed + place)
            for place, (name, config) in enumerate(self.configs.items())
            if name in self.part.models
        }
        counted = CoOccurrence.count(learned.histories, len(learned.items))
        near = NeighbourScorer.of(counted, learned.items, self.neighbours)
        return _part(models, near, _likeness(learned, self.decay), self.weights)

    def choices(self) -> dict[str, Any]:
        """Return what was chosen, for the parameters of the run."""
        return {
            **{f"{name}/weight": weight for name, weight in self.weights.items()},
            **{f"{name}/epochs": epochs for name, epochs in self.epochs.items()},
            **{f"{NEIGHBOURS}/{name}": value for name, value in self.neighbours.items()},
            **({} if self.decay is None else {f"{ATTRIBUTES}/decay": self.decay}),
        }


@repeatable()
def fit_sequence(
    train_part: Dataset,
    turns: HeldOutTurns,
    seed: int,
    configs: Mapping[str, SequenceConfig] = SEQUENCES,
) -> FittedSequence | None:
    """Train the members on a data set, and choose epochs, settings and weights on later turns.

    The turns are over the catalogue of the data set. Where there are none, the first sequence model
    ranks alone.

    Returns:
        The part; None where no candidate turned to two postings.
    """
    started = time.monotonic()
    learned = TrainingHistories.of(train_part)
    if not learned.has_pairs:
        return None
    validation = ValidationTurns.of(turns, train_part.catalogue, seed)
    models, epochs, curves = {}, {}, {}
    for place, (name, config) in enumerate(configs.items()):
        chosen = _fit_model(config, learned, validation, seed + place)
        models[name], epochs[name], curves[name] = chosen
    counted = CoOccurrence.count(learned.histories, len(learned.items))
    choices = _choose_neighbours(counted, learned.items, validation)
    near = NeighbourScorer.of(counted, learned.items, choices)
    scores = {name: validation.model_scores(model) for name, model in models.items()}
    scores |= {NEIGHBOURS: log_scale(validation.neighbour_sums(near))}
    decay = _choose_decay(learned, validation)
    alike = _likeness(learned, decay)
    scores |= {ATTRIBUTES: validation.attribute_scores(alike)} if alike else {}
    weights, ndcg = choose_weights(scores, validation.ndcg)
    return FittedSequence(
        part=_part(models, near, alike, weights),
        configs=configs,
        epochs=epochs,
        weights=weights,
        neighbours=choices,
        decay=decay,
        curves=curves,
        ndcg=ndcg if len(validation) else None,
        turns=len(validation),
        seconds=time.monotonic() - started,
    )


@dataclass(frozen=True, eq=False)
class ValidationTurns:
    """T turns of candidates with a history, over a catalogue of N postings."""

    histories: tuple[Steps, ...]
    targets: np.ndarray
    """(T,) int64 rows."""
    competing: np.ndarray
    """(T, N) bool: what the list of each turn may hold."""
    catalogue: Catalogue

    @classmethod
    def of(cls, turns: HeldOutTurns, catalogue: Catalogue, seed: int) -> Self:
        """Read turns with a history; a seeded sample of them where the catalogue is large."""
        known = [n for n, case in enumerate(turns.cases) if steps_of(case.profile)]
        most = max(_MOST_CELLS // max(len(catalogue), 1), 1)
        chosen = np.sort(np.random.default_rng(seed).permutation(known)[:most]).astype(np.int64)
        cases = [turns.case(number) for number in chosen.tolist()]
        competing = np.zeros((len(cases), len(catalogue)), dtype=bool)
        for row, case in enumerate(cases):
            competing[row] = catalogue.eligible(case.profile, case.as_of)
        return cls(
            histories=tuple(steps_of(case.profile) for case in cases),
            targets=np.array([catalogue.rows[c.targets[0]] for c in cases], dtype=np.int64),
            competing=competing,
            catalogue=catalogue,
        )

    def __len__(self) -> int:
        return len(self.targets)

    def ndcg(self, scores: np.ndarray) -> float:
        """Return the mean NDCG@10 of (T, N) finite scores, ties in expectation; 0 without turns."""
        total = 0.0
        for start in range(0, len(self), _BATCH):
            rows = slice(start, start + _BATCH)
            ranks = tied_ranks(scores[rows], self.targets[rows], self.competing[rows])
            total += float(expected_metrics(ranks)[:, METRICS.index("ndcg@10")].sum())
        return total / max(len(self), 1)

    def model_scores(self, model: SequenceScorer) -> np.ndarray:
        """Score the postings before each turn by a sequence model, (T, N) float32."""
        queries = np.zeros((len(self), model.config.dimensions), dtype=np.float32)
        with one_thread():  # many small products
            for row, steps in enumerate(self.histories):
                queries[row] = model.query(model.read(steps)[1])
        return np.asarray(queries @ model.catalogue_vectors(self.catalogue).T)

    def attribute_scores(self, alike: AttributeScorer) -> np.ndarray:
        """Score the postings before each turn by their attributes, (T, N) float32."""
        asked = np.zeros((len(self), len(alike.words)), dtype=np.float32)
        for row, steps in enumerate(self.histories):
            asked[row] = alike.terms(steps).sum(axis=0)
        return np.asarray((alike.catalogue_rows(self.catalogue) @ asked.T).T, dtype=np.float32)

    def neighbour_sums(self, near: NeighbourScorer) -> np.ndarray:
        """Sum up the similarities before each turn, (T, N) float32."""
        rows = self.catalogue.rows
        columns = np.array([rows[item] for item in near.items], dtype=np.int64)
        read = [near.read(steps)[1:] for steps in self.histories]
        ends = np.cumsum([0, *(len(places) for places, _ in read)])
        none = [np.zeros(0, dtype=np.int64)]
        held = np.concatenate([*none, *(places for places, _ in read)])
        weights = np.concatenate([*none, *(own for _, own in read)])
        count = len(near.items)
        asked = sparse.csr_array((weights, held, ends), shape=(len(self), count))
        graph = sparse.csr_array((near.similarities, near.others, near.starts), (count, count))
        sums = np.zeros((len(self), len(self.catalogue)), dtype=np.float32)
        for start in range(0, len(self), _BATCH):
            part = slice(start, start + _BATCH)
            sums[part, columns] = (asked[part] @ graph).todense() + near.popularity
        return sums


def choose_weights(
    scores: Mapping[str, np.ndarray], value_of: Callable[[np.ndarray], float]
) -> tuple[dict[str, float], float]:
    """Find the weights of members whose blended scores have the highest value; also return it.

    Scores are (T, N) by member; the first member keeps the weight 1.
    """
    names = list(scores)
    start = {name: 1.0 if name == names[0] else 0.0 for name in names}
    grid = dict.fromkeys(names[1:], WEIGHTS)
    return search(grid, start, lambda weights: value_of(blend(scores, weights)), _ROUNDS)


def _fit_model(
    config: SequenceConfig, learned: TrainingHistories, validation: ValidationTurns, seed: int
) -> tuple[SequenceScorer, int, tuple[float, ...]]:
    """Train a model; return it after the epoch of the highest NDCG@10, that epoch, and a curve."""
    curve: list[float] = []
    best: list[tuple[SequenceScorer, int]] = []

    def validate(epoch: int, epochs: int, model: SequenceModel, averaged: Any) -> bool:
        if epoch == epochs or (len(validation) and not epoch % max(1, epochs // _VALIDATIONS)):
            scorer = scorer_of(model, averaged, learned.items)
            value = validation.ndcg(validation.model_scores(scorer))
            if value >= max(curve, default=0.0):
                best[:] = [(scorer, epoch)]
            curve.append(value)
        return True

    _run(config, learned, seed, validate)
    return *best[0], tuple(curve) if len(validation) else ()


def _train_until(
    config: SequenceConfig, learned: TrainingHistories, last: int, seed: int
) -> SequenceScorer:
    """Train a model up to an epoch, or to the end where that comes first."""
    found: list[SequenceScorer] = []

    def stop(epoch: int, epochs: int, model: SequenceModel, averaged: Any) -> bool:
        if epoch == min(last, epochs):
            found.append(scorer_of(model, averaged, learned.items))
        return not found

    _run(config, learned, seed, stop)
    return found[0]


def _run(config: SequenceConfig, learned: TrainingHistories, seed: int, on_epoch: OnEpoch) -> None:
    attributes = ItemAttributes(learned.attributes) if any(learned.attributes) else None
    items = len(learned.items)
    train(config, learned.histories, items, attributes, seed=seed, on_epoch=on_epoch)


def _choose_neighbours(
    counted: CoOccurrence, items: Sequence[str], validation: ValidationTurns
) -> Choices:
    """Search the settings of item-kNN, with all neighbours: to drop some takes longer."""

    def value_of(tried: Choices) -> float:
        near = NeighbourScorer.of(counted, items, tried, most=None)
        return validation.ndcg(validation.neighbour_sums(near))

    start = {name: values[0] for name, values in GRID.items()}
    return search(GRID, start, value_of, _NEIGHBOUR_ROUNDS)[0] if len(validation) else start


def _choose_decay(learned: TrainingHistories, validation: ValidationTurns) -> float | None:
    """Choose the decay of the likeness of attributes; None where there are no attributes."""
    if not any(learned.attributes):
        return None

    def value_of(tried: Mapping[str, float]) -> float:
        alike = AttributeScorer.of(learned.items, learned.attributes, tried["decay"])
        return validation.ndcg(validation.attribute_scores(alike))

    rounds = 1 if len(validation) else 0
    return search({"decay": DECAYS}, {"decay": DECAYS[0]}, value_of, rounds)[0]["decay"]


def _likeness(learned: TrainingHistories, decay: float | None) -> AttributeScorer | None:
    if decay is None or not any(learned.attributes):
        return None
    return AttributeScorer.of(learned.items, learned.attributes, decay)


def _part(
    models: Mapping[str, SequenceScorer],
    near: NeighbourScorer,
    alike: AttributeScorer | None,
    weights: Mapping[str, float],
) -> SequencePart:
    """Put the members of a weight together; events without attributes have no such member."""
    if alike is None:
        weights = {**weights, ATTRIBUTES: 0.0}
    return SequencePart(
        models={name: model for name, model in models.items() if weights[name]},
        neighbours=near if weights[NEIGHBOURS] else None,
        attributes=alike if weights[ATTRIBUTES] else None,
        weights={name: weight for name, weight in weights.items() if weight},
    )
