"""The rules by which postings are left out of a list, and the places of those that only rank lower.

A posting may be in a list by `Catalogue.eligible`; the masks here say which of its rules excludes
it. Of the others, the cap on employers leaves some out, and the rest rank below. How far below is
read from the same list made `DEPTH` long.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from streaming.names import comparable
from streaming.serving.catalogue import Catalogue
from streaming.serving.ranker import Profile, RankedItem
from streaming.timestamps import parse_timestamp
from training.retrieval.employer_cap import max_per_employer

DEPTH = 200
"""Places of the longer list in which the place of a posting is looked up."""
EXAMPLES = 3
"""Postings named for each rule."""


class Rule(StrEnum):
    """Why a posting is not in a list; the first that holds is the one that is told."""

    WITHDRAWN = "withdrawn"
    NOT_YET_OPEN = "not yet open"
    EXPIRED = "expired"
    BLOCKED = "blocked employer"
    HARD_WISH = "hard wish"
    APPLIED = "applied to"
    DISMISSED = "dismissed"
    KNOWN = "viewed or saved"
    CAP = "employer cap"
    BELOW = "ranked below"
    NOT_RETRIEVED = "not retrieved"


MEANINGS: Mapping[Rule, str] = {
    Rule.WITHDRAWN: "its employer has closed it",
    Rule.NOT_YET_OPEN: "it opens after the moment of the list",
    Rule.EXPIRED: "it had expired at the moment of the list",
    Rule.BLOCKED: "the candidate never wants to see its employer",
    Rule.HARD_WISH: "it does not say that it meets what the candidate insists on",
    Rule.APPLIED: "the candidate has applied to it",
    Rule.DISMISSED: "the candidate has dismissed it",
    Rule.KNOWN: "the candidate has viewed or saved it",
    Rule.CAP: "its employer has as many places as one may have",
    Rule.BELOW: "others have a higher score",
    Rule.NOT_RETRIEVED: f"it is not among the first {DEPTH}",
}
UNCHANGEABLE = frozenset({Rule.WITHDRAWN, Rule.NOT_YET_OPEN, Rule.EXPIRED})
"""Rules that no change of a profile can lift."""


@dataclass(frozen=True)
class WhyNot:
    """Why a posting is not in a list."""

    rules: tuple[Rule, ...]
    """Those that leave it out; empty: it is in the list."""
    place: int | None = None
    """Its place in the list, or in the list made longer."""
    score: float | None = None
    last_score: float | None = None
    """The score of the last place of the list, where the longer list has it."""


@dataclass(frozen=True, eq=False)
class ListRules:
    """The rules of one list."""

    catalogue: Catalogue
    profile: Profile
    listed: Sequence[str]
    """Ids of the list's postings, best first."""
    longer: Sequence[RankedItem]
    """The same list, made `DEPTH` long."""
    size: int

    def excluded(self) -> dict[Rule, np.ndarray]:
        """Return for each rule on postings which ones it excludes, (N,) bool; they may overlap."""
        catalogue, profile, as_of = self.catalogue, self.profile, self.profile["as_of"]
        moment = int(parse_timestamp(as_of).timestamp() * 1_000_000)
        stated = profile.get("stated") or {}
        blocked = {comparable(name) for name in stated.get("blocked_employers") or ()} - {""}
        return {
            Rule.WITHDRAWN: ~catalogue.is_open,
            Rule.NOT_YET_OPEN: catalogue.opens > moment,
            Rule.EXPIRED: catalogue.expires < moment,
            Rule.BLOCKED: np.isin(catalogue.employers, list(blocked)),
            Rule.HARD_WISH: ~catalogue.hard_wishes.allowed(stated.get("must") or ()),
            Rule.APPLIED: self._mask(_ids(profile, "applied")),
            Rule.DISMISSED: self._mask(_ids(profile, "dismissed")),
            Rule.KNOWN: self._mask(_ids(profile, "events")),
        }

    def why_not(self, posting_id: str) -> WhyNot:
        """Say why a posting of the catalogue is not in the list."""
        row, places = self.catalogue.rows[posting_id], self._places()
        if posting_id in self.listed:
            return WhyNot((), self.listed.index(posting_id) + 1)
        if rules := tuple(rule for rule, mask in self.excluded().items() if mask[row]):
            if Rule.APPLIED in rules or Rule.DISMISSED in rules:  # also an event, which says less
                rules = tuple(rule for rule in rules if rule is not Rule.KNOWN)
            return WhyNot(rules)
        if posting_id not in places:
            return WhyNot((Rule.NOT_RETRIEVED,))
        place, last = places[posting_id], places.get(self.listed[-1]) if self.listed else None
        rule = Rule.CAP if posting_id in self.capped() else Rule.BELOW
        return WhyNot(
            (rule,),
            place,
            self.longer[place - 1]["score"],
            None if last is None else self.longer[last - 1]["score"],
        )

    def capped(self) -> list[str]:
        """Return the ids that the cap on employers leaves out, best first.

        They stand before a listed posting in the longer list, where the cap is higher, and their
        employer has as many places as it may.
        """
        places, employers = self._places(), self.catalogue.employer_numbers
        rows = self.catalogue.rows
        last = max((places[one] for one in self.listed if one in places), default=0)
        taken = Counter(int(employers[rows[one]]) for one in self.listed)
        most = max_per_employer(self.size)
        full = {employer for employer, count in taken.items() if employer and count >= most}
        return [
            posting_id
            for posting_id, place in places.items()
            if place < last
            and posting_id not in self.listed
            and int(employers[rows[posting_id]]) in full
        ]

    def left_out(self) -> list[dict[str, Any]]:
        """Count the postings of the catalogue that each rule leaves out; each counts once."""
        open_rows, ids = np.ones(len(self.catalogue), dtype=bool), self.catalogue.posting_ids
        counted: list[dict[str, Any]] = []
        for rule, mask in self.excluded().items():
            rows = np.flatnonzero(mask & open_rows)
            counted.append(_count(rule, len(rows), (ids[row] for row in rows[:EXAMPLES])))
            open_rows &= ~mask
        capped = self.capped()
        below = [one for one in self._places() if one not in self.listed and one not in set(capped)]
        further = int(open_rows.sum()) - len(self.listed) - len(capped) - len(below)
        counted.append(_count(Rule.CAP, len(capped), capped))
        counted.append(_count(Rule.BELOW, len(below), below))
        counted.append(_count(Rule.NOT_RETRIEVED, further, ()))
        return [one for one in counted if one["postings"]]

    def _places(self) -> dict[str, int]:
        return {item["posting_id"]: place for place, item in enumerate(self.longer, start=1)}

    def _mask(self, posting_ids: Iterable[str]) -> np.ndarray:
        mask = np.zeros(len(self.catalogue), dtype=bool)
        rows = self.catalogue.rows
        mask[[rows[posting_id] for posting_id in posting_ids if posting_id in rows]] = True
        return mask


def _ids(profile: Profile, part: str) -> set[str]:
    return {entry["posting_id"] for entry in profile.get(part) or ()}


def _count(rule: Rule, postings: int, examples: Iterable[str]) -> dict[str, Any]:
    named = [posting_id for posting_id, _ in zip(examples, range(EXAMPLES), strict=False)]
    return {
        "rule": rule.value,
        "meaning": MEANINGS[rule],
        "postings": postings,
        "examples": named,
    }
