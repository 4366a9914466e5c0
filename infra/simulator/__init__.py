"""The market simulator: postings, candidates and events for demonstrations and tests.

    market = Market(MarketConfig(candidates=100, postings=300, seed=1))
    write(market, Path("simulated"))

Every simulated record has `source: simulator`, and every employer's name is obviously invented.
"""

from infra.simulator.file_export import write
from infra.simulator.market import Market, occupations
from infra.simulator.population.market_config import MarketConfig
from infra.simulator.record_fields import SOURCE
from infra.simulator.visits import FEATURES, Visitors, Visits
from infra.simulator.vocabulary.occupation import LANGUAGES

__all__ = [
    "FEATURES",
    "LANGUAGES",
    "SOURCE",
    "Market",
    "MarketConfig",
    "Visitors",
    "Visits",
    "occupations",
    "write",
]
