"""The candidates of a market as arrays: what they are, whatever they say of themselves."""

from dataclasses import dataclass

import numpy as np

from infra.simulator.draws import CANDIDATES, generator, some_of
from infra.simulator.landscape import NOTHING
from infra.simulator.scene import LEVEL_PAY, LEVEL_SHARES, Scene
from infra.simulator.vocabulary.places import CITIES

_FEWEST_SKILLS, _MOST_SKILLS = 4, 9
_NEIGHBOUR_SKILLS = 2
_SKILL_DECAY = 0.15
_DRIFTING = 0.25
_TWO_PLACES = 0.25
_BLOCKING = 0.05
_ACTIVITY_SHAPE = 2.0
_PAY_NOISE = 0.12


@dataclass(frozen=True, kw_only=True)
class Candidates:
    """M candidates; the row is the candidate's number."""

    language: np.ndarray
    occupation: np.ndarray
    """The occupation they look for, said or not."""
    level: np.ndarray
    """0 to 3."""
    home: np.ndarray
    """City."""
    second: np.ndarray
    """Another city they would work in; the home where there is none."""
    skills: np.ndarray
    """(M, 11): own ones in order of choice, then those of a neighbouring occupation; -1 absent."""
    expects: np.ndarray
    """Pay they expect, relative to their occupation's usual pay."""
    drifts_to: np.ndarray
    """Neighbouring occupation that their interest moves to, or -1."""
    drifts_on: np.ndarray
    """Day, counted from the start, when half of the interest has moved."""
    activity: np.ndarray
    """How much they do, relative to the mean."""
    blocks: np.ndarray
    """An employer of their language they want nothing of, or -1."""

    def __len__(self) -> int:
        return len(self.language)


def draw_candidates(scene: Scene) -> Candidates:
    """Draw all candidates."""
    config, land = scene.config, scene.land
    count = config.candidates
    rng = generator(config.seed, CANDIDATES)
    language = scene.draw_languages(count, rng)
    occupation = scene.draw_occupations(count, rng)
    level = rng.choice(len(LEVEL_SHARES), size=count, p=LEVEL_SHARES).astype(np.int8)
    home, second = _homes(scene, language, rng), _homes(scene, language, rng)
    neighbour = _neighbours(scene, occupation, rng)
    pay = np.array([one.pay for one in CITIES])[home]
    sizes = np.array([len(one.names) for one in scene.employers])[language]
    blocked = (rng.random(count) * sizes).astype(np.int32)
    return Candidates(
        language=language,
        occupation=occupation,
        level=level,
        home=home,
        second=np.where(rng.random(count) < _TWO_PLACES, second, home),
        skills=_skills(land.skill_table, occupation, neighbour, rng),
        expects=LEVEL_PAY[level] * pay * np.exp(_PAY_NOISE * rng.normal(size=count)),
        drifts_to=np.where(rng.random(count) < _DRIFTING, neighbour, NOTHING).astype(np.int16),
        drifts_on=rng.uniform(0.2, 1.2, size=count) * config.days,
        activity=rng.gamma(_ACTIVITY_SHAPE, 1 / _ACTIVITY_SHAPE, size=count),
        blocks=np.where(rng.random(count) < _BLOCKING, blocked, NOTHING).astype(np.int32),
    )


def _homes(scene: Scene, language: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    drawn = [rng.choice(len(row), size=len(language), p=row) for row in scene.land.city_shares]
    return np.where(language == 0, *drawn).astype(np.int8)


def _neighbours(scene: Scene, occupation: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    picks = rng.random(len(occupation))
    neighbours = scene.land.neighbours
    return np.array(
        [
            neighbours[what][int(pick * len(neighbours[what]))]
            for what, pick in zip(occupation, picks, strict=True)
        ],
        dtype=np.int16,
    )


def _skills(
    table: np.ndarray, occupation: np.ndarray, neighbour: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Draw skills of the own occupation, then some of the neighbour's, (M, 11)."""
    counts = rng.integers(_FEWEST_SKILLS, _MOST_SKILLS + 1, size=len(occupation))
    own = some_of(table[occupation], counts, rng, _SKILL_DECAY)
    more = rng.integers(_NEIGHBOUR_SKILLS + 1, size=len(occupation))
    other = some_of(table[neighbour], more, rng, _SKILL_DECAY)
    return np.concatenate([own, other], axis=1).astype(np.int16)
