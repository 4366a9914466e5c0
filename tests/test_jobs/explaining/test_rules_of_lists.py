"""Which rule leaves a posting out: the rules together are `Catalogue.eligible`, told apart."""

from functools import reduce
from operator import or_

import numpy as np
import pyarrow as pa
import pytest

from jobs.explaining.rules import ListRules, Rule
from streaming.serving.catalogue import Catalogue
from streaming.timestamps import parse_timestamp
from training.ranking.most_popular import MostPopularRanker

NOW = "2026-03-01T12:00:00.000000Z"
LATER, EARLIER = "2026-04-01T00:00:00.000000Z", "2026-02-01T00:00:00.000000Z"


def entry(posting_id):
    return {"posting_id": posting_id, "event_time": NOW, "offset": 0}


PROFILE = {
    "as_of": NOW,
    "stated": {"updated_at": NOW, "blocked_employers": ["Zoë"]},
    "events": [entry("viewed"), entry("dismissed"), entry("unknown")],
    "applied": [entry("applied")],
    "dismissed": [entry("dismissed")],
}


def made(*postings):
    """A catalogue of (id, employer, opens, expires, open)."""
    times = pa.timestamp("us", tz="UTC")
    ids, employers, opens, expires, is_open = zip(*postings, strict=True)
    columns = {
        "posting_id": list(ids),
        "title": list(ids),
        "employer": list(employers),
        "date_posted": pa.array([one and parse_timestamp(one) for one in opens], times),
        "valid_through": pa.array([one and parse_timestamp(one) for one in expires], times),
        "open": list(is_open),
    }
    return Catalogue.of(pa.table(columns), 1)


@pytest.fixture(scope="module")
def catalogue():
    return made(
        ("free", "Ada", EARLIER, None, True),
        ("withdrawn", "Ada", EARLIER, None, False),
        ("future", "Ada", LATER, None, True),
        ("expired", "Ada", None, EARLIER, True),
        ("blocked", "ZOË", None, None, True),
        ("viewed", "Ada", None, None, True),
        ("applied", None, None, None, True),
        ("dismissed", None, None, EARLIER, True),
    )


@pytest.fixture
def rules_of(tmp_path):
    """The rules of the list that the most-popular ranker makes."""

    def make(catalogue, profile, size):
        ranker, folder = MostPopularRanker(), tmp_path / "prepared"
        folder.mkdir()
        ranker.prepare(catalogue, folder)
        [items] = ranker.rank([profile], [profile["as_of"]], folder, size)
        [longer] = ranker.rank([profile], [profile["as_of"]], folder, 200)
        listed = [item["posting_id"] for item in items]
        return ListRules(catalogue, profile, listed, longer, size)

    return make


def test_the_rules_are_those_of_the_catalogue(catalogue, rules_of):
    excluded = rules_of(catalogue, PROFILE, 3).excluded()
    together = reduce(or_, excluded.values())
    assert np.array_equal(together, ~catalogue.eligible(PROFILE, NOW))


@pytest.mark.parametrize(
    ("posting_id", "rules"),
    [
        ("free", ()),
        ("withdrawn", (Rule.WITHDRAWN,)),
        ("future", (Rule.NOT_YET_OPEN,)),
        ("expired", (Rule.EXPIRED,)),
        ("blocked", (Rule.BLOCKED,)),
        ("viewed", (Rule.KNOWN,)),
        ("applied", (Rule.APPLIED,)),
        ("dismissed", (Rule.EXPIRED, Rule.DISMISSED)),
    ],
)
def test_each_rule_is_told(catalogue, rules_of, posting_id, rules):
    assert rules_of(catalogue, PROFILE, 3).why_not(posting_id).rules == rules


def test_every_posting_counts_once(catalogue, rules_of):
    rows = rules_of(catalogue, PROFILE, 3).left_out()
    assert sum(row["postings"] for row in rows) == len(catalogue) - 1
    assert {row["rule"]: row["examples"] for row in rows}["expired"] == [
        one for one in catalogue.posting_ids if one in {"expired", "dismissed"}
    ]


def test_the_cap_and_lower_scores_are_told_apart(rules_of):
    day = "2026-02-{:02}T00:00:00.000000Z".format
    catalogue = made(
        *((f"big{n}", "Big", day(28 - n), None, True) for n in range(4)),
        *((f"small{n}", f"Small {n}", day(10 - n), None, True) for n in range(4)),
    )
    rules = rules_of(catalogue, PROFILE, 4)
    assert rules.listed == ["big0", "big1", "small0", "small1"]
    assert rules.capped() == ["big2", "big3"]
    capped, below = rules.why_not("big2"), rules.why_not("small2")
    assert (capped.rules, below.rules) == ((Rule.CAP,), (Rule.BELOW,))
    assert capped.score > capped.last_score > below.score
    assert (capped.place, below.place) == (3, 7)
    assert {row["rule"]: row["postings"] for row in rules.left_out()} == {
        "employer cap": 2, "ranked below": 2,
    }  # fmt: skip
