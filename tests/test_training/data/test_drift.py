"""Drift between the events that a model was trained on and those after them."""

import numpy as np
import pytest

from streaming.settings import TrainingSettings
from training.data.drift import Drift, population_stability
from training.fitting.continuation import decide


def test_the_index_is_that_of_the_formula():
    before = np.array(["a"] * 60 + ["b"] * 40, dtype=object)
    after = np.array(["a"] * 30 + ["b"] * 70, dtype=object)
    shares = [np.array([60.5, 40.5, 0.5]) / 101.5, np.array([30.5, 70.5, 0.5]) / 101.5]
    expected = float(((shares[1] - shares[0]) * np.log(shares[1] / shares[0])).sum())
    assert population_stability(before, after) == pytest.approx(expected)
    assert population_stability(before, before) == pytest.approx(0.0)


def test_values_that_were_rare_before_count_together():
    before = np.array([f"v{n % 30}" for n in range(3_000)], dtype=object)
    assert population_stability(before, before) == pytest.approx(0.0)
    after = np.array(["new"] * 3_000, dtype=object)
    assert population_stability(before, after) > 1.0


def test_a_decision_gives_its_numbers():
    settings = TrainingSettings()
    few = decide(Drift(10_000, 100, {}), settings)
    assert not few.needed
    assert few.text == (
        "100 new events, 1.0% of those trained on (training.retrain_share 5.0%); population"
        " stability index not measured, too few events (training.retrain_drift 0.25)"
    )
    assert decide(Drift(10_000, 500, {}), settings).needed
    drifted = decide(Drift(100_000, 2_000, {"industry": 0.31, "region": 0.02}), settings)
    assert drifted.needed
    assert drifted.text.startswith("the industry of postings turned to has a population stability")
    calm = decide(Drift(100_000, 2_000, {"industry": 0.02}), settings)
    assert not calm.needed
    assert "0.02 (industry)" in calm.text
    assert not decide(Drift(0, 0, {}), settings).needed
