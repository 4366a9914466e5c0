"""When a step happened, as numbers that the model reads."""

import numpy as np

MOMENT_NUMBERS = 5
"""Length of what `moments` returns per event; a stated entry has zeros in its place."""

_HOUR = 3_600e6  # microseconds
_LIVES_DAYS = (1.0, 7.0, 30.0)


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
