"""The postings of a market as arrays."""

from dataclasses import dataclass, fields

import numpy as np

from infra.simulator.population.parameters import LEVEL_PAY, LEVEL_SHARES, MarketParameters
from infra.simulator.population.random_streams import (
    MICROS_PER_DAY,
    POSTINGS,
    random_stream,
    sample_rows,
)
from infra.simulator.population.taxonomy import ABSENT
from infra.simulator.vocabulary.places import CITIES

LEAD_DAYS = 28
"""Days with postings before the first event, so that the market is full on the first day."""
NEVER = np.iinfo(np.int64).max
"""The value of `closes` for a posting without an end."""

_FEWEST_SKILLS, _MOST_SKILLS = 4, 8
_SKILL_DECAY = 0.12
_FEWEST_DAYS_OPEN, _MOST_DAYS_OPEN = 14, 56
_ENDLESS_SHARE = 0.12
_AT_SITE_SHARE = 0.85
_HEAD_OFFICE_SHARE = 0.6
_PAY_NOISE = 0.12


@dataclass(frozen=True, kw_only=True)
class Postings:
    """N postings in the order of `opens`; the row is the posting's number."""

    language: np.ndarray
    occupation: np.ndarray
    employer: np.ndarray
    """Index among the employers of its language."""
    city: np.ndarray
    level: np.ndarray
    """0 to 3."""
    pay: np.ndarray
    """Pay relative to the occupation's usual pay."""
    skills: np.ndarray
    """(N, 8), padded with -1."""
    appeal: np.ndarray
    """Utility for every candidate alike: the posting's own appeal and the employer's."""
    opens: np.ndarray
    """Microseconds since 1970."""
    closes: np.ndarray
    """Microseconds since 1970, or NEVER."""

    def __len__(self) -> int:
        return len(self.opens)


def draw_postings(parameters: MarketParameters) -> Postings:
    """Draw all postings, day by day, so that a longer market starts with the same ones."""
    days = [_draw_day(parameters, day) for day in range(LEAD_DAYS + parameters.config.total_days)]
    return Postings(
        **{
            field.name: np.concatenate([getattr(day, field.name) for day in days])
            for field in fields(Postings)
        }
    )


def _count(parameters: MarketParameters, day: int) -> int:
    """Return the number of postings of a day; the days differ by one at most."""
    span = LEAD_DAYS + parameters.config.days

    def until(end: int) -> int:
        return (2 * end * parameters.config.postings + span) // (2 * span)

    return until(day + 1) - until(day)


def _draw_day(parameters: MarketParameters, day: int) -> Postings:
    rng = random_stream(parameters.config.seed, POSTINGS, day)
    count = _count(parameters, day)
    language = parameters.draw_languages(count, rng)
    occupation = parameters.draw_occupations(count, rng)
    employer = _employers(parameters, language, occupation, rng)
    city = _cities(parameters, language, employer, rng)
    level = rng.choice(len(LEVEL_SHARES), size=count, p=LEVEL_SHARES).astype(np.int8)
    city_pay = np.array([city.pay for city in CITIES])[city]
    employer_appeal = np.array(
        [
            parameters.employers[code].appeal[number]
            for code, number in zip(language, employer, strict=True)
        ],
        dtype=float,
    )
    day_start = parameters.start + (day - LEAD_DAYS) * MICROS_PER_DAY
    opens = np.sort(day_start + rng.integers(MICROS_PER_DAY, size=count))
    days_open = rng.integers(_FEWEST_DAYS_OPEN, _MOST_DAYS_OPEN + 1, size=count)
    return Postings(
        language=language,
        occupation=occupation,
        employer=employer,
        city=city,
        level=level,
        pay=LEVEL_PAY[level] * city_pay * np.exp(_PAY_NOISE * rng.normal(size=count)),
        skills=_skills(parameters, occupation, rng),
        appeal=(0.7 * rng.normal(size=count) + 0.5 * employer_appeal).astype(np.float32),
        opens=opens,
        closes=np.where(
            rng.random(count) < _ENDLESS_SHARE, NEVER, opens + days_open * MICROS_PER_DAY
        ),
    )


def _employers(
    parameters: MarketParameters,
    language: np.ndarray,
    occupation: np.ndarray,
    rng: np.random.Generator,
) -> np.ndarray:
    picks = rng.random(len(language))
    return np.array(
        [
            np.searchsorted(parameters.employers[code].hiring[row], pick, side="right")
            for code, row, pick in zip(language, occupation, picks, strict=True)
        ],
        dtype=np.int32,
    )


def _cities(
    parameters: MarketParameters,
    language: np.ndarray,
    employer: np.ndarray,
    rng: np.random.Generator,
) -> np.ndarray:
    """Draw cities: mostly a site of the employer, and most often its head office."""
    count = len(language)
    sites = [employers.sites for employers in parameters.employers]
    at_site, at_head = rng.random((2, count))
    site = np.where(at_head < _HEAD_OFFICE_SHARE, 0, rng.integers(sites[0].shape[1], size=count))
    elsewhere = np.zeros(count, dtype=np.int64)
    for code, shares in enumerate(parameters.taxonomy.city_shares):
        cities = rng.choice(len(shares), size=count, p=shares)
        elsewhere = np.where(language == code, cities, elsewhere)
    own = np.array(
        [
            sites[code][number, column]
            for code, number, column in zip(language, employer, site, strict=True)
        ],
        dtype=np.int64,
    )
    return np.where(at_site < _AT_SITE_SHARE, own, elsewhere).astype(np.int8)


def _skills(
    parameters: MarketParameters, occupation: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    counts = rng.integers(_FEWEST_SKILLS, _MOST_SKILLS + 1, size=len(occupation))
    chosen = sample_rows(parameters.taxonomy.skill_table[occupation], counts, rng, _SKILL_DECAY)
    padding = ((0, 0), (0, _MOST_SKILLS - chosen.shape[1]))
    return np.pad(chosen, padding, constant_values=ABSENT).astype(np.int16)
