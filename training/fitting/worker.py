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
from training.data.dataset import Dataset
from training.fitting.checkpoint import Checkpoint
from training.fitting.devices import choose_device
from training.fitting.distributed import ProcessGroup, TrainingError, end_with_parent, limit_threads
from training.fitting.loop import EpochRecord, train
from training.model.features import Embedder
from training.model.presets import Config, Preset
from training.model.training_tensors import load_tensors
from training.ranking.encoder_decoder_ranker import EncoderDecoderRanker


class TrainingSpec(Config):
    """What to train; every process of a group gets the same specification."""

    dataset: Path
    """The dataset folder (`training.data.dataset`)."""
    run: Path
    """The run's folder; shared storage where there are several hosts."""
    preset: Preset
    seed: int
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """As `TrainingSettings.device`; each process chooses its own."""
    resume: bool = False
    """Whether to start from the run's checkpoint."""

    @property
    def features(self) -> Path:
        """The features, made before the processes start."""
        return self.run / "features"

    @property
    def metrics(self) -> Path:
        """One JSON line per epoch (`loop.EpochRecord`)."""
        return self.run / "metrics.jsonl"

    @property
    def checkpoint(self) -> Path:
        """The state after the last whole epoch."""
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

    The leader writes metrics, checkpoint and model into the run's folder.

    Raises:
        SettingsError: the device is `cuda`, and PyTorch can use no GPU.
        TrainingError: the GPU's memory is too small.
    """
    group = ProcessGroup.join()
    device = choose_device(spec.device, group.local_rank)
    if group.size > 1:
        limit_threads(int(os.environ["HOROVOD_LOCAL_SIZE"]))
    dataset = Dataset.read(spec.dataset)
    tensors = load_tensors(dataset, spec.preset, spec.features)
    identity = {
        "preset": spec.preset.model_dump(mode="json"),
        "seed": spec.seed,
        "data": json.loads(json.dumps(dict(dataset.version))),
    }
    checkpoint = Checkpoint(spec.checkpoint, identity, resume=spec.resume)

    def report(record: EpochRecord) -> None:
        if group.is_leader:
            lines = "".join(f"{json.dumps(epoch)}\n" for epoch in checkpoint.records)
            unfinished = spec.metrics.with_suffix(".unfinished")
            unfinished.write_text(lines, encoding="utf-8")
            unfinished.replace(spec.metrics)
            on_epoch(record)

    try:
        model = train(
            tensors,
            spec.preset,
            spec.seed,
            group=group,
            checkpoint=checkpoint,
            on_epoch=report,
            device=device,
        )
    except torch.OutOfMemoryError as error:
        raise TrainingError(
            f"{device} has too little memory for these data ({one_line(error)}); use "
            "training.device=cpu, or fewer training.processes if they share the GPU"
        ) from error
    if group.is_leader:
        embedder, counts = Embedder.load(spec.features), tensors.train.counts
        ids = tensors.seen_ids
        write_model(
            EncoderDecoderRanker(model, embedder, spec.preset, ids=ids, counts=counts), spec
        )
    group.close()


def main() -> None:
    """Run one training process; an error is one line."""
    end_with_parent()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:
        run_worker(TrainingSpec.read(Path(sys.argv[1])))
    except IndexError:
        sys.exit("usage: python -m training.fitting.worker SPEC.json")
    except CareerstreamError as error:
        sys.exit(str(error))


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
