"""Groups: the same for a seed, named apart, measured."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from streaming.errors import InputError
from training.similarity.cluster_labels import label_clusters
from training.similarity.cluster_quality import industry_agreement, stability
from training.similarity.clustering import UNCLUSTERED, cluster, default_count, most_central
from training.similarity.posting_clusters import cluster_postings

POINTS = arrays(
    np.float64, st.tuples(st.integers(0, 12), st.just(3)), elements=st.integers(-3, 3).map(float)
)
TITLES = st.sampled_from(
    [
        "Java开发工程师",
        "会计",
        "Accountant",
        "Senior Accountant",
        "Nurse",
        "護士",
        "123",
        "?",
        "C++",
    ]
)


@settings(deadline=None, max_examples=40)
@given(POINTS, st.integers(1, 6), st.integers(0, 9))
def test_the_same_seed_makes_the_same_groups(points, count, seed):
    labels = cluster(points, count, seed)
    assert np.array_equal(labels, cluster(points, count, seed))
    assert np.array_equal(labels == UNCLUSTERED, ~points.any(axis=1))
    sizes = np.bincount(labels[labels != UNCLUSTERED])
    assert len(sizes) <= count
    assert (sizes > 0).all()
    assert list(sizes) == sorted(sizes, reverse=True)


@settings(deadline=None, max_examples=40)
@given(POINTS, st.integers(1, 6))
def test_one_direction_is_never_split(points, count):
    labels = cluster(np.concatenate([points, 2 * points]), count, 1)
    assert np.array_equal(labels[: len(points)], labels[len(points) :])


def test_plain_directions_are_found():
    points = np.repeat(np.eye(4), [4, 3, 2, 1], axis=0)
    assert cluster(points, 4, 0).tolist() == [0, 0, 0, 0, 1, 1, 1, 2, 2, 3]
    assert cluster(points, 9, 0).tolist() == [0, 0, 0, 0, 1, 1, 1, 2, 2, 3]


def test_the_middle_of_a_group_is_typical():
    assert most_central(np.array([[0.0, 1.0], [1.0, 1.0], [1.0, 0.9]]), 2).tolist() == [1, 2]


def test_how_many_groups_are_usual():
    assert [default_count(size) for size in (0, 1, 2, 200, 1_000_000)] == [1, 1, 1, 10, 30]


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(TITLES, st.integers(0, 4)), max_size=15))
def test_names_are_distinct_and_readable(told):
    numbers = {group: place for place, group in enumerate(dict.fromkeys(g for _, g in told))}
    postings = [{"title": title, "skills": [], "occupation": None} for title, _ in told]
    names = label_clusters(postings, [numbers[group] for _, group in told])
    assert len(names) == len(numbers)
    assert len({name.text.casefold() for name in names}) == len(names)
    assert all(name.text.strip() for name in names)


def test_names_are_in_the_language_of_most():
    skills = {"java": ["Java", "Spring框架"], "books": ["Bookkeeping", "Payroll"]}
    postings = [{"title": "Java开发工程师", "skills": skills["java"]}] * 3
    postings += [{"title": "Java Developer", "skills": skills["java"]}]
    postings += [{"title": "Accountant", "skills": skills["books"]}] * 2
    chinese, english = label_clusters(postings, [0, 0, 0, 0, 1, 1])
    assert (chinese.language, english.language) == ("zh", None)
    assert "Java" in chinese.words
    assert "Bookkeeping" in english.words
    assert english.text.isascii() is False  # the dots between the words
    assert not set(chinese.words) & set(english.words)


def test_the_groups_of_a_market(space):
    found = cluster_postings(space, count=6, seed=3)
    assert found == cluster_postings(space, count=6, seed=3)
    groups = found["groups"]
    assert len(groups) == len({group["name"] for group in groups}) == 6
    assert [g["size"] for g in groups] == sorted((g["size"] for g in groups), reverse=True)
    told = [one for group in groups for one in group["posting_ids"]] + found["ungrouped"]
    assert sorted(told) == sorted(space.catalogue.posting_ids)
    for group in groups:
        assert {one["posting_id"] for one in group["typical"]} <= set(group["posting_ids"])
    assert "quality" not in found


def test_what_groups_are_worth(space):
    quality = cluster_postings(space, count=6, measured=True)["quality"]
    assert quality["postings"] == 120
    assert quality["groups"] == 6
    for prefix in ("", "tf-idf/"):
        assert 0 <= quality[f"{prefix}nmi/withheld"] <= 1
        assert 0 <= quality[f"{prefix}nmi"] <= 1
        assert quality[f"{prefix}stability"] <= 1
    # Two languages: words say which, vectors also what; see docs/similarity.md for larger markets.
    assert quality["nmi"] > 0.3


def test_agreement_and_stability_of_plain_cases():
    runs = [np.array([0, 0, 1, 1, 2]), np.array([1, 1, 0, 0, 2])]
    assert stability(runs) == pytest.approx(1.0)
    assert stability(runs[:1]) is None
    assert industry_agreement(runs, ["a", "a", "b", "b", None]) == pytest.approx(1.0)
    assert industry_agreement(runs, ["a", "b", "a", "b", None]) == pytest.approx(0.0, abs=1e-9)
    assert industry_agreement(runs, ["a", None, "a", "a", ""]) is None


def test_one_posting_duplicates_and_a_posting_that_says_nothing(make_space, make_catalogue):
    one = {"posting_id": "a", "title": "Accountant", "skills": ["Bookkeeping"]}
    single = cluster_postings(make_space(make_catalogue(one)), measured=True)
    assert [group["posting_ids"] for group in single["groups"]] == [["a"]]
    assert single["quality"]["nmi"] is None
    same = [{**one, "posting_id": name} for name in "abc"]
    space = make_space(make_catalogue(*same, {"posting_id": "d", "title": "?"}))
    found = cluster_postings(space, count=3)
    assert [group["posting_ids"] for group in found["groups"]] == [["a", "b", "c"]]
    assert found["ungrouped"] == ["d"]


def test_no_postings_and_more_groups_than_postings(space, make_space, make_catalogue):
    with pytest.raises(InputError, match="no posting of the 0 of catalogue version 1 is open"):
        cluster_postings(make_space(make_catalogue()))
    with pytest.raises(InputError, match="500 groups of 120 open postings; ask for 1 to 120"):
        cluster_postings(space, count=500)
    with pytest.raises(InputError, match="as_of never is no time"):
        cluster_postings(space, as_of="never")
