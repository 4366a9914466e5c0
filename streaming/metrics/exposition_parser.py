"""Reads metrics back: Prometheus' text format, and quantiles of its histograms."""

import math
from collections.abc import Mapping

from prometheus_client.parser import text_string_to_metric_families

Labels = tuple[tuple[str, str], ...]
"""Names and values of labels, sorted by name."""


def parse_samples(text: str) -> dict[tuple[str, Labels], float]:
    """Return the values of a text in Prometheus' format, by name and labels."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def histogram_quantile(buckets: Mapping[float, float], share: float) -> float | None:
    """Estimate a quantile as Prometheus does, by linear interpolation within its bucket.

    Args:
        buckets: upper limit → number of values up to it; the last limit is infinite.
        share: between 0 and 1.

    Returns:
        None if there are no values; the last finite limit if the quantile lies above it.
    """
    limits = sorted(buckets)
    total = buckets[limits[-1]] if limits else 0
    if not total:
        return None
    lower, below = 0.0, 0.0
    for limit in limits:
        if buckets[limit] >= share * total:
            if math.isinf(limit):
                return lower
            inside = buckets[limit] - below
            return lower + (limit - lower) * ((share * total - below) / inside if inside else 1.0)
        lower, below = limit, buckets[limit]
    return lower
