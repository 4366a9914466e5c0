"""Plots as SVG within HTML: text stays text, and colours are CSS variables of the page.

Each colour is a placeholder that `to_svg` replaces, so that a plot is light or dark as its page.
Labels are plain English: text that comes from data belongs into the HTML, which escapes it.
"""

import re
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from io import StringIO
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.rcsetup import cycler
from matplotlib.ticker import MaxNLocator

from training.registry.tracking import draw_curves

INK, FAINT = "#010101", "#020202"
SERIES = ("#0000c1", "#0000c2", "#0000c3")
WIDTH = 9.0
"""Of a figure, in inches."""
_VARIABLES = {
    INK: "var(--ink)",
    FAINT: "var(--line)",
    **{colour: f"var(--series-{number})" for number, colour in enumerate(SERIES, start=1)},
}
_STYLE: dict[Any, Any] = {
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
    "text.parse_math": False,  # a dollar sign in a name is a dollar sign
    "xtick.color": INK,
    "ytick.color": INK,
    "svg.fonttype": "none",
    "font.size": 10.0,
}


def plot_style() -> AbstractContextManager[None]:
    """Draw in the style of our pages within a `with` block."""
    style: AbstractContextManager[None] = mpl.rc_context(_STYLE)
    return style


def subplots(height: float, columns: int = 1, **options: Any) -> tuple[Figure, Any]:
    """Create a figure of the usual width and `height` inches, with one row of axes."""
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    return figure, figure.subplots(1, columns, **options)


def draw_intervals(
    axes: Axes, report: Mapping[str, Any], rows: Mapping[str, float], **how: Any
) -> None:
    """Draw estimates as dots with horizontal 95 % intervals, by options of `Axes.errorbar`.

    `rows` maps the key of each estimate to its height on the y axis. An estimate without KEY/low
    and KEY/high has no interval.
    """
    ends = [[report.get(f"{key}/{end}", report[key]) for key in rows] for end in ("low", "high")]
    estimates = np.array([report[key] for key in rows], dtype=float)  # (R,)
    reach = np.abs(np.array(ends, dtype=float).reshape(2, -1) - estimates)  # (2, R)
    axes.errorbar(estimates, list(rows.values()), xerr=reach, fmt="o", capsize=4, **how)
    axes.grid(visible=False, axis="y")


def curves_plot(curves: Mapping[str, Sequence[float]]) -> str | None:
    """Draw curves of the training over its epochs, one panel for each last word of their names.

    Returns None where there is nothing to draw.
    """
    drawn = {name: values for name, values in sorted(curves.items()) if values}
    if not drawn:
        return None
    with plot_style():
        figure = draw_curves(drawn)
        for axes in figure.axes:
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        return to_svg(figure, "curves", "Curves of the training by epoch")


def to_svg(figure: Figure, name: str, label: str) -> str:
    """Turn a figure into an SVG element; call it within `plot_style`.

    The element's ids begin with `name`, so that they are unique within the page. The `label` says
    what the plot shows, for screen readers.
    """
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
