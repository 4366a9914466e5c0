from dataclasses import dataclass
from typing import Any

import pytest

from infra.simulator import Market, MarketConfig


@dataclass(frozen=True)
class Simulated:
    """A market and all its records."""

    market: Market
    postings: dict[str, dict[str, Any]]
    candidates: dict[str, dict[str, Any]]
    events: list[dict[str, Any]]

    @property
    def views(self) -> list[dict[str, Any]]:
        return [event for event in self.events if event["kind"] == "view"]


def simulate(config: MarketConfig) -> Simulated:
    market = Market(config)
    return Simulated(
        market,
        {posting["posting_id"]: posting for posting in market.postings()},
        {candidate["candidate_id"]: candidate for candidate in market.candidates()},
        list(market.events()),
    )


@pytest.fixture(scope="session")
def simulated() -> Simulated:
    """The default market: the one of the demonstration."""
    return simulate(MarketConfig())


@pytest.fixture(scope="session")
def small_config() -> MarketConfig:
    return MarketConfig(candidates=60, postings=300, days=12, events_per_candidate=8.0, seed=3)
