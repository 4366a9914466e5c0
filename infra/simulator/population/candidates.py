"""The candidates of a market as arrays, whether they state these properties or not."""

from dataclasses import dataclass

import numpy as np

from infra.simulator.population.parameters import LEVEL_PAY, LEVEL_SHARES, MarketParameters
from infra.simulator.population.random_streams import CANDIDATES, random_stream, sample_rows
from infra.simulator.population.taxonomy import ABSENT
from infra.simulator.vocabulary.places import CITIES

_FEWEST_SKILLS, _MOST_SKILLS = 4, 9
_NEIGHBOUR_SKILLS = 2
_SKILL_DECAY = 0.15
_DRIFTING_SHARE = 0.25
_SECOND_CITY_SHARE = 0.25
_BLOCKING_SHARE = 0.05
_ACTIVITY_SHAPE = 2.0
_PAY_NOISE = 0.12


@dataclass(frozen=True, kw_only=True)
class Candidates:
    """M candidates; the row is the candidate's number."""

    language: np.ndarray
    occupation: np.ndarray
    """The occupation they look for."""
    level: np.ndarray
    """0 to 3."""
    home: np.ndarray
    """City they live in."""
    second: np.ndarray
    """Another city they would work in; the home where there is none."""
    skills: np.ndarray
    """(M, 11): those of the own occupation, then of a neighbouring one, padded with -1."""
    expects: np.ndarray
    """Expected pay, relative to the occupation's usual pay."""
    drifts_to: np.ndarray
    """Neighbouring occupation that their interest moves to, or -1."""
    drifts_on: np.ndarray
    """Day, counted from the start, when half of the interest has moved."""
    activity: np.ndarray
    """Number of sessions, relative to the mean."""
    blocks: np.ndarray
    """Employer of their language that they have blocked, or -1."""

    def __len__(self) -> int:
        return len(self.language)


def draw_candidates(parameters: MarketParameters) -> Candidates:
    """Draw all candidates."""
    config, taxonomy = parameters.config, parameters.taxonomy
    count = config.candidates
    rng = random_stream(config.seed, CANDIDATES)
    language = parameters.draw_languages(count, rng)
    occupation = parameters.draw_occupations(count, rng)
    level = rng.choice(len(LEVEL_SHARES), size=count, p=LEVEL_SHARES).astype(np.int8)
    home, second = _cities(parameters, language, rng), _cities(parameters, language, rng)
    neighbour = _neighbours(parameters, occupation, rng)
    pay = np.array([city.pay for city in CITIES])[home]
    sizes = np.array([len(employers.names) for employers in parameters.employers])[language]
    blocked = (rng.random(count) * sizes).astype(np.int32)
    return Candidates(
        language=language,
        occupation=occupation,
        level=level,
        home=home,
        second=np.where(rng.random(count) < _SECOND_CITY_SHARE, second, home),
        skills=_skills(taxonomy.skill_table, occupation, neighbour, rng),
        expects=LEVEL_PAY[level] * pay * np.exp(_PAY_NOISE * rng.normal(size=count)),
        drifts_to=np.where(rng.random(count) < _DRIFTING_SHARE, neighbour, ABSENT).astype(np.int16),
        drifts_on=rng.uniform(0.2, 1.2, size=count) * config.days,
        activity=rng.gamma(_ACTIVITY_SHAPE, 1 / _ACTIVITY_SHAPE, size=count),
        blocks=np.where(rng.random(count) < _BLOCKING_SHARE, blocked, ABSENT).astype(np.int32),
    )


def _cities(
    parameters: MarketParameters, language: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    shares = parameters.taxonomy.city_shares
    cities = [rng.choice(len(row), size=len(language), p=row) for row in shares]
    return np.where(language == 0, *cities).astype(np.int8)


def _neighbours(
    parameters: MarketParameters, occupation: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    picks = rng.random(len(occupation))
    neighbours = parameters.taxonomy.neighbours
    return np.array(
        [
            neighbours[own][int(pick * len(neighbours[own]))]
            for own, pick in zip(occupation, picks, strict=True)
        ],
        dtype=np.int16,
    )


def _skills(
    table: np.ndarray, occupation: np.ndarray, neighbour: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Draw skills of the own occupation, then some of the neighbour's, (M, 11)."""
    counts = rng.integers(_FEWEST_SKILLS, _MOST_SKILLS + 1, size=len(occupation))
    own = sample_rows(table[occupation], counts, rng, _SKILL_DECAY)
    further = rng.integers(_NEIGHBOUR_SKILLS + 1, size=len(occupation))
    other = sample_rows(table[neighbour], further, rng, _SKILL_DECAY)
    return np.concatenate([own, other], axis=1).astype(np.int16)
