"""What `best` brings over `published` on later events, as Markdown tables.

    python -m training.benchmark.later_events DATASET

DATASET is a folder that `careerstream train` left (HOME/training/STAMP/dataset). Its newest tenth
is kept from all training and choosing; `best` is trained on the rest, in one process, and its own
encoder-decoder is `published`. Both are asked twice: as the gate asks, for what candidates did from
the cut on as they were known at the cut; and as the stream does, for what candidates turned to next
from all that was known just then.
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

_SHARE = 0.1
_SEED = 7
_MOST_MOMENTS = 1_000
_PROTOCOL = EvaluationProtocol()
_ASKED = 400
_LEAST_POSTINGS = 3


def main(arguments: Sequence[str]) -> None:
    """Print the tables of a dataset folder."""
    folder = Path(arguments[0])
    with TemporaryDirectory(prefix="careerstream-") as temporary:
        older = Path(temporary) / "older"
        _cut(folder, older)
        settings = TrainingSettings(preset="best", processes=1, device="cpu", seed=_SEED)
        began = time.monotonic()
        fitted = fit(older, Path(temporary) / "run", settings)
        seconds = time.monotonic() - began
        if fitted.content is None:
            raise AssertionError("the preset best has content")
        _tell(Dataset.read(folder), Dataset.read(older), fitted.content, seconds)


def _cut(folder: Path, older: Path) -> None:
    """Copy a dataset folder without the newest events."""
    older.mkdir()
    for name in ("postings.parquet", "stated.parquet"):
        pq.write_table(pq.read_table(folder / name), older / name)
    (older / "version.json").write_bytes((folder / "version.json").read_bytes())
    events = pq.read_table(folder / "events.parquet")
    times = np.array([moment.timestamp() for moment in events.column("event_time").to_pylist()])
    newest = np.sort(times)[int(len(times) * (1 - _SHARE)) - 1]
    pq.write_table(events.filter(pa.array(times <= newest)), older / "events.parquet")


def _tell(whole: Dataset, older: Dataset, trained: FittedContent, seconds: float) -> None:
    cut = older.counts.made_at or ""
    past, held_out = whole.split_at(cut)
    seen = np.array(whole.catalogue.posting_ids, dtype=object)[np.unique(past.postings)].tolist()
    turns = np.random.default_rng(_SEED).permutation(whole.first_interactions(cut))[:_MOST_MOMENTS]
    moments = [whole.case_before(event) for event in np.sort(turns).tolist()]
    both = trained.ranker
    rankers: Mapping[str, Ranker] = {
        "best": both,
        "published": both.encoder_decoder,
        MOST_POPULAR: MostPopularRanker(past.counts),
    }
    _say(f"trained in {seconds:.0f} s, of which content and blend {trained.seconds:.0f} s")
    _say(f"blend: {both.blend}; validation NDCG@10, {trained.cases} cases:")
    for blend, value in trained.reached.items():
        _say(f"- {blend}: {value:.4f}")
    for name, held in (("as the gate asks", held_out), ("at the moment", moments)):
        asked = make_cases(held, whole.catalogue, seen, _PROTOCOL)
        _say(f"\n{name}: {len(asked.held_out)} lists, {_past(asked.held_out)} with events")
        _table(whole, asked, rankers)
    known = [held for held in moments if held.profile["events"]][:_ASKED]
    for name, ranker in rankers.items():
        with TemporaryDirectory(prefix="careerstream-") as temporary:
            ranker.prepare(whole.catalogue, Path(temporary))
            taken = _milliseconds(ranker, known, Path(temporary))
            _say(f"{name}: {taken:.1f} ms a profile with events")
            if name != MOST_POPULAR:
                _say(_carried(ranker, known, Path(temporary)))


def _table(data: Dataset, asked: EvaluationCases, rankers: Mapping[str, Ranker]) -> None:
    found = {
        n: evaluate_ranker(one, data.catalogue, asked, _PROTOCOL) for n, one in rankers.items()
    }
    known = np.array([bool(held.profile["events"]) for held in asked.held_out])
    names = ("hr@10", GATE_METRIC)
    _say("\n| HR@10/NDCG@10 | all | with events | lead of best in NDCG@10 |")
    _say("| --- | --- | --- | --- |")
    for name, quality in found.items():
        parts = [[quality.per_candidate[metric][who] for metric in names] for who in (..., known)]
        cells = ["/".join(f"{part.mean():.4f}" for part in pair) for pair in parts]
        lead = difference(found["best"], quality, GATE_METRIC, _PROTOCOL)
        ends = f"{lead.estimate:+.4f} ({lead.low:+.4f} to {lead.high:+.4f})"
        _say(f"| {name} | {' | '.join(cells)} | {'' if name == 'best' else ends} |")
    _say("")


def _milliseconds(ranker: Ranker, known: Sequence[HeldOut], folder: Path) -> float:
    """Time a second call for the same profiles, all in one."""
    for _ in range(2):
        began = time.monotonic()
        _first_ten(ranker, [(held.profile, held.as_of) for held in known], folder)
    return (time.monotonic() - began) / max(len(known), 1) * 1000


def _carried(ranker: Ranker, known: Sequence[HeldOut], folder: Path) -> str:
    """Tell whether the posting that the first reason names keeps a list's first item in the list.

    Of all the events only its own are left, and in comparison only those of a random other posting;
    what is stated stays, and so does what the candidate knows.
    """
    chance = np.random.default_rng(_SEED)
    asked = [(held.profile, held.as_of) for held in known]
    items, named, other = [], [], []
    for (profile, moment), found in zip(asked, _first_ten(ranker, asked, folder), strict=True):
        reason = found[0]["reasons"][0] if found else {"posting_id": None}
        met = {event["posting_id"] for event in profile["events"]} - {reason["posting_id"]}
        if reason["posting_id"] and len(met) + 1 >= _LEAST_POSTINGS:
            items.append(found[0]["posting_id"])
            named.append((_alone(profile, reason["posting_id"]), moment))
            other.append((_alone(profile, str(chance.choice(sorted(met)))), moment))
    kept = [
        sum(
            item in {one["posting_id"] for one in found}
            for item, found in zip(items, _first_ten(ranker, alone, folder), strict=True)
        )
        / max(len(items), 1)
        for alone in (named, other)
    ]
    return (
        f"of {len(items)} first items explained by one of three postings or more, that posting "
        f"alone keeps {kept[0]:.3f} in the first ten, a random other {kept[1]:.3f}"
    )


def _alone(profile: Profile, posting_id: str) -> Profile:
    """Leave a profile the events of one posting; the others are known, but say nothing."""
    known = [{"posting_id": event["posting_id"]} for event in profile["events"]]
    own = [event for event in profile["events"] if event["posting_id"] == posting_id]
    return {**profile, "events": own, "dismissed": [*profile["dismissed"], *known]}


def _first_ten(
    ranker: Ranker, asked: Sequence[tuple[Profile, str]], folder: Path
) -> list[list[RankedItem]]:
    profiles, moments = [profile for profile, _ in asked], [moment for _, moment in asked]
    return ranker.rank(profiles, moments, folder, _PROTOCOL.size)


def _past(held_out: Sequence[HeldOut]) -> int:
    return sum(bool(held.profile["events"]) for held in held_out)


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
