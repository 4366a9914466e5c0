"""Scores as probabilities."""

import numpy as np
import pytest

from training.content_ranker.calibration import Calibration, expected_calibration_error


def drawn(slope, intercept, count=40_000):
    """Log-probabilities, and turns that follow with the probability that the line gives them."""
    random = np.random.default_rng(5)
    log_probabilities = -random.gamma(2, 2, count)
    chances = Calibration(slope, intercept).of(log_probabilities)
    return log_probabilities, random.random(count) < chances


@pytest.mark.parametrize(("slope", "intercept"), [(1.0, 0.0), (0.6, -1.5), (2.0, 0.5)])
def test_the_line_is_found_again(slope, intercept):
    log_probabilities, turned = drawn(slope, intercept)
    fitted = Calibration.fit(log_probabilities, turned)
    assert fitted.slope == pytest.approx(slope, abs=0.1)
    assert fitted.intercept == pytest.approx(intercept, abs=0.15)
    error = expected_calibration_error(fitted.of(log_probabilities), turned)
    assert error < 0.01
    worse = expected_calibration_error(np.exp(log_probabilities), turned)
    assert worse > error or (slope, intercept) == (1.0, 0.0)


def test_few_cases_are_never_certain():
    fitted = Calibration.fit(np.array([-0.1, -3.0, -4.0]), np.array([True, False, False]))
    chances = fitted.of(np.array([-0.1, -3.0, -4.0]))
    assert ((chances > 0.01) & (chances < 0.99)).all()


@pytest.mark.parametrize("turned", [[], [False, False], [True, True]])
def test_without_both_outcomes_scores_stay(turned):
    assert (
        Calibration.fit(np.full(len(turned), -1.0), np.array(turned, dtype=bool)) == Calibration()
    )


def test_the_error_of_nothing_is_none():
    assert expected_calibration_error(np.zeros(0), np.zeros(0, dtype=bool)) == 0
    assert expected_calibration_error(np.full(50, 0.3), np.zeros(50, dtype=bool)) == pytest.approx(
        0.3
    )
