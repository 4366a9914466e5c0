"""Training, from a dataset folder to a finished model."""

import json
import logging
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from streaming.errors import ModelError
from streaming.serving.ranker import Ranker
from streaming.settings import TrainingSettings
from training.content_ranker.fit_content import FittedContent, fit_content, recount_content
from training.content_ranker.two_stage_ranker import ENCODER_DECODER_FOLDER, TwoStageRanker
from training.data.dataset import Dataset
from training.evaluation.split import Split
from training.fitting.devices import require_device
from training.fitting.horovod_group import horovod_available, launch_on_spark
from training.fitting.launching import Backend, LostProcessError, launch, launch_on_hosts
from training.fitting.worker import SPEC, TrainingSpec, run_worker
from training.model.features import Embedder
from training.model.presets import Preset, preset_by_name
from training.model.training_data import (
    ABOUT,
    Tasks,
    one_after_another,
    write_training_data,
)
from training.ranking.encoder_decoder_ranker import EncoderDecoderRanker

_log = logging.getLogger(__name__)

START = "start"
"""In a run's folder: the model that the run goes on from, as its ranker saves it."""

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
    settings: TrainingSettings
    """As they were used."""

    @property
    def processes(self) -> int:
        """How many processes trained."""
        return int(self.records[-1]["processes"])

    @property
    def device(self) -> str:
        """The leader's device in the last epoch: `cpu`, `cuda:0`."""
        return str(self.records[-1].get("device", "cpu"))


def fit(
    dataset: Path,
    run: Path,
    settings: TrainingSettings,
    *,
    preset: Preset | None = None,
    start: Ranker | None = None,
    data: Path | None = None,
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
        preset: instead of the one that the settings name, and of their epochs.
        start: a model to go on from, with a preset of its shape. Its word vectors and weights are
            kept, and get rows for new words and postings; of its second stage the counts alone are
            made anew. Default: none.
        data: folder of training data that are already made of the data set; default: they are made
            in the run's folder.
        split: parts that somebody else has chosen; the folder then holds its training part alone.
            Default: the newest events, a share that the preset names, are the validation part.
        resume: whether to start from the run's data and checkpoint where they are there. The run
            keeps its preset and its start.
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
    if start is not None:
        _save_start(start, run / START)
    elif not resume:
        shutil.rmtree(run / START, ignore_errors=True)
    spec = TrainingSpec.read(
        prepare_run(
            dataset,
            run,
            settings,
            resume=resume,
            preset=preset,
            data=data,
            share=share,
            tasks=tasks,
        )
    )
    processes = settings.processes
    if processes == 1 and not settings.hosts:
        run_worker(spec, lambda record: on_epoch(asdict(record)))
    elif settings.launcher == "spark" and not settings.hosts:
        launch_on_spark(partial(run_worker, spec), processes)
        for record in _records(spec):
            on_epoch(record)
    else:
        _launch_here(spec, settings, on_epoch)
    ranker, content = EncoderDecoderRanker.load(spec.model), None
    whole: EncoderDecoderRanker | TwoStageRanker = ranker
    if spec.preset.content and (run / START).exists():
        whole = recount_content(TwoStageRanker.load(run / START), ranker, Dataset.read(dataset))
    elif spec.preset.content:
        content = fit_content(ranker, Dataset.read(dataset), spec.seed, split)
        whole = content.ranker
    return Fitted(
        ranker=whole,
        content=content,
        folder=spec.model,
        preset=ranker.preset,
        records=tuple(_records(spec)),
        settings=settings.model_copy(update={"seed": spec.seed}),
    )


def prepare_run(
    dataset: Path,
    run: Path,
    settings: TrainingSettings,
    *,
    resume: bool,
    preset: Preset | None = None,
    data: Path | None = None,
    share: float | None = None,
    tasks: Tasks = one_after_another,
) -> Path:
    """Check the data and make the training data, before the processes start.

    `preset` stands for the one that the settings name, and `share` for its share of the validation
    part; `data` is a folder of training data that are already made. A resumed run keeps its preset
    and its data.

    Returns:
        The specification's file, for `python -m training.fitting.worker SPEC.json`.

    Raises:
        InputError: the data or the text encoder cannot be used.
    """
    file, start = run / SPEC, _encoder_decoder_in(run.absolute() / START)
    run.mkdir(parents=True, exist_ok=True)
    resume = resume and file.exists()
    earlier = TrainingSpec.read(file) if resume else None
    spec = TrainingSpec(
        run=run.absolute(),
        data=earlier.data if earlier else (data or run / "data").absolute(),
        preset=earlier.preset if earlier else _chosen_preset(settings, preset, share),
        seed=earlier.seed if earlier else settings.seed,
        start=start,
        device=settings.device,
        gradients=settings.gradients,
        checkpoint_seconds=settings.checkpoint_seconds,
    )
    shutil.rmtree(spec.model, ignore_errors=True)
    complete = (spec.data / ABOUT).exists()
    if not (resume and complete):
        for leftover in (spec.metrics, spec.checkpoint):
            leftover.unlink(missing_ok=True)
    if not complete or (data is None and not resume):
        made = write_training_data(
            Dataset.read(dataset),
            spec.preset,
            spec.data,
            text_encoder=settings.text_encoder,
            seed=spec.seed,
            known=Embedder.load(start) if start else None,
            tasks=tasks,
        )
        spec = spec.model_copy(update={"preset": made})
    file.write_text(spec.model_dump_json(indent=2), encoding="utf-8")
    return file


def _chosen_preset(
    settings: TrainingSettings, preset: Preset | None, share: float | None
) -> Preset:
    given: dict[str, Any] = {}
    if preset is None:
        preset = preset_by_name(settings.preset)
        given["epochs"] = settings.epochs
    given["validation_split"] = share
    changed = {name: value for name, value in given.items() if value is not None}
    training = preset.training.model_copy(update=changed)
    return preset.model_copy(update={"training": training})


def _save_start(start: Ranker, folder: Path) -> None:
    """Keep the model that a run goes on from, for the run's processes and for a resumed run.

    Raises:
        ModelError: there is nothing in it to go on from.
    """
    if not isinstance(start, (EncoderDecoderRanker, TwoStageRanker)):
        raise ModelError("the model holds no encoder-decoder to go on from; train one first")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    start.save(folder)


def _encoder_decoder_in(start: Path) -> Path | None:
    """Return the encoder-decoder's folder in that of the model that a run goes on from."""
    inner = start / ENCODER_DECODER_FOLDER
    return inner if inner.is_dir() else start if start.is_dir() else None


def _backend(settings: TrainingSettings) -> Backend:
    if settings.backend != "auto":
        return settings.backend
    return "horovod" if horovod_available() else "torch"


def _launch_here(spec: TrainingSpec, settings: TrainingSettings, on_epoch: OnEpoch) -> None:
    """Let processes train; where one on this machine is killed, all go on from the checkpoint."""
    processes, backend = settings.processes, _backend(settings)
    reported = len(_records(spec))

    def report_new() -> None:
        nonlocal reported
        records = _records(spec)
        for record in records[reported:]:
            on_epoch(record)
        reported = len(records)

    arguments, logs = ["-m", "training.fitting.worker", str(spec.run / SPEC)], spec.run / "logs"
    if settings.hosts:
        return launch_on_hosts(arguments, settings.hosts, logs, report_new)
    for _ in range(settings.restarts):
        try:
            return launch(arguments, processes, logs, report_new, backend=backend)
        except LostProcessError as error:
            _log.warning("%s; going on from the last checkpoint (training.restarts)", error)
    return launch(arguments, processes, logs, report_new, backend=backend)


def _records(spec: TrainingSpec) -> list[dict[str, Any]]:
    if not spec.metrics.exists():
        return []
    return [json.loads(line) for line in spec.metrics.read_text(encoding="utf-8").splitlines()]
