"""What each idea of `best()` brings, as a Markdown table.

    python -m training.benchmark.ensemble.ablation PROTOCOL FILE [ATTRIBUTES]

Everything is measured on the validation part, which choosing looks at anyway, so that comparing
ideas uses up no test.
"""

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from training.benchmark.baselines.grid_search import sample
from training.benchmark.ensemble.blending import choose, mix
from training.benchmark.ensemble.content_scorer import (
    Kept,
    Material,
    choose_ranker,
    gather,
    weighed,
)
from training.benchmark.ensemble.ensemble import SEQUENCES, sequence_config
from training.benchmark.ensemble.interaction_network import regress
from training.benchmark.ensemble.members import Member, meanings, sequence, together
from training.benchmark.ensemble.posting_vectors import read
from training.benchmark.ensemble.sequence_training import SequenceConfig
from training.benchmark.protocols.protocols import load
from training.benchmark.protocols.training_view import Cases, TrainingView
from training.evaluation.ranking_metrics import METRICS, of_places, places

_SEED = 0
_PULL = 3e-2
_CASES = 4_000

Row = tuple[str, float, float, float]
"""What is measured, HR@10 (NaN where only the other is), NDCG@10, seconds."""


def main(arguments: list[str]) -> None:
    """Print the table of a protocol and a file."""
    protocol, file, *attributes = arguments
    split = load(protocol, Path(file), Path(attributes[0]) if attributes else None)
    rows = _content(split.training) if split.training.postings else _ids(split.training)
    _say("| | HR@10 | NDCG@10 | seconds |\n| --- | --- | --- | --- |")
    for what, hits, ndcg, seconds in rows:
        found = "" if np.isnan(hits) else f"{hits:.4f}"
        _say(f"| {what} | {found} | {ndcg:.4f} | {seconds:.0f} |")


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _quiet(_what: str, _share: float) -> None:
    """Tell nobody."""


def _content(training: TrainingView) -> Iterator[Row]:
    """Take groups of numbers away from the content ranker."""
    began = time.monotonic()
    material = gather(read(training.postings or ()), training.histories, _SEED, _quiet)
    kept = Kept.of(material, training.validation, _quiet)
    names = material.features.names
    groups: Mapping[str, Callable[[str], bool]] = {
        "fields and letters alone, a weight each": lambda n: _plain(n) and "recent" in n,
        "the same to the newest step, the most and the session too": _plain,
        "with absent fields as a likeness": lambda n: _plain(n) or " absent" in n,
        "with kinship of places and employers": lambda n: "within" not in n and "viewed" not in n,
        "with seasons": lambda n: "viewed" not in n,
        "with who viewed what: the whole regression": lambda _: True,
    }
    for what, keep in groups.items():
        yield _regressed(what, material, kept, np.array([keep(name) for name in names]), began)
        began = time.monotonic()
    _, _, curve = choose_ranker(material, training.validation, _SEED, _quiet)
    best = float(np.max(curve))
    yield "with networks for what numbers say together", np.nan, best, time.monotonic() - began


def _plain(name: str) -> bool:
    return not any(mark in name for mark in (" absent", " by ", " within ", "viewed"))


def _regressed(what: str, material: Material, kept: Kept, keep: np.ndarray, began: float) -> Row:
    numbers = material.numbers[:, :, np.flatnonzero(keep)].contiguous()
    weights = np.zeros(len(keep), dtype=np.float32)
    weights[keep] = regress(numbers, material.each, _PULL).numpy()
    hits, ndcg = kept.values(partial(weighed, weights))
    return what, hits, ndcg, time.monotonic() - began


def _ids(training: TrainingView) -> Iterator[Row]:
    """Measure each member alone, and blends of more and more of them."""
    cases = sample(training.validation, _SEED, _CASES)
    bare = replace(training, attributes=None)
    recurrent = sequence_config(kind="recurrent", dimensions=128, layers=1, dropout=0.4, epochs=12)
    wide, narrow = SEQUENCES["wide attention"], SEQUENCES["narrow attention"]
    makers: dict[str, Callable[[], Member]] = {
        "wide": lambda: _sequence(wide, training, cases),
        "together": lambda: together(training, _SEED, _quiet),
        "narrow": lambda: _sequence(narrow, training, cases),
        "recurrent": lambda: _sequence(recurrent, training, cases),
    }
    if training.attributes is not None:
        makers["meanings"] = lambda: meanings(training, _SEED, _quiet)
        makers["wide without attributes"] = lambda: _sequence(wide, bare, cases)
    scores = {}
    for name, make in makers.items():
        began = time.monotonic()
        scores[name] = make().choosing.scores(cases.histories)
        yield name, *_measured(scores[name], cases), time.monotonic() - began
    steps = ("wide", "together", "meanings", "narrow", "recurrent")
    present = [name for name in steps if name in scores]
    for count in range(2, len(present) + 1):
        began = time.monotonic()
        parts = {name: scores[name] for name in present[:count]}
        weights, _ = choose(parts, cases, _quiet)
        said = " + ".join(f"{weight:g} {name}" for name, weight in weights.items())
        yield said, *_measured(mix(parts, weights), cases), time.monotonic() - began


def _sequence(config: SequenceConfig, training: TrainingView, cases: Cases) -> Member:
    return sequence("", config, training, cases, seed=_SEED, on_progress=_quiet)


def _measured(scores: np.ndarray, cases: Cases) -> tuple[float, float]:
    found = of_places(places(scores, cases.histories, cases.targets, cases.pools)).mean(axis=0)
    return float(found[METRICS.index("hr@10")]), float(found[METRICS.index("ndcg@10")])


if __name__ == "__main__":
    main(sys.argv[1:])
