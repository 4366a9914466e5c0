"""The demo page's plots: SVG to stand within HTML, coloured by the page, light or dark.

Every colour is a placeholder that becomes a CSS variable of the page; text stays text. Labels are
plain English: whatever comes from the data stands in the HTML around the plots.
"""

import re
from collections.abc import Mapping, Sequence
from io import StringIO
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from matplotlib.rcsetup import cycler
from matplotlib.ticker import MaxNLocator

from training.registry.tracking import draw_curves

INK, FAINT = "#010101", "#020202"
SERIES = ("#0000c1", "#0000c2", "#0000c3")
_VARIABLES = {
    INK: "var(--ink)",
    FAINT: "var(--line)",
    **{colour: f"var(--series-{place})" for place, colour in enumerate(SERIES, start=1)},
}
STYLE: dict[Any, Any] = {
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "axes.prop_cycle": cycler(color=SERIES),
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": FAINT,
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "legend.labelcolor": INK,
    "lines.linewidth": 2.0,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "svg.fonttype": "none",
    "font.size": 10.0,
}
_CURVES = {
    "loss": "training_loss",
    "validation_loss": "validation_loss",
    "accuracy": "training_accuracy",
    "validation_accuracy": "validation_accuracy",
}
_BINS = 40
_TAIL = 1.5


def curves_plot(curves: Mapping[str, Sequence[float]]) -> str | None:
    """Draw loss and accuracy over the epochs, training and validation together.

    Args:
        curves: as `jobs.train.curves` gathers them; others than these four are left out.

    Returns:
        An SVG element; None where there is nothing to draw.
    """
    drawn = {_CURVES[name]: values for name, values in curves.items() if name in _CURVES and values}
    if not drawn:
        return None
    with mpl.rc_context(STYLE):
        figure = draw_curves(dict(sorted(drawn.items())))
        for axes in figure.axes:
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        return to_svg(figure, "curves", "Loss and accuracy of training and validation by epoch")


def latency_plot(milliseconds: Sequence[float], marks: Mapping[str, float]) -> str | None:
    """Draw how long the answers took.

    Args:
        milliseconds: one a recommendation.
        marks: name to milliseconds, each a vertical line.

    Returns:
        An SVG element, its last column holding whatever took longer; None for no values.
    """
    if not milliseconds:
        return None
    limit = min(max(milliseconds), _TAIL * max([*marks.values(), float(np.median(milliseconds))]))
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(9, 3.4), layout="constrained")
        axes = figure.subplots()
        edges = np.linspace(0, max(limit, 1.0), _BINS + 1)
        heights, *_ = axes.hist(np.clip(milliseconds, 0, edges[-1]), bins=edges.tolist())
        for place, (name, value) in enumerate(marks.items()):
            axes.axvline(value, color=SERIES[1], linestyle="--")
            axes.annotate(
                f"{name} {value:,.0f} ms", (value, 0.97 - 0.1 * (place % 2)), va="top",
                xycoords=("data", "axes fraction"), xytext=(5, 0), textcoords="offset points",
            )  # fmt: skip
        axes.grid(visible=False, axis="x")
        axes.set(
            xlabel="milliseconds from event to recommendation", ylabel="answers", xlim=(0, None)
        )
        axes.set_ylim(top=1.3 * float(np.max(heights)))  # room for the names of the marks
        return to_svg(
            figure, "latency", "Histogram of the milliseconds from event to recommendation"
        )


def quality_plot(
    quality: Mapping[str, Any], rankers: Mapping[str, str], metrics: Sequence[str]
) -> str | None:
    """Draw estimates with their intervals, one row a metric.

    Args:
        quality: `Report.to_dict()`.
        rankers: words to prefix within `quality`.
        metrics: from top to bottom; those that nobody has are left out.

    Returns:
        An SVG element; None where there is nothing to draw.
    """
    shown = [m for m in metrics if any(f"{prefix}{m}" in quality for prefix in rankers.values())]
    if not shown:
        return None
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(9, 0.8 + 0.75 * len(shown)), layout="constrained")
        axes = figure.subplots()
        for place, (name, prefix) in enumerate(rankers.items()):
            found = [
                (row, f"{prefix}{m}") for row, m in enumerate(shown) if f"{prefix}{m}" in quality
            ]
            values = np.array([_interval(quality, key) for _, key in found]).reshape(
                -1, 3
            )  # (M, 3)
            rows = [row + 0.22 * (place - (len(rankers) - 1) / 2) for row, _ in found]
            reach = np.abs(values[:, 1:] - values[:, :1]).T  # (2, M)
            axes.errorbar(values[:, 0], rows, xerr=reach, fmt="o", capsize=4, label=name)
        axes.set(yticks=range(len(shown)), yticklabels=[m.upper() for m in shown], xlim=(0, None))
        axes.invert_yaxis()
        axes.grid(visible=False, axis="y")
        figure.legend(loc="outside upper center", ncols=len(rankers))
        return to_svg(figure, "quality", "Quality of each ranker with 95 % intervals")


def _interval(quality: Mapping[str, Any], key: str) -> tuple[float, float, float]:
    estimate = float(quality[key])
    return (
        estimate,
        float(quality.get(f"{key}/low", estimate)),
        float(quality.get(f"{key}/high", estimate)),
    )


def to_svg(figure: Figure, name: str, label: str) -> str:
    """Turn a figure into an element whose ids are its own and whose colours are the page's."""
    file = StringIO()
    with mpl.rc_context({"svg.hashsalt": name}):
        figure.savefig(file, format="svg", metadata={"Date": None})
    text = file.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    for mark in ('id="', 'href="#', "url(#"):
        text = text.replace(mark, f"{mark}{name}-")
    for colour, variable in _VARIABLES.items():
        text = text.replace(colour, variable)
    return text.replace("<svg ", f'<svg role="img" aria-label="{label}" ', 1)
