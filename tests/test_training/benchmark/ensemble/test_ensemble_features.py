"""What is counted of other people leaves a person out exactly as if they had never been counted."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.benchmark.baselines.content import one_hot
from training.benchmark.ensemble.content_features.field_co_occurrence import FieldCoOccurrence
from training.benchmark.ensemble.content_features.history_features import HistoryFeatures
from training.benchmark.ensemble.content_features.posting_vectors import (
    PostingVectors,
    pair_codes,
    vectorise,
)
from training.benchmark.ensemble.content_features.ranker_examples import make_examples
from training.benchmark.ensemble.content_features.temporal_popularity import TemporalPopularity
from training.benchmark.protocols.training_view import History
from training.data.posting_fields import ABSENT

_DAY = 86_400_000_000
_TITLES = ("Night nurse", "Nurse, days", "Truck driver", "Baker", "Baker's help", "Pastry baker")
_POSTINGS = [
    {
        "posting_id": str(place),
        "title": _TITLES[place % 6],
        "employer": f"Firm {place % 4}",
        "place": {"locality": f"Town {place % 5}", "region": f"Land {place % 2}"},
        **({"industry": "Health"} if place % 3 == 0 else {}),
    }
    for place in range(12)
]

_ITEMS = st.lists(st.integers(0, 11), min_size=1, max_size=6, unique=True)


def _histories(lists: Sequence[Sequence[int]]) -> list[History]:
    return [
        History(
            np.array(items, dtype=np.int64),
            np.array([(7 * place + step) * _DAY for step in range(len(items))], dtype=np.int64),
        )
        for place, items in enumerate(lists)
    ]


def test_fields_texts_and_absence_are_found() -> None:
    vectors = vectorise(_POSTINGS)
    assert set(vectors.codes) == {"title", "employer", "locality", "region"}
    assert {"title words", "title letters", "employer letters"} <= set(vectors.texts)
    assert vectors.count == 12
    one_industry = vectorise([*_POSTINGS, {"title": "Baker", "industry": "Food"}])
    assert one_industry.missing["industry"].sum() == 8


def test_postings_that_say_nothing_are_read() -> None:
    vectors = vectorise(
        [{"posting_id": "1", "title": "的"}, {"posting_id": "2", "title": "<b></b>"}]
    )
    assert not vectors.texts.get("title words", one_hot(np.array([ABSENT]))).nnz


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(-1, 4), st.integers(-1, 4)), min_size=1))
def test_pair_codes_are_equal_where_both_are(pairs: list[tuple[int, int]]) -> None:
    one, other = (np.array(values, dtype=np.int64) for values in zip(*pairs, strict=True))
    found = pair_codes(one, other)
    for a, first in zip(found, pairs, strict=True):
        assert (a == ABSENT) == (-1 in first)
        for b, second in zip(found, pairs, strict=True):
            assert a == ABSENT or (a == b) == (first == second)


@settings(max_examples=15, deadline=None)
@given(st.lists(_ITEMS, min_size=2, max_size=6))
def test_kinship_leaves_a_person_out(lists: list[list[int]]) -> None:
    code = vectorise(_POSTINGS).codes["locality"]
    histories = _histories(lists)
    steps = histories[0].items[:1]
    left_out = FieldCoOccurrence.count(code, histories).features(steps, None, histories[0].items)
    never = FieldCoOccurrence.count(code, histories[1:]).features(steps, None, None)
    np.testing.assert_allclose(left_out[:3], never[:3], atol=1e-6)


@settings(max_examples=10, deadline=None)
@given(st.lists(_ITEMS, min_size=2, max_size=5))
def test_temporal_popularity_leaves_a_person_out(lists: list[list[int]]) -> None:
    vectors = vectorise(_POSTINGS)
    histories = _histories(lists)
    first, last = _histories([[11], [11]])  # so that both grids have one start and one end
    last.times[:] = 60 * _DAY  # type: ignore[index]
    everybody = TemporalPopularity.count(vectors, [first, *histories, last], vectors.count)
    others = TemporalPopularity.count(vectors, [first, *histories[1:], last], vectors.count)
    assert everybody is not None
    assert others is not None
    moment = float(histories[0].times[-1])  # type: ignore[index]
    left_out = everybody.at(moment, None, histories[0])
    np.testing.assert_allclose(left_out, others.at(moment, None, None), atol=1e-4)


def test_there_is_no_seasonality_without_times() -> None:
    vectors = vectorise(_POSTINGS)
    bare = [History(np.array([0, 1])), History(np.array([2, 3]))]
    features = HistoryFeatures.count(vectors, bare)
    assert features.seasonality is None
    assert np.isfinite(features.of(bare[0])).all()


def test_views_are_hidden_where_nobody_else_viewed_the_next_posting() -> None:
    vectors = vectorise(_POSTINGS)
    histories = _histories([[0, 1, 2], [0, 3], [4, 3]])
    features = HistoryFeatures.count(vectors, histories)
    examples = make_examples(features, vectors, histories, 0, lambda *_: None)
    traffic = examples.features[:, :, features.popularity]
    assert (traffic[0] == 0).all()  # 0 → 1, that nobody else viewed
    assert (traffic[2] != 0).any()  # 0 → 3, that another did
    assert examples.weights.sum() == pytest.approx(1.0)


def test_columns_are_those_of_the_whole() -> None:
    vectors = vectorise(_POSTINGS)
    histories = _histories([[0, 1, 2], [0, 3], [4, 3]])
    features = HistoryFeatures.count(vectors, histories)
    whole = features.of(histories[0], None, histories[0], 0)
    some = np.array([5, 2, 9])
    np.testing.assert_allclose(
        features.of(histories[0], some, histories[0], 0), whole[some], atol=1e-6
    )
    assert whole.shape == (12, len(features.names))


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 11))
def test_codes_do_not_depend_on_the_order_of_postings(turn: int) -> None:
    turned = _POSTINGS[turn:] + _POSTINGS[:turn]
    code, other = vectorise(_POSTINGS).codes["employer"], vectorise(turned).codes["employer"]
    assert np.array_equal(np.roll(code, -turn), other)


def test_no_postings_have_no_vectors() -> None:
    assert PostingVectors({}, {}, {}).count == 0
