"""The rule by which a group fails: power, false refusals, too few people, Holm."""

import numpy as np
import pytest

from streaming.settings import FairnessSettings
from training.fairness.comparison import Compared, compare_groups, holm
from training.fairness.group_rates import Figure
from training.fairness.pay import list_exposure

PEOPLE, TURNS = 400, 3
SETTINGS = FairnessSettings()


def figure(rates, chance):
    """Turns of people, each a hit with the rate of their group."""
    owners = np.repeat(np.arange(len(rates)), TURNS)
    return Figure.mean(chance.random(len(owners)) < rates[owners], owners)


def labels_of(chance, groups=("a", "b"), people=PEOPLE):
    return chance.choice(np.array(groups, dtype=object), people)


def failing(labels, own, before, wanted=None):
    found = compare_groups([Compared("hits", own, before, wanted)], {"g": labels}, SETTINGS)
    return [one.group for one in found if one.fails]


def test_a_group_with_half_the_rate_fails_and_is_named():
    chance = np.random.default_rng(1)
    labels = labels_of(chance)
    bad = np.where(labels == "a", 0.2, 0.4)
    before = figure(np.full(PEOPLE, 0.35), chance)
    assert failing(labels, figure(bad, chance), before) == ["a"]


def test_what_the_champion_does_as_well_is_no_reason():
    chance = np.random.default_rng(2)
    labels = labels_of(chance)
    bad = np.where(labels == "a", 0.2, 0.4)
    assert failing(labels, figure(bad, chance), figure(bad, chance)) == []


def test_what_the_group_itself_wants_is_no_reason():
    chance = np.random.default_rng(3)
    labels = labels_of(chance)
    bad = np.where(labels == "a", 0.2, 0.4)
    same = figure(np.full(PEOPLE, 0.3), chance)
    assert failing(labels, figure(bad, chance), same, wanted=figure(bad, chance)) == []
    assert failing(labels, figure(bad, chance), same, wanted=same) == ["a"]


def test_fair_models_are_seldom_refused():
    chance, refused = np.random.default_rng(4), 0
    for _ in range(40):
        labels = labels_of(chance, ("a", "b", "c", "d"))
        own, before = (figure(np.full(PEOPLE, 0.3), chance) for _ in range(2))
        refused += bool(failing(labels, own, before))
    assert refused <= 2


def test_of_few_people_nothing_is_said():
    chance = np.random.default_rng(5)
    labels = np.array(["a"] * (SETTINGS.fewest - 1) + ["b"] * 300, dtype=object)
    bad = np.where(labels == "a", 0.0, 0.5)
    own, before = figure(bad, chance), figure(np.full(len(labels), 0.5), chance)
    found = compare_groups([Compared("hits", own, before)], {"g": labels}, SETTINGS)
    assert [one.ratio for one in found] == [None, None]
    assert not any(one.fails for one in found)
    assert found[0].rate.estimate == 0.0


def test_nobody_hit_at_all_is_no_failure_and_no_error():
    chance = np.random.default_rng(6)
    nothing = figure(np.zeros(PEOPLE), chance)
    assert failing(labels_of(chance), nothing, nothing) == []


def test_holm_by_hand():
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([]) == []


def test_exposure_is_discounted_by_place():
    found = list_exposure([["x", "y", "z"], []], {"x": 3, "z": 0})
    assert found.tolist() == [[0.5, 0, 0, 1], [0, 0, 0, 0]]
