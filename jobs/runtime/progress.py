"""Progress bars: imports, training epochs, and the stages of a benchmark."""

from typing import Any, Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from jobs.runtime.terminal import console


def import_progress(target: Console = console) -> Progress:
    """Return a bar that shows a label, the share done, rows a second and the time left."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        _RowsColumn(),
        TimeRemainingColumn(),
        console=target,
    )


class _RowsColumn(ProgressColumn):
    """The number of rows and rows a second, from the task's field `rows`."""

    def render(self, task: Task) -> Text:
        """Show both numbers. The bar itself may count bytes."""
        rows = task.fields.get("rows", 0)
        seconds = task.finished_time or task.elapsed
        rate = rows / seconds if seconds else 0.0
        return Text(f"{rows:,} rows, {rate:,.0f}/s")


class _Bars:
    """A context manager that shows progress bars while its block runs."""

    def __init__(self, *columns: ProgressColumn) -> None:
        self._progress = Progress(*columns, TimeElapsedColumn(), console=console)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()


class EpochProgress(_Bars):
    """One bar over the epochs of a training, with the newest losses."""

    def __init__(self) -> None:
        super().__init__(TextColumn("training"), BarColumn(), TextColumn("{task.description}"))
        self._task = self._progress.add_task("preparing", total=None)

    def epoch(self, record: dict[str, Any]) -> None:
        """Show the record of an epoch: `epoch`, `epochs`, `loss`, maybe `validation_loss`."""
        validation = record.get("validation_loss")
        text = f"epoch {record['epoch']}/{record['epochs']}, loss {record['loss']:.3f}"
        if validation is not None:
            text += f", validation {validation:.3f}"
        self._progress.update(
            self._task, completed=record["epoch"], total=record["epochs"], description=text
        )


class StageProgress(_Bars):
    """One bar for each stage of a benchmark."""

    def __init__(self) -> None:
        super().__init__(
            TextColumn("{task.fields[stage]}"), BarColumn(), TextColumn("{task.description}")
        )
        self._tasks: dict[str, TaskID] = {}

    def update(self, message: str, share: float) -> None:
        """Show how far a stage is. A new stage ends the ones before it.

        Args:
            message: "STAGE: what happens now".
            share: done of the stage, from 0 to 1.
        """
        stage, _, description = message.partition(": ")
        if stage not in self._tasks:
            for task in self._tasks.values():
                self._progress.stop_task(task)
            self._tasks[stage] = self._progress.add_task("", total=1.0, stage=stage)
        self._progress.update(self._tasks[stage], completed=share, description=description)
