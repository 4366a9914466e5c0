"""The market simulator: postings, candidates and events for demonstrations and tests.

    market = Market(MarketConfig(candidates=100, postings=300, seed=1))
    write(market, Path("simulated"))

It stands in for the outside world. What it makes is labelled: every record has
`source: simulator`, and every employer's name is obviously invented.
"""

from infra.simulator.config import MarketConfig
from infra.simulator.market import Market, occupations
from infra.simulator.rendering.files import Progress, write
from infra.simulator.rendering.labels import SOURCE
from infra.simulator.vocabulary.occupation import LANGUAGES, Language, Occupation

__all__ = [
    "LANGUAGES",
    "SOURCE",
    "Language",
    "Market",
    "MarketConfig",
    "Occupation",
    "Progress",
    "occupations",
    "write",
]
