"""A fact: what a text says that can be compared, in one form for Chinese and English."""

from dataclasses import dataclass
from enum import StrEnum


class FactKind(StrEnum):
    """What a fact is about."""

    NUMBER = "number"
    SKILL = "skill"
    NAME = "name"
    """Something that is written like a product or an abbreviation: C#, iOS, SQL, NMC."""
    WORD = "word"
    """A word with a capital within an English sentence."""
    PLACE = "place"
    CONDITION = "condition"


@dataclass(frozen=True, order=True)
class Fact:
    """One fact. Equal facts are equal in every wording and language."""

    kind: FactKind
    value: str

    def __str__(self) -> str:
        return f"{self.kind} {self.value}"
