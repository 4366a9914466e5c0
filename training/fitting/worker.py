"""One training process, alone or in a group: `python -m training.fitting.worker SPEC.json`."""

import json
import logging
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import torch
from pydantic import ValidationError

from streaming.errors import CareerstreamError, InputError, one_line
from training.fitting.checkpoint import Checkpoint
from training.fitting.devices import choose_device, device_type
from training.fitting.horovod_group import run_elastic
from training.fitting.launching import end_with_parent, join_group, limit_threads
from training.fitting.loop import EpochRecord, train
from training.fitting.training_error import TrainingError
from training.model.features import Embedder
from training.model.presets import Config, Preset
from training.model.training_data import TrainingData
from training.ranking.encoder_decoder_ranker import EncoderDecoderRanker

SPEC = "spec.json"
"""In a run's folder: its specification."""


class TrainingSpec(Config):
    """What to train; every process of a group gets the same specification."""

    run: Path
    """The run's folder; shared storage where there are several hosts."""
    data: Path
    """The training data (`TrainingData`), made before the processes start."""
    preset: Preset
    seed: int
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """As `TrainingSettings.device`; each process chooses its own."""
    gradients: Literal["float32", "float16"] = "float32"
    """As `TrainingSettings.gradients`."""
    checkpoint_seconds: float = 60.0
    """As `TrainingSettings.checkpoint_seconds`."""
    start: Path | None = None
    """The encoder-decoder's model folder that the training goes on from; None: it begins anew."""

    @property
    def metrics(self) -> Path:
        """One JSON line per epoch (`loop.EpochRecord`)."""
        return self.run / "metrics.jsonl"

    @property
    def checkpoint(self) -> Path:
        """The newest saved state."""
        return self.run / "checkpoint.pt"

    @property
    def model(self) -> Path:
        """The finished model (`EncoderDecoderRanker.load`); complete once it exists."""
        return self.run / "model"

    @classmethod
    def read(cls, file: Path) -> "TrainingSpec":
        """Read a specification.

        Raises:
            InputError: the file does not exist, or is not a specification.
        """
        try:
            return cls.model_validate_json(file.read_text(encoding="utf-8"))
        except (OSError, ValidationError) as error:
            line = str(error).splitlines()[0]
            raise InputError(f"{file} is no training specification: {line}") from error


def run_worker(
    spec: TrainingSpec, on_epoch: Callable[[EpochRecord], None] = lambda _: None
) -> None:
    """Train as one process of the group that a launcher prepared, or alone.

    Where the run has a checkpoint, it goes on from there, with however many processes. The leader
    writes metrics, checkpoint and model into the run's folder.

    Raises:
        InputError: the training data cannot be read.
        ModelError: the checkpoint is of another training.
        SettingsError: the device is `cuda`, and PyTorch can use no GPU; or there are more processes
            than shards.
        TrainingError: the GPU's memory is too small, a loss is not a number, or the checkpoint
            cannot be written.
    """
    group = join_group(device_type(spec.device))
    device = choose_device(spec.device, group.local_rank)
    if group.size > 1:
        limit_threads(group.local_size)
    data = TrainingData.open(spec.data)
    identity = {
        "preset": spec.preset.model_dump(mode="json"),
        "seed": spec.seed,
        "data": data.version,
    }
    checkpoint = Checkpoint(spec.checkpoint, identity)

    def report(record: EpochRecord) -> None:
        if group.is_leader:
            _write_metrics(checkpoint, spec)
            on_epoch(record)

    try:
        model = train(
            data,
            spec.preset,
            spec.seed,
            group=group,
            checkpoint=checkpoint,
            start=spec.start,
            on_epoch=report,
            device=device,
            half_gradients=spec.gradients == "float16",
            checkpoint_seconds=spec.checkpoint_seconds,
        )
    except torch.OutOfMemoryError as error:
        raise TrainingError(
            f"{device} has too little memory for these data ({one_line(error)}); use "
            "training.device=cpu, or fewer training.processes if they share the GPU"
        ) from error
    if group.is_leader:
        _write_metrics(checkpoint, spec)  # a run killed after its last epoch had none of it
        embedder, ids, counts = Embedder.load(spec.data), data.seen_ids(), data.popularity()
        write_model(
            EncoderDecoderRanker(model, embedder, spec.preset, ids=ids, counts=counts), spec
        )
    group.close()


def main() -> None:
    """Run one training process; an error is one line."""
    end_with_parent()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:
        spec = TrainingSpec.read(Path(sys.argv[1]))
        if "HOROVOD_ELASTIC" in os.environ:
            run_elastic(lambda: run_worker(spec))
        else:
            run_worker(spec)
    except IndexError:
        sys.exit("usage: python -m training.fitting.worker SPEC.json")
    except CareerstreamError as error:
        sys.exit(str(error))


def _write_metrics(checkpoint: Checkpoint, spec: TrainingSpec) -> None:
    lines = "".join(f"{json.dumps(epoch)}\n" for epoch in checkpoint.position.records)
    unfinished = spec.metrics.with_suffix(".unfinished")
    unfinished.write_text(lines, encoding="utf-8")
    unfinished.replace(spec.metrics)


def write_model(ranker: EncoderDecoderRanker, spec: TrainingSpec) -> None:
    """Write the run's model; it replaces an earlier one only when it is complete."""
    unfinished = spec.run / "model.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir()
    ranker.save(unfinished)
    shutil.rmtree(spec.model, ignore_errors=True)
    unfinished.rename(spec.model)


if __name__ == "__main__":
    main()
