"""The postings of a market as arrays: everything that clicks depend on."""

from dataclasses import dataclass, fields

import numpy as np

from infra.simulator.draws import MICROS_PER_DAY, POSTINGS, generator, some_of
from infra.simulator.landscape import NOTHING
from infra.simulator.scene import LEVEL_PAY, LEVEL_SHARES, Scene
from infra.simulator.vocabulary.places import CITIES

LEAD_DAYS = 28
"""Postings begin so long before the events, so that the first day finds a full market."""
NEVER = np.iinfo(np.int64).max
"""Stands in `closes` for a posting without an end."""

_FEWEST_SKILLS, _MOST_SKILLS = 4, 8
_SKILL_DECAY = 0.12
_OPEN_DAYS = (14, 56)
_ENDLESS = 0.12
_AT_SITE = 0.85
_HEAD_OFFICE = 0.6
_PAY_NOISE = 0.12


@dataclass(frozen=True, kw_only=True)
class Postings:
    """N postings in the order of `opens`; the row is the posting's number."""

    language: np.ndarray
    occupation: np.ndarray
    employer: np.ndarray
    """Among the employers of its language."""
    city: np.ndarray
    level: np.ndarray
    """0 to 3."""
    pay: np.ndarray
    """What it pays, relative to its occupation's usual pay."""
    skills: np.ndarray
    """(N, 8), -1 fills up."""
    appeal: np.ndarray
    """What makes everybody click on it: its own charm and the employer's name."""
    opens: np.ndarray
    """Microseconds since 1970."""
    closes: np.ndarray
    """Microseconds since 1970, or NEVER."""

    def __len__(self) -> int:
        return len(self.opens)


def draw_postings(scene: Scene) -> Postings:
    """Draw all postings, day by day, so that a longer market begins with the same ones."""
    days = [_draw_day(scene, day) for day in range(LEAD_DAYS + scene.config.total_days)]
    return Postings(
        **{
            field.name: np.concatenate([getattr(day, field.name) for day in days])
            for field in fields(Postings)
        }
    )


def _count(scene: Scene, day: int) -> int:
    """Tell how many postings a day brings, evenly and in whole numbers."""
    span = LEAD_DAYS + scene.config.days

    def until(moment: int) -> int:
        return (2 * moment * scene.config.postings + span) // (2 * span)

    return until(day + 1) - until(day)


def _draw_day(scene: Scene, day: int) -> Postings:
    rng = generator(scene.config.seed, POSTINGS, day)
    count = _count(scene, day)
    language = scene.draw_languages(count, rng)
    occupation = scene.draw_occupations(count, rng)
    employer = _employers(scene, language, occupation, rng)
    city = _cities(scene, language, employer, rng)
    level = rng.choice(len(LEVEL_SHARES), size=count, p=LEVEL_SHARES).astype(np.int8)
    city_pay = np.array([one.pay for one in CITIES])[city]
    known = [one.appeal for one in scene.employers]
    renown = np.array(
        [known[one][number] for one, number in zip(language, employer, strict=True)], dtype=float
    )
    day_start = scene.start + (day - LEAD_DAYS) * MICROS_PER_DAY
    opens = np.sort(day_start + rng.integers(MICROS_PER_DAY, size=count))
    lasts = rng.integers(_OPEN_DAYS[0], _OPEN_DAYS[1] + 1, size=count)
    return Postings(
        language=language,
        occupation=occupation,
        employer=employer,
        city=city,
        level=level,
        pay=LEVEL_PAY[level] * city_pay * np.exp(_PAY_NOISE * rng.normal(size=count)),
        skills=_skills(scene, occupation, rng),
        appeal=(0.7 * rng.normal(size=count) + 0.5 * renown).astype(np.float32),
        opens=opens,
        closes=np.where(rng.random(count) < _ENDLESS, NEVER, opens + lasts * MICROS_PER_DAY),
    )


def _employers(
    scene: Scene, language: np.ndarray, occupation: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    picks = rng.random(len(language))
    return np.array(
        [
            np.searchsorted(scene.employers[one].hiring[what], pick, side="right")
            for one, what, pick in zip(language, occupation, picks, strict=True)
        ],
        dtype=np.int32,
    )


def _cities(
    scene: Scene, language: np.ndarray, employer: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Mostly where the employer has a site, first of all at its head office."""
    count = len(language)
    sites = [one.sites for one in scene.employers]
    at_site, at_head = rng.random((2, count))
    site = np.where(at_head < _HEAD_OFFICE, 0, rng.integers(sites[0].shape[1], size=count))
    elsewhere = np.zeros(count, dtype=np.int64)
    for one, shares in enumerate(scene.land.city_shares):
        drawn = rng.choice(len(shares), size=count, p=shares)
        elsewhere = np.where(language == one, drawn, elsewhere)
    own = np.array(
        [
            sites[one][number, column]
            for one, number, column in zip(language, employer, site, strict=True)
        ],
        dtype=np.int64,
    )
    return np.where(at_site < _AT_SITE, own, elsewhere).astype(np.int8)


def _skills(scene: Scene, occupation: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    counts = rng.integers(_FEWEST_SKILLS, _MOST_SKILLS + 1, size=len(occupation))
    chosen = some_of(scene.land.skill_table[occupation], counts, rng, _SKILL_DECAY)
    padding = ((0, 0), (0, _MOST_SKILLS - chosen.shape[1]))
    return np.pad(chosen, padding, constant_values=NOTHING).astype(np.int16)
