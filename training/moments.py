"""Times as numbers that the model reads: when a step happened, how fresh a posting is."""

from datetime import UTC, datetime, timedelta

import numpy as np
import torch
from torch import Tensor

from streaming.catalogue import ALWAYS
from streaming.clock import from_text

MOMENT_NUMBERS = 5
"""Length of what `moments` returns per event; a stated entry has zeros in its place."""

FRESHNESS_NUMBERS = 3
"""Length of what `freshness` returns per posting."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HOUR = 3_600e6  # microseconds
_2020 = 1_577_836_800_000_000  # microseconds since 1970: small numbers are exact ones
_LIVES_DAYS = (1.0, 7.0, 30.0)
_FRESH_LIVES_DAYS = (2.0, 7.0, 30.0)


def micros(text: str) -> int:
    """Read a time as microseconds since 1970."""
    return (from_text(text) - _EPOCH) // timedelta(microseconds=1)


def moments(times: np.ndarray, durations: np.ndarray, as_of: int) -> np.ndarray:
    """Tell the age and the duration of events.

    Args:
        times: (E,) int64, microseconds since 1970.
        durations: (E,) float32 seconds, NaN where unknown.
        as_of: the moment ages are taken at, microseconds; an event after it has age 0.

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


def hours_opened(opens: np.ndarray) -> np.ndarray:
    """Return when postings opened, for `taste_for_freshness`.

    Args:
        opens: (N,) int64 microseconds, as `Catalogue.opens`.

    Returns:
        (N,) float32 hours since 2020; minus infinity for a posting without a date.
    """
    return np.where(opens == ALWAYS, -np.inf, (opens - _2020) / _HOUR).astype(np.float32)


def taste_for_freshness(taste: np.ndarray, opened: np.ndarray, moment: int) -> np.ndarray:
    """Estimate what being fresh adds to scores, from hours that are exact to half a minute.

    Args:
        taste: (3,) float32, weights of what `freshness_at` returns.
        opened: (N,), of `hours_opened`.
        moment: microseconds.

    Returns:
        (N,) float32.
    """
    age = np.maximum(np.float32((moment - _2020) / _HOUR) - opened, np.float32(0))
    found = np.zeros_like(age)
    for weight, life in zip(taste, _FRESH_LIVES_DAYS, strict=True):
        decay = age * np.float32(-1 / (24 * life))
        np.exp(decay, out=decay)
        decay *= weight
        found += decay
    return found
