"""The plots of the demo's page: curves of the training, latency, and who gets better lists.

Each function returns an SVG element, None where there is nothing to draw.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from jobs.reporting import svg_plots
from jobs.reporting.svg_plots import INK, SERIES, draw_intervals, plot_style, subplots, to_svg

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


def lead_plot(
    quality: Mapping[str, Any], segments: Mapping[str, str], opponents: Mapping[str, str]
) -> str | None:
    """Draw who gets better lists: leads in NDCG@10 with their intervals, one row a segment.

    `quality` is `Report.to_dict()`. `segments` maps labels to paths within it, `opponents` names to
    prefixes. Right of the line at 0 the challenger's lists are better.
    """
    shown = {label: path for label, path in segments.items() if f"{path}turns" in quality}
    if not shown:
        return None
    with plot_style():
        figure, axes = subplots(1.0 + 0.5 * len(shown))
        for number, (name, prefix) in enumerate(opponents.items()):
            offset = 0.22 * (number - (len(opponents) - 1) / 2)
            rows = {
                f"{prefix}{path}lead/ndcg@10": row + offset
                for row, path in enumerate(shown.values())
            }
            draw_intervals(axes, quality, rows, label=f"against {name}", color=SERIES[number])
        axes.axvline(0, color=INK, linewidth=1)
        axes.set(yticks=range(len(shown)), yticklabels=list(shown), xlabel="lead in NDCG@10")
        axes.invert_yaxis()
        figure.legend(loc="outside upper center", ncols=len(opponents))
        return to_svg(figure, "lead", "Lead of the challenger by segment with 95 % intervals")
