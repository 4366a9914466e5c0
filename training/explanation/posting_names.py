"""What people know a posting by, folded once, so that two postings are quickly compared."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Self

from training.text.tokenizer import clean, tokens

_MOST_KEPT = 16_384
"""Short texts, titles and what people state, whose words are kept: most are met again."""


@dataclass(slots=True, eq=False)
class Named:
    """A posting's own words for what reasons name. Not frozen: thousands are made and kept."""

    posting: Mapping[str, Any]
    """What is named, spelt as there: posting_id, title and, where known, employer, place, skills,
    occupation and language."""
    skills: tuple[tuple[str, str], ...]
    """Each folded and as it is spelt."""
    asks: frozenset[str]
    """The skills folded."""
    employer: str | None
    """Folded, as what follows; None where unknown."""
    locality: str | None
    occupation: str | None
    place: str
    """All that is known of the place."""

    @classmethod
    def of(cls, posting: Mapping[str, Any]) -> Self:
        """Fold what a posting says."""
        place = posting.get("place") or {}
        spelt = [skill for skill in posting.get("skills") or () if skill and skill.strip()]
        skills = tuple((folded(skill), skill) for skill in spelt)
        return cls(
            posting,
            skills=skills,
            asks=frozenset(name for name, _ in skills),
            employer=_known(posting.get("employer")),
            locality=_known(place.get("locality")),
            occupation=_known(posting.get("occupation")),
            place=folded(" ".join(filter(None, place.values()))),
        )


@lru_cache(maxsize=_MOST_KEPT)
def words_in(text: str) -> frozenset[str]:
    """Return the words of a short text."""
    return frozenset(tokens(text))


@lru_cache(maxsize=_MOST_KEPT)
def folded(text: str) -> str:
    """Return a short text as it is compared: without case, markup and blanks around it."""
    return clean(text).strip()


def _known(text: str | None) -> str | None:
    return folded(text) if text and text.strip() else None
