"""Ablation of the benchmark's ensemble, as a Markdown table.

    python -m training.benchmark.ensemble.ablation PROTOCOL FILE [ATTRIBUTES]

Everything is measured on the validation part, which selection reads anyway, so that comparisons do
not use up the test part.
"""

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from training.benchmark.baselines.grid_search import sample_cases
from training.benchmark.ensemble.content_features.posting_vectors import vectorise
from training.benchmark.ensemble.content_scorer import (
    ContentTrainingSet,
    ValidationFeatures,
    linear_scores,
    select_settings,
)
from training.benchmark.ensemble.members import Member, baseline_member, sequence_member
from training.benchmark.protocols.competitors import mean_metric
from training.benchmark.protocols.protocols import load
from training.benchmark.protocols.training_view import Cases, TrainingView
from training.content_ranker.conditional_logit import softmax_regression
from training.sequence_scorer.fit_sequence import SEQUENCES, choose_weights
from training.sequence_scorer.sequence_part import blend

_SEED = 0
_L2 = 3e-2
_MOST_CASES = 4_000

Row = tuple[str, float, float, float]
"""Description, HR@10 (NaN where only NDCG is measured), NDCG@10, seconds."""


def main(arguments: list[str]) -> None:
    """Print the table of a protocol and a file."""
    protocol, file, *attributes = arguments
    split = load(protocol, Path(file), Path(attributes[0]) if attributes else None)
    rows = _content(split.training) if split.training.postings else _members(split.training)
    _print("| | HR@10 | NDCG@10 | seconds |\n| --- | --- | --- | --- |")
    for name, hit_rate, ndcg, seconds in rows:
        _print(
            f"| {name} | {'' if np.isnan(hit_rate) else f'{hit_rate:.4f}'} | {ndcg:.4f} "
            f"| {seconds:.0f} |"
        )


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _quiet(_step: str, _share: float) -> None:
    """Show no progress."""


def _content(training: TrainingView) -> Iterator[Row]:
    """Add groups of features to the content member, and the networks last."""
    started = time.monotonic()
    postings = vectorise(training.postings or ())
    examples = ContentTrainingSet.build(postings, training.histories, _SEED, _quiet)
    validation = ValidationFeatures.of(examples, training.validation, _quiet)
    groups: Mapping[str, Callable[[str], bool]] = {
        "fields and character n-grams, weighted by recency": lambda n: _plain(n) and "recent" in n,
        "and with the newest step, the maximum and the session": _plain,
        "and with absent fields": lambda n: _plain(n) or " absent" in n,
        "and with co-occurrence of places and employers": lambda n: (
            not ("within" in n or "viewed" in n)
        ),
        "and with temporal popularity": lambda n: "viewed" not in n,
        "and with views: the whole regression": lambda _: True,
    }
    for name, keep in groups.items():
        kept = np.array([keep(feature) for feature in examples.features.names])
        features = examples.examples[:, :, np.flatnonzero(kept)].contiguous()
        weights = np.zeros(len(kept), dtype=np.float32)
        weights[kept] = softmax_regression(features, examples.weights, _L2).numpy()
        measured = validation.measure(partial(linear_scores, weights))
        yield name, *measured, time.monotonic() - started
        started = time.monotonic()
    _, _, curve = select_settings(examples, training.validation, _SEED, _quiet)
    yield "and with networks for interactions", np.nan, max(curve), time.monotonic() - started


def _plain(name: str) -> bool:
    return not any(mark in name for mark in (" absent", " by ", " within ", "viewed"))


def _members(training: TrainingView) -> Iterator[Row]:
    """Measure each member alone, and blends of more and more members."""
    cases = sample_cases(training.validation, _SEED, _MOST_CASES)

    def sequence(name: str, view: TrainingView = training) -> Member:
        return sequence_member("", SEQUENCES[name], view, cases, seed=_SEED, on_progress=_quiet)

    makers: dict[str, Callable[[], Member]] = {
        "wide attention": partial(sequence, "wide attention"),
        "item-knn": partial(baseline_member, "item-knn", training, _SEED, _quiet),
        "narrow attention": partial(sequence, "narrow attention"),
    }
    if training.attributes is not None:
        bare = replace(training, attributes=None)
        makers["attributes"] = partial(baseline_member, "attributes", training, _SEED, _quiet)
        makers["wide attention without attributes"] = partial(sequence, "wide attention", bare)
    scores = {}
    for name, make in makers.items():
        started = time.monotonic()
        scores[name] = make().selection.scores(cases.histories)
        yield name, *_measure(scores[name], cases), time.monotonic() - started
    order = ("wide attention", "item-knn", "attributes", "narrow attention")
    present = [name for name in order if name in scores]
    for count in range(2, len(present) + 1):
        started = time.monotonic()
        parts = {name: scores[name] for name in present[:count]}
        weights, _ = choose_weights(
            parts, lambda blended: mean_metric(lambda rows: blended[rows], cases)
        )
        blended = " + ".join(f"{weight:g} {name}" for name, weight in weights.items())
        yield blended, *_measure(blend(parts, weights), cases), time.monotonic() - started


def _measure(scores: np.ndarray, cases: Cases) -> tuple[float, float]:
    hit_rate, ndcg = (
        mean_metric(lambda rows: scores[rows], cases, m) for m in ("hr@10", "ndcg@10")
    )
    return hit_rate, ndcg


if __name__ == "__main__":
    main(sys.argv[1:])
