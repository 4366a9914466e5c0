"""The parts of a training: what weights are learned from, and the turns that choose settings."""

from dataclasses import dataclass

import numpy as np

from training.data.dataset import Dataset
from training.evaluation.prequential import EvaluationProtocol, HeldOutTurns, held_out_turns

_MOST_TURNS = 1_000


@dataclass(frozen=True, eq=False)
class Split:
    """Parts of one catalogue's events."""

    training: Dataset
    """What weights are learned from."""
    validation: HeldOutTurns
    """Turns that are not in it; settings are chosen by them."""
    final: Dataset
    """What is counted again when all is chosen: with these turns, or the training part as it is."""
    held_out: np.ndarray
    """(E,) bool: the events of the final part that the training part lacks."""

    @classmethod
    def by_time(cls, dataset: Dataset, share: float, seed: int) -> "Split":
        """Let turns of the newest share of the events choose, and count all of it in the end.

        `seed` is that of the sample of turns.
        """
        cut = dataset.cut(share)
        protocol = EvaluationProtocol(turns=_MOST_TURNS, seed=seed)
        turns = held_out_turns(dataset, cut, protocol)
        training = dataset if cut is None else dataset.until(cut)
        held_out = dataset.times > training.times.max(initial=-1)
        return cls(training, turns, dataset, held_out)
