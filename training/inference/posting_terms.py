"""The terms that reasons name of a posting, folded once so that two postings compare quickly."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Self

from streaming.names import comparable
from training.text.tokenizer import clean, tokens

_CACHED_TEXTS = 16_384
"""Titles and stated entries whose words are kept: most are met again."""


@dataclass(slots=True, eq=False)
class PostingTerms:
    """A posting's terms. Not frozen: thousands are made and kept."""

    posting: Mapping[str, Any]
    """The terms as the posting spells them: posting_id, title and, where known, employer, place,
    skills, occupation and language."""
    skills: tuple[tuple[str, str], ...]
    """Each folded and as it is spelt."""
    folded_skills: frozenset[str]
    employer: str | None
    """Folded, as the fields that follow; None where unknown."""
    locality: str | None
    occupation: str | None
    place: str
    """All parts of the place."""

    @classmethod
    def of(cls, posting: Mapping[str, Any]) -> Self:
        """Fold the terms of a posting."""
        place = posting.get("place") or {}
        spelt = [skill for skill in posting.get("skills") or () if skill and skill.strip()]
        skills = tuple((fold_text(skill), skill) for skill in spelt)
        return cls(
            posting,
            skills=skills,
            folded_skills=frozenset(name for name, _ in skills),
            employer=_known(posting.get("employer")),
            locality=_known(place.get("locality")),
            occupation=_known(posting.get("occupation")),
            place=fold_text(" ".join(filter(None, place.values()))),
        )


@lru_cache(maxsize=_CACHED_TEXTS)
def distinct_words(text: str) -> frozenset[str]:
    """Return the words of a short text."""
    return frozenset(tokens(text))


@lru_cache(maxsize=_CACHED_TEXTS)
def fold_text(text: str) -> str:
    """Return a short text for comparison: its normal form (`streaming.names`), without markup."""
    return comparable(clean(text))


def _known(text: str | None) -> str | None:
    return fold_text(text or "") or None
