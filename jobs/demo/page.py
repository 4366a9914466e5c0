"""The demo's page: its summary as HTML."""

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from infra.simulator import occupations
from jobs.demo.claims import claims
from jobs.demo.demo_data import EXAMPLE_SKILLS
from jobs.demo.plots import curves_plot, latency_plot, lead_plot
from jobs.reporting.html_page import ABSENT, estimate, write_page
from training.registry.promotion_gate import SEGMENT_NAMES, segment_path

Summary = Mapping[str, Any]

_SEGMENTS = {"all": ""} | {name: segment_path(segment) for segment, name in SEGMENT_NAMES.items()}
_MEASURES = {
    "hr@10": "HR@10: one of the ten is what the candidate turned to next",
    "ndcg@10": "NDCG@10: the higher up it stands the better",
    **{f"{path}ndcg@10": f"NDCG@10, {name}" for name, path in _SEGMENTS.items() if path},
    "coverage": "share of the catalogue in anybody's list",
}
_PREFIXES = {"challenger": "", "champion": "champion/", "most popular": "baselines/most-popular/"}


def write(summary: Summary, file: Path) -> None:
    """Write the page of a summary of `run_demo`; it names parts that are absent or empty.

    The demo's MLflow store lies beside the file.
    """
    store = f"sqlite:///{file.absolute().parent / 'mlflow' / 'mlflow.db'}"
    seconds = dict(summary.get("seconds") or {})
    latency, quality = summary.get("latency") or {}, summary.get("quality") or {}
    curves = (summary.get("training") or {}).get("curves") or {}
    rankers = _rankers(quality)
    marks = {name: latency.get(f"{name}_ms") for name in ("p50", "p99")}
    write_page(
        file,
        Path(__file__).with_name("page.html.j2"),
        summary=summary,
        total=seconds.pop("total", None),
        stages=seconds,
        longest=max(seconds.values(), default=0) or 1,
        claims=claims(summary),
        epochs=max((len(values) for values in curves.values()), default=0),
        curves_plot=curves_plot(curves),
        latency_plot=latency_plot(
            latency.get("latencies_ms") or [], {k: v for k, v in marks.items() if v is not None}
        ),
        lead_plot=lead_plot(
            quality, _SEGMENTS, {name: prefix for name, prefix in _PREFIXES.items() if prefix}
        ),
        rankers=list(rankers),
        measures=[
            {
                "name": label,
                "cells": [estimate(quality, prefix + key) for prefix in rankers.values()],
            }
            for key, label in _MEASURES.items()
            if any(prefix + key in quality for prefix in rankers.values())
        ],
        occupation_rows=_occupation_rows(
            (summary.get("occupations") or {}).get("by_profile") or {}
        ),
        example_skills=EXAMPLE_SKILLS,
        mlflow=f"mlflow ui --backend-store-uri {shlex.quote(store)}",
    )


def _rankers(quality: Summary) -> dict[str, str]:
    """Return the name of each ranker, with version and kind, and its prefix in the report."""
    return {
        f"{name} {quality[f'{name}_version']} ({quality[f'{name}_kind']})"
        if f"{name}_version" in quality
        else name: prefix
        for name, prefix in _PREFIXES.items()
    }


def _occupation_rows(hits: Mapping[str, int]) -> list[dict[str, Any]]:
    known = {occupation.key: occupation for occupation in occupations()}
    return [
        {
            "zh": known[key].zh.name if key in known else key,
            "en": known[key].en.name if key in known else "",
            "hits": [hits.get(f"{key}/{language}", ABSENT) for language in ("zh", "en")],
        }
        for key in dict.fromkeys(label.partition("/")[0] for label in hits)
    ]
