"""Makes posting records in words.

The words depend on the seed and the posting's number alone, so that each record can be made without
the others. Empty optional fields are left out.
"""

import random
from typing import Any

from infra.simulator.population.parameters import MarketParameters
from infra.simulator.population.postings import NEVER, Postings
from infra.simulator.record_fields import SOURCE, posting_id, time_text
from infra.simulator.vocabulary import phrases
from infra.simulator.vocabulary.employer_names import INDUSTRIES
from infra.simulator.vocabulary.occupation import LANGUAGES, Language
from infra.simulator.vocabulary.places import CITIES
from streaming.contract.records import SCHEMA_VERSION

_NAMES_PAY_SHARE = 0.88


def posting_record(parameters: MarketParameters, postings: Postings, number: int) -> dict[str, Any]:
    """Make one record (`records.Posting`), ready for JSON."""
    words = random.Random(f"{parameters.config.seed}/posting/{number}")
    language = LANGUAGES[postings.language[number]]
    facts = _facts(parameters, postings, number, language, words)
    level = int(postings.level[number])
    occupation = parameters.taxonomy.occupations[postings.occupation[number]]
    city = CITIES[postings.city[number]]
    record: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "posting_id": posting_id(number),
        "title": _full_title(facts, level, language, words),
        "description": _description(parameters, postings, number, facts, words),
        "employer": facts["employer"],
        "industry": facts["industry"],
        "occupation": facts["occupation"],
        "skills": parameters.taxonomy.skill_names(postings.skills[number], language),
        "employment_type": _employment_type(level, words),
        "education": phrases.EDUCATION[language][occupation.education],
        "experience": phrases.EXPERIENCE[language][level],
        "place": {"locality": city.locality, "region": city.region, "country": city.country},
        "language": language,
        "date_posted": time_text(postings.opens[number]),
        "source": SOURCE,
    }
    if words.random() < _NAMES_PAY_SHARE:
        record["salary"] = _salary(parameters, postings, number, words)
    if postings.closes[number] != NEVER:
        record["valid_through"] = time_text(postings.closes[number])
    return record


def _facts(
    parameters: MarketParameters,
    postings: Postings,
    number: int,
    language: Language,
    words: random.Random,
) -> dict[str, str]:
    """Collect the values that the sentences of a posting refer to."""
    employers = parameters.employers[LANGUAGES.index(language)]
    employer = int(postings.employer[number])
    occupation = parameters.taxonomy.occupations[postings.occupation[number]]
    industry = INDUSTRIES[parameters.taxonomy.industries[employers.industry[employer]]]
    wording = occupation.wording(language)
    title = words.choice(wording.titles)
    skills = parameters.taxonomy.skill_names(postings.skills[number], language)
    return {
        "employer": employers.names[employer],
        "industry": industry.name(language),
        "sector": industry.name(language).lower(),
        "occupation": wording.name,
        "term": wording.term,
        "title": title,
        "city": CITIES[postings.city[number]].locality,
        "skill": words.choice([skill for skill in skills if skill not in title] or skills),
    }


def _full_title(facts: dict[str, str], level: int, language: Language, words: random.Random) -> str:
    prefix = words.choice(phrases.LEVELS[language][level])
    separator = " " if prefix and language == "en" else ""
    extra = words.choice(phrases.TITLE_EXTRAS[language]) if words.random() < 1 / 3 else ""
    return f"{prefix}{separator}{facts['title']}{extra.format(**facts)}"


def _description(
    parameters: MarketParameters,
    postings: Postings,
    number: int,
    facts: dict[str, str],
    words: random.Random,
) -> str:
    language = LANGUAGES[postings.language[number]]
    wording = parameters.taxonomy.occupations[postings.occupation[number]].wording(language)
    first, second, third = words.sample(wording.tasks, 3)
    skills = parameters.taxonomy.skill_names(postings.skills[number], language)
    named = words.sample(skills, min(len(skills), words.randint(3, 5)))
    comma = "、" if language == "zh" else ", "
    second = f"{second}{comma}{third}" if words.random() < 1 / 2 else second
    sentences = (
        words.choice(phrases.OPENINGS[language]).format(**facts),
        words.choice(phrases.TASKS[language]).format(first=first, second=second),
        words.choice(phrases.REQUIREMENTS[language]).format(skills=comma.join(named)),
        *words.sample(phrases.OFFERS[language], words.randint(1, 2)),
        words.choice(phrases.CLOSINGS[language]),
    )
    return ("" if language == "zh" else " ").join(sentence for sentence in sentences if sentence)


def _employment_type(level: int, words: random.Random) -> str:
    unusual = ("PART_TIME", "CONTRACTOR", "TEMPORARY", "INTERN" if level == 0 else "PART_TIME")
    return words.choice(unusual) if words.random() < 1 / 6 else "FULL_TIME"


def _salary(
    parameters: MarketParameters, postings: Postings, number: int, words: random.Random
) -> dict[str, Any]:
    """Return the salary as a range around its middle."""
    city = CITIES[postings.city[number]]
    occupation = parameters.taxonomy.occupations[postings.occupation[number]]
    chinese = city.language == "zh"
    usual = occupation.salary_zh if chinese else occupation.salary_en * city.rate
    # `pay` already includes the city's level of pay
    middle = usual * float(postings.pay[number])
    spread = words.uniform(0.08, 0.2)
    step = 500 if chinese else 1_000
    return {
        "currency": city.currency,
        "minimum": float(max(step, step * round(middle * (1 - spread) / step))),
        "maximum": float(max(step, step * round(middle * (1 + spread) / step))),
        "unit": "MONTH" if chinese else "YEAR",
    }
