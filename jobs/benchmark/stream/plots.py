"""The plots of the stream benchmark's page: latency over time, bars and single curves.

Each function returns an SVG element; for its `name` and `label` see `svg_plots.to_svg`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from jobs.reporting.svg_plots import SERIES, plot_style, subplots, to_svg

_DOT = 9


def latency_plot(report: Mapping[str, Any]) -> str:
    """Draw the latency of floor and chain over time: medians as lines, the slowest as dots."""
    with plot_style():
        figure, axes = subplots(3.6)
        names = {"floor": "pass-through alone", "chain": "our chain"}
        for colour, (name, label) in zip(SERIES, names.items(), strict=False):
            curve = {k: report[f"latency/curve/{name}/{k}"] for k in ("second", "p50_ms", "max_ms")}
            axes.plot(curve["second"], curve["p50_ms"], color=colour, label=f"{label}, median")
            axes.scatter(
                curve["second"], curve["max_ms"], s=_DOT, color=colour, alpha=0.45,
                label=f"{label}, slowest of the second",
            )  # fmt: skip
        axes.axvspan(-report["size/warm_up_seconds"], 0, alpha=0.08, color=SERIES[2])
        axes.set(
            xlabel="seconds; before 0 the warm-up, which does not count",
            ylabel="milliseconds",
            ylim=(0, None),
        )
        figure.legend(loc="outside upper center", ncols=2)
        return to_svg(figure, "latency", "Latency of pass-through and chain over time")


def bars_plot(values: Mapping[str, float], unit: str, name: str, label: str) -> str:
    """Draw a horizontal bar for each value, the first in another colour."""
    with plot_style():
        figure, axes = subplots(0.9 + 0.4 * len(values))
        colours = [SERIES[0], *[SERIES[1]] * (len(values) - 1)]
        bars = axes.barh(list(values), list(values.values()), color=colours)
        axes.bar_label(bars, labels=[f"{value:,.0f}" for value in values.values()], padding=4)
        axes.set(xlabel=unit)
        axes.margins(x=0.12)
        axes.invert_yaxis()
        axes.grid(visible=False, axis="y")
        return to_svg(figure, name, label)


def curve_plot(
    x: Sequence[float], y: Sequence[float], axes_names: tuple[str, str], name: str, label: str
) -> str:
    """Draw one curve from zero upwards."""
    with plot_style():
        figure, axes = subplots(3.2)
        axes.plot(x, y)
        axes.set(xlabel=axes_names[0], ylabel=axes_names[1], ylim=(0, None))
        return to_svg(figure, name, label)
