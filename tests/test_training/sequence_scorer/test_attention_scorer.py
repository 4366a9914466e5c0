"""Self-attention in NumPy: it is PyTorch's model, one history at a time, over any catalogue."""

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ring_world import catalogue_of

from streaming.serving.catalogue import Catalogue
from training.sequence_scorer.attention_scorer import (
    OpenSequenceScorer,
    SequenceScorer,
)
from training.sequence_scorer.sequence_encoder import ItemAttributes, SequenceModel, scorer_of
from training.sequence_scorer.sequence_training import sequence_config

NAMES = tuple(f"p{number:02}" for number in range(70))
SKILLS = {name: [f"word{number % 5}"] for number, name in enumerate(NAMES)}
STEPS = st.lists(st.sampled_from(NAMES), unique=True, max_size=60)


@pytest.fixture(scope="module", params=[1, 2])
def model(request: pytest.FixtureRequest) -> SequenceModel:
    config = sequence_config(dimensions=16, layers=request.param, dropout=0.1, epochs=1)
    torch.manual_seed(request.param)
    made = SequenceModel(70, config.encoder, ItemAttributes([SKILLS[name] for name in NAMES]))
    with torch.no_grad():
        for values in made.parameters():
            values.add_(0.1 * torch.randn_like(values))  # biases and norms count too
    return made.eval()


@pytest.fixture(scope="module")
def scorer(model: SequenceModel) -> SequenceScorer:
    return scorer_of(model, model.state_dict(), NAMES)


@pytest.fixture(scope="module")
def opened(scorer: SequenceScorer, tmp_path_factory: pytest.TempPathFactory) -> OpenSequenceScorer:
    return _open(scorer, catalogue_of(NAMES, SKILLS), tmp_path_factory.mktemp("prepared"))


def _open(scorer: SequenceScorer, catalogue: Catalogue, folder: Path) -> OpenSequenceScorer:
    scorer.prepare(catalogue, folder)
    return scorer.open(folder)


def _rows(catalogue: Catalogue, names: tuple[str, ...] = NAMES) -> list[int]:
    return [catalogue.rows[name] for name in names]


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=STEPS)
def test_it_computes_what_the_trained_model_does(
    model: SequenceModel, scorer: SequenceScorer, opened: OpenSequenceScorer, steps: list[str]
) -> None:
    scores = opened.scores(steps)[_rows(catalogue_of(NAMES))]
    assert scores.dtype == np.float32
    if not steps:
        assert not scores.any()
        return
    read = torch.tensor([[NAMES.index(step) for step in steps[-50:]]])
    with torch.no_grad():
        vectors = model.vectors()
        expected = (model(read, vectors)[0, -1] @ vectors.T).numpy()
    np.testing.assert_allclose(scores, expected, atol=1e-4)
    np.testing.assert_allclose(scorer.vectors, vectors.numpy(), atol=1e-6)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=STEPS)
def test_each_step_alone_scores_as_a_history_of_its_own(
    opened: OpenSequenceScorer, steps: list[str]
) -> None:
    rows = np.arange(0, 70, 7)
    alone = opened.scores_alone([*steps, "?"], rows)
    expected = [opened.scores([step])[rows] for step in [*steps, "?"]]
    np.testing.assert_allclose(alone, expected, atol=1e-4)


def test_asked_again_and_after_others_no_bit_differs(opened: OpenSequenceScorer) -> None:
    asked = [NAMES[:3], NAMES[10:60], NAMES[5:6], NAMES]
    alone = [opened.scores(steps).tobytes() for steps in asked]
    assert [opened.scores(steps).tobytes() for steps in reversed(asked)] == alone[::-1]


def test_postings_come_and_go_and_scores_stay(
    scorer: SequenceScorer, opened: OpenSequenceScorer, tmp_path: Path
) -> None:
    """Also where a step is no longer in the catalogue."""
    left = NAMES[20:]
    skills = SKILLS | {"new": ["word1", "unheard"], "bare": [], "odd": ["unheard"]}
    changed = catalogue_of([*left, "new", "bare", "odd"], skills)
    other, steps = _open(scorer, changed, tmp_path), NAMES[15:30]
    before = opened.scores(steps)[_rows(catalogue_of(NAMES), left)]
    after = other.scores(steps)
    np.testing.assert_allclose(after[_rows(changed, left)], before, atol=1e-5)
    assert not after[[changed.rows["bare"], changed.rows["odd"]]].any()
    own = scorer.word_vectors[scorer.words.index("word1")]
    np.testing.assert_allclose(
        other.vectors[changed.rows["new"]], own / np.linalg.norm(own), atol=1e-6
    )
    known = {name for name in changed.posting_ids if other.known[changed.rows[name]]}
    assert known == {*left, "new"}


def test_unknown_steps_are_passed_over(opened: OpenSequenceScorer) -> None:
    mixed = ["?", NAMES[3], "??", NAMES[9]]
    plain = [NAMES[3], NAMES[9]]
    assert opened.scores(mixed).tobytes() == opened.scores(plain).tobytes()
    assert not opened.scores(["?"]).any()


def test_a_saved_model_scores_the_same(
    scorer: SequenceScorer, opened: OpenSequenceScorer, tmp_path: Path
) -> None:
    scorer.save(tmp_path)
    again = SequenceScorer.load(tmp_path)
    (tmp_path / "prepared").mkdir()
    other = _open(again, catalogue_of(NAMES, SKILLS), tmp_path / "prepared")
    assert other.scores(NAMES[:9]).tobytes() == opened.scores(NAMES[:9]).tobytes()
    assert (again.config, again.items, again.words) == (scorer.config, scorer.items, scorer.words)


def test_an_empty_catalogue_has_no_scores(scorer: SequenceScorer, tmp_path: Path) -> None:
    assert _open(scorer, catalogue_of([]), tmp_path).scores(NAMES[:3]).shape == (0,)
