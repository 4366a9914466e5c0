"""Scores as probabilities: how likely is it that a candidate's next turn is to this posting?

A list's scores become log-probabilities among the retrieved postings, a softmax. These are too sure
of themselves, because the next turn may be to a posting that was not retrieved, and because the
weights were learned. A logistic regression on them corrects both (Platt, Probabilistic Outputs for
Support Vector Machines, 1999).
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

_BINS = 10


@dataclass(frozen=True)
class Calibration:
    """The probability of a turn is 1 / (1 + exp(-(slope · log-probability + intercept)))."""

    slope: float = 1.0
    intercept: float = 0.0

    @classmethod
    def fit(cls, log_probabilities: np.ndarray, turned: np.ndarray) -> Self:
        """Fit to (V,) float log-probabilities and (V,) bool: whether the next turn was to it."""
        if not turned.any() or turned.all():
            return cls()
        # Platt's targets: those of a uniform prior, so that few cases are never certain.
        hits, misses = int(turned.sum()), int((~turned).sum())
        wanted = np.where(turned, (hits + 1) / (hits + 2), 1 / (misses + 2))

        def loss(line: np.ndarray) -> tuple[float, np.ndarray]:
            logits = line[0] * log_probabilities + line[1]
            errors = expit(logits) - wanted
            value = np.logaddexp(0, logits).sum() - (wanted * logits).sum()
            return float(value), np.array([(errors * log_probabilities).sum(), errors.sum()])

        found = minimize(loss, np.array([1.0, 0.0]), jac=True, method="L-BFGS-B")
        return cls(*(float(value) for value in found.x))

    def of(self, log_probabilities: np.ndarray) -> np.ndarray:
        """Return the probabilities of turns, (V,), from log-probabilities among the retrieved."""
        return np.asarray(expit(self.slope * log_probabilities + self.intercept))


def reliability(probabilities: np.ndarray, turned: np.ndarray) -> np.ndarray:
    """Compare probabilities with frequencies in bins of equal size, by rank.

    (V,) float64 and (V,) bool. Bins by rank are those of Nixon and others, Measuring Calibration in
    Deep Learning, 2019: most probabilities of a list are small, and bins of equal width would be
    empty.

    Returns:
        (bins, 3) float64: mean probability, frequency of turns, size; without empty bins.
    """
    order = np.argsort(probabilities, kind="stable")
    parts = [part for part in np.array_split(order, _BINS) if len(part)]
    rows = [(probabilities[part].mean(), turned[part].mean(), len(part)) for part in parts]
    return np.array(rows, dtype=np.float64).reshape(len(parts), 3)


def expected_calibration_error(probabilities: np.ndarray, turned: np.ndarray) -> float:
    """Return the mean distance of probabilities from frequencies over the bins of `reliability`.

    (V,) float64 and (V,) bool. Guo, Pleiss, Sun and Weinberger, On Calibration of Modern Neural
    Networks, 2017.
    """
    predicted, observed, sizes = reliability(probabilities, turned).T
    return float((np.abs(predicted - observed) * sizes).sum() / max(len(probabilities), 1))
