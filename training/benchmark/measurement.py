"""One ranker of the quality benchmark, trained and measured.

What is measured is what serves: a preset is trained by `training.fitting.fit`, packed as the
registry packs it, loaded again, and asked through `Ranker.rank`.
"""

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from streaming.serving.ranker import RankedItem, Ranker
from streaming.settings import TrainingSettings
from training.benchmark.baselines.baseline_ranker import BaselineRanker
from training.benchmark.baselines.stated_likeness import StatedLikeness
from training.benchmark.faithfulness import faithfulness
from training.benchmark.list_quality import ListQuality, make_lists, measure_lists
from training.benchmark.protocols.question import Question
from training.benchmark.protocols.training_view import Fit, OnProgress, Scorer, TrainingView
from training.benchmark.retrieval_loss import retrieval_loss
from training.data.dataset import Dataset
from training.fitting.fit import Fitted, fit
from training.registry.packaging import CATALOGUE, MODEL, pack, unpack
from training.registry.training_run import epoch_curves


@dataclass(frozen=True, eq=False)
class Measured:
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


def measure_preset(
    question: Question,
    settings: TrainingSettings,
    folder: Path,
    on_progress: OnProgress,
    *,
    in_depth: bool,
) -> Measured:
    """Train a preset, pack it, load it and ask it; `in_depth` its reasons and retrieval too.

    `folder` does not exist yet.

    Raises:
        InputError: the data cannot be trained on.
        TrainingError: a training process died.
    """
    on_progress("training", 0.0)
    started = time.monotonic()
    fitted = fit(
        question.dataset,
        folder / "run",
        settings,
        split=question.split,
        on_epoch=lambda epoch: on_progress(
            f"epoch {epoch['epoch']}, loss {epoch['loss']:.3f}", epoch["epoch"] / epoch["epochs"]
        ),
    )
    trained = time.monotonic()
    packed = folder / "packed"
    packed.mkdir()
    pack(fitted.ranker, question.catalogue, packed)
    ranker = unpack(packed)
    quality, lists, seconds = _ask(ranker, packed / CATALOGUE, question, on_progress)
    details = _choices(fitted)
    if in_depth:
        for measure in (retrieval_loss, faithfulness):
            details |= measure(
                ranker,
                packed / CATALOGUE,
                question.test,
                lists,
                seed=settings.seed,
                on_progress=on_progress,
            )
    return Measured(
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


def measure_baseline(
    build: Fit, view: TrainingView, question: Question, seed: int, on_progress: OnProgress
) -> Measured:
    """Train a baseline on its view of a question, and ask it.

    Raises:
        ModelError: a score is not finite.
    """
    on_progress("training", 0.0)
    started = time.monotonic()
    scorer = build(view, seed=seed, on_progress=on_progress)
    trained = time.monotonic()
    items = np.concatenate([history.items for history in view.final_histories])
    popular = np.bincount(items, minlength=view.items).astype(np.float32)
    ranker = BaselineRanker(scorer, question.catalogue, popular)
    quality, _, seconds = _ask(ranker, question.dataset, question, on_progress)
    return Measured(
        quality=quality,
        seconds={"train": trained - started, "evaluate": seconds},
        digest=digest(scorer),
        details=_flat("choices/", scorer.summary.choices),
        curves={},
    )


def measure_ranker(
    make: Callable[[Dataset, int], StatedLikeness],
    question: Question,
    seed: int,
    on_progress: OnProgress,
) -> Measured:
    """Fit a baseline that reads profiles, and ask it."""
    on_progress("training", 0.0)
    started = time.monotonic()
    ranker = make(Dataset.read(question.dataset), seed)
    trained = time.monotonic()
    quality, _, seconds = _ask(ranker, question.dataset, question, on_progress)
    return Measured(
        quality=quality,
        seconds={"train": trained - started, "evaluate": seconds},
        digest=_digest({"weights": ranker.weights.tobytes()}),
        details={},
        curves={},
    )


def joined(results: Sequence[Measured]) -> Measured:
    """Join the results of a ranker on several questions, one turn after the other.

    What is measured besides is averaged; choices and curves are those of the last question.
    """
    if len(results) == 1:
        return results[0]
    values = np.concatenate([result.quality.values for result in results])
    seconds = {name: sum(result.seconds[name] for result in results) for name in results[0].seconds}
    return replace(
        results[-1],
        quality=ListQuality(values, _means([result.quality.measured for result in results])),
        seconds=seconds,
        digest=_digest({str(n): own.digest.encode() for n, own in enumerate(results)}),
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
    chosen = fitted.preset.model_dump(mode="json")
    return {
        **_flat("choices/", chosen | ({"content": content.choices()} if content else {})),
        **(
            {f"content/{key}": value for key, value in content.reports().items()} if content else {}
        ),
    }


def mean_of(results: Sequence[Measured]) -> Measured:
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
    """Average numbers by key; lists are those of the first table. What one lacks is left out."""
    return {
        key: value if isinstance(value, list) else float(np.mean([table[key] for table in tables]))
        for key, value in tables[0].items()
        if all(key in table for table in tables)
    }


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


def _flat(prefix: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Flatten nested mappings, `a/b` for b within a."""
    flat: dict[str, Any] = {}
    for name, value in values.items():
        nested = isinstance(value, Mapping)
        flat |= _flat(f"{prefix}{name}/", value) if nested else {f"{prefix}{name}": value}
    return flat
