"""One run of the quality benchmark: a preset and every baseline on one question, a flat report.

What is measured is what serves: the preset is trained by `training.fitting.fit`, packed as the
registry packs it, loaded again, and asked through `Ranker.rank`.
"""

import hashlib
import os
import platform
import resource
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from streaming.serving.ranker import RankedItem, Ranker
from streaming.settings import TrainingSettings
from streaming.timestamps import format_timestamp
from training.benchmark.baselines.baseline_ranker import BaselineRanker, view_of
from training.benchmark.baselines.registry import baselines
from training.benchmark.faithfulness import faithfulness
from training.benchmark.list_quality import (
    ListQuality,
    intervals,
    make_lists,
    measure_lists,
    segments,
)
from training.benchmark.protocols.protocols import load
from training.benchmark.protocols.question import Question, QuestionFiles
from training.benchmark.protocols.training_view import Fit, OnProgress, Scorer, TrainingView
from training.evaluation.ranking_metrics import METRICS
from training.fitting.fit import Fitted, fit
from training.model.presets import preset_by_name
from training.registry.packaging import CATALOGUE, MODEL, pack, unpack
from training.registry.training_run import epoch_curves

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
    seeds: int = 1
    """Number of trainings of the preset: with its seed and the seeds after it."""


@dataclass(frozen=True, eq=False)
class _Measured:
    """What was measured of one ranker."""

    quality: ListQuality
    seconds: Mapping[str, float]
    """`train`, choosing with it, and `evaluate`."""
    digest: str
    """Of its weights."""
    details: Mapping[str, Any]
    """What was chosen and measured beside, by the report's keys."""
    curves: Mapping[str, Sequence[float]]
    """A value for each epoch."""


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
        ModelError: a score is not finite.
    """
    started, first = time.monotonic(), request.training.seed
    preset = preset_by_name(request.training.preset)
    with TemporaryDirectory(prefix="careerstream-") as temporary:
        folder = Path(temporary)
        share = request.training.gate_share
        question = load(request.protocol, request.files, folder / "dataset", share=share)
        by_seed = {}
        for seed in range(first, first + request.seeds):
            settings = request.training.model_copy(update={"seed": seed})
            own = folder / f"seed-{seed}"
            by_seed[seed] = _measure_preset(question, settings, own, on_progress, first=first)
        peak = _peak_mib()  # before the baselines use memory too
        parts = question.parts(preset.training.validation_split, first)
        view = view_of(parts, timed=question.timed)
        results = {"": _mean(list(by_seed.values()))}
        for name, build in baselines(view).items():
            results[f"baselines/{name}/"] = _measure_baseline(
                name, build, view, question, seed=first, on_progress=on_progress
            )
    on_progress("intervals", 0.0)
    qualities = {prefix: result.quality for prefix, result in results.items()}
    estimates = intervals(qualities, question.test, first)
    on_progress("intervals", 1.0)
    report = _description(request, question)
    for key, interval in estimates.items():
        report |= interval.flat(key)
    for prefix, result in results.items():
        report |= _summary(prefix, result)
    report |= _spread(by_seed)
    report |= {f"curves/{name}": list(curve) for name, curve in results[""].curves.items()}
    report |= {"memory/peak_mib": peak, "seconds/total": time.monotonic() - started}
    return report


def _measure_preset(
    question: Question,
    settings: TrainingSettings,
    folder: Path,
    on_progress: OnProgress,
    *,
    first: int,
) -> _Measured:
    """Train, pack, load and ask; reasons are tested for the `first` seed alone."""
    stage = "preset" if settings.seed == first else f"seed {settings.seed}"

    def report(step: str, share: float) -> None:
        on_progress(f"{stage}: {step}", share)

    report("training", 0.0)
    started = time.monotonic()
    fitted = fit(
        question.dataset,
        folder / "run",
        settings,
        split=question.split,
        on_epoch=lambda epoch: report(
            f"epoch {epoch['epoch']}, loss {epoch['loss']:.3f}", epoch["epoch"] / epoch["epochs"]
        ),
    )
    trained = time.monotonic()
    packed = folder / "packed"
    packed.mkdir()
    pack(fitted.ranker, question.catalogue, packed)
    ranker = unpack(packed)
    quality, lists, seconds = _ask(ranker, packed / CATALOGUE, question, report)
    details = _choices(fitted)
    if settings.seed == first:
        details |= faithfulness(
            *(ranker, packed / CATALOGUE, question.test, lists), seed=first, on_progress=report
        )
    return _Measured(
        quality=quality,
        seconds={"train": trained - started, "evaluate": seconds},
        digest=_digest(
            {
                file.relative_to(packed).as_posix(): file.read_bytes()
                for file in (packed / MODEL).rglob("*")
                if file.is_file()
            }
        ),
        details=details,
        curves=epoch_curves(fitted.records),
    )


def _measure_baseline(
    name: str,
    build: Fit,
    view: TrainingView,
    question: Question,
    *,
    seed: int,
    on_progress: OnProgress,
) -> _Measured:
    def report(step: str, share: float) -> None:
        on_progress(f"{name}: {step}", share)

    report("beginning", 0.0)
    started = time.monotonic()
    scorer = build(view, seed=seed, on_progress=report)
    trained = time.monotonic()
    items = np.concatenate([history.items for history in view.final_histories])
    popular = np.bincount(items, minlength=view.items).astype(np.float32)
    ranker = BaselineRanker(scorer, question.catalogue, popular)
    quality, _, seconds = _ask(ranker, question.dataset, question, report)
    return _Measured(
        quality=quality,
        seconds={"train": trained - started, "evaluate": seconds},
        digest=digest(scorer),
        details=_flat("choices/", scorer.summary.choices),
        curves={},
    )


def _ask(
    ranker: Ranker, folder: Path, question: Question, on_progress: OnProgress
) -> tuple[ListQuality, list[list[RankedItem]], float]:
    """Ask for the lists of all test turns; also returns how many seconds that took."""
    started = time.monotonic()
    lists = make_lists(ranker, folder, question.test, on_progress)
    seconds = time.monotonic() - started
    return measure_lists(lists, question.test, question.catalogue), lists, seconds


def _choices(fitted: Fitted) -> dict[str, Any]:
    """Return what a training chose, and what it measured for that."""
    content = fitted.content
    chosen = {
        **fitted.preset.model_dump(mode="json"),
        "decoding": fitted.decoding or "the preset's",
    }
    return {
        **_flat("choices/", chosen | ({"content": content.choices()} if content else {})),
        **{
            f"decoding/{way}/{metric}": value
            for way, values in fitted.compared.items()
            for metric, value in values.items()
        },
        **(
            {f"content/{key}": value for key, value in content.reports().items()} if content else {}
        ),
    }


def _mean(results: Sequence[_Measured]) -> _Measured:
    """Average the results of several seeds; what cannot be averaged is that of the first seed."""
    first = results[0]
    values = np.mean([result.quality.values for result in results], axis=0)
    measured = _means([result.quality.measured for result in results])
    return replace(
        first,
        quality=ListQuality(values, measured),
        seconds=_means([result.seconds for result in results]),
    )


def _means(tables: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Average numbers by key; lists are those of the first table."""
    return {
        key: value if isinstance(value, list) else float(np.mean([table[key] for table in tables]))
        for key, value in tables[0].items()
    }


def _spread(by_seed: Mapping[int, _Measured]) -> dict[str, Any]:
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


def digest(scorer: Scorer) -> str:
    """Hash a scorer's weights; the hashes are equal exactly if the weights are, bit for bit."""
    parts = {}
    for name, value in scorer.weights().items():
        array = np.ascontiguousarray(value)
        parts[f"{name} {array.dtype.str} {array.shape}"] = array.tobytes()
    return _digest(parts)


def _digest(parts: Mapping[str, bytes]) -> str:
    """Hash named bytes, in the order of their names."""
    hashed = hashlib.sha256()
    for name, content in sorted(parts.items()):
        hashed.update(f"{name} {len(content)}\n".encode())
        hashed.update(content)
    return hashed.hexdigest()


def _description(request: Request, question: Question) -> dict[str, Any]:
    given = {field.name: getattr(request.files, field.name) for field in fields(request.files)}
    files = {name: file for name, file in given.items() if file}
    turns = question.test
    counts = {prefix: turns.owners[own] for prefix, own in segments(turns).items()}
    return {
        "protocol": request.protocol,
        "preset": request.training.preset,
        "seed": request.training.seed,
        "made_at": format_timestamp(datetime.now(tz=UTC)),
        **{f"file/{name}": file.name for name, file in files.items()},
        **{f"file/{name}_sha256": _sha256(file) for name, file in files.items()},
        **{f"data/{name}": value for name, value in question.counts.items()},
        **{f"{prefix}turns": len(owners) for prefix, owners in counts.items()},
        **{f"{prefix}users": len(np.unique(owners)) for prefix, owners in counts.items()},
        "versions/python": platform.python_version(),
        **{f"versions/{package}": _version(package) for package in PACKAGES},
        "machine/cores": len(os.sched_getaffinity(0)),
        "machine/processor": platform.machine(),
    }


def _summary(prefix: str, result: _Measured) -> dict[str, Any]:
    return {
        **{f"{prefix}{key}": value for key, value in result.quality.measured.items()},
        **{f"{prefix}{key}": value for key, value in result.details.items()},
        **{f"{prefix}seconds/{name}": value for name, value in result.seconds.items()},
        f"{prefix}weights/sha256": result.digest,
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
