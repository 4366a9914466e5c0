"""Checkpoints: everything that a training needs to resume, written atomically."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from streaming.errors import ModelError


class Checkpoint:
    """The checkpoint file of one run.

    The state of random generators and the position in the data are not saved, because both follow
    from seed and epoch. A run resumes where the plain values of `identity` are equal: preset, seed,
    data version. Without `resume` an existing file is overwritten.
    """

    def __init__(self, file: Path, identity: Mapping[str, Any], *, resume: bool) -> None:
        self.file = file
        self.identity = dict(identity)
        self._resume = resume
        self.records: list[dict[str, Any]] = []
        """The records of all epochs, also of those before the run was resumed."""

    def restore(self, model: nn.Module, optimiser: torch.optim.Optimizer) -> int:
        """Load the saved state into model and optimiser; return the number of finished epochs.

        Raises:
            ModelError: the file is of another preset, seed or data, or is unreadable.
        """
        if not (self._resume and self.file.exists()):
            return 0
        try:
            saved = torch.load(self.file, map_location="cpu", weights_only=True)
        except Exception as error:  # unpickling raises nearly anything
            raise ModelError(f"checkpoint {self.file} is unreadable; train without it") from error
        for name, value in self.identity.items():
            if saved["identity"].get(name) != value:
                raise ModelError(
                    f"checkpoint {self.file} is of another {name}"
                    f" ({saved['identity'].get(name)} instead of {value}); train without it"
                )
        model.load_state_dict(saved["model"])
        optimiser.load_state_dict(saved["optimiser"])
        self.records = saved["records"]
        return len(self.records)

    def save(
        self,
        model: nn.Module,
        optimiser: torch.optim.Optimizer,
        record: Mapping[str, Any],
    ) -> None:
        """Write the state after an epoch and that epoch's record."""
        self.records = [*self.records, dict(record)]
        state = {
            "identity": self.identity,
            "model": model.state_dict(),
            "optimiser": optimiser.state_dict(),
            "records": self.records,
        }
        unfinished = self.file.with_suffix(".unfinished")
        torch.save(state, unfinished)
        unfinished.replace(self.file)
