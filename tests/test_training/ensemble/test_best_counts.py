"""What is counted of other people leaves a person out exactly as if they had never been counted."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.benchmark.ensemble.field_co_occurrence import Kinship
from training.benchmark.ensemble.history_features import Features
from training.benchmark.ensemble.posting_vectors import Said, crossed, indicators, read
from training.benchmark.ensemble.ranker_examples import make
from training.benchmark.ensemble.temporal_popularity import Seasons
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
    said = read(_POSTINGS)
    assert set(said.codes) == {"title", "employer", "locality", "region"}
    assert {"title words", "title letters", "employer letters"} <= set(said.texts)
    assert said.count == 12
    one_industry = read([*_POSTINGS, {"title": "Baker", "industry": "Food"}])
    assert one_industry.lacking["industry"].sum() == 8


def test_postings_that_say_nothing_are_read() -> None:
    said = read([{"posting_id": "1", "title": "的"}, {"posting_id": "2", "title": "<b></b>"}])
    assert not said.texts.get("title words", indicators(np.array([ABSENT]))).nnz


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(-1, 4), st.integers(-1, 4)), min_size=1))
def test_crossed_values_are_equal_where_both_are(pairs: list[tuple[int, int]]) -> None:
    one, other = (np.array(values, dtype=np.int64) for values in zip(*pairs, strict=True))
    found = crossed(one, other)
    for a, first in zip(found, pairs, strict=True):
        assert (a == ABSENT) == (-1 in first)
        for b, second in zip(found, pairs, strict=True):
            assert a == ABSENT or (a == b) == (first == second)


@settings(max_examples=15, deadline=None)
@given(st.lists(_ITEMS, min_size=2, max_size=6))
def test_kinship_leaves_a_person_out(lists: list[list[int]]) -> None:
    code = read(_POSTINGS).codes["locality"]
    histories = _histories(lists)
    steps = histories[0].items[:1]
    left_out = Kinship.count(code, histories).rows(steps, None, histories[0].items)
    never = Kinship.count(code, histories[1:]).rows(steps, None, None)
    np.testing.assert_allclose(left_out[:3], never[:3], atol=1e-6)


@settings(max_examples=10, deadline=None)
@given(st.lists(_ITEMS, min_size=2, max_size=5))
def test_seasons_leave_a_person_out(lists: list[list[int]]) -> None:
    said = read(_POSTINGS)
    histories = _histories(lists)
    first, last = _histories([[11], [11]])  # so that both grids have one start and one end
    last.times[:] = 60 * _DAY  # type: ignore[index]
    everybody = Seasons.count(said, [first, *histories, last], said.count)
    others = Seasons.count(said, [first, *histories[1:], last], said.count)
    assert everybody is not None
    assert others is not None
    moment = float(histories[0].times[-1])  # type: ignore[index]
    left_out = everybody.at(moment, None, histories[0])
    np.testing.assert_allclose(left_out, others.at(moment, None, None), atol=1e-4)


def test_there_are_no_seasons_without_times() -> None:
    said = read(_POSTINGS)
    bare = [History(np.array([0, 1])), History(np.array([2, 3]))]
    features = Features.count(said, bare)
    assert features.seasons is None
    assert np.isfinite(features.of(bare[0])).all()


def test_traffic_is_hidden_where_nobody_else_viewed_the_next_posting() -> None:
    said = read(_POSTINGS)
    histories = _histories([[0, 1, 2], [0, 3], [4, 3]])
    features = Features.count(said, histories)
    examples = make(features, said, histories, 0, lambda *_: None)
    traffic = examples.numbers[:, :, features.traffic]
    assert (traffic[0] == 0).all()  # 0 → 1, that nobody else viewed
    assert (traffic[2] != 0).any()  # 0 → 3, that another did
    assert examples.weights.sum() == pytest.approx(1.0)


def test_columns_are_those_of_the_whole() -> None:
    said = read(_POSTINGS)
    histories = _histories([[0, 1, 2], [0, 3], [4, 3]])
    features = Features.count(said, histories)
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
    code, other = read(_POSTINGS).codes["employer"], read(turned).codes["employer"]
    assert np.array_equal(np.roll(code, -turn), other)


def test_said_counts_no_postings() -> None:
    assert Said({}, {}, {}).count == 0
