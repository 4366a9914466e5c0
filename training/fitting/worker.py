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
from training.fitting.devices import choose
from training.fitting.distributed import Group, TrainingError, tie_to_parent, use_cores
from training.fitting.loop import EpochRecord, train
from training.model.features import Embedder
from training.model.network import EncoderDecoder
from training.model.presets import Config, Preset
from training.model.training_tensors import Material, load_material
from training.ranking.encoder_decoder_ranker import NeuralRanker


class Spec(Config):
    """What to train; every process of a group gets the same one."""

    dataset: Path
    """The dataset folder (`training.data.dataset`)."""
    run: Path
    """The run's folder; over several hosts a shared one."""
    preset: Preset
    seed: int
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """As `TrainingSettings.device`; each process finds its own."""
    resume: bool = False
    """Whether to go on from the run's checkpoint."""

    @property
    def features(self) -> Path:
        """Where the features are, made before the processes start."""
        return self.run / "features"

    @property
    def metrics(self) -> Path:
        """One JSON line per epoch (`loop.EpochRecord`)."""
        return self.run / "metrics.jsonl"

    @property
    def checkpoint(self) -> Path:
        """State after the last whole epoch."""
        return self.run / "checkpoint.pt"

    @property
    def model(self) -> Path:
        """The finished model (`NeuralRanker.load`); complete once it exists."""
        return self.run / "model"

    @classmethod
    def read(cls, file: Path) -> "Spec":
        """Read a specification.

        Raises:
            InputError: no such file, or not a specification.
        """
        try:
            return cls.model_validate_json(file.read_text(encoding="utf-8"))
        except (OSError, ValidationError) as error:
            line = str(error).splitlines()[0]
            raise InputError(f"{file} is no training specification: {line}") from error


def work(spec: Spec, on_epoch: Callable[[EpochRecord], None] = lambda _: None) -> None:
    """Train as one process of the group that a launcher prepared, or alone.

    The leader writes metrics, checkpoint and model into the run's folder.

    Raises:
        SettingsError: a GPU is asked for, and there is none that PyTorch can use.
        TrainingError: the GPU's memory is too small.
    """
    group = Group.join()
    device = choose(spec.device, group.local_rank)
    if group.size > 1:
        use_cores(int(os.environ["HOROVOD_LOCAL_SIZE"]))
    dataset = Dataset.read(spec.dataset)
    material = load_material(dataset, spec.preset, spec.features)
    identity = {
        "preset": spec.preset.model_dump(mode="json"),
        "seed": spec.seed,
        "data": json.loads(json.dumps(dict(dataset.version))),
    }
    checkpoint = Checkpoint(spec.checkpoint, identity, resume=spec.resume)

    def report(record: EpochRecord) -> None:
        if group.leads:
            lines = "".join(f"{json.dumps(done)}\n" for done in checkpoint.records)
            unfinished = spec.metrics.with_suffix(".unfinished")
            unfinished.write_text(lines, encoding="utf-8")
            unfinished.replace(spec.metrics)
            on_epoch(record)

    try:
        model = train(
            material,
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
    if group.leads:
        write_model(_ranker(model, material, spec), spec)
    group.leave()


def main() -> None:
    """Run one process of a training; errors are one line."""
    tie_to_parent()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:
        work(Spec.read(Path(sys.argv[1])))
    except IndexError:
        sys.exit("usage: python -m training.fitting.worker SPEC.json")
    except CareerstreamError as error:
        sys.exit(str(error))


def write_model(ranker: NeuralRanker, spec: Spec) -> None:
    """Write the run's model whole, in place of one that stands there."""
    unfinished = spec.run / "model.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir()
    ranker.save(unfinished)
    shutil.rmtree(spec.model, ignore_errors=True)
    unfinished.rename(spec.model)


def _ranker(model: EncoderDecoder, material: Material, spec: Spec) -> NeuralRanker:
    return NeuralRanker(
        model,
        Embedder.load(spec.features),
        spec.preset,
        ids=material.seen_ids,
        counts=material.train.counts,
    )


if __name__ == "__main__":
    main()
