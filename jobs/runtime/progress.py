"""Progress bars: imports, training epochs, and the stages of a benchmark."""

from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Column
from rich.text import Text

from jobs.runtime.terminal import console, styled

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial


def import_progress(target: Console = console) -> Progress:
    """Return a bar that shows a label, the share done, rows a second and the time left."""
    return Progress(
        _TextColumn("{task.description}"),
        BarColumn(),
        _RowsColumn(),
        TimeRemainingColumn(),
        console=target,
    )


class _TextColumn(ProgressColumn):
    """A text about a task. Unlike Rich's own it is never markup, and is folded, not cut."""

    def __init__(self, template: str) -> None:
        super().__init__(Column(overflow="fold"))
        self._template = template

    def render(self, task: Task) -> Text:
        """Fill in the template."""
        return styled(self._template.format(task=task))


class _RowsColumn(ProgressColumn):
    """The number of rows and rows a second, from the task's field `rows`."""

    def render(self, task: Task) -> Text:
        """Show both numbers. The bar itself may count bytes."""
        rows = task.fields.get("rows", 0)
        seconds = task.finished_time or task.elapsed
        rate = rows / seconds if seconds else 0.0
        return styled(f"{rows:,} rows, {rate:,.0f}/s")


class EpochProgress(Progress):
    """One bar over the epochs of a training, with the newest losses."""

    def __init__(self) -> None:
        description = _TextColumn("{task.description}")
        columns = (_TextColumn("training"), BarColumn(), description, TimeElapsedColumn())
        super().__init__(*columns, console=console)
        self._training = self.add_task("preparing", total=None)

    def epoch(self, record: dict[str, Any]) -> None:
        """Show the record of an epoch: `epoch`, `epochs`, `loss`, maybe `validation_loss`."""
        validation = record.get("validation_loss")
        text = f"epoch {record['epoch']}/{record['epochs']}, loss {record['loss']:.3f}"
        if validation is not None:
            text += f", validation {validation:.3f}"
        self.update(
            self._training, completed=record["epoch"], total=record["epochs"], description=text
        )
        if record["epoch"] == record["epochs"]:
            self.add_task("finishing", total=None)


class SweepProgress(Progress):
    """One bar over the trials of a sweep, and one over the epochs of the present trial."""

    def __init__(self, trials: int) -> None:
        name, description = _TextColumn("{task.fields[name]}"), _TextColumn("{task.description}")
        super().__init__(name, BarColumn(), description, TimeElapsedColumn(), console=console)
        self._trials = self.add_task("preparing", total=trials, name="trials")
        self._epochs = self.add_task("", total=None, name="epochs")
        self._best = float("inf")

    def epoch(self, record: dict[str, Any]) -> None:
        """Show the record of an epoch."""
        self.update(
            self._epochs,
            completed=record["epoch"],
            total=record["epochs"],
            description=f"validation {record['validation_loss']:.3f}",
        )

    def trial(self, trial: "FrozenTrial") -> None:
        """Show that a trial has ended."""
        if trial.state.name == "COMPLETE" and trial.value is not None:
            self._best = min(self._best, trial.value)
        done = trial.state.name in {"COMPLETE", "PRUNED"}
        self.update(self._trials, advance=int(done), description=f"best {self._best:.3f}")


class StageProgress(Progress):
    """One bar for each stage of a benchmark."""

    def __init__(self) -> None:
        stage, description = _TextColumn("{task.fields[stage]}"), _TextColumn("{task.description}")
        super().__init__(stage, BarColumn(), description, TimeElapsedColumn(), console=console)
        self._stages: dict[str, TaskID] = {}

    def show(self, message: str, share: float) -> None:
        """Show "STAGE: what happens now" and the share of the stage that is done, from 0 to 1.

        A new stage ends the ones before it.
        """
        stage, _, description = message.partition(": ")
        if stage not in self._stages:
            for task in self._stages.values():
                self.stop_task(task)
            self._stages[stage] = self.add_task("", total=1.0, stage=stage)
        self.update(self._stages[stage], completed=share, description=description)
