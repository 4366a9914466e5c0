"""Stage one: postings from several sources, each named."""

import numpy as np

from training.retrieval.sources import Retrieved


def test_a_posting_is_named_after_the_source_that_has_it_first():
    found = Retrieved.of({"near": np.array([0, 1, 2]), "popular": np.array([1, 7])})
    assert found.rows.tolist() == [0, 1, 2, 7]
    assert found.sources == ("near", "popular", "near", "popular")


def test_of_two_sources_that_have_it_at_one_place_the_first_counts():
    found = Retrieved.of(
        {"near": np.array([5, 3]), "fresh": np.array([5]), "popular": np.arange(0)}
    )
    assert found.sources == ("near", "near")


def test_no_source_knows_anything():
    found = Retrieved.of({"near": np.arange(0), "fresh": np.arange(0)})
    assert (len(found.rows), found.sources) == (0, ())
