"""One benchmark run: a preset and every baseline on one split, and all of it as a flat report."""

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

from streaming.timestamps import to_text
from training.benchmark.baselines.registry import baselines
from training.benchmark.contenders import by_name
from training.benchmark.faithfulness import faithfulness
from training.benchmark.list_metrics import observers
from training.benchmark.protocols.protocols import load
from training.benchmark.protocols.scorer_evaluation import Quality, intervals, measure
from training.benchmark.protocols.training_view import (
    Account,
    Cases,
    Fit,
    OnProgress,
    Scorer,
    Split,
)
from training.evaluation.ranking_metrics import METRICS

PACKAGES = (
    *("careerstream", "numpy", "scipy", "scikit-learn", "implicit", "torch", "gensim"),
    *("threadpoolctl", "jieba"),
)
"""Whose versions a report holds."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """What is to be measured: all that must be said to repeat a run."""

    protocol: str
    data: Path
    attributes: Path | None = None
    preset: str
    seed: int
    seeds: int = 1
    """How often the preset is trained: with this seed and those after it."""


@dataclass(frozen=True, eq=False)
class _Measured:
    """What is kept of a scorer that was trained and asked."""

    account: Account
    quality: Quality
    evaluate: float
    """Seconds."""
    reasons: Mapping[str, float]
    """Whether its reasons are true."""
    digest: str
    """Of its weights."""


def run(request: Request, on_progress: OnProgress) -> dict[str, Any]:
    """Train and measure the preset, then the baselines.

    Returns:
        The report, by flat keys: `hr@10` is the preset's, with `hr@10/low` and `hr@10/high` the
        ends of its 95 % interval, `seen/hr@10` that of users whose target is seen,
        `baselines/NAME/hr@10` a baseline's, `difference/baselines/NAME/hr@10` by how much the
        preset is ahead of it; docs/quality.md lists the rest. Of several seeds the values are
        means, `hr@10/deviation` is how far they are apart, and `seeds/SEED/hr@10` is one of them.

    Raises:
        InputError: the file cannot be used.
        SettingsError: there is no such preset.
        ModelError: a score is not finite.
    """
    began, fit = time.monotonic(), by_name(request.preset)
    split = load(request.protocol, request.data, request.attributes)
    tried = {request.seed: _measure("preset", fit, split, request.seed, on_progress)}
    for seed in range(request.seed + 1, request.seed + request.seeds):
        tried[seed] = _measure(f"seed {seed}", fit, split, seed, on_progress, reasons=False)
    ours = _mean(list(tried.values()))
    peak = _peak_mib()  # before the baselines add theirs
    others = {
        f"baselines/{name}/": _measure(name, baseline, split, request.seed, on_progress)
        for name, baseline in baselines(split.training).items()
    }
    everyone = {"": ours, **others}
    on_progress("intervals", 0.0)
    found = intervals({prefix: one.quality for prefix, one in everyone.items()}, request.seed)
    on_progress("intervals", 1.0)
    report = _about(request, split.about, split.test)
    for key, interval in found.items():
        report |= {key: interval.estimate, f"{key}/low": interval.low, f"{key}/high": interval.high}
    for prefix, measured in everyone.items():
        report |= _account(prefix, measured)
    report |= _apart(tried)
    report |= {f"curves/{name}": list(curve) for name, curve in ours.account.curves.items()}
    report |= {"memory/peak_mib": peak, "seconds/total": time.monotonic() - began}
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
    def tell(words: str, share: float) -> None:
        on_progress(f"{name}: {words}", share)

    tell("beginning", 0.0)
    scorer = fit(split.training, seed=seed, on_progress=tell)
    began = time.monotonic()
    watching = observers(split.training, split.test, seed)
    quality = measure(scorer, split.test, tell, observers=watching)
    seconds = time.monotonic() - began
    tested = faithfulness(scorer, split.test, seed, tell) if reasons else {}
    return _Measured(scorer.account, quality, seconds, tested, digest(scorer))


def _mean(tried: Sequence[_Measured]) -> _Measured:
    """Average what was measured of several seeds; what cannot be averaged is the first one's."""
    first = tried[0]
    quality = Quality(
        np.mean([one.quality.values for one in tried], axis=0),
        first.quality.seen,
        _means([one.quality.lists for one in tried]),
    )
    seconds = _means([one.account.seconds for one in tried])
    return replace(
        first,
        account=replace(first.account, seconds=seconds),
        quality=quality,
        evaluate=float(np.mean([one.evaluate for one in tried])),
    )


def _means(tables: Sequence[Mapping[str, float]]) -> dict[str, float]:
    return {key: float(np.mean([table[key] for table in tables])) for key in tables[0]}


def _apart(tried: Mapping[int, _Measured]) -> dict[str, Any]:
    """Tell what each seed reached, and the standard deviation; nothing of a single one."""
    if len(tried) == 1:
        return {}
    found: dict[str, Any] = {"seeds": len(tried)}
    for metric in METRICS:
        values = {seed: one.quality.mean(metric) for seed, one in tried.items()}
        found |= {f"seeds/{seed}/{metric}": value for seed, value in values.items()}
        found[f"{metric}/deviation"] = float(np.std(list(values.values()), ddof=1))
    return found | {f"seeds/{seed}/weights/sha256": one.digest for seed, one in tried.items()}


def digest(scorer: Scorer) -> str:
    """Hash a scorer's weights: equal exactly if they are, bit for bit."""
    hashed = hashlib.sha256()
    for name, value in sorted(scorer.weights().items()):
        array = np.ascontiguousarray(value)
        hashed.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        hashed.update(array.tobytes())
    return hashed.hexdigest()


def _about(request: Request, counts: Mapping[str, Any], test: Cases) -> dict[str, Any]:
    files = {"data": request.data, "attributes": request.attributes}
    seen = int(test.seen[test.targets].sum())
    return {
        "protocol": request.protocol,
        "preset": request.preset,
        "seed": request.seed,
        "made_at": to_text(datetime.now(tz=UTC)),
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


def _account(prefix: str, measured: _Measured) -> dict[str, Any]:
    seconds = {"search": 0.0, "train": 0.0, **measured.account.seconds}
    return {
        **{f"{prefix}{key}": value for key, value in measured.quality.lists.items()},
        **{f"{prefix}{key}": value for key, value in measured.reasons.items()},
        **{f"{prefix}{key}": value for key, value in measured.account.measured.items()},
        **{f"{prefix}seconds/{name}": value for name, value in seconds.items()},
        f"{prefix}seconds/evaluate": measured.evaluate,
        f"{prefix}weights/sha256": measured.digest,
        **_flat(f"{prefix}choices/", measured.account.choices),
    }


def _flat(prefix: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Flatten values within values, `a/b` for b within a."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        found |= (
            _flat(f"{prefix}{name}/", value)
            if isinstance(value, Mapping)
            else {f"{prefix}{name}": value}
        )
    return found


def _peak_mib() -> float:
    """Read the most memory that this process has had, its ended children's own where larger."""
    most = max(
        resource.getrusage(who).ru_maxrss
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return most / 1024


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "none"


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
