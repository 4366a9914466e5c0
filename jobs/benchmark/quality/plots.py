"""The plots of the quality benchmark's page: intervals of each ranker, and hit rates by length."""

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
        group: `seen/` or `unseen/` for those users alone.
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
        name = f"rankers-{group.rstrip('/') or 'all'}"
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
