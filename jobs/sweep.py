"""Job: Δ events@v Δ postings@v → MLflow runs, one for each trial → the best preset, a file.

Run: spark-submit jobs/sweep.py --config careerstream.toml

Optuna proposes settings (tree-structured Parzen estimators, Bergstra et al., 2011), and trials that
fall behind the median of the others are pruned. The objective is the loss of the validation part,
the newest events that training may see; those of the promotion gate are never used.
"""

import fcntl
import logging
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import FrozenTrial, Trial, TrialState
from pyspark.sql import SparkSession

from jobs.runtime.current_taxonomy import current_taxonomy
from jobs.runtime.entrypoint import run_once
from jobs.train import in_tasks
from streaming.errors import InputError
from streaming.settings import Settings
from training.data.dataset import Dataset, add_taxonomy, hold_back
from training.data.lake_export import export_dataset
from training.fitting.fit import OnEpoch, fit
from training.fitting.search_space import changed, suggest, values_of
from training.fitting.training_error import TrainingError
from training.model.presets import preset_by_name
from training.model.training_data import write_training_data
from training.registry.tracking import LiveRun
from training.registry.training_run import (
    begin_run,
    create_run_folder,
    epoch_values,
    find_run_folder,
)

log = logging.getLogger(__name__)

TRIALS = 20
_BASE, _BEST, _STUDY = "base.json", "best.json", "study.log"
_FAILURES = 3
"""So many failed trials one after the other end a sweep."""
_FIRST_TRIALS = 4
"""These are not pruned, so that there is a median."""

OnTrial = Callable[[FrozenTrial], None]
"""Called with each trial when it has ended."""


@dataclass(frozen=True)
class Sweep:
    """A finished sweep."""

    folder: Path
    trials: tuple[FrozenTrial, ...]
    best: FrozenTrial
    preset: Path
    """The best preset, for `training.preset`."""


class _PrunedError(Exception):
    """A trial has fallen behind."""


def run(
    spark: SparkSession,
    settings: Settings,
    on_trial: OnTrial = lambda _: None,
    on_epoch: OnEpoch = lambda _: None,
    *,
    trials: int = TRIALS,
    resume: Path | None = None,
) -> Sweep:
    """Search for settings of the preset's encoder-decoder with a lower validation loss.

    The first trial is the preset as it is. `resume` names the folder of an earlier sweep, which
    goes on until it has so many trials; one that was interrupted is begun again.

    Raises:
        InputError: there is nothing to train on, no such sweep, or another process goes on with it.
        ModelError: MLflow cannot be reached.
        TrainingError: the first trials failed; the message is the last one's.
    """
    if resume is None:
        folder = create_run_folder(settings, "sweep")
        export_dataset(spark, settings, folder / "dataset")
        add_taxonomy(folder / "dataset", current_taxonomy(spark, settings))
        hold_back(folder / "dataset", settings.training.gate_share)
        preset = preset_by_name(settings.training.preset)
        if settings.training.epochs:
            preset = changed(preset, {"training.epochs": settings.training.epochs})
        base = write_training_data(
            Dataset.read(folder / "dataset"),
            preset,
            folder / "data",
            text_encoder=settings.training.text_encoder,
            seed=settings.training.seed,
            tasks=lambda function, count: in_tasks(spark, function, count),
        )
        (folder / _BASE).write_text(base.model_dump_json(indent=2), encoding="utf-8")
    else:
        folder = find_run_folder(settings, resume, "sweep", _BASE)
    with _alone(folder):
        return _Study(settings, folder).run(trials, on_trial, on_epoch)


class _Study:
    """A study in a folder, and its MLflow run."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self.settings, self.folder = settings, folder
        self.base = preset_by_name(str(folder / _BASE))
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self.study = optuna.create_study(
            study_name=folder.name,
            storage=JournalStorage(JournalFileBackend(str(folder / _STUDY))),
            sampler=optuna.samplers.TPESampler(seed=settings.training.seed),
            pruner=optuna.pruners.MedianPruner(n_startup_trials=_FIRST_TRIALS, n_warmup_steps=1),
            load_if_exists=True,
        )
        self.parent = begin_run(settings, folder, f"sweep {self.base.name}")

    def run(self, trials: int, on_trial: OnTrial, on_epoch: OnEpoch) -> Sweep:
        try:
            self._begin_again()
            while self._ended() < trials:
                self._run_trial(self.study.ask(), on_epoch)
                on_trial(self.study.trials[-1])
                self._require_a_success()
            best = self.study.best_trial
            file = self.folder / _BEST
            preset = changed(self.base, best.params)
            file.write_text(preset.model_dump_json(indent=2), encoding="utf-8")
            self.parent.log_params(best.params)
            self.parent.log_metrics({"validation_loss": float(best.value or 0.0)})
            self.parent.end("FINISHED")
        except BaseException as error:
            self.parent.end("KILLED" if isinstance(error, KeyboardInterrupt) else "FAILED")
            log.warning(
                "`careerstream sweep --resume %s` goes on with this sweep", self.folder.name
            )
            raise
        return Sweep(self.folder, tuple(self.study.trials), best, file)

    def _ended(self) -> int:
        """Count the trials that have said something."""
        ended = (TrialState.COMPLETE, TrialState.PRUNED)
        return len(self.study.get_trials(deepcopy=False, states=ended))

    def _begin_again(self) -> None:
        """Enqueue the preset itself, and again what a killed process left unfinished."""
        if not self.study.trials:
            self.study.enqueue_trial(values_of(self.base))
        for trial in self.study.get_trials(states=(TrialState.RUNNING,)):
            self.study.tell(trial.number, state=TrialState.FAIL)
            self.study.enqueue_trial(trial.params)

    def _run_trial(self, trial: Trial, on_epoch: OnEpoch) -> None:
        preset = suggest(trial, self.base).model_copy(update={"content": False})
        name = f"trial {trial.number}"
        tracked = LiveRun(self.settings, name, parent=self.parent.id)
        tracked.log_params(trial.params)
        loss = float("inf")

        def on_end(record: dict[str, Any]) -> None:
            nonlocal loss
            tracked.log_epoch(record["epoch"], epoch_values(record))
            on_epoch(record)
            loss = _loss(record)
            trial.report(loss, record["epoch"])
            if trial.should_prune():
                raise _PrunedError

        state, status = TrialState.COMPLETE, "FINISHED"
        folder, training = self.folder / "trials" / str(trial.number), self.settings.training
        dataset, data = self.folder / "dataset", self.folder / "data"
        try:
            fit(dataset, folder, training, preset=preset, data=data, on_epoch=on_end)
        except _PrunedError:
            state, status = TrialState.PRUNED, "KILLED"
        except TrainingError as error:
            log.warning("%s failed: %s", name, error)
            state, status = TrialState.FAIL, "FAILED"
        except BaseException:
            tracked.end("KILLED")
            raise
        finally:
            shutil.rmtree(folder, ignore_errors=True)  # the best preset is trained again
        tracked.end(status)
        completed = state == TrialState.COMPLETE
        self.study.tell(trial, loss if completed else None, state=state)

    def _require_a_success(self) -> None:
        newest = self.study.trials[-_FAILURES:]
        if len(newest) == _FAILURES and all(one.state == TrialState.FAIL for one in newest):
            raise TrainingError(
                f"the last {_FAILURES} trials failed; see the log, and MLflow's run"
                f" {self.parent.id}"
            )


def _loss(record: dict[str, Any]) -> float:
    """Return what a trial is judged by.

    Raises:
        InputError: nothing is held out to judge by.
    """
    if record["validation_loss"] is None:
        raise InputError("no candidate is in the validation part; a sweep needs more events")
    return float(record["validation_loss"])


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Let one process at a time go on with a sweep."""
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise InputError(f"another process runs the sweep {folder}; wait for it") from error
        yield


if __name__ == "__main__":
    run_once("sweep", run)
