"""The plots of the quality benchmark's page: intervals, hit rates by length, and reliability."""

from collections.abc import Mapping
from typing import Any

from jobs.reporting.svg_plots import SERIES, draw_intervals, plot_style, subplots, to_svg

_PANELS = ("hr@10", "ndcg@10")
_LENGTHS = (5, 10, 20)


def rankers_plot(report: Mapping[str, Any], prefixes: Mapping[str, str], group: str = "") -> str:
    """Draw HR@10 and NDCG@10 with their 95 % intervals, a row for each ranker, as an SVG element.

    Args:
        report: the flat report.
        prefixes: name of each ranker to its prefix in the report; the preset first.
        group: prefix of a segment, such as `seen/`, for its turns alone.
    """
    with plot_style():
        figure, panels = subplots(
            0.9 + 0.36 * len(prefixes), len(_PANELS), sharey=True, gridspec_kw={"wspace": 0.08}
        )
        for axes, metric in zip(panels, _PANELS, strict=True):
            for row, prefix in enumerate(prefixes.values()):
                colour = SERIES[min(row, 1)]  # the preset, and all others
                draw_intervals(axes, report, {f"{prefix}{group}{metric}": row}, color=colour)
            axes.set(title=metric.upper(), xlim=(0, None), yticks=range(len(prefixes)))
            axes.set_yticklabels(list(prefixes))
        panels[0].invert_yaxis()
        name = f"rankers-{group.rstrip('/').replace(' ', '-') or 'all'}"
        return to_svg(figure, name, "HR@10 and NDCG@10 of each ranker with 95 % intervals")


def cutoffs_plot(report: Mapping[str, Any], prefixes: Mapping[str, str]) -> str:
    """Draw hit rates over the length of the list, a line for each of at most three rankers."""
    with plot_style():
        figure, axes = subplots(3.2)
        for name, prefix in prefixes.items():
            values = [report[f"{prefix}hr@{length}"] for length in _LENGTHS]
            axes.plot(_LENGTHS, values, marker="o", label=name)
        axes.set(xlabel="places of the list", ylabel="hit rate", xticks=_LENGTHS, ylim=(0, None))
        figure.legend(loc="outside upper center", ncols=len(prefixes))
        return to_svg(figure, "cutoffs", "Hit rate by the length of the list")


def reliability_plot(report: Mapping[str, Any]) -> str | None:
    """Draw how often items were turned to over their probability; None where no item has one."""
    if "calibration/error" not in report:
        return None
    predicted, observed = report["calibration/predicted"], report["calibration/observed"]
    most = max(*predicted, *observed)
    with plot_style():
        figure, axes = subplots(3.2)
        axes.plot([0, most], [0, most], label="perfect")
        axes.plot(predicted, observed, marker="o", label="measured, a tenth of the items each")
        axes.set(xlabel="probability", ylabel="share turned to")
        figure.legend(loc="outside upper center", ncols=2)
        return to_svg(figure, "reliability", "How often items were turned to, by their probability")
