import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streaming.metrics.exposition_parser import histogram_quantile


@given(
    counts=st.lists(st.integers(0, 50), min_size=1, max_size=8),
    shares=st.tuples(st.floats(0, 1), st.floats(0, 1)),
)
def test_quantiles_lie_within_the_limits_and_in_order(counts, shares):
    limits = [*(float(n + 1) for n in range(len(counts) - 1)), math.inf]
    buckets = {limit: sum(counts[: n + 1]) for n, limit in enumerate(limits)}
    low, high = (histogram_quantile(buckets, share) for share in sorted(shares))
    if sum(counts) == 0:
        assert low is high is None
    else:
        assert 0 <= low <= high <= max(len(counts) - 1, 0)


def test_quantiles_are_a_straight_line_within_a_bucket():
    buckets = {1.0: 0, 2.0: 10, math.inf: 10}
    assert histogram_quantile(buckets, 0.5) == pytest.approx(1.5)
    assert histogram_quantile({}, 0.5) is None
