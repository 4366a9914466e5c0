"""The most-popular baseline: what is popular and fresh, the same for everybody.

It is version 1 of the registered model and the first champion, so that the stream serves before
anything is trained; and it is what every trained model has to beat.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd

from streaming.contract.records import ReasonKind
from streaming.serving.catalogue import ALWAYS, Catalogue
from streaming.serving.ranker import Profile, RankedItem
from streaming.timestamps import from_text, to_text
from training.data.popularity_counts import Counts, decay
from training.ranking.employer_cap import best_rows

FRESH_HALF_DAYS = 3.0
"""At this age a posting is half as fresh as a new one."""

UNDATED_DAYS = 365.0
"""The age of a posting that has no date."""

FRESH_DAYS = 30.0
"""Up to this age a posting is called new."""

_DAY = 86_400e6  # microseconds
_COUNTS_FILE = "counts.parquet"
_CATALOGUE_FILE = "catalogue.parquet"
_WEIGHTS_FILE = "weights.npy"
_MADE_AT_FILE = "made_at.txt"


def popular_scores(catalogue: Catalogue, counts: Counts, as_of: str) -> np.ndarray:
    """Score every posting by popularity and freshness at a moment, (N,) float64 above 0.

    (1 + log(1 + weight)) x freshness, freshness falling with age as 1 / (1 + age / half-life):
    without counts the freshest lead, and a popular posting leads until it is old. Whether a
    posting may be shown is not decided here (`Catalogue.eligible`).
    """
    return _scores(catalogue, counts.aligned(catalogue), counts.made_at, as_of)


class MostPopularRanker:
    """A `streaming.serving.ranker.Ranker` that gives everybody the popular fresh postings.

    Args:
        counts: what is popular; none at all is a valid start.
    """

    def __init__(self, counts: Counts | None = None) -> None:
        self.counts = counts or Counts.none()

    @property
    def packages(self) -> tuple[str, ...]:
        """None but those that it always needs."""
        return ()

    @classmethod
    def fit(cls, events: pd.DataFrame, as_of: str) -> Self:
        """Count the events up to a moment (`Counts.of`)."""
        return cls(Counts.of(events, as_of))

    def save(self, folder: Path) -> None:
        """Write everything `load` needs into an existing folder."""
        self.counts.write(folder / _COUNTS_FILE)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote."""
        return cls(Counts.read(folder / _COUNTS_FILE))

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
            prepared.items(profile, moment, size)
            for profile, moment in zip(profiles, as_of, strict=True)
        ]


@dataclass(frozen=True, eq=False)
class _Prepared:
    """A prepared folder, opened."""

    catalogue: Catalogue
    weights: np.ndarray
    made_at: str | None

    def items(self, profile: Profile, as_of: str, size: int) -> list[RankedItem]:
        """Rank the catalogue for one profile."""
        scores = _scores(self.catalogue, self.weights, self.made_at, as_of)
        allowed = self.catalogue.eligible(profile, as_of)
        rows = best_rows(scores, allowed, self.catalogue.employer_numbers, size)
        language = (profile.get("stated") or {}).get("language") or "en"
        left = decay(self.made_at, as_of)
        return [
            ranked_item(
                self.catalogue,
                rank,
                row,
                float(scores[row]),
                popular_reasons(
                    self.catalogue, row, float(self.weights[row]) * left, as_of, language
                ),
            )
            for rank, row in enumerate(rows.tolist(), start=1)
        ]


@lru_cache(maxsize=4)
def _open(folder: Path, stamp: int) -> _Prepared:
    """Open a prepared folder once per process; `stamp` tells a folder written anew."""
    del stamp
    made_at = (folder / _MADE_AT_FILE).read_text(encoding="utf-8")
    weights = np.load(folder / _WEIGHTS_FILE, mmap_mode="r")
    return _Prepared(Catalogue.read(folder / _CATALOGUE_FILE), weights, made_at or None)


def ranked_item(
    catalogue: Catalogue, rank: int, row: int, score: float, reasons: list[dict[str, Any]]
) -> RankedItem:
    """Write one place of a list as a value of `records.Item`; what is absent is left out."""
    expires = catalogue.valid_through(row)
    return {
        "rank": rank,
        "posting_id": catalogue.posting_ids[row],
        "score": score,
        **({} if expires is None else {"valid_through": expires}),
        "reasons": reasons,
    }


def popular_reasons(
    catalogue: Catalogue, row: int, weight: float, as_of: str, language: str
) -> list[dict[str, Any]]:
    """Say why a posting is in a list that knows nothing of the candidate.

    Args:
        catalogue: where the posting stands.
        row: its row.
        weight: its weight in `Counts` at `as_of`; from 1 up it is called popular.
        as_of: the moment its age is taken at.
        language: ISO 639-1; Chinese for zh, English for any other.

    Returns:
        At least one value of `records.Reason`.
    """
    chinese = language.casefold().startswith("zh")
    posted = catalogue.table.column("date_posted")[row].as_py()
    day = None if posted is None else to_text(posted)[:10]
    is_new = posted is not None and from_text(as_of) - posted <= timedelta(days=FRESH_DAYS)
    reasons = []
    if weight >= 1:
        text = "近期有其他求职者关注该职位" if chinese else "popular with other candidates lately"
        reasons.append((ReasonKind.POPULAR, text))
    if is_new:
        reasons.append((ReasonKind.FRESH, f"{day} 新发布" if chinese else f"new: posted on {day}"))
    if not reasons and day:
        text = f"{day} 发布, 仍在招聘" if chinese else f"posted on {day}, still open"
        reasons.append((ReasonKind.FRESH, text))
    if not reasons:
        reasons.append((ReasonKind.FRESH, "正在招聘" if chinese else "open for applications"))
    return [{"kind": str(kind), "text": text} for kind, text in reasons]


def _scores(
    catalogue: Catalogue, weights: np.ndarray, made_at: str | None, as_of: str
) -> np.ndarray:
    moment = from_text(as_of).timestamp() * 1e6
    opens = catalogue.opens.astype(np.float64)
    age = np.where(opens == ALWAYS, UNDATED_DAYS, np.maximum(moment - opens, 0.0) / _DAY)
    popularity = 1.0 + np.log1p(weights * decay(made_at, as_of))
    return popularity / (1.0 + age / FRESH_HALF_DAYS)
