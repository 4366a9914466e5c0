"""The plots of a benchmark's page, in the style of the demo's."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from jobs.demo.plots import SERIES, STYLE, to_svg

_PANELS = ("hr@10", "ndcg@10")
_PLACES = (5, 10, 20)


def rankers_plot(report: Mapping[str, Any], prefixes: Mapping[str, str], group: str = "") -> str:
    """Draw HR@10 and NDCG@10 with their 95 % intervals, a row for each ranker.

    Args:
        report: the flat report.
        prefixes: name of each ranker to its prefix in the report; the preset first.
        group: `seen/` or `unseen/` for those users alone.

    Returns:
        An SVG element.
    """
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(9, 0.9 + 0.36 * len(prefixes)), layout="constrained")
        panels = figure.subplots(1, len(_PANELS), sharey=True, gridspec_kw={"wspace": 0.08})
        for axes, metric in zip(panels, _PANELS, strict=True):
            for row, prefix in enumerate(prefixes.values()):
                key = f"{prefix}{group}{metric}"
                estimate = report[key]
                reach = [[estimate - report[f"{key}/low"]], [report[f"{key}/high"] - estimate]]
                colour = SERIES[min(row, 1)]  # the preset, and all others
                axes.errorbar(
                    [estimate], [row], xerr=np.maximum(reach, 0), fmt="o", capsize=4, color=colour
                )
            axes.set(title=metric.upper(), xlim=(0, None), yticks=range(len(prefixes)))
            axes.set_yticklabels(list(prefixes))
            axes.grid(visible=False, axis="y")
        panels[0].invert_yaxis()
        name = f"rankers-{group.rstrip('/') or 'all'}"
        return to_svg(figure, name, "HR@10 and NDCG@10 of each ranker with 95 % intervals")


def cutoffs_plot(report: Mapping[str, Any], prefixes: Mapping[str, str]) -> str:
    """Draw hit rates over the length of the list, a line for each of at most three rankers."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(9, 3.2), layout="constrained")
        axes = figure.subplots()
        for name, prefix in prefixes.items():
            values = [report[f"{prefix}hr@{k}"] for k in _PLACES]
            axes.plot(_PLACES, values, marker="o", label=name)
        axes.set(xlabel="places of the list", ylabel="hit rate", xticks=_PLACES, ylim=(0, None))
        figure.legend(loc="outside upper center", ncols=len(prefixes))
        return to_svg(figure, "cutoffs", "Hit rate by the length of the list")


def curves_plot(curves: Mapping[str, Sequence[float]]) -> str | None:
    """Draw each of the training's curves over the epochs, one panel each; None for none."""
    drawn = {name: values for name, values in curves.items() if len(values) > 1}
    if not drawn:
        return None
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(9, 3.0 * -(-len(drawn) // 2)), layout="constrained")
        panels = figure.subplots(-(-len(drawn) // 2), 2, squeeze=False).ravel()
        for axes, (name, values) in zip(panels, drawn.items(), strict=False):
            axes.plot(range(1, len(values) + 1), values, marker=".")
            axes.set(title=name.replace("_", " "), xlabel="epoch")
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        for axes in panels[len(drawn) :]:
            axes.set_visible(False)
        return to_svg(figure, "curves", "Curves of the training by epoch")
