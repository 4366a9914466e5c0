"""Nearest neighbours among generated arrays and in the space of a trained model."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from streaming.errors import InputError
from training.similarity.distances import cosine, euclidean
from training.similarity.nearest_neighbours import (
    Metric,
    nearest,
    similar_candidates,
    similar_postings,
    similarities,
)

ROWS = arrays(
    np.float32,
    st.tuples(st.integers(1, 12), st.just(4)),
    elements=st.integers(-4, 4).map(float),
)
METRICS = st.sampled_from(Metric)
JAVA = {"title": "Java开发工程师", "skills": ["Java", "Spring框架"], "language": "zh"}
BOOKS = {"title": "Accountant", "skills": ["Bookkeeping"], "language": "en"}


@settings(deadline=None)
@given(ROWS, METRICS)
def test_every_vector_is_nearest_to_itself(vectors, metric):
    for row in np.flatnonzero(vectors.any(axis=1)):
        alike = similarities(vectors, vectors[row], metric)
        assert np.nanmax(alike) == pytest.approx(alike[row]) == pytest.approx(1.0)


@settings(deadline=None)
@given(ROWS, METRICS)
def test_similarities_are_symmetric_bit_for_bit(vectors, metric):
    table = np.stack([similarities(vectors, one, metric) for one in vectors])
    assert np.array_equal(table, table.T, equal_nan=True)


@settings(deadline=None)
@given(ROWS)
def test_similarities_are_those_of_the_plain_formulas(vectors):
    said = vectors.any(axis=1)
    for row in np.flatnonzero(said):
        one = vectors[row : row + 1]
        near = similarities(vectors, one[0], Metric.COSINE)
        assert near[said] == pytest.approx(cosine(one, vectors)[0][said], abs=1e-5)
        assert np.isnan(near[~said]).all()
        far = similarities(vectors, one[0], Metric.EUCLIDEAN)
        assert far == pytest.approx(euclidean(one, vectors)[0], abs=1e-5)


@settings(deadline=None)
@given(st.lists(st.integers(0, 359), min_size=2, max_size=20, unique=True), st.data())
def test_both_metrics_order_unit_vectors_alike(degrees, data):
    angles = np.radians(degrees)
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    row = data.draw(st.sampled_from(range(len(degrees))))
    apart = [min(abs(d - degrees[row]), 360 - abs(d - degrees[row])) for d in degrees]
    for metric in Metric:
        found = [apart[near] for near, _ in nearest(vectors, row, len(degrees), metric=metric)]
        assert found == sorted(found)
        assert len(found) == len(degrees) - 1


@settings(deadline=None)
@given(ROWS, METRICS, st.integers(1, 5), st.data())
def test_neighbours_are_the_best_of_those_allowed(vectors, metric, top, data):
    row = data.draw(st.sampled_from(range(len(vectors))))
    among = np.array(data.draw(st.lists(st.booleans(), min_size=len(vectors))))[: len(vectors)]
    found = nearest(vectors, row, top, metric=metric, among=among)
    alike = similarities(vectors, vectors[row], metric)
    allowed = [r for r in np.flatnonzero(among) if r != row and not np.isnan(alike[r])]
    assert found == [(r, alike[r]) for r in sorted(allowed, key=lambda r: (-alike[r], r))[:top]]


def test_more_vectors_than_are_compared_at_a_time():
    vectors = np.random.default_rng(1).normal(size=(9_000, 3)).astype(np.float32)
    vectors[8_999] = vectors[3]
    assert nearest(vectors, 3, 1)[0][0] == 8_999


@pytest.mark.parametrize("metric", Metric)
def test_the_nearest_posting_says_nearly_the_same(space, metric):
    asked = space.catalogue.posting_ids[0]
    found = similar_postings(space, asked, top=5, metric=metric)
    likes = [item["likeness"] for item in found["items"]]
    assert [item["rank"] for item in found["items"]] == [1, 2, 3, 4, 5]
    assert likes == sorted(likes, reverse=True)
    assert asked not in {item["posting_id"] for item in found["items"]}
    assert (found["posting_id"], found["metric"], found["model_version"]) == (asked, metric, "2")
    assert found["catalogue_version"] == space.catalogue.version


def test_duplicates_are_alike_and_languages_apart(make_space, make_catalogue):
    ids = ("a", "b", "c", "d", "e")
    said = (JAVA, JAVA, JAVA, BOOKS, BOOKS)
    rows = [{"posting_id": name, **texts} for name, texts in zip(ids, said, strict=True)]
    space = make_space(make_catalogue(*rows))
    found = similar_postings(space, "a")["items"]
    assert [item["posting_id"] for item in found] == ["b", "c", "d", "e"]
    assert found[0]["likeness"] == found[1]["likeness"] == pytest.approx(1.0)
    assert found[2]["likeness"] < 0.5
    assert [item["posting_id"] for item in similar_postings(space, "e", top=1)["items"]] == ["d"]


def test_one_posting_has_no_neighbours(make_space, make_catalogue):
    space = make_space(make_catalogue({"posting_id": "only", **JAVA}))
    assert similar_postings(space, "only")["items"] == []


def test_only_open_postings_are_neighbours(make_space, make_catalogue):
    space = make_space(
        make_catalogue(
            {"posting_id": "withdrawn", "open": False, **JAVA},
            {"posting_id": "expired", "valid_through": "2025-01-31T00:00:00.000000Z", **JAVA},
            {"posting_id": "open", **JAVA},
        )
    )
    always = similar_postings(space, "withdrawn")["items"]
    assert [item["posting_id"] for item in always] == ["expired", "open"]
    later = similar_postings(space, "withdrawn", as_of="2025-02-01T01:00:00+01:00")
    assert [item["posting_id"] for item in later["items"]] == ["open"]
    assert later["as_of"] == "2025-02-01T00:00:00.000000Z"


def test_an_unknown_posting_an_empty_catalogue_a_wrong_time(space, make_space, make_catalogue):
    with pytest.raises(InputError, match="posting nobody is not among the 120"):
        similar_postings(space, "nobody")
    with pytest.raises(InputError, match="posting p is not among the 0"):
        similar_postings(make_space(make_catalogue()), "p")
    with pytest.raises(InputError, match="as_of tomorrow is no time"):
        similar_postings(space, space.catalogue.posting_ids[0], as_of="tomorrow")


def silent(candidate_id):
    said = {"candidate_id": candidate_id, "as_of": "2025-03-01T00:00:00.000000Z"}
    return {**said, "stated": None, "events": []}


def says_something(profile):
    return bool((profile.get("stated") or {}).get("skills") or profile["events"])


def test_who_states_the_same_is_nearest(space, profiles):
    stated = {"updated_at": "2025-03-01T00:00:00.000000Z", "skills": ["Java", "Spring框架"]}
    twins = {name: {**silent(name), "stated": stated} for name in ("x1", "x2")}
    everybody = {**profiles, **twins, "mute": silent("mute")}
    for metric in Metric:
        found = similar_candidates(space, everybody, "x1", top=len(everybody), metric=metric)
        assert found["items"][0]["candidate_id"] == "x2"
        assert found["items"][0]["skills"] == found["skills"] == ["Java", "Spring框架"]
        assert found["items"][0]["newest"] is None
        others = {item["candidate_id"] for item in found["items"]}
        assert others == {who for who in everybody if says_something(everybody[who])} - {"x1"}


def test_the_newest_posting_is_told(space, profiles):
    who = next(one for one in sorted(profiles) if profiles[one]["events"])
    newest = profiles[who]["events"][-1]["posting_id"]
    [title] = [p["title"] for p in space.catalogue.table.to_pylist() if p["posting_id"] == newest]
    assert similar_candidates(space, profiles, who)["newest"] == title


def test_vectors_of_candidates_do_not_depend_on_their_neighbours(space, profiles):
    said = [silent("mute"), *profiles.values(), silent("mute")]
    moments = [one["as_of"] for one in said]
    together = space.ranker.candidate_vectors(said, moments, space.folder)
    for row, (one, moment) in enumerate(zip(said, moments, strict=True)):
        [alone] = space.ranker.candidate_vectors([one], [moment], space.folder)
        assert np.array_equal(alone, together[row])


def test_candidates_nobody_can_be_compared_with(space, profiles):
    with pytest.raises(InputError, match="candidate nobody is not among"):
        similar_candidates(space, profiles, "nobody")
    with pytest.raises(InputError, match="candidate mute states nothing"):
        similar_candidates(space, {**profiles, "mute": silent("mute")}, "mute")
    one = min(profiles)
    assert similar_candidates(space, {one: profiles[one]}, one)["items"] == []
