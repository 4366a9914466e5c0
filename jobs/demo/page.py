"""The demo's page: its summary as HTML."""

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from infra.simulator import occupations
from jobs.demo.claims import claims
from jobs.demo.demo_data import EXAMPLE_SKILLS
from jobs.demo.plots import curves_plot, latency_plot, quality_plot
from jobs.reporting.html_page import (
    ABSENT,
    estimate,
    milliseconds,
    moment,
    number,
    percent,
    tiles,
    write_page,
)

Summary = Mapping[str, Any]
Row = dict[str, Any]

_LIST_SIZE = 10
_PLOTTED = ("hr@10", "ndcg@10", "mrr")
_MEASURES = {
    "hr@1": "HR@1: the first place is one the candidate turned to next",
    "hr@5": "HR@5: one of the first five is",
    "hr@10": "HR@10: one of the ten is",
    "ndcg@10": "NDCG@10: the higher up they stand the better",
    "mrr": "MRR: one over the place of the first",
    "seen/hr@10": "HR@10, postings somebody had looked at before",
    "unseen/hr@10": "HR@10, postings nobody had looked at before",
    "coverage": "share of the catalogue in anybody's list",
}
_PREFIXES = {"challenger": "", "champion": "champion/", "most popular": "baselines/most-popular/"}


def write(summary: Summary, file: Path) -> None:
    """Write the page of a summary.

    Args:
        summary: what `run_demo` returns; the page names parts that are absent or empty.
        file: the page; the demo's MLflow store lies beside it.
    """
    store = f"sqlite:///{file.absolute().parent / 'mlflow' / 'mlflow.db'}"
    write_page(
        file,
        Path(__file__).with_name("page.html.j2"),
        **_head(summary),
        **_run(summary),
        **_training(summary.get("training") or {}),
        **_latency(summary.get("latency") or {}),
        **_quality(summary.get("quality") or {}, summary.get("promotion") or {}),
        occupations=_occupations(summary.get("occupations")),
        examples=[_example(k, v) for k, v in (summary.get("examples") or {}).items()],
        mlflow=f"mlflow ui --backend-store-uri {shlex.quote(store)}",
    )


def _head(summary: Summary) -> Row:
    latency, quality = summary.get("latency") or {}, summary.get("quality") or {}
    events = (summary.get("accounts") or {}).get("events") or {}
    all_accounted = ", every one accounted for" if events.get("adds_up") else ""
    return {
        "simulated": bool(summary.get("simulated")),
        "made_at": moment(summary.get("made_at")),
        "tiles": tiles({
            f"events read{all_accounted}": number(events.get("read")),
            "median from event to recommendation": milliseconds(latency.get("p50_ms")),
            "99 of 100 are faster": milliseconds(latency.get("p99_ms")),
            "of the challenger's lists hold what came next (HR@10)": percent(quality.get("hr@10")),
            "of the most-popular lists do": percent(quality.get("baselines/most-popular/hr@10")),
        }),
    }  # fmt: skip


def _run(summary: Summary) -> Row:
    seconds = dict(summary.get("seconds") or {})
    total = seconds.pop("total", None)
    longest = max(seconds.values(), default=0) or 1
    accounts = summary.get("accounts") or {}
    shown = accounts.get("topics", {}) | {
        f"Δ {name}": rows for name, rows in accounts.get("tables", {}).items()
    }
    counts = ", ".join(f"{name} {number(rows)}" for name, rows in shown.items())
    return {
        "stages": [
            {"name": name, "seconds": f"{took:.1f}", "percent": round(100 * took / longest, 1)}
            for name, took in seconds.items()
        ],
        "total": f"{total:.0f}" if total else None,
        "claims": claims(summary),
        "counts": f"On the topics and in the tables: {counts}." if counts else "",
    }


def _training(training: Summary) -> Row:
    curves = training.get("curves") or {}
    epochs = max((len(values) for values in curves.values()), default=0)
    text = f"The encoder-decoder, preset “{training.get('preset', '?')}”: {epochs} epochs"
    if processes := training.get("processes"):
        text += f" in {processes} process{'es of Horovod' if processes > 1 else ''}"
    return {"training_text": f"{text}.", "curves": curves_plot(curves)}


def _latency(latency: Summary) -> Row:
    named = {"p50": latency.get("p50_ms"), "p99": latency.get("p99_ms")}
    marks = {name: value for name, value in named.items() if value is not None}
    text = (
        f"{number(latency.get('events'))} events were sent at {latency.get('rate', '?')} a second; "
        f"{number(latency.get('answered'))} recommendations answered them (clicks of one person "
        f"in one batch share one): "
        + ", ".join(f"{name} {milliseconds(value)}" for name, value in named.items())
    )
    return {
        "latency_text": f"{text}.",
        "latency": latency_plot(latency.get("latencies_ms") or [], marks),
    }


def _quality(quality: Summary, promotion: Summary) -> Row:
    names = {
        f"{name} {quality[f'{name}_version']} ({quality[f'{name}_kind']})"
        if f"{name}_version" in quality
        else name: prefix
        for name, prefix in _PREFIXES.items()
    }
    rows = [
        {"name": words, "cells": [estimate(quality, prefix + key) for prefix in names.values()]}
        for key, words in _MEASURES.items()
        if any(prefix + key in quality for prefix in names.values())
    ]
    return {
        "verdict": str(promotion.get("verdict", "")).rstrip("."),
        "quality": quality_plot(quality, names, _PLOTTED),
        "rankers": list(names),
        "measures": rows,
        "measured": f"{number(quality.get('users'))} candidates, on what they did after "
        f"{moment(quality.get('cut'))}, which no model was trained on.",
    }


def _occupations(result: Summary | None) -> Row | None:
    if not result:
        return None
    hits, names = result["by_profile"], {known.key: known for known in occupations()}
    keys = dict.fromkeys(label.partition("/")[0] for label in hits)
    rows = [
        {
            "zh": names[key].zh.name if key in names else key,
            "en": names[key].en.name if key in names else "",
            "hits": [hits.get(f"{key}/{language}", ABSENT) for language in ("zh", "en")],
        }
        for key in keys
    ]
    text = (
        f"{result['profiles']} profiles state three skills of an occupation and nothing else. "
        f"Of the {_LIST_SIZE} postings of each list so many belong to it: "
        f"{number(result['of_the_stated_occupation'])} in all, against "
        f"{number(result['of_the_stated_occupation_most_popular'])} when everyone gets the most "
        f"popular ({result['ratio']} times as many)."
    )
    return {"text": text, "rows": rows}


def _example(candidate: str, example: Summary) -> Row:
    value, postings = example["recommendation"], example["postings"]
    return {
        "candidate": candidate,
        "stated": " · ".join(EXAMPLE_SKILLS.get(candidate, ())),
        "entries": [_item(item, postings.get(item["posting_id"], {})) for item in value["items"]],
        "made_with": f"Profile version {value['profile_version']}, {value['model_name']} version "
        f"{value['model_version']}, catalogue {value['catalogue_version']}, "
        f"as of {moment(value['as_of'])}.",
    }


def _item(item: Summary, posting: Summary) -> Row:
    place = posting.get("place") or {}
    parts = [place[part] for part in ("locality", "region", "country") if place.get(part)]
    where = [posting.get("employer"), ", ".join(dict.fromkeys(parts))]
    return {
        "rank": item["rank"],
        "title": posting.get("title") or item["posting_id"],
        "language": posting.get("language"),
        "where": " · ".join(filter(None, where)),
        "score": f"{item['score']:.3f}",
        "reasons": [reason["text"] for reason in item["reasons"]],
    }
