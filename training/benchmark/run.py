"""One run of the quality benchmark: a preset and every baseline on one question, a flat report."""

import hashlib
import os
import platform
import resource
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from streaming.settings import TrainingSettings
from streaming.taxonomy.concept import Taxonomy
from streaming.timestamps import format_timestamp
from training.benchmark.baselines.baseline_ranker import view_of
from training.benchmark.baselines.registry import baselines
from training.benchmark.baselines.stated_likeness import StatedLikeness
from training.benchmark.list_quality import intervals, segments
from training.benchmark.measurement import (
    Measured,
    joined,
    mean_of,
    measure_baseline,
    measure_preset,
    measure_ranker,
)
from training.benchmark.protocols.protocols import load
from training.benchmark.protocols.question import Question, QuestionFiles
from training.benchmark.protocols.training_view import OnProgress
from training.data.dataset import add_taxonomy
from training.evaluation.prequential import HeldOutTurns, joined_turns
from training.evaluation.ranking_metrics import METRICS
from training.model.presets import preset_by_name

PACKAGES = (
    *("careerstream", "numpy", "scipy", "scikit-learn", "implicit", "torch", "gensim"),
    *("threadpoolctl", "jieba"),
)
"""Packages whose versions a report has."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """What to measure: everything that is needed to repeat a run."""

    protocol: str
    files: QuestionFiles
    training: TrainingSettings
    """Preset, seed and how to train; `gate_share` is what prequential holds back."""
    taxonomy: Taxonomy | None = None
    """To which titles and skills are mapped."""
    seeds: int = 1
    """Number of trainings of the preset: with its seed and the seeds after it."""


def run(request: Request, on_progress: OnProgress) -> dict[str, Any]:
    """Train and measure the preset, then the baselines.

    Returns:
        The report, by flat keys. `hr@10` is the preset's, `hr@10/low` and `hr@10/high` are the ends
        of its 95 % interval, `seen/hr@10` is that of a segment, `baselines/NAME/hr@10` is a
        baseline's, and `difference/baselines/NAME/hr@10` the preset's lead over it;
        docs/quality.md lists the rest. With several seeds the values are means, `hr@10/deviation`
        is their standard deviation, and `seeds/SEED/hr@10` is one of them.

    Raises:
        InputError: a file cannot be used.
        SettingsError: there is no such preset.
        TrainingError: a training process died.
        ModelError: a score is not finite.
    """
    started, first = time.monotonic(), request.training.seed
    preset = preset_by_name(request.training.preset)
    with TemporaryDirectory(prefix="careerstream-") as temporary:
        folder = Path(temporary)
        share = request.training.gate_share
        questions = load(request.protocol, request.files, folder / "dataset", share=share)
        for question in questions:
            add_taxonomy(question.dataset, request.taxonomy)
        by_seed = {}
        for seed in range(first, first + request.seeds):
            settings = request.training.model_copy(update={"seed": seed})
            stage = _stage("preset" if seed == first else f"seed {seed}", on_progress)
            by_seed[seed] = joined(
                [
                    measure_preset(
                        question,
                        settings,
                        folder / f"seed-{seed}-{number}",
                        stage,
                        in_depth=seed == first,
                    )
                    for number, question in enumerate(questions)
                ]
            )
        peak = _peak_mib()  # before the baselines use memory too
        results = {"": mean_of(list(by_seed.values()))}
        share = preset.training.validation_split
        results |= _baselines(questions, share, first, on_progress)
        turns = joined_turns([question.test for question in questions])
    on_progress("intervals", 0.0)
    qualities = {prefix: result.quality for prefix, result in results.items()}
    estimates = intervals(qualities, turns, first)
    on_progress("intervals", 1.0)
    report = _description(request, questions[0].counts, turns)
    for key, interval in estimates.items():
        report |= interval.flat(key)
    for prefix, result in results.items():
        report |= _summary(prefix, result)
    report |= _spread(by_seed)
    report |= {f"curves/{name}": list(curve) for name, curve in results[""].curves.items()}
    report |= {"memory/peak_mib": peak, "seconds/total": time.monotonic() - started}
    return report


def _baselines(
    questions: Sequence[Question], share: float, seed: int, on_progress: OnProgress
) -> dict[str, Measured]:
    """Measure the baselines that the questions allow, by the prefix of their keys."""
    if all(question.only_stated for question in questions):
        stage = _stage("stated-likeness", on_progress)
        own = [measure_ranker(StatedLikeness.fit, one, seed, stage) for one in questions]
        return {"baselines/stated-likeness/": joined(own)}
    [question] = questions
    view = view_of(question.parts(share, seed), timed=question.timed)
    return {
        f"baselines/{name}/": measure_baseline(
            build, view, question, seed, _stage(name, on_progress)
        )
        for name, build in baselines(view).items()
    }


def _stage(name: str, on_progress: OnProgress) -> OnProgress:
    """Tell the steps of one ranker under its name."""
    return lambda step, share: on_progress(f"{name}: {step}", share)


def _spread(by_seed: Mapping[int, Measured]) -> dict[str, Any]:
    """Return the metrics of each seed and their standard deviation; empty for a single seed."""
    if len(by_seed) == 1:
        return {}
    report: dict[str, Any] = {"seeds": len(by_seed)}
    for column, metric in enumerate(METRICS):
        values = {
            s: float(result.quality.values[:, column].mean()) for s, result in by_seed.items()
        }
        report |= {f"seeds/{seed}/{metric}": value for seed, value in values.items()}
        report[f"{metric}/deviation"] = float(np.std(list(values.values()), ddof=1))
    return report | {f"seeds/{s}/weights/sha256": result.digest for s, result in by_seed.items()}


def _description(request: Request, data: Mapping[str, Any], turns: HeldOutTurns) -> dict[str, Any]:
    given = {field.name: getattr(request.files, field.name) for field in fields(request.files)}
    files = {
        name if number == 1 else f"{name}_{number}": file
        for name, value in given.items()
        for number, file in enumerate([value] if isinstance(value, Path) else value or (), start=1)
    }
    counts = {prefix: turns.owners[own] for prefix, own in segments(turns).items()}
    return {
        "protocol": request.protocol,
        "preset": request.training.preset,
        "seed": request.training.seed,
        "taxonomy": request.taxonomy and f"{request.taxonomy.source} {request.taxonomy.version}",
        "made_at": format_timestamp(datetime.now(tz=UTC)),
        **{f"file/{name}": file.name for name, file in files.items()},
        **{f"file/{name}_sha256": _sha256(file) for name, file in files.items()},
        **{f"data/{name}": value for name, value in data.items()},
        **{f"{prefix}turns": len(owners) for prefix, owners in counts.items()},
        **{f"{prefix}users": len(np.unique(owners)) for prefix, owners in counts.items()},
        "versions/python": platform.python_version(),
        **{f"versions/{package}": _version(package) for package in PACKAGES},
        "machine/cores": len(os.sched_getaffinity(0)),
        "machine/processor": platform.machine(),
    }


def _summary(prefix: str, result: Measured) -> dict[str, Any]:
    return {
        **{f"{prefix}{key}": value for key, value in result.quality.measured.items()},
        **{f"{prefix}{key}": value for key, value in result.details.items()},
        **{f"{prefix}seconds/{name}": value for name, value in result.seconds.items()},
        f"{prefix}weights/sha256": result.digest,
    }


def _peak_mib() -> float:
    """Return the peak memory of this process or of an ended child, whichever is larger."""
    peak = max(
        resource.getrusage(who).ru_maxrss
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return peak / 1024


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "none"


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
