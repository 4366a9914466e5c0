"""The most-popular baseline."""

import json
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streaming.contract.records import Item
from streaming.serving.catalogue import Catalogue
from streaming.serving.ranker import Ranker
from streaming.timestamps import parse_timestamp
from training.data.popularity_counts import PopularityCounts
from training.ranking.most_popular import MostPopularRanker
from training.retrieval.employer_cap import top_rows

NOBODY = {"events": [], "applied": [], "dismissed": [], "stated": None}


def ranked(ranker, catalogue, folder, as_of, *, size=10, profile=NOBODY):
    folder.mkdir(exist_ok=True)
    ranker.prepare(catalogue, folder)
    return ranker.rank([profile], [as_of], folder, size)[0]


def event(candidate, posting, kind, time):
    return {"candidate_id": candidate, "posting_id": posting, "kind": kind, "event_time": time}


def test_it_is_a_ranker():
    assert isinstance(MostPopularRanker(), Ranker)


def test_without_counts_the_freshest_open_postings_lead(catalogue, tmp_path, day):
    items = ranked(MostPopularRanker(), catalogue, tmp_path / "a", day(8.5), size=5)
    assert [item["posting_id"] for item in items] == ["p08", "p07", "p06", "p04", "p03"]
    assert [item["rank"] for item in items] == [1, 2, 3, 4, 5]


def test_popular_postings_lead_until_they_are_old(make_catalogue, day, tmp_path):
    start = parse_timestamp(day(0))
    catalogue = make_catalogue(
        {"posting_id": "new", "date_posted": start + timedelta(days=60)},
        {"posting_id": "loved", "date_posted": start},
        {"posting_id": "quiet", "date_posted": start + timedelta(days=1)},
    )
    views = pd.DataFrame([event(f"c{n}", "loved", "view", day(1)) for n in range(20)])
    ranker = MostPopularRanker.fit(views, day(2))
    for moment, first in ((2, "loved"), (60.5, "new")):
        items = ranked(ranker, catalogue, tmp_path / str(moment), day(moment))
        assert items[0]["posting_id"] == first


def test_one_candidate_cannot_make_a_posting_popular(day):
    events = pd.DataFrame(
        [event("eager", "a", "view", day(n / 100)) for n in range(50)]
        + [event(f"c{n}", "b", "view", day(0.1)) for n in range(2)]
    )
    weights = PopularityCounts.of(events, day(1)).weights
    assert weights["a"] < weights["b"]


def test_counting_leaves_out_what_comes_later_and_what_says_nothing(day):
    events = pd.DataFrame(
        [event("c", "a", "view", day(1)), event("c", "b", "view", day(3))]
        + [event("c", "d", kind, day(1)) for kind in ("impression", "dismiss")]
    )
    assert list(PopularityCounts.of(events, day(2)).weights.index) == ["a"]


def test_no_events_are_no_counts(events, catalogue, day):
    counts = PopularityCounts.of(events.head(0), day(1))
    assert not counts.aligned(catalogue).any()


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_counts_do_not_depend_on_the_order_or_repetition_of_events(events, seed, day):
    again = pd.concat([events, events.sample(30, random_state=seed)]).sample(
        frac=1, random_state=seed
    )
    once, twice = (PopularityCounts.of(own, day(30)) for own in (events, again))
    assert once.weights.equals(twice.weights)


def test_saving_and_loading_changes_nothing(events, catalogue, tmp_path, day):
    for name, ranker in (
        ("fitted", MostPopularRanker.fit(events, day(30))),
        ("empty", MostPopularRanker()),
    ):
        folder = tmp_path / name
        folder.mkdir()
        ranker.save(folder)
        loaded = MostPopularRanker.load(folder)
        assert loaded.counts.made_at == ranker.counts.made_at
        lists = []
        for number, one in enumerate((ranker, loaded)):
            prepared = folder / f"prepared{number}"
            prepared.mkdir()
            one.prepare(catalogue, prepared)
            lists.append(one.rank([{}], [day(31)], prepared, 10))
        assert lists[0] == lists[1] != [[]]


def test_a_list_holds_only_eligible_postings_and_depends_on_its_profile_alone(
    events, catalogue, tmp_path, day
):
    ranker = MostPopularRanker.fit(events, day(30))
    known = {"posting_id": "p01", "event_time": day(3), "kind": "view"}
    profile = NOBODY | {"events": [known], "stated": {"blocked_employers": ["ada &  CO"]}}
    alone = ranked(ranker, catalogue, tmp_path / "a", day(30), size=100, profile=profile)
    found = {item["posting_id"] for item in alone}
    assert found == set(catalogue.posting_ids) - {"p01", "p05", "p06"}
    together = ranker.rank([NOBODY, profile], [day(20), day(30)], tmp_path / "a", 100)
    assert together[1] == alone


def test_equal_scores_keep_their_order_in_any_catalogue(make_catalogue, tmp_path, day):
    rows = [{"posting_id": f"p{n}"} for n in range(9, -1, -1)]
    lists = []
    for name, chosen in (("a", rows), ("b", rows[::-1]), ("c", rows[:5])):
        items = ranked(MostPopularRanker(), make_catalogue(*chosen), tmp_path / name, day(1))
        lists.append([item["posting_id"] for item in items])
    whole, again, part = lists
    assert whole == again
    assert [posting_id for posting_id in whole if posting_id in part] == part


@given(
    scores=st.lists(st.integers(0, 5), max_size=40),
    size=st.integers(0, 50),
    seed=st.integers(0, 1000),
)
def test_top_rows_is_a_stable_sort_cut_short(scores, size, seed):
    values = np.array(scores, dtype=float)
    allowed = np.random.default_rng(seed).random(len(values)) < 0.7
    expected = [row for row in np.argsort(-values, kind="stable") if allowed[row]][:size]
    assert top_rows(values, allowed, size).tolist() == expected


def test_every_item_is_a_record_with_a_reason_in_the_candidates_language(
    events, catalogue, tmp_path, day
):
    ranker = MostPopularRanker.fit(events, day(39))
    english = ranked(ranker, catalogue, tmp_path / "a", day(40), size=100)
    chinese = ranked(
        ranker,
        catalogue,
        tmp_path / "b",
        day(40),
        size=100,
        profile=NOBODY | {"stated": {"language": "zh-CN"}},
    )
    for item in english + chinese:
        read = Item.model_validate_json(json.dumps(item))
        assert read.reasons
        assert read.score > 0
    kinds = {reason["kind"] for item in english for reason in item["reasons"]}
    assert kinds == {"popular", "fresh"}
    words = [reason["text"] for item in english for reason in item["reasons"]]
    assert any("new: posted on 2026-01-30" in text for text in words)
    assert "popular with other candidates lately" in words
    assert all(text.isascii() for text in words)
    assert not any(reason["text"].isascii() for item in chinese for reason in item["reasons"])
    assert Catalogue.read(tmp_path / "a" / "catalogue.parquet").version == catalogue.version


@pytest.mark.parametrize("size", [0, 1])
def test_an_empty_catalogue_gives_empty_lists(make_catalogue, tmp_path, day, size):
    assert ranked(MostPopularRanker(), make_catalogue(), tmp_path / "a", day(1), size=size) == []
