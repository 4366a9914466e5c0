"""What is measured of lists, against plain computations."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.benchmark.list_quality import intervals, measure_lists, segments
from training.benchmark.protocols.question import Question
from training.evaluation.ranking_metrics import CUTOFFS, METRICS, metrics_of_ranks


@given(st.lists(st.integers(0, 25), min_size=1, max_size=30))
def test_metrics_are_those_of_the_places(places: list[int]) -> None:
    found = dict(zip(METRICS, metrics_of_ranks(np.array(places)).T, strict=True))
    for row, place in enumerate(places):
        for k in CUTOFFS:
            hit = 0 < place <= k
            assert found[f"hr@{k}"][row] == hit
            assert found[f"ndcg@{k}"][row] == pytest.approx(hit / np.log2(max(place, 1) + 1))
        assert found["mrr"][row] == pytest.approx(place and 1 / place)


def lists_of(question: Question, places: Sequence[int]) -> list[list[dict[str, object]]]:
    """Make a list for each turn with the target at a place from 1; 0: not at all."""
    lists = []
    for case, place in zip(question.test.cases, places, strict=True):
        others = [own for own in question.catalogue.posting_ids if own != case.targets[0]]
        ids = others[:20]
        if place:
            ids = [*others[: place - 1], case.targets[0], *others[place - 1 : 19]]
        chances = [0.5 if own == case.targets[0] else 0.1 for own in ids]
        lists.append(
            [
                {"posting_id": own, "probability": chance}
                for own, chance in zip(ids, chances, strict=True)
            ]
        )
    return lists


def test_lists_are_measured_as_a_hand_does(small_views: Question) -> None:
    turns = small_views.test
    places = [1 + turn % 3 if turn % 2 else 0 for turn in range(len(turns))]
    found = measure_lists(lists_of(small_views, places), turns, small_views.catalogue)
    assert found.values[:, METRICS.index("mrr")].tolist() == pytest.approx(
        [place and 1 / place for place in places]
    )
    assert 0 < found.measured["coverage"] < 1
    assert 0 < found.measured["similarity@10"] <= 1
    items, hits = 20 * len(turns), sum(place > 0 for place in places)
    wrong = (items - hits) * 0.1 + hits * 0.5  # in no bin do misses and hits make up for each other
    assert found.measured["calibration/items"] == items
    assert 0 < found.measured["calibration/error"] <= wrong / items
    assert len(found.measured["calibration/predicted"]) == 10


def test_rankers_without_probabilities_and_items_without_texts(
    sequences_file: Path, ask: Callable[..., Question]
) -> None:
    bare = ask("sequences", sequences_file)
    lists = [[{"posting_id": item["posting_id"]} for item in items] for items in lists_of(
        bare, [1] * len(bare.test))]  # fmt: skip
    found = measure_lists(lists, bare.test, bare.catalogue)
    assert set(found.measured) == {"coverage"}
    assert found.values.min() == 1.0


def test_differences_are_paired_and_segments_partial(small_views: Question) -> None:
    turns = small_views.test
    parts = segments(turns)
    assert set(parts) == {"", "seen/", "unseen/"}
    first, nothing = (
        measure_lists(lists_of(small_views, [place] * len(turns)), turns, small_views.catalogue)
        for place in (1, 0)
    )
    found = intervals({"": first, "baselines/x/": nothing, "baselines/y/": first}, turns, seed=1)
    again = intervals({"": first, "baselines/x/": nothing, "baselines/y/": first}, turns, seed=1)
    assert found == again
    assert (found["seen/mrr"].low, found["seen/mrr"].high) == (1.0, 1.0)
    assert found["difference/baselines/x/unseen/hr@10"].low == 1.0
    assert found["difference/baselines/y/mrr"].estimate == 0.0
    half = measure_lists(
        lists_of(small_views, [turn % 2 for turn in range(len(turns))]),
        turns,
        small_views.catalogue,
    )
    hits = intervals({"": half}, turns, seed=3)["hr@10"]
    spread = half.values[:, METRICS.index("hr@10")].std() / np.sqrt(len(turns))
    assert hits.high - hits.low == pytest.approx(2 * 1.96 * spread, rel=0.3)
