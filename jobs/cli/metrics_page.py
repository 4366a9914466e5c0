"""docs/metrics.md, generated from the table of metrics."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader

from streaming.logs import BATCH_FIELDS
from streaming.metrics.definitions import METRICS


def metrics_page() -> str:
    """Describe every metric in Markdown."""
    loader = FileSystemLoader(Path(__file__).parent)
    # Markdown needs no escaping: the values come from our own code.
    environment = Environment(loader=loader, keep_trailing_newline=True)  # noqa: S701
    environment.filters |= {"code": "`{}`".format, "short": "{:g}".format}
    template = environment.get_template("metrics.md.j2")
    return template.render(metrics=METRICS, fields=BATCH_FIELDS)
