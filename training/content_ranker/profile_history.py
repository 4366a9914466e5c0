"""The recent postings of a profile, weighted in several ways."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np

from streaming.contract.records import EventKind
from streaming.profiles.fold import MAX_EVENTS
from streaming.serving.ranker import Profile
from training.data.dataset import DISMISS, EVENT_KINDS
from training.model.time_encoding import to_microseconds

AGGREGATES = ("newest", "recent", "this session", "wanted", "dismissed")
"""Names of the rows of `ProfileHistory.weights`."""
MOST_STEPS = 20
_WANTED = tuple(
    EVENT_KINDS.index(kind) for kind in (EventKind.SAVE, EventKind.APPLY, EventKind.HIRE)
)
_RECENCY = 0.3
"""A step's weight is e^(-0.3 · age in steps)."""
_SESSION_GAP = 3_600_000_000
"""Microseconds between two events after which a new session begins."""


@dataclass(frozen=True, eq=False)
class ProfileHistory:
    """The n newest distinct postings of a profile (steps), in the order of their newest events."""

    rows: np.ndarray
    """(n,) int64 of the catalogue."""
    times: np.ndarray
    """(n,) int64 microseconds."""
    wanted: np.ndarray
    """(n,) bool: saved, applied to, or hired for."""
    dismissed: np.ndarray
    """(n,) bool."""

    @classmethod
    def of_events(cls, rows: np.ndarray, kinds: np.ndarray, times: np.ndarray) -> Self:
        """Collect events, oldest first: catalogue rows, places in `EVENT_KINDS`, microseconds."""
        newest = {row: place for place, row in enumerate(rows.tolist())}
        kept = np.sort(list(newest.values()))[-MOST_STEPS:].astype(np.int64)
        own = rows[kept]
        return cls(
            own,
            times[kept],
            np.isin(own, rows[np.isin(kinds, _WANTED)]),
            np.isin(own, rows[kinds == DISMISS]),
        )

    @classmethod
    def of_profile(cls, profile: Profile, rows: Mapping[str, int]) -> Self:
        """Read a value of the topic `profiles`; events of unknown postings are skipped."""
        known = [e for e in profile.get("events") or () if e["posting_id"] in rows]
        events = known[-MAX_EVENTS:]
        return cls.of_events(
            np.array([rows[event["posting_id"]] for event in events], dtype=np.int64),
            np.array([EVENT_KINDS.index(event["kind"]) for event in events], dtype=np.int64),
            np.array([to_microseconds(event["event_time"]) for event in events], dtype=np.int64),
        )

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def is_scorable(self) -> bool:
        """Whether a posting is left that was not dismissed."""
        return bool((~self.dismissed).any())

    @cached_property
    def recency(self) -> np.ndarray:
        """(n,) float32: weights by recency, 0 for dismissed postings."""
        real = ~self.dismissed
        ages = np.cumsum(real[::-1])[::-1] - 1
        return np.asarray(np.exp(-_RECENCY * ages) * real, dtype=np.float32)

    @property
    def weights_alone(self) -> np.ndarray:
        """(aggregates, n) float32: what `weights` would be if each step were the only one."""
        real = ~self.dismissed
        weights = np.stack([real, real, real, self.wanted & real, self.dismissed])
        return weights.astype(np.float32)

    @cached_property
    def weights(self) -> np.ndarray:
        """(aggregates, n) float32: weights of the steps in each of `AGGREGATES`, sum 1 or 0."""
        real, place = ~self.dismissed, np.arange(len(self))
        newest = real & (place == place[real].max(initial=-1))
        gaps = np.diff(self.times, append=self.times[-1:]) > _SESSION_GAP
        session = real & (np.cumsum(gaps[::-1])[::-1] == 0)
        weights = np.stack([newest, self.recency, session, self.wanted & real, self.dismissed])
        weights = weights.astype(np.float32)
        return np.asarray(weights / np.maximum(weights.sum(axis=1, keepdims=True), 1e-12))
