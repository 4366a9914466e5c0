"""The page of a quality report: its tables and plots as HTML."""

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jobs.benchmark.quality.plots import cutoffs_plot, rankers_plot, reliability_plot
from jobs.reporting.html_page import Report, estimate, select, write_page
from jobs.reporting.svg_plots import curves_plot
from training.evaluation.ranking_metrics import METRICS

Row = dict[str, Any]

GROUPS = {
    "": ("Everybody", "All turns that were held out."),
    "with events/": ("Candidates with events", "Turns of candidates who had done something."),
    "only stated/": ("Candidates who only stated something", "Turns of candidates without events."),
    "seen/": ("Targets seen before", "Turns to a posting that somebody had turned to."),
    "unseen/": ("Targets never seen", "Turns to a posting that nobody had turned to."),
}
"""Prefix of each segment to its title and what it holds."""
_SETTINGS = ("file/", "data/", "choices/", "versions/", "machine/", "weights/")
_RIVALS = 2
_COLUMNS = {
    "coverage": ("coverage", ".1%"),
    "alike": ("similarity@10", ".3f"),
    "training, s": ("seconds/train", ",.1f"),
    "evaluating, s": ("seconds/evaluate", ",.1f"),
}
"""Columns about each ranker's lists: heading to key and format."""
_REASONS = {
    "keeps": "the named posting alone keeps the recommendation among the first ten",
    "keeps_at_random": "the random posting alone does",
    "keeps_more": "so much more often",
}
"""Key of each reason's measure to its words."""


def write(report: Report, file: Path) -> None:
    """Write the page of a report."""
    prefixes = rankers(report)
    baselines = dict(list(prefixes.items())[1:])
    strongest = sorted(baselines, key=lambda name: -report[f"{baselines[name]}ndcg@10"])[:_RIVALS]
    compared = {name: prefixes[name] for name in (next(iter(prefixes)), *strongest)}
    curves = select(report, "curves/")
    columns = {name: column for name, column in _COLUMNS.items() if column[0] in report}
    write_page(
        file,
        Path(__file__).with_name("page.html.j2"),
        run=report,
        seed=_seeds(report),
        metrics=[metric.upper() for metric in METRICS],
        groups=[_group(report, prefixes, group) for group in GROUPS if f"{group}mrr" in report],
        differences=[
            {"name": name, "cells": _estimates(report, f"difference/{prefix}", signed=True)}
            for name, prefix in baselines.items()
        ],
        cutoffs=cutoffs_plot(report, compared),
        list_columns=list(columns),
        lists=[
            [name, *(f"{report[prefix + key]:{how}}" for key, how in columns.values())]
            for name, prefix in prefixes.items()
        ],
        reliability=reliability_plot(report),
        reasons=[[label, estimate(report, f"reasons/{key}")] for key, label in _REASONS.items()],
        curves=curves_plot({key.removeprefix("curves/"): values for key, values in curves.items()}),
        command=command(report),
        settings=select(report, *_SETTINGS),
    )


def rankers(report: Report) -> dict[str, str]:
    """Return the name of each ranker of a report and its prefix, the preset first."""
    marked = [key for key in report if key.startswith("baselines/") and key.count("/") == 2]  # noqa: PLR2004
    names = dict.fromkeys(key.split("/")[1] for key in marked)
    return {str(report["preset"]): "", **{name: f"baselines/{name}/" for name in names}}


def command(report: Report) -> str:
    """Return the command that makes the report again; its files are named without folders."""
    flags = {
        "--protocol": report["protocol"],
        **{
            f"--{name}": report.get(f"file/{name}")
            for name in ("data", "postings", "candidates", "attributes")
        },
        "--preset": report["preset"],
        "--seed": str(report["seed"]),
        "--seeds": report.get("seeds"),
        "--out": "report.json",
    }
    words = [word for flag, value in flags.items() if value for word in (flag, str(value))]
    return shlex.join(["careerstream", "benchmark", "quality", *words])


def _seeds(report: Report) -> str:
    """Name the seed, or the seeds with how far apart they are."""
    if "seeds" not in report:
        return f"seed {report['seed']}"
    apart = (
        f"{report['hr@10/deviation']:.4f} in HR@10, {report['ndcg@10/deviation']:.4f} in NDCG@10"
    )
    last = report["seed"] + report["seeds"] - 1
    return f"means of seeds {report['seed']} to {last}, standard deviation {apart}"


def _group(report: Report, prefixes: Mapping[str, str], group: str) -> Row:
    title, text = GROUPS[group]
    return {
        "title": title,
        "text": text,
        "turns": report[f"{group}turns"],
        "users": report[f"{group}users"],
        "plot": rankers_plot(report, prefixes, group),
        "rows": [
            {"name": name, "cells": _estimates(report, f"{prefix}{group}")}
            for name, prefix in prefixes.items()
        ],
    }


def _estimates(report: Report, prefix: str, *, signed: bool = False) -> list[dict[str, str]]:
    return [estimate(report, f"{prefix}{metric}", signed=signed) for metric in METRICS]
