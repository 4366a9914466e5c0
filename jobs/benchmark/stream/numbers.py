"""From times to numbers of a flat report."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import numpy as np

from jobs.benchmark.stream.reading import Timed
from jobs.latency import percentiles

Report = dict[str, Any]


def under(prefix: str, values: Mapping[str, Any]) -> Report:
    """Put a prefix before every key."""
    return {f"{prefix}/{key}": value for key, value in values.items()}


def ratio(one: float | None, other: float | None, digits: int = 3) -> float | None:
    """Divide, where there is something to divide."""
    return None if one is None or not other else round(one / other, digits)


def summary(found: Iterable[Timed], since: datetime) -> Report:
    """Return percentiles of what was produced from a moment on, and their p99 over their p50."""
    counted = [(at, milliseconds) for at, milliseconds in found if at >= since]
    values = percentiles(counted)
    return {
        "answered": len(counted),
        **values,
        "p99_over_p50": ratio(values["p99_ms"], values["p50_ms"]),
    }


def over_time(found: Iterable[Timed], since: datetime) -> Report:
    """Return, for each second in which something was produced, the median and the maximum.

    Args:
        found: when each event was produced, and its latency in milliseconds.
        since: second 0; what lies before has negative seconds.
    """
    by_second: defaultdict[int, list[float]] = defaultdict(list)
    for at, milliseconds in found:
        by_second[int((at - since).total_seconds() // 1)].append(milliseconds)
    seconds = sorted(by_second)
    return {
        "second": seconds,
        "p50_ms": [round(float(np.median(by_second[s])), 1) for s in seconds],
        "max_ms": [round(max(by_second[s]), 1) for s in seconds],
    }
