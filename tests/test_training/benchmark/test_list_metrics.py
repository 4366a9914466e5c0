"""What is measured of lists beside accuracy, against plain computations."""

from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

from training.benchmark.list_metrics import (
    PLACES,
    CappedAccuracy,
    Coverage,
    IntraListSimilarity,
    observers,
)
from training.benchmark.protocols.protocols import load
from training.benchmark.protocols.training_view import History, Split


def histories(*items: list[int]) -> list[History]:
    return [History(np.array(row, dtype=np.int64)) for row in items]


def test_the_rule_pushes_a_target_out_and_lets_another_in() -> None:
    employers = np.array([1] * 7 + [2] * 6)
    scores = -np.arange(13, dtype=np.float32)[None, :]
    for target, rank in ((4, 5), (6, 0), (11, 10), (12, 0)):
        rule = CappedAccuracy(employers, np.zeros(13, np.int8), seed=1)
        rule.see(scores, histories([]), np.array([target]))
        found = rule.report()
        assert found["capped/hr@10"] == (rank > 0)
        assert found["capped/ndcg@10"] == pytest.approx(1 / np.log2(1 + rank) if rank else 0)


def test_likeness_is_the_mean_cosine_of_all_pairs() -> None:
    chance = np.random.default_rng(3)
    vectors = chance.random((12, 5))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors[3] = 0  # says nothing
    scores = chance.random((4, 12)).astype(np.float32)
    known = [[0], [1, 2], [5], []]
    observer = IntraListSimilarity(sparse.csr_array(vectors))
    observer.see(scores[:3], histories(*known[:3]), np.zeros(3, np.int64))
    observer.see(scores[3:], histories(*known[3:]), np.zeros(1, np.int64))
    plain = []
    for row, left_out in zip(scores, known, strict=True):
        order = [item for item in np.argsort(-row).tolist() if item not in left_out][:PLACES]
        plain += [np.mean([vectors[a] @ vectors[b] for a in order for b in order if a != b])]
    assert observer.report()["similarity@10"] == pytest.approx(np.mean(plain))


def test_what_is_measured_depends_on_the_data(small_views: Split, sequences_file: Path) -> None:
    kinds = [type(o) for o in observers(small_views.training, small_views.test, 1)]
    assert kinds == [Coverage, IntraListSimilarity, CappedAccuracy]
    bare = load("sequences", sequences_file)
    assert [type(o) for o in observers(bare.training, bare.test, 1)] == [Coverage]
