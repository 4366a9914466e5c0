"""The rule on employers: one implementation for every ranker and for the benchmark."""

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from training.retrieval.employer_cap import (
    allowed_next,
    capped_top_rows,
    max_per_employer,
    top_rows,
)

POSTINGS = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 9), st.booleans()), min_size=0, max_size=40
)


def columns(drawn):
    employers = np.array([employer for employer, _, _ in drawn], dtype=np.int64)
    scores = np.array([score for _, score, _ in drawn], dtype=np.float32)
    allowed = np.array([is_allowed for _, _, is_allowed in drawn], dtype=bool)
    return employers, scores, allowed


@given(POSTINGS, st.integers(1, 12))
def test_no_employer_takes_more_than_half_unless_nothing_else_fits(drawn, size):
    employers, scores, allowed = columns(drawn)
    rows = capped_top_rows(scores, allowed, employers, size).tolist()
    assert len(rows) == len({*rows}) == min(size, int(allowed.sum()))
    assert all(allowed[rows])
    assert rows == sorted(rows, key=lambda row: (-scores[row], row))
    held = Counter(int(employers[row]) for row in rows)
    over = {name for name, count in held.items() if name and count > max_per_employer(size)}
    left = [row for row in np.flatnonzero(allowed).tolist() if row not in rows]
    assert not over or all(int(employers[row]) in over for row in left)


@given(POSTINGS, st.integers(1, 12))
def test_place_by_place_chooses_the_same(drawn, size):
    employers, scores, allowed = columns(drawn)
    taken = ~allowed
    for _ in range(min(size, int(allowed.sum()))):
        # What is not allowed is nobody's here, so that it counts for no employer.
        fits = allowed_next(np.where(allowed, employers, 0), taken, size)
        taken[top_rows(scores, fits, 1)] = True
    assert set(np.flatnonzero(taken & allowed)) == {
        *capped_top_rows(scores, allowed, employers, size)
    }


@given(POSTINGS, st.integers(1, 12))
def test_where_the_best_obey_nothing_changes(drawn, size):
    employers, scores, allowed = columns(drawn)
    best = top_rows(scores, allowed, size)
    _, held = np.unique(employers[best][employers[best] > 0], return_counts=True)
    if held.max(initial=0) <= max_per_employer(size):
        assert capped_top_rows(scores, allowed, employers, size).tolist() == best.tolist()
