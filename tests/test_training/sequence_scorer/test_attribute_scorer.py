"""Likeness of attributes over catalogues that change."""

from pathlib import Path

import numpy as np
import pytest
from ring_world import catalogue_of

from training.sequence_scorer.attribute_scorer import AttributeScorer, OpenAttributeScorer

SKILLS = {
    "a": ["rock", "loud"],
    "b": ["rock", "quiet"],
    "c": ["jazz", "quiet"],
    "d": ["jazz"],
    "bare": [],
}
STEPS = ("a", "?", "b", "bare")


@pytest.fixture
def scorer() -> AttributeScorer:
    return AttributeScorer.of(tuple(SKILLS), tuple(tuple(own) for own in SKILLS.values()), 0.3)


def _open(scorer: AttributeScorer, skills: dict[str, list[str]], folder: Path) -> tuple:
    folder.mkdir()
    catalogue = catalogue_of(list(skills), skills)
    scorer.prepare(catalogue, folder)
    return scorer.open(folder), catalogue.rows


def test_a_score_is_a_cosine_and_a_step_alone_has_one_too(
    scorer: AttributeScorer, tmp_path: Path
) -> None:
    opened, rows = _open(scorer, SKILLS, tmp_path / "prepared")
    assert isinstance(opened, OpenAttributeScorer)
    scores = opened.scores(STEPS)
    assert scores.dtype == np.float32
    assert scores[rows["b"]] > scores[rows["c"]] > scores[rows["d"]] == 0
    alone = opened.scores_alone(STEPS, np.arange(len(rows)))
    np.testing.assert_allclose(alone, [opened.scores([step]) for step in STEPS], atol=1e-6)
    assert not alone[[1, 3]].any()
    assert opened.scores(["a"])[rows["a"]] == pytest.approx(1)
    assert not opened.scores([]).any()
    assert not opened.scores(["?"]).any()
    assert opened.known.sum() == 4


def test_postings_come_and_go_and_scores_stay(scorer: AttributeScorer, tmp_path: Path) -> None:
    before, rows = _open(scorer, SKILLS, tmp_path / "one")
    changed = {name: SKILLS[name] for name in ("c", "d", "b")} | {"new": ["rock", "unheard"]}
    after, other_rows = _open(scorer, changed, tmp_path / "other")
    for name in ("b", "c", "d"):
        assert after.scores(STEPS)[other_rows[name]] == before.scores(STEPS)[rows[name]]
    assert after.scores(STEPS)[other_rows["new"]] > 0


def test_a_saved_one_scores_the_same(scorer: AttributeScorer, tmp_path: Path) -> None:
    scorer.save(tmp_path)
    one, _ = _open(scorer, SKILLS, tmp_path / "one")
    other, _ = _open(AttributeScorer.load(tmp_path), SKILLS, tmp_path / "other")
    assert other.scores(STEPS).tobytes() == one.scores(STEPS).tobytes()
