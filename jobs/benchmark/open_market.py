"""A simulated market whose postings are all open all the time."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Self

from infra.simulator import Market, MarketConfig
from jobs.benchmark.stream.harness.load_generator import BEGIN
from streaming.timestamps import format_timestamp

DAYS = 60
EVENTS = 8.0
"""Events of each candidate, on average."""


@dataclass(frozen=True)
class OpenMarket:
    """Records as values of their topics."""

    postings: list[dict[str, Any]]
    stated: list[dict[str, Any]]
    events: list[dict[str, Any]]

    @classmethod
    def simulate(cls, candidates: int, postings: int, seed: int) -> Self:
        """Simulate the behaviour of so many candidates."""
        market = Market(
            MarketConfig(
                candidates=candidates, postings=postings, days=DAYS, events_per_candidate=EVENTS,
                seed=seed, start=BEGIN,
            )
        )  # fmt: skip
        return cls(list(_opened(market.postings())), list(market.candidates()), [*market.events()])

    @property
    def candidates(self) -> list[str]:
        """Every candidate with an event or a stated part."""
        return sorted({value["candidate_id"] for value in (*self.stated, *self.events)})

    @property
    def posting_ids(self) -> list[str]:
        """The ids of all postings."""
        return [posting["posting_id"] for posting in self.postings]


def _opened(postings: Iterable[dict[str, Any]]) -> Iterable[dict[str, Any]]:
    posted = {"date_posted": format_timestamp(BEGIN - timedelta(days=1))}
    for posting in postings:
        yield {name: v for name, v in posting.items() if name != "valid_through"} | posted
