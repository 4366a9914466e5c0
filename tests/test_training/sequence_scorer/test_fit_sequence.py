"""The part that reads ids: histories, training, choices, and the blend."""

from pathlib import Path

import numpy as np
import pytest
from ring_world import ITEMS, catalogue_of, dataset_of, ring

from streaming.errors import ModelError
from streaming.serving.catalogue import Catalogue
from training.data.dataset import Dataset
from training.evaluation.prequential import EvaluationProtocol, HeldOutTurns, held_out_turns
from training.sequence_scorer.fit_sequence import FittedSequence, choose_weights, fit_sequence
from training.sequence_scorer.histories import TrainingHistories, attribute_words, steps_of
from training.sequence_scorer.sequence_part import (
    ATTRIBUTES,
    NEIGHBOURS,
    OpenSequencePart,
    SequencePart,
    blend,
)
from training.sequence_scorer.sequence_training import SequenceConfig, sequence_config

CONFIGS = {
    "wide attention": sequence_config(dimensions=16, layers=2, dropout=0.1, epochs=20),
    "narrow attention": sequence_config(dimensions=8, layers=1, dropout=0.1, epochs=4),
}


@pytest.fixture(scope="module")
def fitted(ring_turns: tuple[Dataset, HeldOutTurns]) -> FittedSequence:
    made = fit_sequence(*ring_turns, seed=3, configs=CONFIGS)
    assert made is not None
    return made


def _open(part: SequencePart, catalogue: Catalogue, folder: Path) -> OpenSequencePart:
    folder.mkdir()
    part.prepare(catalogue, folder)
    return part.open(folder)


def _bits(part: SequencePart) -> list[bytes]:
    arrays = [
        *(array for model in part.models.values() for array in model.network.values()),
        *(model.vectors for model in part.models.values()),
        *([part.neighbours.similarities, part.neighbours.others] if part.neighbours else []),
        *([part.attributes.rows.data, part.attributes.weights] if part.attributes else []),
    ]
    return [array.tobytes() for array in arrays]


def test_histories_are_the_same_from_events_and_from_a_profile() -> None:
    catalogue = catalogue_of(["a", "b", "c", "d"])
    walk = [("b", "view"), ("a", "save"), ("c", "view"), ("b", "apply"), ("c", "dismiss")]
    data = dataset_of(catalogue, [walk, [("d", "dismiss")], [("d", "view")]])
    learned = TrainingHistories.of(data)
    names = [[learned.items[place] for place in own] for own in learned.histories]
    assert names == [["b", "a"], ["d"]]
    assert steps_of(data.profile(0)) == ("b", "a")
    assert steps_of(data.profile(1)) == ()
    assert learned.has_pairs
    assert not TrainingHistories.of(dataset_of(catalogue, [])).histories


def test_words_of_skills_are_attributes() -> None:
    assert attribute_words({"skills": ["Word press", "press", "17"]}) == ("17", "press", "word")
    assert attribute_words({"skills": None}) == attribute_words({}) == ()


def test_the_ring_is_learned(
    fitted: FittedSequence, ring_catalogue: Catalogue, tmp_path: Path
) -> None:
    assert fitted.ndcg is not None
    assert fitted.ndcg > 0.5
    assert fitted.turns > 50
    assert set(fitted.weights) == {*CONFIGS, NEIGHBOURS, ATTRIBUTES}
    assert set(fitted.part.weights) == {name for name, own in fitted.weights.items() if own}
    opened = _open(fitted.part, ring_catalogue, tmp_path / "prepared")
    scores = opened.scores(["p03", "p04", "p06"]).blended
    scores[[ring_catalogue.rows[name] for name in ("p03", "p04", "p06")]] = -np.inf
    best = {ring_catalogue.posting_ids[row] for row in np.argsort(-scores)[:3]}
    assert best & {"p07", "p08"}


def test_the_same_seed_learns_the_same(
    fitted: FittedSequence, ring_turns: tuple[Dataset, HeldOutTurns]
) -> None:
    again = fit_sequence(*ring_turns, seed=3, configs=CONFIGS)
    assert again is not None
    assert _bits(again.part) == _bits(fitted.part)
    assert again.choices() == fitted.choices()
    assert _bits(fitted.refit(ring_turns[0], seed=3)) == _bits(fitted.part)


def test_the_part_is_the_sum_of_its_members(
    fitted: FittedSequence, ring_catalogue: Catalogue, tmp_path: Path
) -> None:
    opened = _open(_whole(fitted), ring_catalogue, tmp_path / "prepared")
    steps, rows = ["p00", "?", "p01"], np.arange(6)
    every = {**opened.models, NEIGHBOURS: opened.near, ATTRIBUTES: opened.alike}
    members = [(weight, every[name]) for name, weight in opened.weights.items()]
    found = opened.scores(steps)
    total = sum(weight * member.scores(steps) for weight, member in members)
    np.testing.assert_allclose(found.blended, total, atol=1e-4)
    alone = opened.scores_alone(steps, rows)
    total = sum(weight * member.scores_alone(steps, rows) for weight, member in members)
    np.testing.assert_allclose(alone, total, atol=1e-4)
    assert set(found.sources()) == {"sequence", "co-visitation"}


def _whole(fitted: FittedSequence) -> SequencePart:
    """All members that have a weight, and item-kNN in any case."""
    part = fitted.refit(_data(), seed=3)
    if part.neighbours is None:
        raise AssertionError("item-kNN helps on a ring")
    return part


def _data() -> Dataset:
    names = [f"p{place:02}" for place in range(ITEMS)]
    return dataset_of(catalogue_of(names), ring())


def test_saved_and_loaded_is_the_same(
    fitted: FittedSequence, ring_catalogue: Catalogue, tmp_path: Path
) -> None:
    saved = tmp_path / "saved"
    saved.mkdir()
    fitted.part.save(saved)
    again = SequencePart.load(saved)
    assert again.weights == fitted.part.weights
    assert _bits(again) == _bits(fitted.part)
    one = _open(fitted.part, ring_catalogue, tmp_path / "one").scores(["p05"])
    other = _open(again, ring_catalogue, tmp_path / "other").scores(["p05"])
    assert one.blended.tobytes() == other.blended.tobytes()
    (saved / "wide attention" / "attention.npz").write_bytes(b"PK")
    with pytest.raises(ModelError, match=r"is incomplete: .*; train again"):
        SequencePart.load(saved)
    with pytest.raises(ModelError, match=r"is incomplete: .*; train again"):
        SequencePart.load(tmp_path)


def test_nothing_known_retrieves_nothing(
    fitted: FittedSequence, ring_catalogue: Catalogue, tmp_path: Path
) -> None:
    opened = _open(fitted.part, ring_catalogue, tmp_path / "prepared")
    for steps in ([], ["?"]):
        found = opened.scores(steps)
        assert not found.blended.any()
        assert all(np.isneginf(own).all() for own in found.sources().values())
        assert opened.scores_alone(steps, np.arange(3)).shape == (len(steps), 3)
    new = _open(fitted.part, catalogue_of(["new", "p05"]), tmp_path / "new").scores(["p04"])
    assert np.isneginf(new.retrieving).sum() == 1


def test_little_is_enough(tmp_path: Path) -> None:
    """Two views and no turn after them; with one there is no order to learn."""
    catalogue = catalogue_of(["a", "b", "c"])
    config: dict[str, SequenceConfig] = {"wide attention": CONFIGS["narrow attention"]}
    for walk in ([], [("a", "view")]):
        data = dataset_of(catalogue, [walk])
        none = held_out_turns(data, data.cut(0.2), EvaluationProtocol())
        assert fit_sequence(data, none, seed=1, configs=config) is None
    data = dataset_of(catalogue, [[("a", "view"), ("b", "view")]])
    none = held_out_turns(data, data.cut(0.01), EvaluationProtocol())
    made = fit_sequence(data, none, seed=1, configs=config)
    assert made is not None
    assert (made.ndcg, made.curves["wide attention"]) == (None, ())
    assert made.weights == {"wide attention": 1.0, NEIGHBOURS: 0.0}
    assert np.isfinite(_open(made.part, catalogue, tmp_path / "it").scores(["a"]).blended).all()


def test_the_blend_keeps_what_helps_and_leaves_out_what_does_not() -> None:
    chance = np.random.default_rng(0)
    targets = chance.integers(50, size=200)
    right = np.zeros((200, 50), dtype=np.float32)
    right[np.arange(200), targets] = 1.0
    weak = right * 0.8 + chance.random((200, 50), dtype=np.float32)
    noise = chance.random((200, 50), dtype=np.float32)

    def value_of(scores: np.ndarray) -> float:
        return float((scores.argmax(axis=1) == targets).mean())

    weights, reached = choose_weights({"noise": noise, "weak": weak}, value_of)
    assert weights["weak"] > weights["noise"]
    assert reached > 0.5
    weights, _ = choose_weights({"weak": weak, "noise": noise}, value_of)
    assert weights == {"weak": 1.0, "noise": 0.0}
    assert np.array_equal(blend({"weak": weak, "noise": noise}, weights), weak)
