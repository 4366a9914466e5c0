"""Reasons are held against what a model really does."""

from collections.abc import Mapping, Sequence

import numpy as np
import pytest

from training.benchmark.contenders import by_name
from training.benchmark.faithfulness import faithfulness
from training.benchmark.protocols.training_view import Cases, History, Split, TrainingSummary

ITEMS = 60


class Additive:
    """Scores are sums over the history; each item asks for the one ten rows further."""

    summary = TrainingSummary()

    def __init__(self, *, honest: bool) -> None:
        self.honest = honest
        self.strength = np.random.default_rng(1).uniform(1, 5, ITEMS)

    def shares(self, history: History, item: int) -> np.ndarray:
        return np.where((history.items + 10) % ITEMS == item, self.strength[history.items], 0.0)

    def scores(self, histories: Sequence[History]) -> np.ndarray:
        rows = [[self.shares(h, item).sum() for item in range(ITEMS)] for h in histories]
        return np.array(rows, dtype=np.float32)

    def reasons(self, histories: Sequence[History], items: np.ndarray) -> np.ndarray:
        sign = 1 if self.honest else -1
        shares = [self.shares(h, item) for h, item in zip(histories, items, strict=True)]
        return np.array([int(np.argmax(sign * share)) for share in shares])

    def weights(self) -> Mapping[str, np.ndarray]:
        return {}


def asked(least: int, most: int) -> Cases:
    chance = np.random.default_rng(2)
    lengths = chance.integers(least, most + 1, 40)
    histories = tuple(History(chance.permutation(ITEMS)[:length]) for length in lengths)
    nobody = np.zeros(ITEMS, dtype=np.int8)
    users = tuple(map(str, range(len(histories))))
    return Cases(users, histories, np.zeros(40, np.int64), nobody, nobody == 0)


def test_true_reasons_pass_and_made_up_ones_fail() -> None:
    true = faithfulness(Additive(honest=True), asked(3, 6), 1, lambda *_: None)
    assert true["reasons/win_rate"] == 1.0
    assert true["reasons/drop/low"] > 0
    assert true["reasons/keeps"] == 1.0
    assert true["reasons/keeps_more"] == pytest.approx(
        true["reasons/keeps"] - true["reasons/keeps_at_random"]
    )
    false = faithfulness(Additive(honest=False), asked(3, 6), 1, lambda *_: None)
    assert false["reasons/win_rate"] < 0.5
    assert false["reasons/drop/high"] < 0


def test_without_three_parts_there_is_nothing_to_test() -> None:
    assert faithfulness(Additive(honest=True), asked(1, 2), 1, lambda *_: None) == {}


def test_the_published_preset_names_parts_of_the_history(small_views: Split) -> None:
    scorer = by_name("published")(small_views.training, seed=1, on_progress=lambda *_: None)
    long = History(np.arange(120) % small_views.training.items)  # more than the encoder reads
    histories = [*small_views.test.histories, long]
    places = scorer.reasons(histories, np.zeros(len(histories), np.int64))
    assert all(0 <= p < len(h) for p, h in zip(places, histories, strict=True))
    assert places[-1] >= 120 - 50
    found = faithfulness(scorer, small_views.test, 1, lambda *_: None)
    assert 0 <= found["reasons/win_rate/low"] <= found["reasons/win_rate/high"] <= 1
