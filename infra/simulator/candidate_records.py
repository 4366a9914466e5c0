"""Makes candidate records in words.

A record states some of a candidate's properties. The words depend on the seed and the candidate's
number alone.
"""

import random
from typing import Any

from infra.simulator.population.candidates import Candidates
from infra.simulator.population.parameters import MarketParameters
from infra.simulator.population.random_streams import MICROS_PER_HOUR
from infra.simulator.population.taxonomy import ABSENT
from infra.simulator.record_fields import SOURCE, candidate_id, time_text
from infra.simulator.vocabulary import phrases
from infra.simulator.vocabulary.employer_names import INDUSTRIES
from infra.simulator.vocabulary.occupation import LANGUAGES
from infra.simulator.vocabulary.places import CITIES
from streaming.contract.records import SCHEMA_VERSION

_SILENT_SHARE = 0.1
_BACKGROUND_SHARE = 0.7
_CONTACTABLE_SHARE = 0.6
_NO_SKILLS_SHARE = 0.12
_MOST_STATED = 6
_NAMES_OCCUPATION_SHARE = 0.55


def candidate_record(
    parameters: MarketParameters, candidates: Candidates, number: int
) -> dict[str, Any] | None:
    """Make one record (`records.Candidate`), ready for JSON.

    Returns:
        None for a candidate who states nothing.
    """
    words = random.Random(f"{parameters.config.seed}/candidate/{number}")
    if words.random() < _SILENT_SHARE:
        return None
    language = LANGUAGES[candidates.language[number]]
    updated_at = parameters.start - words.randrange(1, 30 * 24) * MICROS_PER_HOUR
    record: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "candidate_id": candidate_id(number),
        "updated_at": time_text(updated_at),
        "skills": _stated_skills(parameters, candidates, number, words),
        "wishes": _wishes(parameters, candidates, number, words),
        "places": _places(candidates, number, words),
        "language": language,
        "blocked_employers": _blocked(parameters, candidates, number),
        "contactable": _contactable(parameters, number),
        "source": SOURCE,
    }
    if words.random() < _BACKGROUND_SHARE:
        record["background"] = _background(parameters, candidates, number, words)
    return record


def _contactable(parameters: MarketParameters, number: int) -> bool:
    # Of a stream of its own: the other words of a candidate do not depend on it.
    words = random.Random(f"{parameters.config.seed}/candidate/{number}/contactable")
    return words.random() < _CONTACTABLE_SHARE


def _stated_skills(
    parameters: MarketParameters, candidates: Candidates, number: int, words: random.Random
) -> list[str]:
    language = LANGUAGES[candidates.language[number]]
    skills = parameters.taxonomy.skill_names(candidates.skills[number], language)
    if words.random() < _NO_SKILLS_SHARE:
        return []
    # The first skills are the characteristic ones, which people tend to name.
    head = skills[: _MOST_STATED + 1]
    return words.sample(head, min(len(head), words.randint(1, _MOST_STATED)))


def _wishes(
    parameters: MarketParameters, candidates: Candidates, number: int, words: random.Random
) -> list[str]:
    language = LANGUAGES[candidates.language[number]]
    wishes = []
    occupations = [candidates.occupation[number]] * (words.random() < _NAMES_OCCUPATION_SHARE)
    if candidates.drifts_to[number] != ABSENT and words.random() < 1 / 3:
        occupations.append(candidates.drifts_to[number])
    for occupation in occupations:
        wording = parameters.taxonomy.occupations[occupation].wording(language)
        wishes.append(words.choice((*wording.titles, wording.name)))
    if words.random() < 1 / 4:
        wishes.append(words.choice(phrases.FIELDS[language]))
    return wishes


def _places(candidates: Candidates, number: int, words: random.Random) -> list[str]:
    cities = (candidates.home[number], candidates.second[number])
    places = list(dict.fromkeys(CITIES[city].locality for city in cities))
    return places if words.random() < 4 / 5 else []


def _blocked(parameters: MarketParameters, candidates: Candidates, number: int) -> list[str]:
    blocked = int(candidates.blocks[number])
    names = parameters.employers[candidates.language[number]].names
    return [] if blocked == ABSENT else [names[blocked]]


def _background(
    parameters: MarketParameters, candidates: Candidates, number: int, words: random.Random
) -> str:
    language = LANGUAGES[candidates.language[number]]
    occupation = parameters.taxonomy.occupations[candidates.occupation[number]]
    level = int(candidates.level[number])
    skills = parameters.taxonomy.skill_names(candidates.skills[number], language)
    sentences = phrases.BACKGROUNDS if level else phrases.BEGINNERS
    return words.choice(sentences[language]).format(
        education=phrases.DEGREES[language][occupation.education],
        years=words.randint(3 * level, 4 * level + 2),
        term=occupation.wording(language).term,
        city=CITIES[candidates.home[number]].locality,
        sector=INDUSTRIES[words.choice(occupation.industries)].name(language).lower(),
        skill=words.choice(skills),
    )
