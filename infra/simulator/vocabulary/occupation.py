"""The record of an occupation, and the short notation in which the tables are written."""

from dataclasses import dataclass
from typing import Literal

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, Language] = ("zh", "en")

CHARACTERISTIC = 3
"""Number of skills at the head of an occupation's list that distinguish it from the others."""


@dataclass(frozen=True, kw_only=True)
class Wording:
    """An occupation in one language."""

    term: str
    """Its name within a sentence."""
    name: str
    """Its name on its own: the field `occupation` of its postings."""
    titles: tuple[str, ...]
    """Titles of postings, without a level."""
    skills: tuple[str, ...]
    """Skills, most characteristic first, in the same order in each language."""
    tasks: tuple[str, ...]
    """Phrases that describe the work."""


@dataclass(frozen=True, kw_only=True)
class Occupation:
    """One occupation of the simulated market."""

    key: str
    zh: Wording
    en: Wording
    neighbours: tuple[str, ...]
    """Keys of occupations that people also look at and move to."""
    industries: tuple[str, ...]
    """Keys of industries that employ it."""
    salary_zh: int
    """Usual pay in China, CNY a month."""
    salary_en: int
    """Usual pay elsewhere, GBP a year."""
    education: int
    """Required education: 0 none, 1 vocational, 2 bachelor, 3 master or licence."""

    def wording(self, language: Language) -> Wording:
        """Return the occupation in a language."""
        return self.zh if language == "zh" else self.en

    def stated(self, language: Language) -> tuple[str, ...]:
        """Return the characteristic skills, as a candidate would state them."""
        return self.wording(language).skills[:CHARACTERISTIC]


def occupation(
    key: str,
    *,
    names: str,
    titles_zh: str,
    titles_en: str,
    skills: str,
    tasks_zh: str,
    tasks_en: str,
    near: str,
    industries: str,
    salary: tuple[int, int],
    education: int,
) -> Occupation:
    """Parse the short notation: `;` separates entries, ` ` keys and `=` Chinese from English.

    The three characteristic skills come first. A neighbour (`near`) need not name this occupation.
    The salary is in CNY a month and GBP a year.
    """
    name_zh, name_en = _pair(names)
    skills_zh, skills_en = zip(*map(_pair, _entries(skills)), strict=True)
    return Occupation(
        key=key,
        zh=_wording(name_zh, titles_zh, skills_zh, tasks_zh),
        en=_wording(name_en, titles_en, skills_en, tasks_en),
        neighbours=tuple(near.split()),
        industries=tuple(industries.split()),
        salary_zh=salary[0],
        salary_en=salary[1],
        education=education,
    )


def _wording(name: str, titles: str, skills: tuple[str, ...], tasks: str) -> Wording:
    return Wording(
        term=name,
        name=name[:1].upper() + name[1:],
        titles=_entries(titles),
        skills=skills,
        tasks=_entries(tasks),
    )


def _entries(text: str) -> tuple[str, ...]:
    return tuple(" ".join(entry.split()) for entry in text.split(";") if entry.strip())


def _pair(text: str) -> tuple[str, str]:
    chinese, english = (side.strip() for side in text.split("="))
    return chinese, english
