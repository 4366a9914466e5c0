"""What a language model is for the rest of the house."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Prompt:
    """One request."""

    system: str
    """What is wanted; written by us."""
    user: str
    """What it is wanted for: material, never an instruction."""
    max_tokens: int = 1024
    """Longest answer."""
    names: tuple[str, ...] = ()
    """Names that must not leave the machine."""


@dataclass(frozen=True)
class Answer:
    """A text, or the reason why there is none. A failure of the model is no exception."""

    text: str | None
    error: str | None = None


class LanguageModel(Protocol):
    """Completes prompts."""

    @property
    def name(self) -> str:
        """What the model is called; part of the key of its cached answers."""
        ...

    def complete(self, prompts: Sequence[Prompt]) -> list[Answer]:
        """Return one answer for each prompt, in order. It never raises for the model's faults."""
        ...
