"""Counterfactuals: the list without an event, and the smallest change that brings a posting in.

Each changed profile is folded (`CandidateHistory`) and each changed list is really ranked. The
search tries single changes, then pairs of those that brought the posting nearest. The changes are
made of the posting's own words and of postings that resemble it; others are not tried.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from jobs.explaining.candidate_history import CandidateHistory
from jobs.explaining.rules import DEPTH, Rule
from streaming.names import comparable
from streaming.profiles.fold import Document
from streaming.serving.bundles import Bundle
from streaming.serving.catalogue import Catalogue
from streaming.serving.list_values import anonymous_profile, make_recommendations

KINDS = ("view", "save")
"""Of events that are tried."""
LIKE_IT, OF_ITS_EMPLOYER, SKILLS = 4, 2, 5
"""Postings that resemble the wanted one, postings of its employer, and skills that are tried."""
PAIRED = 8
"""Single changes of which pairs are made."""
_ON_POSTING = frozenset({Rule.APPLIED, Rule.DISMISSED, Rule.KNOWN})
_COMPARED = ("posting_id", "title", "occupation", "employer", "skills")


@dataclass(frozen=True)
class Addition:
    """An event that is added to a profile, or an entry of its stated part."""

    field: str
    """A kind of event, or a list of the stated part."""
    value: str
    """The posting, or the entry."""

    @property
    def text(self) -> str:
        """The addition in words."""
        if self.field in KINDS:
            return f"a {self.field} of {self.value}"
        return f"stated {self.field}: {self.value}"

    def to(self, history: CandidateHistory, as_of: str) -> CandidateHistory:
        """Add it to a history, at a moment."""
        if self.field in KINDS:
            return history.with_event(self.field, self.value, as_of)
        return history.with_stated(self.field, self.value, as_of)


@dataclass(frozen=True)
class Change:
    """A changed history."""

    history: CandidateHistory
    texts: tuple[str, ...] = ()
    """What is changed, a text for each single change."""

    def plus(self, addition: Addition, as_of: str) -> "Change":
        """Add something more."""
        return Change(addition.to(self.history, as_of), (*self.texts, addition.text))


@dataclass(frozen=True)
class Search:
    """The outcome of a search."""

    tried: int
    """Changed profiles for which a list was made."""
    found: tuple[tuple[Change, int], ...]
    """Changes of the smallest size that bring the posting in, and its place then."""

    def report(self) -> dict[str, Any]:
        """Return it as JSON."""
        changes = [{"changes": list(one.texts), "place": place} for one, place in self.found]
        return {"tried": self.tried, "smallest": changes}


@dataclass(frozen=True, eq=False)
class Searcher:
    """Searches for the smallest change that brings a posting into a list."""

    history: CandidateHistory
    as_of: str
    """The moment of the list, at which things are added."""
    bundle: Bundle
    catalogue: Catalogue
    size: int

    def search(self, posting_id: str, rules: Sequence[Rule]) -> Search:
        """Try changes, the smallest first.

        Args:
            posting_id: of the catalogue.
            rules: that leave the posting out now, none of them unchangeable.
        """
        lifted, tried = self._lift(posting_id, rules), 0
        if lifted.texts:
            tried = 1
            if found := self._bring_in(posting_id, [lifted]):
                return Search(tried, found)
        additions = list(self._additions(posting_id))
        singles = [lifted.plus(one, self.as_of) for one in additions]
        tried += len(singles)
        if found := self._bring_in(posting_id, singles):
            return Search(tried, found)
        places = self._places(posting_id, singles, DEPTH)
        nearest = sorted(range(len(singles)), key=lambda one: places[one] or DEPTH + 1)[:PAIRED]
        pairs = [
            singles[one].plus(additions[other], self.as_of)
            for one, other in combinations(sorted(nearest), 2)
        ]
        return Search(tried + len(pairs), self._bring_in(posting_id, pairs))

    def _lift(self, posting_id: str, rules: Sequence[Rule]) -> Change:
        """Take out of the profile what leaves the posting out by a rule."""
        change = Change(self.history)
        if _ON_POSTING & set(rules):
            left = change.history.without_posting(posting_id)
            change = Change(left, (f"no event with {posting_id}",))
        if Rule.BLOCKED in rules and self.history.stated:
            employer = self.catalogue.employers[self.catalogue.rows[posting_id]]
            stated = self.history.stated.stated.get("blocked_employers") or ()
            names = [name for name in stated if comparable(name) == employer]
            left = change.history.without_stated("blocked_employers", names)
            change = Change(left, (*change.texts, f"{names[0]} is not blocked"))
        return change

    def _additions(self, posting_id: str) -> Iterator[Addition]:
        """Yield what is tried: entries of the posting that are not stated, and events."""
        row = self.catalogue.rows[posting_id]
        [posting] = self.catalogue.table.slice(row, 1).to_pylist()
        stated = self.history.stated.stated if self.history.stated else {}
        for addition in stated_entries(posting):
            if addition.value not in (stated.get(addition.field) or ()):
                yield addition
        known = {event.posting_id for event in self.history.events} | {posting_id}
        similar = similar_postings(self.catalogue, posting, known)
        for kind in KINDS:
            yield from (Addition(kind, one) for one in similar)

    def _bring_in(
        self, posting_id: str, changes: Sequence[Change]
    ) -> tuple[tuple[Change, int], ...]:
        places = self._places(posting_id, changes, self.size)
        found = [(one, place) for one, place in zip(changes, places, strict=True) if place]
        return tuple(sorted(found, key=lambda pair: pair[1]))

    def _places(self, posting_id: str, changes: Sequence[Change], size: int) -> list[int | None]:
        """Rank for each changed profile; return the place of the posting, None for none."""
        profiles = [change.history.profile() for change in changes]
        kept = [profile for profile in profiles if profile is not None]
        made = iter(make_recommendations(kept, self.bundle, size) if kept else ())
        lists = [[] if profile is None else next(made)["items"] for profile in profiles]
        return [
            next((item["rank"] for item in items if item["posting_id"] == posting_id), None)
            for items in lists
        ]


def list_without_event(
    history: CandidateHistory, event_id: str, bundle: Bundle, size: int
) -> Mapping[str, Any]:
    """Make the list of a profile that is folded without an event.

    Somebody of whom nothing is left gets the list of anonymous visitors, for the same moment.

    Raises:
        InputError: the profile would be the same without the event.
    """
    profile = history.without_event(event_id).profile()
    if profile is None:
        before: Document = history.profile() or {}
        profile = dict(anonymous_profile(before["as_of"]))
    return make_recommendations([profile], bundle, size)[0]


def moves(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return each posting of two lists with its place in both; None where it has none."""
    old, new = (
        {item["posting_id"]: item["rank"] for item in value["items"]} for value in (before, after)
    )
    ids = sorted({**new, **old}, key=lambda one: (new.get(one, len(new) + 1), old.get(one, 0)))
    return [{"posting_id": one, "before": old.get(one), "after": new.get(one)} for one in ids]


def stated_entries(posting: Mapping[str, Any]) -> Iterator[Addition]:
    """Yield what a candidate could state to be like a posting."""
    for name in ("occupation", "title"):
        if value := posting.get(name):
            yield Addition("wishes", value)
    for skill in (posting.get("skills") or ())[:SKILLS]:
        yield Addition("skills", skill)
    place = posting.get("place") or {}
    if value := place.get("locality") or place.get("region") or place.get("country"):
        yield Addition("places", value)


def similar_postings(
    catalogue: Catalogue, posting: Mapping[str, Any], known: frozenset[str] | set[str]
) -> list[str]:
    """Return the unknown postings that share most words with one, then some of its employer."""
    names = [name for name in _COMPARED if name in catalogue.table.column_names]
    own, employer = _words(posting), comparable(posting.get("employer"))
    others = [
        row for row in catalogue.table.select(names).to_pylist() if row["posting_id"] not in known
    ]
    ranked = sorted(others, key=lambda row: (-_likeness(own, _words(row)), row["posting_id"]))
    colleagues = [row for row in ranked if employer and comparable(row["employer"]) == employer]
    chosen = [*ranked[:LIKE_IT], *colleagues[:OF_ITS_EMPLOYER]]
    return list(dict.fromkeys(row["posting_id"] for row in chosen))


def _words(posting: Mapping[str, Any]) -> frozenset[str]:
    """Pairs of letters of the title, which need no language, and whole fields."""
    title = comparable(posting.get("title"))
    fields = [posting.get("occupation"), *(posting.get("skills") or ())]
    whole = {comparable(field) for field in fields if field}
    return frozenset({title[at : at + 2] for at in range(len(title) - 1)} | whole)


def _likeness(own: frozenset[str], other: frozenset[str]) -> float:
    return len(own & other) / max(1, len(own | other))
