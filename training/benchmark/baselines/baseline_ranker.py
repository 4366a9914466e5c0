"""Baselines asked as models are: their view of a question, and lists made from their scores."""

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from streaming.contract.records import EventKind
from streaming.errors import ModelError
from streaming.serving.catalogue import Catalogue
from streaming.serving.ranker import Profile, RankedItem
from training.benchmark.baselines.content import TEXTS
from training.benchmark.protocols.training_view import (
    NO_POOL,
    SHARED_POOL,
    Cases,
    History,
    Scorer,
    TrainingView,
)
from training.data.dataset import DISMISS, Dataset
from training.evaluation.prequential import HeldOutTurns
from training.evaluation.split import Split
from training.retrieval.employer_cap import capped_top_rows


def view_of(split: Split, *, timed: bool) -> TrainingView:
    """Return the parts of a training as baselines read them; `timed` as `Question.timed`."""
    catalogue = split.training.catalogue
    postings = catalogue.table.to_pylist()
    skills = [tuple(posting.get("skills") or ()) for posting in postings]
    numbers = {skill: n for n, skill in enumerate(sorted({s for own in skills for s in own}))}
    histories = histories_of(split.training, timed=timed)
    final = split.final
    return TrainingView(
        item_names=tuple(catalogue.posting_ids),
        postings=tuple(postings) if any(map(_has_text, postings)) else None,
        attributes=(
            tuple(tuple(sorted({numbers[skill] for skill in own})) for own in skills)
            if numbers
            else None
        ),
        histories=histories,
        final_histories=(
            histories if final is split.training else histories_of(final, timed=timed)
        ),
        validation=cases_of(split.validation, split.training, timed=timed),
    )


def histories_of(dataset: Dataset, *, timed: bool) -> tuple[History, ...]:
    """Return the events of each candidate who has any, dismissals left out."""
    wanted = np.flatnonzero(dataset.kinds != DISMISS)
    ends = np.searchsorted(wanted, dataset.starts).tolist()
    parts = [wanted[first:last] for first, last in pairwise(ends) if first < last]
    return tuple(
        History(
            dataset.postings[own],
            dataset.times[own] if timed else None,
            dataset.durations[own] if timed else None,
        )
        for own in parts
    )


def cases_of(turns: HeldOutTurns, training: Dataset, *, timed: bool) -> Cases:
    """Return the turns of candidates with events; what competes is that of the first turn.

    `training` is what may be trained on before them.
    """
    catalogue = training.catalogue
    histories = [history_of(case.profile, catalogue, timed=timed) for case in turns.cases]
    kept = [turn for turn, history in enumerate(histories) if len(history)]
    seen = np.zeros(len(catalogue), dtype=bool)
    seen[training.postings] = True
    return Cases(
        histories=tuple(histories[turn] for turn in kept),
        targets=np.array([catalogue.rows[turns.cases[t].targets[0]] for t in kept], dtype=np.int64),
        pools=_pools(turns, catalogue),
        seen=seen,
    )


def history_of(profile: Profile, catalogue: Catalogue, *, timed: bool = True) -> History:
    """Return the postings in a profile's events; empty where all are dismissed or unknown."""
    events = [
        event
        for event in profile["events"]
        if event["kind"] != EventKind.DISMISS and event["posting_id"] in catalogue.rows
    ]
    rows = [catalogue.rows[event["posting_id"]] for event in events]
    times = [event["event_time"].removesuffix("Z") for event in events]
    durations = [event.get("duration_seconds", math.nan) for event in events]
    return History(
        np.array(rows, dtype=np.int64),
        np.array(times, dtype="datetime64[us]").astype(np.int64) if timed else None,
        np.array(durations, dtype=np.float32) if timed else None,
    )


def _pools(turns: HeldOutTurns, catalogue: Catalogue) -> np.ndarray:
    """Return the competitors of the first seen and of the first unseen target as pools, (N,)."""
    pools = np.full(len(catalogue), NO_POOL, dtype=np.int8)
    order = np.array([catalogue.rows[own["posting_id"]] for own in turns.marks], dtype=np.int64)
    for pool, own in enumerate((turns.seen, ~turns.seen), start=SHARED_POOL):
        for first, last in turns.own_status[own][:1].tolist():
            pools[order[first:last]] = pool
    return pools


def _has_text(posting: Mapping[str, Any]) -> bool:
    return any(field(posting) for field in TEXTS.values())


class BaselineRanker:
    """Lists of one catalogue by a baseline's scores; a `streaming.serving.ranker.Ranker`.

    Lists keep the rules of the stream. Candidates without events get the most popular postings,
    by `popular`, (N,) float32.
    """

    def __init__(self, scorer: Scorer, catalogue: Catalogue, popular: np.ndarray) -> None:
        self._scorer = scorer
        self._catalogue = catalogue
        self._popular = popular

    def prepare(self, catalogue: Catalogue, folder: Path) -> None:
        """Write nothing: a baseline knows its catalogue."""

    def rank(
        self, profiles: Sequence[Profile], as_of: Sequence[str], folder: Path, size: int
    ) -> list[list[RankedItem]]:
        """Rank the catalogue for each profile; see `Ranker.rank`.

        Raises:
            ModelError: a score is not finite.
        """
        del folder
        histories = [history_of(profile, self._catalogue) for profile in profiles]
        known = [place for place, history in enumerate(histories) if len(history)]
        scores = np.tile(self._popular, (len(profiles), 1))
        if known:
            scores[known] = self._scorer.scores([histories[place] for place in known])
        if not np.isfinite(scores).all():
            raise ModelError(
                f"a baseline gave {(~np.isfinite(scores)).sum()} scores that are not finite; a "
                "list cannot be ordered by them"
            )
        return [
            self._list(own, self._catalogue.eligible(profile, moment), size)
            for own, profile, moment in zip(scores, profiles, as_of, strict=True)
        ]

    def _list(self, scores: np.ndarray, allowed: np.ndarray, size: int) -> list[RankedItem]:
        rows = capped_top_rows(scores, allowed, self._catalogue.employer_numbers, size)
        ids = self._catalogue.posting_ids
        return [
            {"rank": rank, "posting_id": ids[row], "score": float(scores[row]), "reasons": []}
            for rank, row in enumerate(rows.tolist(), start=1)
        ]
