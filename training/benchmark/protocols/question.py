"""What a protocol asks: data to train on, and turns to predict."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from streaming.serving.catalogue import Catalogue
from training.data.dataset import Dataset
from training.evaluation.prequential import HeldOutTurns
from training.evaluation.split import Split


@dataclass(frozen=True, kw_only=True)
class QuestionFiles:
    """The files that a protocol reads."""

    data: Path
    """Events, views or sequences."""
    postings: Path | None = None
    """Of prequential; None: the events have columns of their postings."""
    candidates: Sequence[Path] = ()
    """Of prequential and stated: stated parts; several files are joined."""
    attributes: Path | None = None
    """Of sequences: a JSON object, item to attribute numbers."""


@dataclass(frozen=True, eq=False)
class Question:
    """Cases, candidates and exclusions of a measurement; whatever can be registered can answer."""

    dataset: Path
    """The dataset folder to train on (`training.fitting.fit`); no test target is in its events."""
    split: Split | None
    """The parts of a training; None: by time, as training chooses them itself."""
    test: HeldOutTurns
    """The turns that are predicted. No training may see them."""
    counts: Mapping[str, Any]
    """Counts of the files, for the report."""
    only_stated: bool = False
    """Whether nobody in the turns has done anything before."""
    timed: bool = True
    """Whether the times of events are real; else steps are an hour apart."""

    def parts(self, share: float, seed: int) -> Split:
        """Return the parts of a training; by time, they are those of `Split.by_time`."""
        return self.split or Split.by_time(Dataset.read(self.dataset), share, seed)

    @cached_property
    def catalogue(self) -> Catalogue:
        """The postings."""
        return Dataset.read(self.dataset).catalogue
