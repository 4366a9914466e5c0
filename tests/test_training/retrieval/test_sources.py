"""Stage one: postings from several sources, each named."""

import numpy as np

from training.retrieval.sources import Retrieved

EMPLOYERS = np.arange(1, 9)
ALLOWED = np.ones(8, dtype=bool)


def test_a_posting_is_named_after_the_source_that_has_it_first():
    scores = {
        "near": np.array([9, 8, 7, 6, 0, 0, 0, 0.0]),
        "popular": np.array([0, 5, 0, 0, 0, 0, 0, 4.0]),
    }
    found = Retrieved.of(scores, {"near": 3, "popular": 2}, ALLOWED, EMPLOYERS)
    assert found.rows.tolist() == [0, 1, 2, 7]
    assert found.sources == ("near", "popular", "near", "popular")


def test_what_is_not_allowed_or_not_known_is_not_retrieved():
    scores = {"near": np.array([3, 2, 1, -np.inf, -np.inf, -np.inf, -np.inf, -np.inf])}
    found = Retrieved.of(scores, {"near": 5}, ALLOWED & (np.arange(8) != 1), EMPLOYERS)
    assert found.rows.tolist() == [0, 2]


def test_no_source_knows_anything():
    nothing = {"near": np.full(8, -np.inf), "fresh": np.full(8, -np.inf)}
    found = Retrieved.of(nothing, {"near": 5, "fresh": 5}, ALLOWED, EMPLOYERS)
    assert (len(found.rows), found.sources) == (0, ())


def test_an_employer_has_at_most_half_of_a_source():
    scores = {"near": np.arange(8, 0, -1.0)}
    found = Retrieved.of(scores, {"near": 4}, ALLOWED, np.array([1, 1, 1, 1, 1, 2, 3, 4]))
    assert found.rows.tolist() == [0, 1, 5, 6]
