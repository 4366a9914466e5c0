"""The page of a benchmark report: tables and plots for people, one file that needs nothing else."""

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined

from jobs.benchmark.quality.plots import curves_plot, cutoffs_plot, rankers_plot
from jobs.benchmark.quality.template import TEMPLATE
from jobs.demo.template import STYLE
from streaming.timestamps import from_text
from training.evaluation.ranking_metrics import METRICS

Report = Mapping[str, Any]
Row = dict[str, Any]

_GROUPS = {
    "": ("Everybody", "All users whose last posting or item was held out."),
    "seen/": ("Targets seen before", "Users whose target stands in somebody's training history."),
    "unseen/": ("Targets never seen", "Users whose target stands in nobody's training history."),
}
_SETTINGS = ("file/", "data/", "choices/", "versions/", "machine/", "weights/")
_RIVALS = 2


def write(report: Report, file: Path) -> None:
    """Write the page of a report; whatever comes from the data is escaped."""
    prefixes = rankers(report)
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    others = dict(list(prefixes.items())[1:])
    strongest = sorted(others, key=lambda name: -report[f"{others[name]}ndcg@10"])[:_RIVALS]
    compared = {name: prefixes[name] for name in (next(iter(prefixes)), *strongest)}
    page = environment.from_string(TEMPLATE).render(
        style=STYLE,
        preset=report["preset"],
        protocol=report["protocol"],
        file=report["file/data"],
        seed=_seeds(report),
        made_at=f"{from_text(report['made_at']):%-d %B %Y, %H:%M} UTC",
        tiles=_tiles(report),
        columns=[metric.upper() for metric in METRICS],
        parts=[_part(report, prefixes, group) for group in _GROUPS if f"{group}mrr" in report],
        differences=[_difference(report, *item) for item in others.items()],
        cutoffs=cutoffs_plot(report, compared),
        list_columns=list(_columns(report)),
        costs=[_cost(report, *item) for item in prefixes.items()],
        reasons=_reasons(report),
        curves=curves_plot(_below(report, "curves/")),
        command=command(report),
        settings={key: report[key] for key in report if key.startswith(_SETTINGS)},
    )
    file.write_text(page, encoding="utf-8")


def rankers(report: Report) -> dict[str, str]:
    """Return the name of each ranker of a report and its prefix, the preset first."""
    marked = [key for key in report if key.startswith("baselines/") and key.count("/") == 2]  # noqa: PLR2004
    names = dict.fromkeys(key.split("/")[1] for key in marked)
    return {str(report["preset"]): "", **{name: f"baselines/{name}/" for name in names}}


def command(report: Report) -> str:
    """Say how the report can be made again, up to the folders of its files."""
    flags = {
        "--protocol": report["protocol"],
        "--data": report["file/data"],
        "--attributes": report.get("file/attributes"),
        "--preset": report["preset"],
        "--seed": str(report["seed"]),
        "--seeds": report.get("seeds"),
        "--out": "report.json",
    }
    said = [part for flag, value in flags.items() if value for part in (flag, str(value))]
    return shlex.join(["careerstream", "benchmark", "quality", *said])


def _seeds(report: Report) -> str:
    """Name the seed, or the seeds with how far apart they are."""
    if "seeds" not in report:
        return f"seed {report['seed']}"
    apart = (
        f"{report['hr@10/deviation']:.4f} in HR@10, {report['ndcg@10/deviation']:.4f} in NDCG@10"
    )
    last = report["seed"] + report["seeds"] - 1
    return f"means of seeds {report['seed']} to {last}, standard deviation {apart}"


def _below(report: Report, prefix: str) -> dict[str, Any]:
    return {key.removeprefix(prefix): report[key] for key in report if key.startswith(prefix)}


def _tiles(report: Report) -> list[Row]:
    spent = report["seconds/search"] + report["seconds/train"]
    figures = {
        "of the lists hold the target in their first ten places (HR@10)": f"{report['hr@10']:.1%}",
        "NDCG@10: the higher up it stands the better": f"{report['ndcg@10']:.4f}",
        "users": f"{report['users']:,}",
        "searching and training": f"{spent:,.0f} s",
        "most memory": f"{report['memory/peak_mib']:,.0f} MiB",
    }
    return [{"words": words, "figure": figure} for words, figure in figures.items()]


def _part(report: Report, prefixes: Mapping[str, str], group: str) -> Row:
    title, words = _GROUPS[group]
    return {
        "title": title,
        "words": f"{words} {report[f'{group}users']:,} of them.",
        "plot": rankers_plot(report, prefixes, group),
        "rows": [
            {"name": name, "cells": [_cell(report, f"{prefix}{group}{m}") for m in METRICS]}
            for name, prefix in prefixes.items()
        ],
    }


def _difference(report: Report, name: str, prefix: str) -> Row:
    return {
        "name": name,
        "cells": [_cell(report, f"difference/{prefix}{m}", signed=True) for m in METRICS],
    }


def _cell(report: Report, key: str, *, signed: bool = False) -> Row:
    low, high = report[f"{key}/low"], report[f"{key}/high"]
    sign = "+" if signed else ""
    return {
        "estimate": f"{report[key]:{sign}.4f}",
        "interval": f"{low:{sign}.4f} to {high:{sign}.4f}",
        "mark": "good" if signed and low > 0 else "bad" if signed and high < 0 else "",
    }


def _columns(report: Report) -> dict[str, tuple[str, str]]:
    """Return what is told of each ranker's lists: heading to key and format, if it is there."""
    return {name: known for name, known in _COLUMNS.items() if known[0] in report}


def _cost(report: Report, name: str, prefix: str) -> Row:
    cells = [format(report[f"{prefix}{key}"], how) for key, how in _columns(report).values()]
    return {"name": name, "cells": cells}


def _reasons(report: Report) -> Row | None:
    if "reasons/users" not in report:
        return None
    return {
        "words": f"For {report['reasons/users']:,} users with three parts or more: the part that "
        "the preset names as the reason of its first recommendation, against a random other part.",
        "rows": [
            {"words": words, "cell": _cell(report, f"reasons/{name}")}
            for name, words in _REASONS.items()
        ],
    }


_COLUMNS = {
    "coverage": ("coverage", ".1%"),
    "alike": ("similarity@10", ".3f"),
    "HR@10, rule": ("capped/hr@10", ".4f"),
    "NDCG@10, rule": ("capped/ndcg@10", ".4f"),
    "searching, s": ("seconds/search", ",.1f"),
    "training, s": ("seconds/train", ",.1f"),
    "evaluating, s": ("seconds/evaluate", ",.1f"),
}
_REASONS = {
    "win_rate": "taking the named part out costs more",
    "drop": "by so much more log-probability, nats",
    "keeps": "the named part alone keeps the recommendation among the first ten",
    "keeps_at_random": "the random part alone does",
    "keeps_more": "so much more often",
}
