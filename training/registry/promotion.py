"""Promotion: challenger, champion and baseline are measured, and the gate decides."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from mlflow.entities import Metric

from streaming.errors import ModelError
from streaming.serving.ranker import Ranker
from streaming.settings import Settings
from training.data.dataset import Dataset
from training.evaluation.prequential import (
    GATE_METRIC,
    EvaluationProtocol,
    evaluate_ranker,
    held_out_turns,
)
from training.fairness.check import FairnessCheck, MeasuredRanker, check_fairness
from training.fairness.report import PREFIX as FAIRNESS
from training.ranking.most_popular import MostPopularRanker
from training.registry.model_registry import (
    CHALLENGER,
    ModelRef,
    champion,
    load,
    resolve,
    set_champion,
)
from training.registry.packaging import MOST_POPULAR
from training.registry.promotion_gate import Report, Verdict, gate
from training.registry.tracking import registry_errors, setup


@dataclass(frozen=True)
class Promotion:
    """The outcome for a challenger."""

    verdict: Verdict
    promoted: bool
    forced: bool
    """Promoted against the verdict."""
    champion: ModelRef
    """The version that serves now."""


def compare(
    settings: Settings,
    dataset: Dataset,
    protocol: EvaluationProtocol | None = None,
    fairness: FairnessCheck | None = None,
) -> Report:
    """Measure the challenger, the champion and a most-popular fit to the events up to their cuts.

    The data set holds all events, also those after the later of both cuts, which decide. Where
    `fairness` is given, challenger and champion are compared for each audit group, too.

    Raises:
        ModelError: challenger or champion is missing, or the challenger has no cut.
    """
    challenger, serving = resolve(settings, CHALLENGER), champion(settings)
    if challenger.cut is None:
        raise ModelError(
            f"challenger {challenger.version} of {challenger.name} does not say what it was "
            "trained on (tag cut): run `careerstream train`"
        )
    return measure(
        (challenger, load(settings, challenger)),
        (serving, load(settings, serving)),
        dataset,
        protocol or EvaluationProtocol(),
        fairness,
    )


def measure(
    challenger: tuple[ModelRef, Ranker],
    champion: tuple[ModelRef, Ranker],
    dataset: Dataset,
    protocol: EvaluationProtocol,
    fairness: FairnessCheck | None = None,
) -> Report:
    """Measure two models on the turns after the later one of their cuts; see `compare`."""
    cut = max(challenger[0].cut or "", champion[0].cut or "")
    turns = held_out_turns(dataset, cut, protocol)
    popular = MostPopularRanker(dataset.until(cut).counts)
    rankers = {"challenger": challenger[1], "champion": champion[1], MOST_POPULAR: popular}
    quality = {
        name: evaluate_ranker(ranker, dataset.catalogue, turns) for name, ranker in rankers.items()
    }
    gained = {
        name: quality["challenger"].per_turn[GATE_METRIC] - other.per_turn[GATE_METRIC]
        for name, other in quality.items()
        if name != "challenger"
    }
    own, other = (MeasuredRanker(rankers[n], quality[n]) for n in ("challenger", "champion"))
    segments = {name: own for name, own in turns.segments.items() if own.any()}
    return Report(
        challenger=challenger[0],
        champion=champion[0],
        cut=cut,
        turns={name: int(own.sum()) for name, own in segments.items()},
        candidates={name: len(np.unique(turns.owners[own])) for name, own in segments.items()},
        nothing_known=turns.nothing_known,
        left_out=turns.left_out,
        quality={
            name: {
                metric: turns.estimate(values, protocol)
                for metric, values in measured.per_turn.items()
            }
            for name, measured in quality.items()
        },
        coverage={name: measured.coverage for name, measured in quality.items()},
        lead={name: turns.estimate(values, protocol) for name, values in gained.items()},
        fairness=None if fairness is None else check_fairness(own, other, dataset, turns, fairness),
    )


def promote(settings: Settings, report: Report, *, force: bool = False) -> Promotion:
    """Let the gate decide, record the decision with the challenger, and set the champion.

    `force` promotes against the gate's verdict; this is recorded as forced.

    Raises:
        ModelError: challenger or champion has changed since the report was made.
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
        set_champion(settings, report.challenger, reason=verdict.text, forced=forced)
    return Promotion(verdict, promoted, forced, report.challenger if promoted else report.champion)


def _record(settings: Settings, report: Report, verdict: Verdict, *, forced: bool) -> None:
    """Record report and verdict with the challenger: run metrics, a file and tags."""
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
    """Return the numbers of a report: the estimates, and the interval of each lead.

    Those of audit groups are in the file alone: MLflow takes few characters in names of metrics.
    """
    now = int(time.time() * 1000)
    return [
        Metric(f"evaluation/{name.replace('@', '_at_')}", float(value), now, 0)  # @ is refused
        for name, value in flat.items()
        if not isinstance(value, str)
        and not name.startswith(FAIRNESS)
        and ("lead/" in name or not name.endswith(("/low", "/high")))
    ]
