"""The sequential test for harm, on simulated people who click more or less often."""

import numpy as np
import pytest

from training.evaluation.sequential_test import MIN_PEOPLE, evidence_of_harm

LIMIT = 40.0
"""2 / alpha: two outcomes share alpha .05."""
STEP = 100
"""Lists of the challenger between two looks."""


class People:
    """Simulated people: few are very active, and each has a click rate of their own."""

    def __init__(self, seed, share, *, effect, rate=0.1, people=3_000):
        self.random = np.random.default_rng(seed)
        activity = self.random.pareto(1.3, people) + 0.2
        self.activity = activity / activity.sum()
        own = self.random.beta(8 * rate, 8 * (1 - rate), people)
        self.challenged = self.random.random(people) < share
        self.rates = np.minimum(1.0, np.where(self.challenged, effect * own, own))
        self.step = round(STEP / share)
        self.lists, self.clicks = np.zeros(people), np.zeros(people)

    def look(self):
        """Let some time pass; return what became of the lists of both arms."""
        lists = self.random.multinomial(self.step, self.activity)
        self.lists += lists
        self.clicks += self.random.binomial(lists, self.rates)
        seen = np.stack([self.lists, self.clicks], axis=1)
        return [seen[(self.lists > 0) & (self.challenged == own)] for own in (False, True)]

    def lists_until_stopped(self, looks):
        """Return how many lists of the challenger it took; infinity if nothing was found."""
        for _ in range(looks):
            if evidence_of_harm(*self.look()) >= LIMIT:
                return float(self.lists[self.challenged].sum())
        return float("inf")


@pytest.mark.parametrize("share", [0.05, 0.5])
def test_half_the_click_rate_is_found_soon(share):
    runs = [People(seed, share, effect=0.5).lists_until_stopped(60) for seed in range(50)]
    assert np.median(runs) <= 2_000


@pytest.mark.parametrize(("share", "rate"), [(0.05, 0.1), (0.05, 0.03), (0.5, 0.3)])
def test_an_equal_model_is_hardly_ever_stopped_however_often_one_looks(share, rate):
    runs = [People(seed, share, effect=1, rate=rate).lists_until_stopped(40) for seed in range(200)]
    assert np.isfinite(runs).sum() <= 16


def test_a_better_model_is_not_stopped():
    runs = [People(seed, 0.2, effect=1.5).lists_until_stopped(40) for seed in range(50)]
    assert not np.isfinite(runs).any()


def test_evidence_grows_with_what_was_seen():
    champion = np.array([[10.0, 5.0]] * 100)
    worse = np.array([[10.0, 4.0], [10.0, 2.0]] * 50)
    little = evidence_of_harm(champion[:40], worse[:40])
    much = evidence_of_harm(champion, worse)
    assert 1 < little < much


@pytest.mark.parametrize(
    ("champion", "challenger"),
    [
        (np.empty((0, 2)), np.empty((0, 2))),
        (np.array([[1.0, 1.0]] * 500), np.array([[1.0, 0.0]] * (MIN_PEOPLE - 1))),
        (np.array([[3.0, 0.0]] * 500), np.array([[3.0, 0.0]] * 500)),
        (np.array([[3.0, 3.0]] * 500), np.array([[3.0, 3.0]] * 500)),
    ],
    ids=["nobody", "too few", "no clicks", "clicks always"],
)
def test_where_nothing_can_be_said_the_evidence_is_one(champion, challenger):
    assert evidence_of_harm(champion, challenger) == 1.0


def test_certain_harm_overflows_nowhere():
    champion, challenger = np.array([[10.0, 9.0]] * 100_000), np.array([[10.0, 1.0]] * 100_000)
    assert evidence_of_harm(champion, challenger) > 1e100
    assert evidence_of_harm(challenger, champion) < 1
