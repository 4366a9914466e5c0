"""The best candidates of each posting, kept up to date in bounded work.

Of each posting the best 4 N are kept. When one more comes, the worst is dropped, and its place in
the order is remembered as the cut: all that are better than the cut are known, and worse ones are
not kept. So the first N are exact as long as N are left. Below 2 N the posting is to be filled
again from all (`short`).
"""

import hashlib
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from streaming.contract.reaches import Reach, ReachedPosting

KEPT, LEAST = 4, 2
"""Times the size of a match: how many are kept, and below how many a posting is short."""

Key = tuple[float, bytes]
"""The place of a candidate in the order of a posting: the least key is the best."""


@dataclass(frozen=True)
class Entry:
    """A candidate among the best of a posting."""

    reach: Reach
    posting: ReachedPosting

    @property
    def key(self) -> Key:
        """Higher scores first; equal ones in the order of a hash, which favours nobody."""
        digest = hashlib.blake2b(
            f"{self.posting.posting_id}\0{self.reach.candidate_id}".encode(), digest_size=8
        ).digest()
        return -self.log2_score, digest

    @property
    def log2_score(self) -> float:
        """The binary logarithm of the score as of 1970: its order is that of every moment."""
        if not self.posting.score:
            return -math.inf
        return math.log2(self.posting.score) + self.reach.activity


@dataclass
class _Best:
    entries: dict[str, tuple[Key, Entry]] = field(default_factory=dict)
    """By candidate."""
    cut: Key | None = None
    """The best key that was dropped; None: all are here."""


class MatchIndex:
    """The best candidates of all postings, for matches of at most `size`."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._best: dict[str, _Best] = {}
        self._reached: dict[str, tuple[str, ...]] = {}

    def reached(self, candidate_id: str) -> tuple[str, ...]:
        """Return the postings that a candidate reaches."""
        return self._reached.get(candidate_id, ())

    def postings(self) -> list[str]:
        """Return the postings that somebody reaches."""
        return [posting_id for posting_id, best in self._best.items() if best.entries]

    def update(self, reach: Reach) -> set[str]:
        """Replace what a candidate reaches; return the postings before and after."""
        before = set(self.reached(reach.candidate_id))
        self.note(reach)
        for posting_id in before - {each.posting_id for each in reach.postings}:
            self._best[posting_id].entries.pop(reach.candidate_id, None)
        for each in reach.postings:
            self._put(Entry(reach, each))
        return before | set(self.reached(reach.candidate_id))

    def remove(self, candidate_id: str) -> set[str]:
        """Take a candidate out; return the postings that they reached."""
        reached = set(self._reached.pop(candidate_id, ()))
        for posting_id in reached:
            self._best[posting_id].entries.pop(candidate_id, None)
        return reached

    def note(self, reach: Reach) -> None:
        """Note which postings a candidate reaches, without their place in any of them."""
        self._reached[reach.candidate_id] = tuple(each.posting_id for each in reach.postings)
        if not reach.postings:
            del self._reached[reach.candidate_id]

    def short(self, posting_ids: Iterable[str]) -> list[str]:
        """Return the postings of which too few are left to be sure."""
        return [
            posting_id
            for posting_id in posting_ids
            if (best := self._best.get(posting_id))
            and best.cut is not None
            and len(best.entries) < LEAST * self.size
        ]

    def refill(self, posting_id: str, entries: Iterable[Entry]) -> None:
        """Replace the best of a posting by those among all who reach it."""
        self._best[posting_id] = _Best()
        for entry in entries:
            self._put(entry)

    def top(self, posting_id: str) -> Iterator[Entry]:
        """Yield the best of a posting, at most `size`."""
        best = self._best.get(posting_id, _Best())
        ordered = sorted(best.entries.values(), key=lambda own: own[0])
        yield from (entry for _, entry in ordered[: self.size])

    def _put(self, entry: Entry) -> None:
        best = self._best.setdefault(entry.posting.posting_id, _Best())
        candidate_id, key = entry.reach.candidate_id, entry.key
        if best.cut is not None and key > best.cut:
            best.entries.pop(candidate_id, None)
            return
        best.entries[candidate_id] = key, entry
        if len(best.entries) > KEPT * self.size:
            worst = max(best.entries, key=lambda own: best.entries[own][0])
            best.cut = best.entries.pop(worst)[0]
