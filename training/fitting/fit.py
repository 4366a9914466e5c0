"""Training, from a dataset folder to a finished model."""

import json
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from streaming.settings import TrainingSettings
from training.content_ranker.fit_content import FittedContent, fit_content
from training.content_ranker.two_stage_ranker import TwoStageRanker
from training.data.dataset import Dataset
from training.evaluation.split import Split
from training.fitting.devices import require_device
from training.fitting.horovod_group import horovod_available, launch_on_spark
from training.fitting.launching import Backend, launch
from training.fitting.worker import TrainingSpec, run_worker
from training.model.presets import Preset, preset_by_name
from training.model.training_data import (
    Tasks,
    TrainingData,
    one_after_another,
    write_training_data,
)
from training.ranking.encoder_decoder_ranker import EncoderDecoderRanker

OnEpoch = Callable[[dict[str, Any]], None]
"""Called with the values of a `loop.EpochRecord` after each epoch."""


@dataclass(frozen=True, eq=False)
class Fitted:
    """A finished training."""

    ranker: EncoderDecoderRanker | TwoStageRanker
    folder: Path
    """The encoder-decoder's model folder, for `EncoderDecoderRanker.load`."""
    preset: Preset
    content: FittedContent | None
    """The two stages trained around the encoder-decoder; None where the preset has none."""
    records: tuple[dict[str, Any], ...]
    """A `loop.EpochRecord` for each epoch, as JSON values."""
    processes: int
    """How many processes trained."""

    @property
    def device(self) -> str:
        """The leader's device in the last epoch: `cpu`, `cuda:0`."""
        return str(self.records[-1].get("device", "cpu"))


def fit(
    dataset: Path,
    run: Path,
    settings: TrainingSettings,
    *,
    split: Split | None = None,
    resume: bool = False,
    on_epoch: OnEpoch = lambda _: None,
    tasks: Tasks = one_after_another,
) -> Fitted:
    """Train a model on a dataset folder.

    Args:
        dataset: what the train job wrote (`training.data.dataset`).
        run: folder of the run. The training data, metrics.jsonl, checkpoint.pt, model/ and, with
            several processes, logs/ are written into it. With launcher `spark` and several hosts it
            must be on storage that all hosts see.
        settings: preset, processes, launcher, device, seed, epochs, text encoder.
        split: parts that somebody else has chosen; the folder then holds its training part alone.
            Default: the newest events, a share that the preset names, are the validation part.
        resume: whether to start from the run's data and checkpoint where they are there.
        tasks: where postings are encoded (`training.model.training_data`).
        on_epoch: called in this process after each epoch, but not for epochs of an earlier run.

    Raises:
        InputError: the data or the text encoder cannot be used.
        SettingsError: the device is `cuda`, and PyTorch sees no GPU.
        TrainingError: a training process died.
    """
    if settings.launcher == "local":
        require_device(settings.device)  # fails before the features are made
    share = None if split is None else 0.0
    spec = TrainingSpec.read(
        prepare_run(dataset, run, settings, resume=resume, share=share, tasks=tasks)
    )
    processes = settings.processes
    if processes == 1:
        run_worker(spec, lambda record: on_epoch(asdict(record)))
    elif settings.launcher == "spark":
        launch_on_spark(partial(run_worker, spec), processes)
        for record in _records(spec):
            on_epoch(record)
    else:
        _launch_here(spec, processes, _backend(settings), on_epoch)
    ranker, content = EncoderDecoderRanker.load(spec.model), None
    if spec.preset.content:
        content = fit_content(ranker, Dataset.read(dataset), spec.seed, split)
    return Fitted(
        ranker=content.ranker if content else ranker,
        content=content,
        folder=spec.model,
        preset=ranker.preset,
        records=tuple(_records(spec)),
        processes=processes,
    )


def prepare_run(
    dataset: Path,
    run: Path,
    settings: TrainingSettings,
    *,
    resume: bool,
    share: float | None = None,
    tasks: Tasks = one_after_another,
) -> Path:
    """Check the data and make the training data, before the processes start.

    `share` overrides the preset's share of the validation part; a resumed run keeps its data.

    Returns:
        The specification's file, for `python -m training.fitting.worker SPEC.json`.

    Raises:
        InputError: the data or the text encoder cannot be used.
    """
    spec = _specify(run, settings, resume=resume, share=share)
    if resume and (spec.data / "about.json").exists():
        width = TrainingData.open(spec.data).text.shape[1]
        model = spec.preset.model.model_copy(update={"word_dimensions": width})
        preset = spec.preset.model_copy(update={"model": model})
    else:
        preset = write_training_data(
            Dataset.read(dataset),
            spec.preset,
            spec.data,
            text_encoder=settings.text_encoder,
            seed=settings.seed,
            tasks=tasks,
        )
    spec = spec.model_copy(update={"preset": preset})
    file = spec.run / "spec.json"
    file.write_text(spec.model_dump_json(indent=2), encoding="utf-8")
    return file


def _specify(
    run: Path, settings: TrainingSettings, *, resume: bool, share: float | None
) -> TrainingSpec:
    preset = preset_by_name(settings.preset)
    given = {"epochs": settings.epochs, "validation_split": share}
    changed = {name: value for name, value in given.items() if value is not None}
    training = preset.training.model_copy(update=changed)
    preset = preset.model_copy(update={"training": training})
    run.mkdir(parents=True, exist_ok=True)
    spec = TrainingSpec(
        run=run.absolute(),
        preset=preset,
        seed=settings.seed,
        device=settings.device,
        gradients=settings.gradients,
        checkpoint_seconds=settings.checkpoint_seconds,
        resume=resume,
    )
    if not resume:
        for leftover in (spec.metrics, spec.checkpoint):
            leftover.unlink(missing_ok=True)
    shutil.rmtree(spec.model, ignore_errors=True)
    return spec


def _backend(settings: TrainingSettings) -> Backend:
    if settings.backend != "auto":
        return settings.backend
    return "horovod" if horovod_available() else "torch"


def _launch_here(spec: TrainingSpec, processes: int, backend: Backend, on_epoch: OnEpoch) -> None:
    reported = len(_records(spec))

    def report_new() -> None:
        nonlocal reported
        records = _records(spec)
        for record in records[reported:]:
            on_epoch(record)
        reported = len(records)

    arguments = ["-m", "training.fitting.worker", str(spec.run / "spec.json")]
    launch(arguments, processes, spec.run / "logs", report_new, backend=backend)


def _records(spec: TrainingSpec) -> list[dict[str, Any]]:
    if not spec.metrics.exists():
        return []
    return [json.loads(line) for line in spec.metrics.read_text(encoding="utf-8").splitlines()]
