"""Checkpoints: everything that a training needs to resume, written atomically."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from streaming.errors import ModelError, one_line
from training.fitting.training_error import TrainingError


@dataclass
class Position:
    """How far a training has come."""

    epoch: int = 0
    """Finished epochs."""
    step: int = 0
    """Steps of the next epoch that are done."""
    sums: Tensor | None = None
    """The loop's sums over these steps; None before the first."""
    records: list[dict[str, Any]] = field(default_factory=list)
    """The records of the finished epochs."""


class Checkpoint:
    """The checkpoint file of one run.

    The state of random generators is not saved, because all random numbers follow from seed, epoch
    and step. A run resumes where the plain values of `identity` are equal: preset, seed, data
    version.
    """

    def __init__(self, file: Path, identity: Mapping[str, Any]) -> None:
        self.file = file
        self.identity = dict(identity)
        self.position = Position()
        """As restored; the loop moves it on."""

    def restore(self, model: nn.Module, optimisers: Sequence[torch.optim.Optimizer]) -> Position:
        """Load the saved state into model and optimisers; return the position.

        Raises:
            ModelError: the file is of another preset, seed or data, or is unreadable.
        """
        if not self.file.exists():
            return self.position
        try:
            saved = torch.load(self.file, map_location="cpu", weights_only=True)
            identity = saved["identity"]
        except Exception as error:  # unpickling raises nearly anything
            raise ModelError(f"checkpoint {self.file} is unreadable; train without it") from error
        for name, value in self.identity.items():
            if identity.get(name) != value:
                raise ModelError(
                    f"checkpoint {self.file} is of another {name}"
                    f" ({identity.get(name)} instead of {value}); train without it"
                )
        try:
            model.load_state_dict(saved["model"])
            for optimiser, state in zip(optimisers, saved["optimisers"], strict=True):
                optimiser.load_state_dict(state)
            self.position = Position(**saved["position"])
        except (RuntimeError, KeyError, TypeError, ValueError) as error:
            raise ModelError(
                f"checkpoint {self.file} is of another architecture ({one_line(error)}); train"
                " without it"
            ) from error
        return self.position

    def save(
        self,
        model: nn.Module,
        optimisers: Sequence[torch.optim.Optimizer],
    ) -> None:
        """Write the state and the position.

        Raises:
            TrainingError: the file cannot be written, as on a full disk; the last one stays.
        """
        state = {
            "identity": self.identity,
            "model": model.state_dict(),
            "optimisers": [optimiser.state_dict() for optimiser in optimisers],
            "position": vars(self.position),
        }
        unfinished = self.file.with_suffix(".unfinished")
        try:
            with unfinished.open("wb") as file:
                torch.save(state, file)
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(self.file)
        except (OSError, RuntimeError) as error:
            unfinished.unlink(missing_ok=True)
            raise TrainingError(
                f"checkpoint {self.file} cannot be written: {one_line(error)}; make room, and"
                " resume the run"
            ) from error
