from datetime import UTC, datetime, timedelta, timezone

import pytest

from infra.simulator import Market, MarketConfig, occupations
from streaming.errors import SettingsError


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("candidates", -1),
        ("candidates", 10**12),
        ("candidates", 3.5),
        ("candidates", "many"),
        ("candidates", True),
        ("postings", -1),
        ("postings", 10**12),
        ("events_per_candidate", -0.1),
        ("events_per_candidate", float("nan")),
        ("events_per_candidate", float("inf")),
        ("days", 0),
        ("days", 10**6),
        ("more_days", -1),
        ("seed", -1),
        ("seed", 2**63),
        ("seed", None),
        ("share_chinese", 1.01),
        ("share_chinese", -0.01),
        ("occupations", 0),
        ("occupations", len(occupations()) + 1),
        ("impressions", 2),
        ("start", "2025-01-06"),
        ("start", datetime(2025, 1, 6)),  # noqa: DTZ001 - that it has no zone is the point
        ("start", datetime(9999, 1, 1, tzinfo=UTC)),
        ("start", datetime(1, 1, 1, tzinfo=UTC)),
    ],
)
def test_an_absurd_value_is_refused_in_one_line_that_names_it(name, value):
    with pytest.raises(SettingsError) as caught:
        MarketConfig(**{name: value})
    message = str(caught.value)
    assert name in message
    assert "give" in message
    assert "\n" not in message


def test_a_whole_number_will_do_for_a_fraction():
    config = MarketConfig(candidates=5, postings=50, events_per_candidate=3, share_chinese=1)
    assert {posting["language"] for posting in Market(config).postings()} == {"zh"}


def test_the_start_may_stand_in_any_time_zone():
    here = datetime(2025, 1, 6, 8, tzinfo=timezone(timedelta(hours=8)))
    there = datetime(2025, 1, 6, tzinfo=UTC)
    first, second = (
        list(Market(MarketConfig(candidates=20, postings=80, start=start)).events())
        for start in (here, there)
    )
    assert first == second
