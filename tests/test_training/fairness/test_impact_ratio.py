"""Selection rates, scoring rates and impact ratios, against Fairlearn and by hand."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from fairlearn.metrics import MetricFrame, demographic_parity_ratio, selection_rate

from streaming.contract.audit_groups import UNKNOWN, GroupMembership
from training.fairness.groups import Groups
from training.fairness.impact_ratio import scoring_rates, selection_rates

DATA = Path(os.environ.get("CAREERSTREAM_DATA", Path(__file__).parents[4] / "shared" / "data"))


def fairlearn_rates(labels, selected):
    """Selection rates and their ratios to the greatest, by Fairlearn."""
    known = labels != UNKNOWN
    frame = MetricFrame(
        metrics=selection_rate, y_true=selected[known], y_pred=selected[known].astype(int),
        sensitive_features=labels[known],
    )  # fmt: skip
    return frame.by_group, frame.by_group / frame.group_max()


def check_against_fairlearn(labels, selected):
    found = selection_rates(labels, selected)
    rates, ratios = fairlearn_rates(labels, selected)
    assert set(found) == set(rates.index)
    for group, category in found.items():
        assert category.rate == pytest.approx(rates[group], abs=1e-9)
        assert category.impact_ratio == pytest.approx(ratios[group], abs=1e-9)
    known = labels != UNKNOWN
    lowest = demographic_parity_ratio(
        selected[known], selected[known].astype(int), sensitive_features=labels[known]
    )
    assert min(own.impact_ratio for own in found.values()) == pytest.approx(lowest, abs=1e-9)
    return found


@pytest.mark.parametrize("seed", range(5))
def test_rates_equal_those_of_fairlearn(seed):
    chance = np.random.default_rng(seed)
    labels = chance.choice(np.array(["a", "b", "c", UNKNOWN], dtype=object), 400)
    check_against_fairlearn(labels, chance.random(400) < 0.3)
    scores = chance.normal(size=400).round(1)
    above = scores > np.median(scores)
    assert scoring_rates(labels, scores) == selection_rates(labels, above)


def test_the_field_experiment_gives_its_published_gap():
    file = DATA / "audit" / "resume.csv"
    if not file.exists():
        pytest.skip(f"{file} is absent")
    rows = pd.read_csv(file)
    called = rows["call"].to_numpy() == 1
    groups = Groups.of(
        GroupMembership(candidate_id=str(number), attribute=name, group=row[name])
        for number, row in rows.iterrows()
        for name in ("sex", "race")
    )
    labels = groups.labels([str(number) for number in range(len(rows))])
    race = check_against_fairlearn(labels["race"], called)
    assert race["black"].rate == pytest.approx(157 / 2435)
    assert race["white"].rate == pytest.approx(235 / 2435)
    assert race["black"].impact_ratio == pytest.approx(157 / 235)  # below four fifths
    assert check_against_fairlearn(labels["sex"], called)["male"].impact_ratio > 0.8
    crossed = check_against_fairlearn(labels["race and sex"], called)
    assert sum(category.people for category in crossed.values()) == len(rows) == 4870


def test_scoring_rates_count_who_is_above_the_median_of_all():
    labels = np.array(["a", "a", "b", "b", UNKNOWN], dtype=object)
    found = scoring_rates(labels, np.array([1.0, 3.0, 5.0, 7.0, 3.0]))  # median 3, not above it
    assert (found["a"].rate, found["b"].rate) == (0.0, 1.0)
    assert found["a"].impact_ratio == 0.0
    assert UNKNOWN not in found


def test_a_category_of_few_people_has_no_ratio_and_divides_none():
    labels = np.array(["a"] * 10 + ["b"] * 10 + ["c"], dtype=object)
    selected = np.array([True] * 5 + [False] * 5 + [True] * 4 + [False] * 6 + [True])
    found = selection_rates(labels, selected, fewest=5)
    assert found["c"].rate == 1.0
    assert found["c"].impact_ratio is None
    assert (found["a"].impact_ratio, found["b"].impact_ratio) == (1.0, 0.8)


def test_where_nobody_is_selected_there_is_no_ratio():
    found = selection_rates(np.array(["a", "b"], dtype=object), np.zeros(2, dtype=bool))
    assert [category.impact_ratio for category in found.values()] == [None, None]


def test_pairs_of_attributes_are_groups_and_unknown_where_one_is():
    rows = (("1", "sex", "f"), ("1", "race", "x"), ("2", "sex", "m"))
    groups = Groups.of(
        GroupMembership(candidate_id=who, attribute=name, group=group) for who, name, group in rows
    )
    labels = groups.labels(["1", "2", "3"])
    assert labels["race and sex"].tolist() == ["x and f", UNKNOWN, UNKNOWN]
    assert labels["sex"].tolist() == ["f", "m", UNKNOWN]
