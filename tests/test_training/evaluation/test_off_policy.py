"""Position bias and values of policies, estimated from clicks whose truth is known."""

import numpy as np
import pytest

from streaming.errors import InputError
from training.evaluation.off_policy import ClickModel, policy_value
from training.evaluation.position_bias import examination
from training.evaluation.shuffled_lists import ShuffledLists

LOOKED_AT = np.array([1.0, 0.7, 0.5, 0.3, 0.2])
PLACES = len(LOOKED_AT)


def simulate(random, count, people=200):
    """Lists, and how much each item is liked, by its place by the model: the first ones more."""
    order = random.permuted(np.tile(np.arange(PLACES), (count, 1)), axis=1)
    owners = random.integers(people, size=count)
    taste = random.uniform(0.5, 1.5, size=people)[owners, None]
    liked = np.clip(
        taste * random.beta(2, 4, size=(count, PLACES)) * (1 - 0.1 * np.arange(5)), 0, 1
    )
    chances = LOOKED_AT * np.take_along_axis(liked, order, axis=1)
    return ShuffledLists(random.random(chances.shape) < chances, order, owners), liked


def policy_by(liked):
    """A policy that knows something of what is liked, as places by the model's place, and truth."""
    places = np.argsort(np.argsort(-liked.round(1), axis=1, kind="stable"), axis=1)
    return places, float((LOOKED_AT[places] * liked).sum(axis=1).mean())


def test_examination_is_found_and_lies_in_its_intervals():
    lists, _ = simulate(np.random.default_rng(1), 20_000)
    found = examination(lists, draws=200)
    assert found[0].low == found[0].estimate == found[0].high == 1.0
    assert [one.estimate for one in found] == pytest.approx(LOOKED_AT, abs=0.05)
    for one, true in zip(found[1:], LOOKED_AT[1:], strict=True):
        assert one.low < true < one.high


@pytest.mark.parametrize("model", list(ClickModel))
def test_a_policy_is_estimated_without_bias_and_intervals_hold_the_truth(model):
    random = np.random.default_rng(2)
    errors, held = [], []
    for _ in range(100):
        lists, liked = simulate(random, 500, people=80)
        by_model, true = policy_by(liked)
        places = np.take_along_axis(by_model, lists.order, axis=1)
        found = policy_value(lists, places, model, draws=200)
        errors.append(found.estimate - true)
        held.append(found.low <= true <= found.high)
    assert abs(np.mean(errors)) < 3 * np.std(errors) / 10
    assert np.mean(held) > 0.85


def test_the_position_based_estimate_varies_less():
    random = np.random.default_rng(3)
    found = {model: [] for model in ClickModel}
    for _ in range(50):
        lists, liked = simulate(random, 300)
        by_model, true = policy_by(liked)
        places = np.take_along_axis(by_model, lists.order, axis=1)
        for model, own in found.items():
            own.append(policy_value(lists, places, model, draws=1).estimate - true)
    few, many = (np.std(found[model]) for model in ClickModel)
    assert few < 0.6 * many


def test_the_shown_order_as_a_policy_is_worth_what_was_clicked():
    lists, _ = simulate(np.random.default_rng(4), 1_000)
    shown = np.tile(np.arange(PLACES), (1_000, 1))
    single = policy_value(lists, shown, ClickModel.ITEM_POSITION, draws=1).estimate
    assert single == pytest.approx(PLACES * lists.clicks.sum(axis=1).mean())


def test_lists_of_one_person_say_less_than_those_of_many():
    lists, _ = simulate(np.random.default_rng(5), 2_000)
    alone = ShuffledLists(lists.clicks, lists.order, np.arange(2_000))
    doubled = ShuffledLists(*(np.repeat(one, 2, axis=0) for one in (alone.clicks, alone.order)),
                            np.repeat(np.arange(2_000), 2))  # fmt: skip
    for before, after in zip(examination(alone), examination(doubled), strict=True):
        assert (after.low, after.high) == pytest.approx((before.low, before.high))


@pytest.mark.parametrize(
    ("clicks", "text"),
    [
        (np.zeros((0, 0), dtype=bool), "there is no shuffled list; set recommend.shuffle_share"),
        (np.zeros((3, 5), dtype=bool), "in 3 shuffled lists nobody clicked the first place"),
    ],
)
def test_nothing_to_estimate_from_is_one_line(clicks, text):
    with pytest.raises(InputError, match=text):
        ShuffledLists(clicks, np.zeros(clicks.shape, dtype=np.int64), np.zeros(len(clicks)))
