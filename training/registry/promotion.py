"""Promotion: challenger, champion and baseline measured; the gate decides; the registry changes."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from mlflow.entities import Metric

from streaming.errors import ModelError
from streaming.settings import Settings
from training.data.dataset import Dataset
from training.evaluation.offline_evaluation import (
    GATE_METRIC,
    EvaluationCases,
    EvaluationProtocol,
    RankerQuality,
    difference,
    evaluate_ranker,
    make_cases,
)
from training.ranking.most_popular import MostPopularRanker
from training.registry.model_registry import CHALLENGER, ModelRef, champion, crown, load, resolve
from training.registry.packaging import MOST_POPULAR
from training.registry.promotion_gate import Report, Verdict, gate
from training.registry.tracking import registry_errors, setup


@dataclass(frozen=True)
class Promotion:
    """What became of a challenger."""

    verdict: Verdict
    promoted: bool
    forced: bool
    """Whether it was promoted against the verdict."""
    champion: ModelRef
    """Who serves now."""


def compare(
    settings: Settings, dataset: Dataset, protocol: EvaluationProtocol | None = None
) -> Report:
    """Measure the challenger, the champion and a most-popular fit to the training part.

    Args:
        settings: where the registry is.
        dataset: all events, also those after the challenger's cut.
        protocol: how to evaluate_ranker; default: `EvaluationProtocol()`.

    Raises:
        ModelError: challenger or champion are missing, or the challenger has no cut.
    """
    protocol = protocol or EvaluationProtocol()
    contender, reigning = resolve(settings, CHALLENGER), champion(settings)
    if contender.cut is None:
        raise ModelError(
            f"challenger {contender.version} of {contender.name} does not say what it was trained "
            "on (tag cut): run `careerstream train`"
        )
    train, held_out = dataset.split_at(contender.cut)
    seen = np.array(dataset.catalogue.posting_ids, dtype=object)[np.unique(train.postings)]
    cases = make_cases(held_out, dataset.catalogue, seen.tolist(), protocol)
    rankers = {
        "challenger": load(settings, contender),
        "champion": load(settings, reigning),
        MOST_POPULAR: MostPopularRanker(train.counts),
    }
    found = {
        name: evaluate_ranker(ranker, dataset.catalogue, cases, protocol)
        for name, ranker in rankers.items()
    }
    return _report(
        contender=contender,
        reigning=reigning,
        cut=contender.cut,
        cases=cases,
        found=found,
        protocol=protocol,
    )


def promote(settings: Settings, report: Report, *, force: bool = False) -> Promotion:
    """Let the gate decide, record it in the challenger's run, and change the champion.

    Args:
        settings: where the registry is.
        report: from `compare`.
        force: promote even when the gate says no; recorded as forced.

    Raises:
        ModelError: challenger or champion have changed since the report was made.
    """
    for alias, reported in (("challenger", report.challenger), ("champion", report.champion)):
        now = resolve(settings, alias)
        if now != reported:
            raise ModelError(
                f"{alias} changed from version {reported.version} to {now.version} while it was "
                "measured: promote again"
            )
    verdict = gate(report)
    promoted, forced = verdict.passed or force, force and not verdict.passed
    _record(settings, report, verdict, forced=forced)
    if promoted:
        crown(settings, report.challenger, reason=verdict.text, forced=forced)
    return Promotion(verdict, promoted, forced, report.challenger if promoted else report.champion)


def _report(
    *,
    contender: ModelRef,
    reigning: ModelRef,
    cut: str,
    cases: EvaluationCases,
    found: Mapping[str, RankerQuality],
    protocol: EvaluationProtocol,
) -> Report:
    opponents = [name for name in found if name != "challenger" and cases.held_out]
    return Report(
        challenger=contender,
        champion=reigning,
        cut=cut,
        candidates=len(cases.held_out),
        left_out=cases.left_out,
        quality={name: quality.intervals(protocol) for name, quality in found.items()},
        coverage={name: quality.coverage for name, quality in found.items()},
        lead={
            name: difference(found["challenger"], found[name], GATE_METRIC, protocol)
            for name in opponents
        },
    )


def _record(settings: Settings, report: Report, verdict: Verdict, *, forced: bool) -> None:
    """Keep the report and the verdict with the challenger: run metrics, a file and tags."""
    client = setup(settings)
    challenger, flat = report.challenger, report.to_dict()
    with registry_errors(settings):
        client.log_batch(challenger.run_id, metrics=_metrics(flat))
        client.log_dict(challenger.run_id, flat, "evaluation.json")
        for tag, text in {
            "gate": verdict.text,
            "passed": json.dumps(verdict.passed),
            "forced": json.dumps(forced),
        }.items():
            client.set_model_version_tag(challenger.name, challenger.version, tag, text)


def _metrics(flat: Mapping[str, str | float]) -> list[Metric]:
    """The numbers of a report as MLflow metrics: the estimates, and the interval of each lead."""
    now = int(time.time() * 1000)
    return [
        Metric(f"evaluation/{name.replace('@', '_at_')}", float(value), now, 0)  # @ is refused
        for name, value in flat.items()
        if not isinstance(value, str) and ("lead/" in name or not name.endswith(("/low", "/high")))
    ]
