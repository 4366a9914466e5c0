"""The plots of the demo's page: curves of the training, latency and quality.

Each function returns an SVG element, None where there is nothing to draw.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from jobs.reporting import svg_plots
from jobs.reporting.svg_plots import SERIES, draw_intervals, plot_style, subplots, to_svg

_CURVES = {
    "loss": "training_loss",
    "validation_loss": "validation_loss",
    "accuracy": "training_accuracy",
    "validation_accuracy": "validation_accuracy",
}
_BINS = 40
_TAIL = 1.5
"""The histogram ends at so many times the largest mark."""


def curves_plot(curves: Mapping[str, Sequence[float]]) -> str | None:
    """Draw loss and accuracy over the epochs, training and validation together."""
    return svg_plots.curves_plot(
        {_CURVES[name]: values for name, values in curves.items() if name in _CURVES}
    )


def latency_plot(milliseconds: Sequence[float], marks: Mapping[str, float]) -> str | None:
    """Draw a histogram of milliseconds; its last column holds whatever took longer.

    `marks` maps names to milliseconds, each a vertical line.
    """
    if not milliseconds:
        return None
    limit = min(max(milliseconds), _TAIL * max([*marks.values(), float(np.median(milliseconds))]))
    with plot_style():
        figure, axes = subplots(3.4)
        edges = np.linspace(0, max(limit, 1.0), _BINS + 1)
        heights, *_ = axes.hist(np.clip(milliseconds, 0, edges[-1]), bins=edges.tolist())
        for number, (name, value) in enumerate(marks.items()):
            axes.axvline(value, color=SERIES[1], linestyle="--")
            axes.annotate(
                f"{name} {value:,.0f} ms", (value, 0.97 - 0.1 * (number % 2)), va="top",
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
    """Draw estimates with their intervals, one row for each metric that a ranker has.

    `quality` is `Report.to_dict()`; `rankers` maps the name of each ranker to its prefix within it.
    """
    shown = [m for m in metrics if any(f"{prefix}{m}" in quality for prefix in rankers.values())]
    if not shown:
        return None
    with plot_style():
        figure, axes = subplots(0.8 + 0.75 * len(shown))
        for number, (name, prefix) in enumerate(rankers.items()):
            offset = 0.22 * (number - (len(rankers) - 1) / 2)
            rows = {f"{prefix}{metric}": row + offset for row, metric in enumerate(shown)}
            known = {key: height for key, height in rows.items() if key in quality}
            draw_intervals(axes, quality, known, label=name)
        axes.set(yticks=range(len(shown)), yticklabels=[m.upper() for m in shown], xlim=(0, None))
        axes.invert_yaxis()
        figure.legend(loc="outside upper center", ncols=len(rankers))
        return to_svg(figure, "quality", "Quality of each ranker with 95 % intervals")
