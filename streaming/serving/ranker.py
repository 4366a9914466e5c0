"""What streaming asks of a model, whichever it is.

A registered model is an MLflow pyfunc whose Python model also is a `Ranker`. Streaming loads it
by URI and never imports the package that trained it.
"""

from collections.abc import Mapping, Sequence
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

    The answer for a profile depends on that profile, `as_of`, the catalogue and the model alone:
    not on the profiles beside it, their number or their order, bit for bit. A retried batch and an
    offline check therefore repeat the published list.
    """

    def prepare(self, catalogue: Catalogue, folder: Path) -> None:
        """Write what `rank` needs for a catalogue (posting vectors, say) into an empty folder."""
        ...

    def rank(
        self, profiles: Sequence[Profile], as_of: Sequence[str], folder: Path, size: int
    ) -> list[list[RankedItem]]:
        """Rank a prepared catalogue for each profile.

        Args:
            profiles: values of the topic `profiles`; one without events and stated part gets the
                popular fresh postings.
            as_of: for each profile the moment at which open, expired and fresh are judged.
            folder: what `prepare` filled; opened once and memory-mapped.
            size: most postings in a list.

        Returns:
            For each profile its items, best first, only of `Catalogue.eligible` postings.
        """
        ...
