"""Comparison of the served presets `best` and `published` on later events, as Markdown tables.

    python -m training.benchmark.later_events DATASET

DATASET is a folder of `careerstream train` (HOME/training/STAMP/dataset). Its newest tenth is kept
from all training and selection. `best` is trained on the rest, in one process; its own
encoder-decoder stands for `published`. Both are measured twice: as the gate does, on what
candidates did after the cut, by their profiles at the cut; and as the stream does, on what
candidates turned to next, by their profiles at that moment.
"""

import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from streaming.serving.ranker import Profile, RankedItem, Ranker
from streaming.settings import TrainingSettings
from training.content_ranker.fit_content import FittedContent
from training.data.dataset import Dataset, HeldOut
from training.evaluation.offline_evaluation import (
    GATE_METRIC,
    EvaluationCases,
    EvaluationProtocol,
    difference,
    evaluate_ranker,
    make_cases,
)
from training.fitting.fit import fit
from training.ranking.most_popular import MostPopularRanker
from training.registry.packaging import MOST_POPULAR

_LATER_SHARE = 0.1
_SEED = 7
_MAX_CASES = 1_000
_MAX_TIMED = 400
_MIN_POSTINGS = 3
_PROTOCOL = EvaluationProtocol()


def main(arguments: Sequence[str]) -> None:
    """Print the tables of a dataset folder."""
    folder = Path(arguments[0])
    with TemporaryDirectory(prefix="careerstream-") as temporary:
        older = Path(temporary) / "older"
        _copy_older_events(folder, older)
        settings = TrainingSettings(preset="best", processes=1, device="cpu", seed=_SEED)
        started = time.monotonic()
        fitted = fit(older, Path(temporary) / "run", settings)
        seconds = time.monotonic() - started
        if fitted.content is None:
            raise AssertionError("the preset best has content")
        _report(Dataset.read(folder), Dataset.read(older), fitted.content, seconds)


def _copy_older_events(folder: Path, older: Path) -> None:
    """Copy a dataset folder without the newest events."""
    older.mkdir()
    for name in ("postings.parquet", "stated.parquet", "version.json"):
        (older / name).write_bytes((folder / name).read_bytes())
    events = pq.read_table(folder / "events.parquet")
    times = np.array([moment.timestamp() for moment in events.column("event_time").to_pylist()])
    newest = np.sort(times)[int(len(times) * (1 - _LATER_SHARE)) - 1]
    pq.write_table(events.filter(pa.array(times <= newest)), older / "events.parquet")


def _report(whole: Dataset, older: Dataset, content: FittedContent, seconds: float) -> None:
    cut = older.counts.made_at or ""
    past, at_cut = whole.split_at(cut)
    seen = np.array(whole.catalogue.posting_ids, dtype=object)[np.unique(past.postings)].tolist()
    events = np.random.default_rng(_SEED).permutation(whole.first_interactions(cut))[:_MAX_CASES]
    at_moment = [whole.case_before(event) for event in np.sort(events).tolist()]
    rankers: Mapping[str, Ranker] = {
        "best": content.ranker,
        "published": content.ranker.encoder_decoder,
        MOST_POPULAR: MostPopularRanker(past.counts),
    }
    _print(f"trained in {seconds:.0f} s, of which content and blend {content.seconds:.0f} s")
    _print(f"blend: {content.ranker.blend}; validation NDCG@10, {content.cases} cases:")
    for blend, value in content.ndcg.items():
        _print(f"- {blend}: {value:.4f}")
    for name, held_out in (("as the gate measures", at_cut), ("at the moment", at_moment)):
        _print(f"\n{name}: ", end="")
        _compare(whole, make_cases(held_out, whole.catalogue, seen, _PROTOCOL), rankers)
    with_events = [case for case in at_moment if case.profile["events"]][:_MAX_TIMED]
    for name, ranker in rankers.items():
        with TemporaryDirectory(prefix="careerstream-") as temporary:
            ranker.prepare(whole.catalogue, Path(temporary))
            duration = _milliseconds(ranker, with_events, Path(temporary))
            _print(f"{name}: {duration:.1f} ms a profile with events")
            if name != MOST_POPULAR:
                _print(_sufficiency(ranker, with_events, Path(temporary)))


def _compare(data: Dataset, cases: EvaluationCases, rankers: Mapping[str, Ranker]) -> None:
    """Print a table of the quality of rankers."""
    qualities = {
        name: evaluate_ranker(ranker, data.catalogue, cases, _PROTOCOL)
        for name, ranker in rankers.items()
    }
    with_events = np.array([bool(case.profile["events"]) for case in cases.held_out])
    _print(f"{len(with_events)} lists, {with_events.sum()} with events\n")
    _print("| HR@10/NDCG@10 | all | with events | lead of best in NDCG@10 |")
    _print("| --- | --- | --- | --- |")
    for name, quality in qualities.items():
        values = [quality.per_candidate[metric] for metric in ("hr@10", GATE_METRIC)]
        cells = [
            "/".join(f"{own[group].mean():.4f}" for own in values) for group in (..., with_events)
        ]
        lead = difference(qualities["best"], quality, GATE_METRIC, _PROTOCOL)
        interval = f"{lead.estimate:+.4f} ({lead.low:+.4f} to {lead.high:+.4f})"
        _print(f"| {name} | {' | '.join(cells)} | {'' if name == 'best' else interval} |")
    _print("")


def _milliseconds(ranker: Ranker, cases: Sequence[HeldOut], folder: Path) -> float:
    """Time the second of two calls for all profiles at once."""
    for _ in range(2):
        started = time.monotonic()
        _lists(ranker, [(case.profile, case.as_of) for case in cases], folder)
    return (time.monotonic() - started) / max(len(cases), 1) * 1000


def _sufficiency(ranker: Ranker, cases: Sequence[HeldOut], folder: Path) -> str:
    """Measure whether the posting that the first reason names keeps a list's first item.

    The profile keeps the events of the named posting alone, and in comparison those of a random
    other posting. Its statement stays, and the other postings stay known to the candidate.
    """
    random = np.random.default_rng(_SEED)
    queries = [(case.profile, case.as_of) for case in cases]
    items, named_alone, other_alone = [], [], []
    for (profile, moment), ranked in zip(queries, _lists(ranker, queries, folder), strict=True):
        named = ranked[0]["reasons"][0]["posting_id"] if ranked else None
        others = {event["posting_id"] for event in profile["events"]} - {named}
        if named and len(others) + 1 >= _MIN_POSTINGS:
            items.append(ranked[0]["posting_id"])
            named_alone.append((_with_events_of(profile, named), moment))
            other_alone.append(
                (_with_events_of(profile, str(random.choice(sorted(others)))), moment)
            )
    kept = []
    for changed in (named_alone, other_alone):
        lists = _lists(ranker, changed, folder)
        hits = [
            item in {i["posting_id"] for i in own} for item, own in zip(items, lists, strict=True)
        ]
        kept.append(sum(hits) / max(len(hits), 1))
    return (
        f"of {len(items)} first items explained by one of three postings or more, that posting "
        f"alone keeps {kept[0]:.3f} in the first ten, a random other {kept[1]:.3f}"
    )


def _with_events_of(profile: Profile, posting_id: str) -> Profile:
    """Keep the events of one posting; the other postings become dismissed, which hides them."""
    known = [{"posting_id": event["posting_id"]} for event in profile["events"]]
    own = [event for event in profile["events"] if event["posting_id"] == posting_id]
    return {**profile, "events": own, "dismissed": [*profile["dismissed"], *known]}


def _lists(
    ranker: Ranker, queries: Sequence[tuple[Profile, str]], folder: Path
) -> list[list[RankedItem]]:
    profiles, moments = [profile for profile, _ in queries], [moment for _, moment in queries]
    return ranker.rank(profiles, moments, folder, _PROTOCOL.size)


def _print(text: str, end: str = "\n") -> None:
    sys.stdout.write(text + end)
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
