"""Times as numbers that the model reads: when an event happened, how fresh a posting is."""

import math
from datetime import UTC, datetime, timedelta
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from streaming.serving.catalogue import ALWAYS
from streaming.timestamps import parse_timestamp

EVENT_TIME_FEATURES = 5
"""How many numbers `event_time_features` returns for an event; a stated entry has zeros."""

FRESHNESS_FEATURES = 3
"""How many numbers `freshness` returns for a posting."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_HOUR = 3_600e6  # microseconds
_DAY = 86_400_000_000  # microseconds
_PERIOD = 30 * _DAY
"""How long one table of freshness serves. The shortest decay changes by e^15 in it, which float32
can hold."""
_CACHED_PERIODS = 4
_EVENT_DECAY_DAYS = (1.0, 7.0, 30.0)
_FRESHNESS_DECAY_DAYS = (2.0, 7.0, 30.0)
_MAX_SECONDS = 86_400
"""Longer durations count as this one."""


def to_microseconds(text: str) -> int:
    """Parse a time, and return it in microseconds since 1970."""
    return (parse_timestamp(text) - _EPOCH) // _MICROSECOND


def event_time_features(
    times: np.ndarray, durations: np.ndarray, as_of: np.ndarray | int
) -> np.ndarray:
    """Encode the age and the duration of events.

    Times are (E,) int64 microseconds since 1970, durations (E,) float32 seconds, NaN where unknown.
    Ages are taken at `as_of`, microseconds for all events or for each, (E,); an event after it has
    age 0.

    Returns:
        (E, M) float32: the logarithm of the age, three exponential decays of the age, and the
        logarithm of the duration; each roughly between 0 and 1.
    """
    hours = np.maximum(as_of - times, 0) / _HOUR  # (E,)
    decays = [np.exp(-hours / 24 / days) for days in _EVENT_DECAY_DAYS]
    duration = np.log1p(np.clip(np.nan_to_num(durations), 0, _MAX_SECONDS))
    return np.stack([np.log1p(hours) / 9, *decays, duration / 12], axis=1).astype(np.float32)


def freshness(opens: Tensor, times: Tensor) -> Tensor:
    """Compute how fresh postings are at some times.

    `opens` is (N,), as `Catalogue.opens`, and `times` (B,), both int64 microseconds since 1970.

    Returns:
        (B, N, 3) float32 from 0 to 1: three exponential decays of the age; 0 for a posting without
        a date.
    """
    hours = (times[:, None].double() - opens[None, :].double()).clamp(min=0) / _HOUR  # (B, N)
    lives = torch.tensor(_FRESHNESS_DECAY_DAYS, device=hours.device) * 24
    decays = torch.exp(-hours.float()[..., None] / lives)
    return torch.where((opens == ALWAYS)[None, :, None], 0.0, decays)


def freshness_at(opens: np.ndarray, time: int) -> np.ndarray:
    """Compute `freshness` at one time, microseconds: (N,) `Catalogue.opens` to (3, N) float32."""
    dated = opens != ALWAYS
    hours = np.maximum(time - np.where(dated, opens, time), 0) / _HOUR
    lives = np.array(_FRESHNESS_DECAY_DAYS, dtype=np.float32)[:, None] * 24
    return np.asarray(np.where(dated, np.exp(-hours.astype(np.float32) / lives), 0.0), np.float32)


class Freshness:
    """How fresh postings are at any time: `freshness_at`, faster.

    Between two times, freshness falls by a factor that is the same for all postings. A table of
    freshness at the end of a period therefore serves all times within the period. `opens` is (N,)
    int64 microseconds, as `Catalogue.opens`.
    """

    def __init__(self, opens: np.ndarray) -> None:
        # The cache does not refer to this object, so both go with the last use of the catalogue.
        self._table = lru_cache(maxsize=_CACHED_PERIODS)(
            lambda period: freshness_at(opens, (period + 1) * _PERIOD)
        )

    def weighted(self, weights: np.ndarray, time: int) -> np.ndarray:
        """Compute what freshness adds to scores at a time, microseconds: (3,) weights to (N,).

        It is meaningless for a posting that opens later.
        """
        return np.asarray((weights * _growth(time)) @ self._table(time // _PERIOD))

    def of(self, rows: np.ndarray, time: int) -> np.ndarray:
        """Return the freshness of postings that are open at a time: (K,) rows to (3, K)."""
        table = self._table(time // _PERIOD)
        return np.asarray(table.take(rows, axis=1) * _growth(time)[:, None])


def _growth(time: int) -> np.ndarray:
    """Return the factors between freshness at a time and at the end of its period, (3,) float32."""
    days = (_PERIOD - time % _PERIOD) / _DAY
    return np.array([math.exp(days / life) for life in _FRESHNESS_DECAY_DAYS], dtype=np.float32)
