"""The parameters of a market, drawn once from its configuration."""

from dataclasses import dataclass

import numpy as np

from infra.simulator.population.employers import Employers, draw_employers
from infra.simulator.population.market_config import MarketConfig
from infra.simulator.population.random_streams import EMPLOYERS, MICROS_PER_DAY, random_stream
from infra.simulator.population.taxonomy import Taxonomy
from infra.simulator.vocabulary.occupation import LANGUAGES

_SHARE_SPREAD = 0.2
_MICROS_PER_SECOND = 1_000_000

LEVEL_SHARES = (0.2, 0.45, 0.27, 0.08)
"""Shares of the levels junior, skilled, senior and lead, among candidates and postings alike."""
LEVEL_PAY = np.array([0.7, 1.0, 1.4, 1.9])
"""Pay of each level, relative to the occupation's usual pay."""


@dataclass(frozen=True, kw_only=True)
class MarketParameters:
    """What postings, candidates and events of one market have in common."""

    config: MarketConfig
    taxonomy: Taxonomy
    employers: tuple[Employers, Employers]
    """Chinese and English ones."""
    occupation_shares: np.ndarray
    """Share of each occupation, (O,)."""

    @property
    def start(self) -> int:
        """When the first day begins, microseconds since 1970."""
        # A float of this size is exact only to a few microseconds, hence whole seconds.
        return int(self.config.start.timestamp()) * _MICROS_PER_SECOND

    @property
    def end(self) -> int:
        """When the last day is over, microseconds since 1970."""
        return self.start + self.config.total_days * MICROS_PER_DAY

    def draw_languages(self, count: int, rng: np.random.Generator) -> np.ndarray:
        """Draw languages, (count,): 0 for Chinese, 1 for English."""
        return np.asarray(rng.random(count) >= self.config.share_chinese).astype(np.int8)

    def draw_occupations(self, count: int, rng: np.random.Generator) -> np.ndarray:
        """Draw occupations, (count,)."""
        return rng.choice(self.taxonomy.size, size=count, p=self.occupation_shares).astype(np.int16)


def draw_parameters(config: MarketConfig) -> MarketParameters:
    """Draw the parameters of a configuration's market."""
    taxonomy = Taxonomy(config.occupations)
    rng = random_stream(config.seed, EMPLOYERS)
    shares = np.exp(_SHARE_SPREAD * rng.normal(size=taxonomy.size))
    chinese, english = (
        draw_employers(taxonomy, language, config.postings, rng)
        for language in range(len(LANGUAGES))
    )
    return MarketParameters(
        config=config,
        taxonomy=taxonomy,
        employers=(chinese, english),
        occupation_shares=shares / shares.sum(),
    )
