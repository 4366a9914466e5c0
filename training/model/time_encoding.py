"""Times as numbers that the model reads: when a step happened, how fresh a posting is."""

import math
from datetime import UTC, datetime, timedelta
from functools import lru_cache, partial

import numpy as np
import torch
from torch import Tensor

from streaming.serving.catalogue import ALWAYS
from streaming.timestamps import from_text

MOMENT_NUMBERS = 5
"""Length of what `moments` returns per event; a stated entry has zeros in its place."""

FRESHNESS_NUMBERS = 3
"""Length of what `freshness` returns per posting."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_HOUR = 3_600e6  # microseconds
_DAY = 86_400_000_000  # microseconds
_PERIOD = 30 * _DAY
"""So long one freshness of all postings serves: the shortest life has e^15 in it, which is well
within what a float32 can hold."""
_MOST_PERIODS = 4
"""Periods of which it is kept."""
_LIVES_DAYS = (1.0, 7.0, 30.0)
_FRESH_LIVES_DAYS = (2.0, 7.0, 30.0)


def micros(text: str) -> int:
    """Read a time as microseconds since 1970."""
    return (from_text(text) - _EPOCH) // _MICROSECOND


def moments(times: np.ndarray, durations: np.ndarray, as_of: np.ndarray | int) -> np.ndarray:
    """Tell the age and the duration of events.

    Args:
        times: (E,) int64, microseconds since 1970.
        durations: (E,) float32 seconds, NaN where unknown.
        as_of: the moment ages are taken at, microseconds, for all or for each, (E,); an event after
            it has age 0.

    Returns:
        (E, M) float32: the logarithm of the age, three decays of it, the logarithm of the duration;
        each roughly between 0 and 1.
    """
    hours = np.maximum(as_of - times, 0) / _HOUR  # (E,)
    decays = [np.exp(-hours / 24 / days) for days in _LIVES_DAYS]
    lasted = np.log1p(np.clip(np.nan_to_num(durations), 0, 86_400))
    return np.stack([np.log1p(hours) / 9, *decays, lasted / 12], axis=1).astype(np.float32)


def freshness(opens: Tensor, moments: Tensor) -> Tensor:
    """Tell how fresh postings are at some moments.

    Args:
        opens: (N,) int64 microseconds, as `Catalogue.opens`.
        moments: (B,) int64 microseconds.

    Returns:
        (B, N, 3) float32 from 0 to 1: three decays of the age; 0 for a posting without a date.
    """
    hours = (moments[:, None].double() - opens[None, :].double()).clamp(min=0) / _HOUR  # (B, N)
    lives = torch.tensor(_FRESH_LIVES_DAYS, device=hours.device) * 24
    decays = torch.exp(-hours.float()[..., None] / lives)
    return torch.where((opens == ALWAYS)[None, :, None], 0.0, decays)


def freshness_at(opens: np.ndarray, moment: int) -> np.ndarray:
    """Tell how fresh postings are at one moment, as `freshness` does.

    Args:
        opens: (N,) int64 microseconds, as `Catalogue.opens`.
        moment: microseconds.

    Returns:
        (3, N) float32.
    """
    dated = opens != ALWAYS
    hours = np.maximum(moment - np.where(dated, opens, moment), 0) / _HOUR
    lives = np.array(_FRESH_LIVES_DAYS, dtype=np.float32)[:, None] * 24
    return np.asarray(np.where(dated, np.exp(-hours.astype(np.float32) / lives), 0.0), np.float32)


class Freshness:
    """How fresh postings are, for any number of moments: `freshness_at`, faster.

    From one moment to another freshness falls by a factor, the same for all postings. So it is kept
    as it is at the end of a period, and raised to what it was at a moment within.

    Args:
        opens: (N,) int64 microseconds, as `Catalogue.opens`.
    """

    def __init__(self, opens: np.ndarray) -> None:
        # Of nothing that holds this object: what goes with an old catalogue goes at once.
        self._ends = lru_cache(maxsize=_MOST_PERIODS)(partial(_at_the_end, opens))

    def adds(self, taste: np.ndarray, moment: int) -> np.ndarray:
        """Tell what being fresh adds to the scores of the postings that are open at a moment.

        Args:
            taste: (3,) float32, weights of what `freshness_at` returns.
            moment: microseconds.

        Returns:
            (N,) float32; of a posting that opens later it says nothing.
        """
        return np.asarray((taste * _raised(moment)) @ self._ends(moment // _PERIOD))

    def of(self, rows: np.ndarray, moment: int) -> np.ndarray:
        """Tell how fresh some postings are that are open at a moment, (K,) rows to (3, K)."""
        ends = self._ends(moment // _PERIOD)
        return np.asarray(ends.take(rows, axis=1) * _raised(moment)[:, None])


def _at_the_end(opens: np.ndarray, period: int) -> np.ndarray:
    return freshness_at(opens, (period + 1) * _PERIOD)


def _raised(moment: int) -> np.ndarray:
    """By what freshness at a moment is more than at the end of its period, (3,) float32."""
    days = (_PERIOD - moment % _PERIOD) / _DAY
    return np.array([math.exp(days / life) for life in _FRESH_LIVES_DAYS], dtype=np.float32)
