"""The figures of an audit equal those of Fairlearn on the same values."""

import numpy as np
import pytest
from fairlearn.metrics import MetricFrame

from streaming.contract.audit_groups import UNKNOWN
from training.fairness.audit_figures import audit_figures
from training.fairness.group_rates import Figure


def weighted(y_true, y_pred, weights):
    del y_true
    return float((y_pred * weights).sum() / weights.sum())


@pytest.mark.parametrize("seed", range(3))
def test_rates_and_ratios_equal_those_of_fairlearn(seed):
    chance = np.random.default_rng(seed)
    people = chance.choice(np.array(["a", "b", "c", UNKNOWN], dtype=object), 300)
    owners = np.sort(chance.integers(0, 300, 900))
    weights, shares = chance.random(900) + 0.1, chance.random(900)
    figure = Figure(shares * weights, weights, owners)
    rows = audit_figures({"share": figure}, {"g": people}, fewest=20)
    labels = people[owners]
    known = labels != UNKNOWN
    frame = MetricFrame(
        metrics=weighted, y_true=shares[known], y_pred=shares[known],
        sensitive_features=labels[known], sample_params={"weights": weights[known]},
    )  # fmt: skip
    for row in rows[:-1]:
        rate = frame.by_group[row["group"]]
        assert row["rate"] == pytest.approx(rate, abs=1e-9)
        assert row["impact_ratio"] == pytest.approx(rate / frame.group_max(), abs=1e-9)
        assert row["rate/low"] <= row["rate"] <= row["rate/high"]
        assert row["candidates"] == len(np.unique(owners[labels == row["group"]]))
    assert rows[-1]["group"] == UNKNOWN
    assert set(rows[-1]) == {"attribute", "figure", "group", "candidates"}


def test_few_people_have_a_rate_and_no_ratio():
    people = np.array(["a"] * 30 + ["b"] * 3, dtype=object)
    figure = Figure.mean(np.ones(33), np.arange(33))
    rows = audit_figures({"share": figure}, {"g": people}, fewest=20)
    assert rows[1]["rate"] == 1.0
    assert "impact_ratio" not in rows[1]


def test_nobody_of_known_group_is_counted_only():
    figure = Figure.mean(np.ones(3), np.arange(3))
    people = np.array([UNKNOWN] * 3, dtype=object)
    assert [row["candidates"] for row in audit_figures({"x": figure}, {"g": people}, 2)] == [3]
