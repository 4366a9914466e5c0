"""Metrics against a plain computation over every order that ties allow."""

from collections.abc import Mapping, Sequence
from itertools import pairwise, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streaming.errors import ModelError
from training.benchmark.list_metrics import Coverage
from training.benchmark.protocols.competitors import target_ranks, without_history
from training.benchmark.protocols.scorer_evaluation import evaluate_scorer, intervals
from training.benchmark.protocols.training_view import Cases, History, TrainingSummary
from training.evaluation.ranking_metrics import (
    CUTOFFS,
    METRICS,
    expected_metrics,
    inclusion_probabilities,
)


class Fixed:
    """A scorer that knows one row of scores."""

    summary = TrainingSummary()

    def __init__(self, scores: Sequence[float]) -> None:
        self.row = np.array(scores, dtype=np.float32)

    def scores(self, histories: Sequence[History]) -> np.ndarray:
        return np.tile(self.row, (len(histories), 1))

    def weights(self) -> Mapping[str, np.ndarray]:
        return {"row": self.row}


def history(*items: int) -> History:
    return History(np.array(items, dtype=np.int64))


def cases(histories: Sequence[History], targets: Sequence[int], pools: Sequence[int]) -> Cases:
    users = tuple(str(place) for place in range(len(histories)))
    seen = np.array(pools) == 0
    return Cases(users, tuple(histories), np.array(targets), np.array(pools, dtype=np.int8), seen)


def by_every_order(
    scores: list[int], known: set[int], target: int, pools: list[int]
) -> list[float]:
    """Average the metrics over all orders of the competitors that agree with the scores."""
    rivals = [i for i in range(len(scores)) if pools[i] == pools[target] and i not in known]
    ranks = [
        order.index(target) + 1
        for order in permutations(rivals)
        if all(scores[a] >= scores[b] for a, b in pairwise(order))
    ]
    hits = [np.mean([rank <= k for rank in ranks]) for k in CUTOFFS]
    gains = [np.mean([(rank <= k) / np.log2(1 + rank) for rank in ranks]) for k in CUTOFFS]
    return [float(value) for value in (*hits, *gains, np.mean([1 / rank for rank in ranks]))]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_ties_count_in_expectation(data: st.DataObject) -> None:
    items = data.draw(st.integers(1, 7))
    scores = data.draw(st.lists(st.integers(0, 2), min_size=items, max_size=items))
    pools = data.draw(st.lists(st.integers(0, 1), min_size=items, max_size=items))
    target = data.draw(st.integers(0, items - 1))
    known = data.draw(st.sets(st.integers(0, items - 1))) - {target}
    row = np.array([scores], dtype=np.float32)
    found = expected_metrics(
        target_ranks(row, [history(*known)], np.array([target]), np.array(pools, dtype=np.int8))
    )
    assert found[0] == pytest.approx(by_every_order(scores, known, target, pools))


@given(st.integers(0, 200), st.integers(1, 200))
def test_long_ties_agree_with_a_plain_sum(better: int, equal: int) -> None:
    row = np.array([[1.0] * equal + [2.0] * better], dtype=np.float32)
    found = expected_metrics(
        target_ranks(row, [history()], np.array([0]), np.zeros(row.shape[1], np.int8))
    )[0]
    ranks = np.arange(better + 1, better + equal + 1)
    plain = dict(zip(METRICS, found, strict=True))
    for k in CUTOFFS:
        assert plain[f"hr@{k}"] == pytest.approx((ranks <= k).mean())
        assert plain[f"ndcg@{k}"] == pytest.approx(((ranks <= k) / np.log2(1 + ranks)).mean())
    assert plain["mrr"] == pytest.approx((1 / ranks).mean())


def test_a_target_that_the_history_holds_is_missed() -> None:
    row = np.array([[3.0, 2.0, 1.0]], dtype=np.float32)
    found = target_ranks(row, [history(0)], np.array([0]), np.zeros(3, np.int8))
    assert not expected_metrics(found).any()


@given(
    st.lists(st.integers(0, 3), min_size=1, max_size=12),
    st.sets(st.integers(0, 11), max_size=6),
    st.integers(1, 14),
)
def test_a_list_holds_the_best_and_shares_its_last_places(
    scores: list[int], known: set[int], size: int
) -> None:
    known = {row for row in known if row < len(scores)}
    row = np.array([scores], dtype=np.float32)
    chance = inclusion_probabilities(without_history(row, [history(*known)]), size)[0]
    free = [place for place in range(len(scores)) if place not in known]
    assert chance.sum() == pytest.approx(min(size, len(free)))
    assert not chance[sorted(known)].any()
    for one in free:
        for other in free:
            assert chance[one] == 0 or scores[other] <= scores[one] or chance[other] == 1


def test_groups_and_what_is_covered() -> None:
    asked = cases([history(0), history(1)], [1, 2], [0, 0, 1, 1])
    quality = evaluate_scorer(Fixed([4, 3, 2, 1]), asked, observers=[Coverage(4)])
    assert quality.lists["coverage"] == pytest.approx(1.0)  # three free items in a list of ten
    assert quality.values[:, METRICS.index("mrr")].tolist() == [1.0, 1.0]
    found = intervals(
        {"": quality, "baselines/x/": evaluate_scorer(Fixed([0, 0, 0, 0]), asked)}, seed=1
    )
    assert found["seen/mrr"].estimate == 1.0
    assert found["baselines/x/unseen/mrr"].estimate == pytest.approx(0.75)
    assert found["difference/baselines/x/mrr"].estimate == pytest.approx(0.125)
    assert found["mrr"].low <= found["mrr"].estimate <= found["mrr"].high


def test_intervals_repeat_and_cover() -> None:
    chance = np.random.default_rng(0)
    histories = [history(0)] * 400
    asked = cases(histories, chance.integers(1, 50, 400).tolist(), [0] * 50)
    quality = evaluate_scorer(Fixed(chance.random(50).tolist()), asked)
    one, again = intervals({"": quality}, seed=3), intervals({"": quality}, seed=3)
    assert one == again
    spread = quality.values[:, METRICS.index("hr@10")].std() / np.sqrt(400)
    found = one["hr@10"]
    assert found.high - found.low == pytest.approx(2 * 1.96 * spread, rel=0.15)
    assert not any(key.startswith("unseen/") for key in one)


@pytest.mark.parametrize("broken", [np.nan, np.inf, -np.inf])
def test_a_score_that_is_not_finite_fails_the_run(broken: float) -> None:
    asked = cases([history(0)], [1], [0, 0, 0])
    with pytest.raises(ModelError, match="1 scores that are not finite, such as") as caught:
        evaluate_scorer(Fixed([0.0, 1.0, broken]), asked)
    assert "\n" not in str(caught.value)
    with pytest.raises(ModelError, match="shape"):
        evaluate_scorer(Fixed([0.0, 1.0]), asked)
