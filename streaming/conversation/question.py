"""The one question whose answer would change a list most.

Of each field the likeliest answers are those of the postings that rank high now, by the discount of
their places (1 / log2(1 + rank), as in DCG). For each answer the list is made as if it had been
given. The change of a list is the share of its weight that moves to other postings, over a hundred
places. To a question about skills "none of these" is an answer, which changes nothing; its
probability is the share of the postings that ask for none of them. The question with the greatest
expected change is asked (expected value of sample information, Raiffa and Schlaifer 1961, with the
list's change for the utility).
"""

import math
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from streaming.contract.records import SaidField
from streaming.names import comparable
from streaming.serving.catalogue import Catalogue
from streaming.serving.ranker import Profile, RankedItem

Rank = Callable[[Sequence[Profile], int], list[list[RankedItem]]]
PLACES = 10
DEPTH = 100
"""Places of a list that tell the likely answers, and by which a change is measured: almost any
answer about work or places changes all of the first ten."""
ANSWERS = {SaidField.WISHES.value: 3, SaidField.PLACES.value: 3, SaidField.SKILLS.value: 6}
"""Of a question; each costs a list. Of skills people name several."""
ENOUGH = 6
"""Things known of somebody, stated and done, from which on nothing is asked."""


@dataclass(frozen=True)
class Question:
    """A question about one list of the stated part."""

    field: str
    """Of `SaidField`: wishes (the occupation), places or skills."""
    answers: tuple[str, ...]
    """The likeliest, first the one that most postings near the top have."""
    change: float
    """Expected change of the list, from 0 to 1."""


Ask = Callable[[Profile, Catalogue, Rank, Sequence[str], str | None], Question | None]
"""Chooses the question for a profile; the last are the fields asked already, and the language."""


def known_things(profile: Profile) -> int:
    """Return how many things are known of somebody, done and stated."""
    stated = profile.get("stated") or {}
    return len(profile.get("events") or ()) + sum(
        len(stated.get(name) or ()) for name in ("skills", "wishes", "places", "experience", "must")
    )


@dataclass(frozen=True)
class Likely:
    """The likeliest answers about one field, which are not known yet."""

    weights: dict[str, float]
    """By answer, the likeliest first."""
    covered: float
    """The probability that one of them is given, from 0 to 1."""


def best_question(
    profile: Profile,
    catalogue: Catalogue,
    rank: Rank,
    asked: Sequence[str] = (),
    language: str | None = None,
) -> Question | None:
    """Return the question to ask; None where enough is known, or no answer changes anything.

    It costs at most thirteen lists. `asked` are the fields that were asked already; answers are
    taken from postings of the language, where there are some.
    """
    if known_things(profile) >= ENOUGH:
        return None
    [listed] = rank([profile], DEPTH)
    options = {
        field: likely
        for field, likely in likely_answers(profile, catalogue, listed, language).items()
        if field not in asked and len(likely.weights) > 1
    }
    supposed = [
        with_entry(profile, field, answer)
        for field, likely in options.items()
        for answer in likely.weights
    ]
    if not supposed:
        return None
    before = [item["posting_id"] for item in listed]
    lists = iter(rank(supposed, DEPTH))
    questions = [_question(field, likely, before, lists) for field, likely in options.items()]
    best = max(questions, key=lambda one: one.change)
    return best if best.change > 0 else None


def likely_answers(
    profile: Profile,
    catalogue: Catalogue,
    listed: Sequence[RankedItem],
    language: str | None = None,
) -> dict[str, Likely]:
    """Return by field the likeliest answers, from the postings of a list in a language."""
    rows = [catalogue.rows[item["posting_id"]] for item in listed]
    names = ["language", "occupation", "title", "place", "skills"]
    postings = catalogue.table.select(names).take(pa.array(rows, pa.int64())).to_pylist()
    own = [posting for posting in postings if posting["language"] == language] or postings
    stated = profile.get("stated") or {}
    found = {}
    for field, texts_of in _FIELDS.items():
        texts = [texts_of(posting) for posting in own]
        known = {comparable(text) for text in stated.get(field) or ()}
        found[field] = _likely(field, texts, known)
    return found


def _likely(field: str, texts: Sequence[Sequence[str]], known: Collection[str]) -> Likely:
    discounts = [1 / math.log2(1 + place) for place in range(1, len(texts) + 1)]
    weights: dict[str, float] = defaultdict(float)
    for discount, own in zip(discounts, texts, strict=True):
        for text in own:
            if comparable(text) not in known:
                weights[text] += discount
    best = dict(sorted(weights.items(), key=lambda pair: (-pair[1], pair[0]))[: ANSWERS[field]])
    if field != SaidField.SKILLS.value:
        return Likely(best, 1.0)  # somebody can always say another one
    pairs = zip(discounts, texts, strict=True)
    named = sum(discount for discount, own in pairs if not best.keys().isdisjoint(own))
    return Likely(best, named / (sum(discounts) or 1.0))


def with_entry(profile: Profile, field: str, answer: str) -> Profile:
    """Return a profile as if an entry had been stated, too."""
    stated = {"updated_at": profile["as_of"], **(profile.get("stated") or {})}
    return {**profile, "stated": {**stated, field: [*(stated.get(field) or ()), answer]}}


def change_of_list(before: Sequence[str], after: Sequence[str]) -> float:
    """Return how much a list has changed, from 0 to 1: the share of its weight that has moved.

    A place weighs 1 / log2(1 + rank). What a posting weighs in both lists has not moved.
    """
    size = max(len(before), len(after))
    if not size:
        return 0.0
    weights = [1 / math.log2(2 + place) for place in range(size)]
    places = {one: place for place, one in enumerate(before)}
    kept = sum(weights[max(place, places[one])] for place, one in enumerate(after) if one in places)
    return 1 - kept / sum(weights)


def _question(
    field: str, likely: Likely, before: Sequence[str], lists: Iterator[list[RankedItem]]
) -> Question:
    total = sum(likely.weights.values())
    changes = [
        weight / total * change_of_list(before, [item["posting_id"] for item in next(lists)])
        for weight in likely.weights.values()
    ]
    return Question(field, tuple(likely.weights), likely.covered * sum(changes))


def _occupation(posting: Mapping[str, Any]) -> list[str]:
    return [text] if (text := posting["occupation"] or posting["title"]) else []


def _locality(posting: Mapping[str, Any]) -> list[str]:
    place = posting["place"] or {}
    return [text] if (text := place.get("locality") or place.get("region")) else []


def _skills(posting: Mapping[str, Any]) -> list[str]:
    return posting["skills"] or []


_FIELDS: dict[str, Callable[[Mapping[str, Any]], list[str]]] = {
    SaidField.WISHES.value: _occupation,
    SaidField.PLACES.value: _locality,
    SaidField.SKILLS.value: _skills,
}
