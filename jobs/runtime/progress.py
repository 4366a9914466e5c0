"""The progress bar of imports."""

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text


def progress_bar(console: Console | None = None) -> Progress:
    """A bar for imports: what, how far, how many rows a second, how long still."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        _Rows(),
        TimeRemainingColumn(),
        console=console,
    )


class _Rows(ProgressColumn):
    """Rows done and rows a second."""

    def render(self, task: Task) -> Text:
        """Show both; the bar itself may count bytes."""
        rows = task.fields.get("rows", 0)
        seconds = task.finished_time or task.elapsed
        speed = rows / seconds if seconds else 0.0
        return Text(f"{rows:,} rows, {speed:,.0f}/s")
