from dataclasses import dataclass
from typing import Any

import pytest

from infra.simulator import Market, MarketConfig


@dataclass(frozen=True)
class Told:
    """A market and everything it tells."""

    market: Market
    postings: dict[str, dict[str, Any]]
    candidates: dict[str, dict[str, Any]]
    events: list[dict[str, Any]]

    @property
    def views(self) -> list[dict[str, Any]]:
        return [event for event in self.events if event["kind"] == "view"]


def tell(config: MarketConfig) -> Told:
    market = Market(config)
    return Told(
        market,
        {one["posting_id"]: one for one in market.postings()},
        {one["candidate_id"]: one for one in market.candidates()},
        list(market.events()),
    )


@pytest.fixture(scope="session")
def told() -> Told:
    """The default market: the one of the demonstration."""
    return tell(MarketConfig())


@pytest.fixture(scope="session")
def small_config() -> MarketConfig:
    return MarketConfig(candidates=60, postings=300, days=12, events_per_candidate=8.0, seed=3)
