"""What a market's parts have in common: its configuration, ground, employers and sizes."""

from dataclasses import dataclass

import numpy as np

from infra.simulator.config import MarketConfig
from infra.simulator.draws import EMPLOYERS, MICROS_PER_DAY, generator
from infra.simulator.employers import Employers, draw_employers
from infra.simulator.landscape import Landscape
from infra.simulator.vocabulary.occupation import LANGUAGES

_SIZE_SPREAD = 0.2
_MICROS_PER_SECOND = 1_000_000

LEVEL_SHARES = (0.2, 0.45, 0.27, 0.08)
"""Beginners, skilled, senior, leading: of candidates and postings alike."""
LEVEL_PAY = np.array([0.7, 1.0, 1.4, 1.9])


@dataclass(frozen=True, kw_only=True)
class Scene:
    """The market before anybody has posted or looked for anything."""

    config: MarketConfig
    land: Landscape
    employers: tuple[Employers, Employers]
    """Chinese and English ones."""
    sizes: np.ndarray
    """Share of each occupation, (O,)."""

    @property
    def start(self) -> int:
        """When the first day begins, microseconds since 1970."""
        # note: a float of this size is exact only to a few microseconds, hence whole seconds
        return int(self.config.start.timestamp()) * _MICROS_PER_SECOND

    @property
    def end(self) -> int:
        """When the last day is over, microseconds since 1970."""
        return self.start + self.config.total_days * MICROS_PER_DAY

    def draw_languages(self, count: int, rng: np.random.Generator) -> np.ndarray:
        """Draw languages, (count,) of 0 for Chinese and 1 for English."""
        return np.asarray(rng.random(count) >= self.config.share_chinese).astype(np.int8)

    def draw_occupations(self, count: int, rng: np.random.Generator) -> np.ndarray:
        """Draw occupations, (count,)."""
        return rng.choice(self.land.size, size=count, p=self.sizes).astype(np.int16)


def set_scene(config: MarketConfig) -> Scene:
    """Set the scene for a configuration."""
    land = Landscape(config.occupations)
    rng = generator(config.seed, EMPLOYERS)
    sizes = np.exp(_SIZE_SPREAD * rng.normal(size=land.size))
    chinese, english = (
        draw_employers(land, language, config.postings, rng) for language in range(len(LANGUAGES))
    )
    return Scene(config=config, land=land, employers=(chinese, english), sizes=sizes / sizes.sum())
