"""From times to numbers of a flat report."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from jobs.benchmark.stream.harness.latency_samples import Timed

Report = dict[str, Any]
_RANKS = {"p50_ms": 50, "p90_ms": 90, "p99_ms": 99, "max_ms": 100}


def under(prefix: str, values: Mapping[str, Any]) -> Report:
    """Put a prefix before every key."""
    return {f"{prefix}/{key}": value for key, value in values.items()}


def ratio(one: float | None, other: float | None, digits: int = 3) -> float | None:
    """Divide, where there is something to divide."""
    return None if one is None or not other else round(one / other, digits)


def summary(found: Iterable[Timed], first: int) -> Report:
    """Return percentiles of the answers, and their p99 over their p50.

    Args:
        found: the answers.
        first: number of the first event that counts; those before it are the warm-up.
    """
    values = [one.milliseconds for one in found if one.number >= first]
    told: Report = {
        name: round(float(np.percentile(values, rank)), 1) if values else None
        for name, rank in _RANKS.items()
    }
    return {
        "answered": len(values),
        **told,
        "p99_over_p50": ratio(told["p99_ms"], told["p50_ms"]),
    }


def over_time(found: Iterable[Timed], first: int) -> Report:
    """Return, for each second in which something was produced, the median and the maximum.

    Args:
        found: the answers.
        first: number of the first event that counts; second 0 begins with it.
    """
    found = list(found)
    begin = min((one.produced for one in found if one.number >= first), default=0.0)
    by_second: defaultdict[int, list[float]] = defaultdict(list)
    for one in found:
        by_second[int((one.produced - begin) // 1)].append(one.milliseconds)
    seconds = sorted(by_second)
    return {
        "second": seconds,
        "p50_ms": [round(float(np.median(by_second[s])), 1) for s in seconds],
        "max_ms": [round(max(by_second[s]), 1) for s in seconds],
    }
