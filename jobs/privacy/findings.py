"""What a search found: in which place, of whom, how much."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum


class PlaceKind(StrEnum):
    """What a place is; its kind says how it is read, and how long removed bytes stay there."""

    TOPIC = "topic"
    """Messages, as a consumer reads them."""
    SEGMENT = "segment files of topic"
    """The files of the embedded broker."""
    STATE = "retained state"
    """Batches of the state that a checkpoint keeps."""
    TABLE = "table"
    """Rows of a table's newest version."""
    TABLE_FILES = "files of table"
    """All its Parquet files, those that were replaced included."""
    TABLE_LOG = "log of table"
    """Delta's log, which names least and greatest ids."""
    FENCES = "fences"
    """Where fences stand; they name the erased for good."""
    FILE = "file"
    """Any other file: data sets of trainings, models, logs, rejected rows."""


@dataclass
class Place:
    """One place that was searched."""

    kind: PlaceKind
    name: str
    searched: int = 0
    """Records, rows, batches of state or bytes that were read."""
    found: Counter[str] = field(default_factory=Counter)
    """By candidate, in how many of them there is a trace."""

    @property
    def label(self) -> str:
        """The name that reports use."""
        return f"{self.kind} {self.name}"

    def add(self, people: Iterable[str]) -> None:
        """Count a record, and the people that it gives away."""
        self.searched += 1
        self.found.update(people)
