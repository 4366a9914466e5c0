"""The most-popular baseline: popular and fresh postings, the same for everybody.

It is version 1 of the registered model and the first champion, so that the stream serves before
anything is trained. Every trained model has to beat it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Self

import numpy as np
import pandas as pd

from streaming.serving.catalogue import ALWAYS, Catalogue
from streaming.serving.ranker import Profile, RankedItem
from streaming.timestamps import parse_timestamp
from training.data.popularity_counts import PopularityCounts, decay
from training.explanation.popularity_reasons import popularity_reasons
from training.retrieval.employer_cap import capped_top_rows

FRESHNESS_HALF_LIFE_DAYS = 3.0
"""At this age a posting is half as fresh as a new one."""

UNDATED_AGE_DAYS = 365.0
"""The age of a posting that has no date."""

_DAY = 86_400e6  # microseconds
_COUNTS_FILE = "counts.parquet"
_CATALOGUE_FILE = "catalogue.parquet"
_WEIGHTS_FILE = "weights.npy"
_MADE_AT_FILE = "made_at.txt"


class MostPopularRanker:
    """A `streaming.serving.ranker.Ranker` that gives everybody the popular fresh postings.

    Without counts the freshest postings lead.
    """

    def __init__(self, counts: PopularityCounts | None = None) -> None:
        self.counts = counts or PopularityCounts.none()

    @property
    def packages(self) -> tuple[str, ...]:
        """Packages beyond those that this kind of ranker always needs: none."""
        return ()

    @classmethod
    def fit(cls, events: pd.DataFrame, as_of: str) -> Self:
        """Count the events up to a time (`PopularityCounts.of`)."""
        return cls(PopularityCounts.of(events, as_of))

    def save(self, folder: Path) -> None:
        """Write everything `load` needs into an existing folder."""
        self.counts.write(folder / _COUNTS_FILE)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote."""
        return cls(PopularityCounts.read(folder / _COUNTS_FILE))

    def prepare(self, catalogue: Catalogue, folder: Path) -> None:
        """Write the catalogue and its postings' weights into an empty folder."""
        catalogue.write(folder / _CATALOGUE_FILE)
        np.save(folder / _WEIGHTS_FILE, self.counts.aligned(catalogue))
        (folder / _MADE_AT_FILE).write_text(self.counts.made_at or "", encoding="utf-8")

    def rank(
        self, profiles: Sequence[Profile], as_of: Sequence[str], folder: Path, size: int
    ) -> list[list[RankedItem]]:
        """Rank a prepared catalogue for each profile; see `Ranker.rank`."""
        prepared = _open(folder, (folder / _MADE_AT_FILE).stat().st_mtime_ns)
        return [
            prepared.ranked_items(profile, own_time, size)
            for profile, own_time in zip(profiles, as_of, strict=True)
        ]


@dataclass(frozen=True, eq=False)
class _Prepared:
    """A prepared folder, opened."""

    catalogue: Catalogue
    weights: np.ndarray
    """(N,) float64, at `made_at`."""
    made_at: str | None

    def ranked_items(self, profile: Profile, as_of: str, size: int) -> list[RankedItem]:
        """Rank the catalogue for one profile."""
        scores = popularity_scores(self.catalogue, self.weights, self.made_at, as_of)
        allowed = self.catalogue.eligible(profile, as_of)
        rows = capped_top_rows(scores, allowed, self.catalogue.employer_numbers, size)
        language = (profile.get("stated") or {}).get("language") or "en"
        return [
            self._item(rank, row, float(scores[row]), as_of, language)
            for rank, row in enumerate(rows.tolist(), start=1)
        ]

    def _item(self, rank: int, row: int, score: float, as_of: str, language: str) -> RankedItem:
        weight = float(self.weights[row]) * decay(self.made_at, as_of)
        expires = self.catalogue.valid_through(row)
        return {
            "rank": rank,
            "posting_id": self.catalogue.posting_ids[row],
            "score": score,
            **({} if expires is None else {"valid_through": expires}),
            "reasons": popularity_reasons(self.catalogue, row, weight, as_of, language),
        }


@lru_cache(maxsize=4)
def _open(folder: Path, stamp: int) -> _Prepared:
    """Open a prepared folder once in a process; `stamp` changes when it is written again."""
    del stamp
    made_at = (folder / _MADE_AT_FILE).read_text(encoding="utf-8")
    weights = np.load(folder / _WEIGHTS_FILE, mmap_mode="r")
    return _Prepared(Catalogue.read(folder / _CATALOGUE_FILE), weights, made_at or None)


def popularity_scores(
    catalogue: Catalogue, weights: np.ndarray, made_at: str | None, as_of: str
) -> np.ndarray:
    """Score every posting by popularity and freshness, (N,) float64 above 0.

    The score is (1 + log(1 + weight)) / (1 + age / half-life): a popular posting leads until it is
    old. Whether a posting may be shown is not decided here (`Catalogue.eligible`). `weights`, (N,)
    float64, are those of `PopularityCounts.aligned` at `made_at`.
    """
    now = parse_timestamp(as_of).timestamp() * 1e6
    opens = catalogue.opens.astype(np.float64)
    age_days = np.where(opens == ALWAYS, UNDATED_AGE_DAYS, np.maximum(now - opens, 0.0) / _DAY)
    popularity = 1.0 + np.log1p(weights * decay(made_at, as_of))
    return popularity / (1.0 + age_days / FRESHNESS_HALF_LIFE_DAYS)
