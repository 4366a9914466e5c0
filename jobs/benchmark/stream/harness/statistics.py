"""Statistics of latency samples, as entries of a flat report."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from jobs.benchmark.stream.harness.latency_samples import LatencySample

Report = dict[str, Any]
_RANKS = {"p50_ms": 50, "p90_ms": 90, "p99_ms": 99, "max_ms": 100}


def prefixed(prefix: str, values: Mapping[str, Any]) -> Report:
    """Put a prefix before every key."""
    return {f"{prefix}/{key}": value for key, value in values.items()}


def ratio(value: float | None, reference: float | None, digits: int = 3) -> float | None:
    """Divide two rounded numbers; None where there is nothing to divide."""
    return None if value is None or not reference else round(value / reference, digits)


def percentiles(values: list[float], ranks: Mapping[str, int], digits: int = 1) -> Report:
    """Return percentiles by name; None for each where there are no values."""
    return {
        name: round(float(np.percentile(values, rank)), digits) if values else None
        for name, rank in ranks.items()
    }


def summary(samples: Iterable[LatencySample], first: int) -> Report:
    """Return the number of samples, percentiles, and p99 divided by p50.

    Events before the number `first` are the warm-up and do not count.
    """
    values = [sample.milliseconds for sample in samples if sample.number >= first]
    report = percentiles(values, _RANKS)
    over = ratio(report["p99_ms"], report["p50_ms"])
    return {"answered": len(values), **report, "p99_over_p50": over}


def over_time(samples: Iterable[LatencySample], first: int) -> Report:
    """Return, for each second in which events were produced, the median and the maximum.

    Second 0 begins with the event of the number `first`, the first one that counts.
    """
    samples = list(samples)
    start = min((sample.produced for sample in samples if sample.number >= first), default=0.0)
    by_second: defaultdict[int, list[float]] = defaultdict(list)
    for sample in samples:
        by_second[int((sample.produced - start) // 1)].append(sample.milliseconds)
    seconds = sorted(by_second)
    return {
        "second": seconds,
        "p50_ms": [round(float(np.median(by_second[s])), 1) for s in seconds],
        "max_ms": [round(max(by_second[s]), 1) for s in seconds],
    }
