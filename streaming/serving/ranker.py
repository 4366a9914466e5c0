"""The interface of models that streaming can serve.

A registered model is an MLflow pyfunc whose Python model also is a `Ranker`. Streaming loads it by
URI and does not import the package that trained it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from streaming.serving.catalogue import Catalogue

Profile = Mapping[str, Any]
"""A value of the topic `profiles`, as parsed JSON (`records.Profile`)."""

RankedItem = dict[str, Any]
"""A value of `records.Item`, ready to be written as JSON."""


@runtime_checkable
class Ranker(Protocol):
    """Ranks a catalogue for profiles.

    The list for a profile depends on that profile, `as_of`, the catalogue and the model alone.
    Other profiles in the call change no bit of it. So a retried batch and an offline check repeat
    the published list.
    """

    def prepare(self, catalogue: Catalogue, folder: Path) -> None:
        """Write what `rank` needs for a catalogue, e.g. posting vectors, into an empty folder."""
        ...

    def rank(
        self, profiles: Sequence[Profile], as_of: Sequence[str], folder: Path, size: int
    ) -> list[list[RankedItem]]:
        """Rank a prepared catalogue for each profile.

        Args:
            profiles: values of the topic `profiles`. One without events and stated part gets
                popular and recent postings.
            as_of: for each profile, the time at which postings are open, expired or recent.
            folder: that `prepare` has filled; opened once and memory-mapped.
            size: maximum number of postings in a list.

        Returns:
            For each profile its items, best first, only of `Catalogue.eligible` postings.
        """
        ...


@dataclass(frozen=True)
class Requirement:
    """How much of what a posting asks for somebody has."""

    share: float
    """From 0 to 1."""
    met: tuple[str, ...]
    """In the posting's words."""
    missing: tuple[str, ...]


NO_REQUIREMENT = Requirement(0.5, (), ())
"""Nothing is known of what a posting asks for."""


@runtime_checkable
class RequirementJudge(Protocol):
    """A ranker that also knows whether somebody has what a posting asks for."""

    def requirements(
        self, profile: Profile, posting_ids: Sequence[str], folder: Path
    ) -> list[Requirement]:
        """Compare a profile with postings of a prepared catalogue."""
        ...
