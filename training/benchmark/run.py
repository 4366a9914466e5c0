"""One run of the quality benchmark: a preset and every baseline on one split, as a flat report."""

import hashlib
import os
import platform
import resource
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from streaming.timestamps import format_timestamp
from training.benchmark.baselines.registry import baselines
from training.benchmark.contenders import by_name
from training.benchmark.faithfulness import faithfulness
from training.benchmark.list_metrics import observers
from training.benchmark.protocols.protocols import load
from training.benchmark.protocols.scorer_evaluation import ScorerQuality, evaluate_scorer, intervals
from training.benchmark.protocols.training_view import (
    Cases,
    Fit,
    OnProgress,
    Scorer,
    Split,
    TrainingSummary,
)
from training.evaluation.ranking_metrics import METRICS

PACKAGES = (
    *("careerstream", "numpy", "scipy", "scikit-learn", "implicit", "torch", "gensim"),
    *("threadpoolctl", "jieba"),
)
"""Packages whose versions a report has."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """What to measure: everything that is needed to repeat a run."""

    protocol: str
    data: Path
    attributes: Path | None = None
    preset: str
    seed: int
    seeds: int = 1
    """Number of trainings of the preset: with `seed` and the seeds after it."""


@dataclass(frozen=True, eq=False)
class _Measured:
    """What was measured of one trained scorer."""

    summary: TrainingSummary
    quality: ScorerQuality
    evaluation_seconds: float
    reasons: Mapping[str, float]
    """Faithfulness of its reasons."""
    digest: str
    """Of its weights."""


def run(request: Request, on_progress: OnProgress) -> dict[str, Any]:
    """Train and measure the preset, then the baselines.

    Returns:
        The report, by flat keys. `hr@10` is the preset's, `hr@10/low` and `hr@10/high` are the ends
        of its 95 % interval, `seen/hr@10` is that of users whose target is seen,
        `baselines/NAME/hr@10` is a baseline's, and `difference/baselines/NAME/hr@10` the preset's
        lead over it; docs/quality.md lists the rest. With several seeds the values are means,
        `hr@10/deviation` is their standard deviation, and `seeds/SEED/hr@10` is one of them.

    Raises:
        InputError: the file cannot be used.
        SettingsError: there is no such preset.
        ModelError: a score is not finite.
    """
    started, fit = time.monotonic(), by_name(request.preset)
    split = load(request.protocol, request.data, request.attributes)
    by_seed = {request.seed: _measure("preset", fit, split, request.seed, on_progress)}
    for seed in range(request.seed + 1, request.seed + request.seeds):
        by_seed[seed] = _measure(f"seed {seed}", fit, split, seed, on_progress, reasons=False)
    preset = _mean(list(by_seed.values()))
    peak = _peak_mib()  # before the baselines use memory too
    baseline_results = {
        f"baselines/{name}/": _measure(name, baseline, split, request.seed, on_progress)
        for name, baseline in baselines(split.training).items()
    }
    results = {"": preset, **baseline_results}
    on_progress("intervals", 0.0)
    estimates = intervals({p: result.quality for p, result in results.items()}, request.seed)
    on_progress("intervals", 1.0)
    report = _description(request, split.counts, split.test)
    for key, interval in estimates.items():
        report |= interval.flat(key)
    for prefix, result in results.items():
        report |= _summary(prefix, result)
    report |= _spread(by_seed)
    report |= {f"curves/{name}": list(curve) for name, curve in preset.summary.curves.items()}
    report |= {"memory/peak_mib": peak, "seconds/total": time.monotonic() - started}
    return report


def _measure(
    name: str,
    fit: Fit,
    split: Split,
    seed: int,
    on_progress: OnProgress,
    *,
    reasons: bool = True,
) -> _Measured:
    def report_progress(step: str, share: float) -> None:
        on_progress(f"{name}: {step}", share)

    report_progress("beginning", 0.0)
    scorer = fit(split.training, seed=seed, on_progress=report_progress)
    started = time.monotonic()
    quality = evaluate_scorer(
        scorer,
        split.test,
        report_progress,
        observers=observers(split.training, split.test, seed),
    )
    seconds = time.monotonic() - started
    tested = faithfulness(scorer, split.test, seed, report_progress) if reasons else {}
    return _Measured(scorer.summary, quality, seconds, tested, digest(scorer))


def _mean(results: Sequence[_Measured]) -> _Measured:
    """Average the results of several seeds; what cannot be averaged is that of the first seed."""
    first = results[0]
    quality = ScorerQuality(
        np.mean([result.quality.values for result in results], axis=0),
        first.quality.seen,
        _means([result.quality.lists for result in results]),
    )
    seconds = _means([result.summary.seconds for result in results])
    return replace(
        first,
        summary=replace(first.summary, seconds=seconds),
        quality=quality,
        evaluation_seconds=float(np.mean([result.evaluation_seconds for result in results])),
    )


def _means(tables: Sequence[Mapping[str, float]]) -> dict[str, float]:
    return {key: float(np.mean([table[key] for table in tables])) for key in tables[0]}


def _spread(by_seed: Mapping[int, _Measured]) -> dict[str, Any]:
    """Return the metrics of each seed and their standard deviation; empty for a single seed."""
    if len(by_seed) == 1:
        return {}
    report: dict[str, Any] = {"seeds": len(by_seed)}
    for metric in METRICS:
        values = {seed: result.quality.mean(metric) for seed, result in by_seed.items()}
        report |= {f"seeds/{seed}/{metric}": value for seed, value in values.items()}
        report[f"{metric}/deviation"] = float(np.std(list(values.values()), ddof=1))
    return report | {f"seeds/{s}/weights/sha256": result.digest for s, result in by_seed.items()}


def digest(scorer: Scorer) -> str:
    """Hash a scorer's weights; the hashes are equal exactly if the weights are, bit for bit."""
    hashed = hashlib.sha256()
    for name, value in sorted(scorer.weights().items()):
        array = np.ascontiguousarray(value)
        hashed.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        hashed.update(array.tobytes())
    return hashed.hexdigest()


def _description(request: Request, counts: Mapping[str, Any], test: Cases) -> dict[str, Any]:
    files = {"data": request.data, "attributes": request.attributes}
    seen = int(test.seen[test.targets].sum())
    return {
        "protocol": request.protocol,
        "preset": request.preset,
        "seed": request.seed,
        "made_at": format_timestamp(datetime.now(tz=UTC)),
        **{f"file/{name}": file.name for name, file in files.items() if file},
        **{f"file/{name}_sha256": _sha256(file) for name, file in files.items() if file},
        **{f"data/{name}": value for name, value in counts.items()},
        "users": len(test),
        "seen/users": seen,
        "unseen/users": len(test) - seen,
        "versions/python": platform.python_version(),
        **{f"versions/{package}": _version(package) for package in PACKAGES},
        "machine/cores": len(os.sched_getaffinity(0)),
        "machine/processor": platform.machine(),
    }


def _summary(prefix: str, result: _Measured) -> dict[str, Any]:
    seconds = {"search": 0.0, "train": 0.0, **result.summary.seconds}
    return {
        **{f"{prefix}{key}": value for key, value in result.quality.lists.items()},
        **{f"{prefix}{key}": value for key, value in result.reasons.items()},
        **{f"{prefix}{key}": value for key, value in result.summary.measured.items()},
        **{f"{prefix}seconds/{name}": value for name, value in seconds.items()},
        f"{prefix}seconds/evaluate": result.evaluation_seconds,
        f"{prefix}weights/sha256": result.digest,
        **_flat(f"{prefix}choices/", result.summary.choices),
    }


def _flat(prefix: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Flatten nested mappings, `a/b` for b within a."""
    flat: dict[str, Any] = {}
    for name, value in values.items():
        nested = isinstance(value, Mapping)
        flat |= _flat(f"{prefix}{name}/", value) if nested else {f"{prefix}{name}": value}
    return flat


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
