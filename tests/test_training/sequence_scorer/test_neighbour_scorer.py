"""Item-kNN: its sums, what steps add, and catalogues that change."""

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ring_world import catalogue_of

from streaming.serving.catalogue import Catalogue
from training.sequence_scorer.neighbour_scorer import (
    GRID,
    CoOccurrence,
    NeighbourScorer,
    OpenNeighbourScorer,
    log_scale,
)

NAMES = tuple(f"p{number:02}" for number in range(30))
STARTING = {name: values[0] for name, values in GRID.items()}


def _counted() -> CoOccurrence:
    chance = np.random.default_rng(2)
    return CoOccurrence.count([chance.permutation(28)[: 2 + n % 9] for n in range(40)], 30)


@pytest.fixture(scope="module")
def scorer() -> NeighbourScorer:
    return NeighbourScorer.of(_counted(), NAMES, STARTING)


@pytest.fixture(scope="module")
def opened(
    scorer: NeighbourScorer, tmp_path_factory: pytest.TempPathFactory
) -> OpenNeighbourScorer:
    return _open(scorer, catalogue_of(NAMES), tmp_path_factory.mktemp("prepared"))


def _open(scorer: NeighbourScorer, catalogue: Catalogue, folder: Path) -> OpenNeighbourScorer:
    scorer.prepare(catalogue, folder)
    return scorer.open(folder)


def test_similarities_are_those_of_the_formula() -> None:
    choices = STARTING | {"spread": 1.0, "backward": 0.4, "asking": 0.5, "answering": 1.0}
    counted = CoOccurrence.count([np.array([0, 1, 2]), np.array([2, 0]), np.array([2])], 4)
    found = counted.similarities(choices).toarray()
    assert counted.held.tolist() == [2, 1, 3, 0]
    assert found[0, 1] == pytest.approx(1 / 2**0.5)
    assert found[0, 2] == pytest.approx((math.exp(-1) + 0.4) / (2**0.5 * 3))
    assert found[2, 0] == pytest.approx((0.4 * math.exp(-1) + 1) / (3**0.5 * 2))
    assert not found[3].any()
    assert not found[:, 3].any()


def test_sums_weigh_steps_by_age(scorer: NeighbourScorer) -> None:
    steps = NAMES[4:9]
    weights = np.exp(-STARTING["decay"] * np.arange(5)[::-1])
    similarities = _counted().similarities(STARTING).toarray()
    expected = (weights / weights.sum()) @ similarities[4:9]
    np.testing.assert_allclose(scorer.sums(steps), expected, rtol=1e-5, atol=1e-7)


@settings(max_examples=25, deadline=None)
@given(
    steps=st.lists(st.sampled_from([*NAMES, "?"]), unique=True, max_size=20),
    popularity=st.sampled_from(GRID["popularity"]),
)
def test_each_step_alone_scores_as_a_history_of_its_own(
    steps: list[str], popularity: float
) -> None:
    choices = STARTING | {"popularity": popularity}
    scorer = NeighbourScorer.of(_counted(), NAMES, choices)
    opened = OpenNeighbourScorer(scorer, np.array([*range(30), 30]))
    rows = np.arange(31)
    alone, scores = opened.scores_alone(steps, rows), opened.scores(steps)
    assert alone.shape == (len(steps), 31)
    assert alone.dtype == scores.dtype == np.float32
    for step, own in zip(steps, alone, strict=True):
        assert np.array_equal(own, opened.scores([step]))
    assert scores[30] == 0
    if not set(steps) & set(NAMES):
        assert not scores.any()


def test_only_the_most_similar_are_kept() -> None:
    few = NeighbourScorer.of(_counted(), NAMES, STARTING, most=3)
    whole = _counted().similarities(STARTING).toarray()
    assert np.diff(few.starts).max() == 3
    for item in range(30):
        others, terms = few.terms(item, 1.0)
        assert others.tolist() == sorted(others.tolist())
        expected = np.sort(whole[item])[::-1][: len(terms)]
        np.testing.assert_allclose(np.sort(terms)[::-1], expected, rtol=1e-5)


def test_postings_come_and_go_and_scores_stay(
    scorer: NeighbourScorer, opened: OpenNeighbourScorer, tmp_path: Path
) -> None:
    whole, changed = catalogue_of(NAMES), catalogue_of([*NAMES[10:], "new"])
    other, steps = _open(scorer, changed, tmp_path), NAMES[5:14]
    before, after = opened.scores(steps), other.scores(steps)
    for name in NAMES[10:]:
        assert before[whole.rows[name]] == after[changed.rows[name]]
    assert after[changed.rows["new"]] == 0
    assert other.known.sum() == 20
    alone = [opened.scores([name]).tobytes() for name in NAMES]
    assert [opened.scores([name]).tobytes() for name in reversed(NAMES)] == alone[::-1]


def test_a_saved_graph_scores_the_same(
    scorer: NeighbourScorer, opened: OpenNeighbourScorer, tmp_path: Path
) -> None:
    scorer.save(tmp_path)
    other = _open(NeighbourScorer.load(tmp_path), catalogue_of(NAMES), tmp_path)
    assert other.scores(NAMES[:9]).tobytes() == opened.scores(NAMES[:9]).tobytes()


def test_logarithms_are_finite_where_nothing_is_known() -> None:
    found = log_scale(np.array([[0.0, 0.0], [0.0, 4.0]], dtype=np.float32))
    assert np.isfinite(found).all()
    assert found[1, 1] == pytest.approx(math.log(11))
    assert found[0, 0] == found[0, 1] == found[1, 0] == 0


def test_histories_of_one_item_have_no_neighbours() -> None:
    scorer = NeighbourScorer.of(CoOccurrence.count([np.array([1])], 2), ("a", "b"), STARTING)
    assert not scorer.sums(["a", "b"]).any()
