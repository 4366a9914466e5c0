"""Writes stated parts in words, as values of the contract.

A stated part tells some of what a candidate is; some tell nothing at all. The words depend on the
seed and the candidate's number alone.
"""

import random
from typing import Any

from infra.simulator.candidates import Candidates
from infra.simulator.draws import MICROS_PER_HOUR
from infra.simulator.landscape import NOTHING
from infra.simulator.rendering.labels import SOURCE, candidate_id, skill_words, time_text
from infra.simulator.scene import Scene
from infra.simulator.vocabulary import phrases
from infra.simulator.vocabulary.employers import INDUSTRIES
from infra.simulator.vocabulary.occupation import LANGUAGES
from infra.simulator.vocabulary.places import CITIES
from streaming.contract.records import SCHEMA_VERSION

_SILENT = 0.1
_TELLS_STORY = 0.7
_NO_SKILLS = 0.12
_MOST_STATED = 6
_NAMES_OCCUPATION = 0.55


def render_candidate(scene: Scene, candidates: Candidates, number: int) -> dict[str, Any] | None:
    """Write one stated part (`records.Candidate`), ready for JSON; None for who states nothing."""
    words = random.Random(f"{scene.config.seed}/candidate/{number}")
    if words.random() < _SILENT:
        return None
    language = LANGUAGES[candidates.language[number]]
    said_at = scene.start - words.randrange(1, 30 * 24) * MICROS_PER_HOUR
    record: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "candidate_id": candidate_id(number),
        "updated_at": time_text(said_at),
        "skills": _stated_skills(scene, candidates, number, words),
        "wishes": _wishes(scene, candidates, number, words),
        "places": _places(candidates, number, words),
        "language": language,
        "blocked_employers": _blocked(scene, candidates, number),
        "source": SOURCE,
    }
    if words.random() < _TELLS_STORY:
        record["background"] = _background(scene, candidates, number, words)
    return record


def _stated_skills(
    scene: Scene, candidates: Candidates, number: int, words: random.Random
) -> list[str]:
    language = LANGUAGES[candidates.language[number]]
    skills = skill_words(scene, candidates.skills[number], language)
    if words.random() < _NO_SKILLS:
        return []
    # note: the first ones are the characteristic ones; people tend to name those
    head = skills[: _MOST_STATED + 1]
    return words.sample(head, min(len(head), words.randint(1, _MOST_STATED)))


def _wishes(scene: Scene, candidates: Candidates, number: int, words: random.Random) -> list[str]:
    language = LANGUAGES[candidates.language[number]]
    wishes = []
    wanted = [candidates.occupation[number]] * (words.random() < _NAMES_OCCUPATION)
    if candidates.drifts_to[number] != NOTHING and words.random() < 1 / 3:
        wanted.append(candidates.drifts_to[number])
    for one in wanted:
        wording = scene.land.occupations[one].wording(language)
        wishes.append(words.choice((*wording.titles, wording.name)))
    if words.random() < 1 / 4:
        wishes.append(words.choice(phrases.FIELDS[language]))
    return wishes


def _places(candidates: Candidates, number: int, words: random.Random) -> list[str]:
    cities = (candidates.home[number], candidates.second[number])
    named = list(dict.fromkeys(CITIES[city].locality for city in cities))
    return named if words.random() < 4 / 5 else []


def _blocked(scene: Scene, candidates: Candidates, number: int) -> list[str]:
    blocked = int(candidates.blocks[number])
    names = scene.employers[candidates.language[number]].names
    return [] if blocked == NOTHING else [names[blocked]]


def _background(scene: Scene, candidates: Candidates, number: int, words: random.Random) -> str:
    language = LANGUAGES[candidates.language[number]]
    occupation = scene.land.occupations[candidates.occupation[number]]
    level = int(candidates.level[number])
    skills = skill_words(scene, candidates.skills[number], language)
    sentences = phrases.BACKGROUNDS if level else phrases.BEGINNERS
    return words.choice(sentences[language]).format(
        education=phrases.DEGREES[language][occupation.education],
        years=words.randint(3 * level, 4 * level + 2),
        term=occupation.wording(language).term,
        city=CITIES[candidates.home[number]].locality,
        sector=INDUSTRIES[words.choice(occupation.industries)].name(language).lower(),
        skill=words.choice(skills),
    )
