"""The one question whose answer would change a list most.

Of each field the likeliest answers are those of the postings that rank high now, by the discount of
their places (1 / log2(1 + rank), as in DCG). For each answer the list is made as if it had been
given. The change of a list is one less the share of its discounted places that hold a posting of
the list before. The question with the greatest expected change is asked (expected value of sample
information, Raiffa and Schlaifer 1961, with the list's change for the utility).
"""

import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
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
"""Places of the list whose postings tell the likely answers."""
ANSWERS = 3
"""Of a question; each costs a list."""
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


def known_things(profile: Profile) -> int:
    """Return how many things are known of somebody, done and stated."""
    stated = profile.get("stated") or {}
    return len(profile.get("events") or ()) + sum(
        len(stated.get(name) or ()) for name in ("skills", "wishes", "places", "experience", "must")
    )


def best_question(
    profile: Profile, catalogue: Catalogue, rank: Rank, asked: Sequence[str] = ()
) -> Question | None:
    """Return the question to ask; None where enough is known, or no answer changes anything.

    It costs at most ten lists. `asked` are the fields that were asked already.
    """
    if known_things(profile) >= ENOUGH:
        return None
    [listed] = rank([profile], DEPTH)
    options = {
        field: answers
        for field, answers in likely_answers(profile, catalogue, listed).items()
        if field not in asked and len(answers) > 1
    }
    supposed = [
        with_entry(profile, field, answer) for field, own in options.items() for answer, _ in own
    ]
    if not supposed:
        return None
    before = [item["posting_id"] for item in listed[:PLACES]]
    lists = iter(rank(supposed, PLACES))
    questions = [_question(field, own, before, lists) for field, own in options.items()]
    best = max(questions, key=lambda one: one.change)
    return best if best.change > 0 else None


def likely_answers(
    profile: Profile, catalogue: Catalogue, listed: Sequence[RankedItem]
) -> dict[str, list[tuple[str, float]]]:
    """Return for each field the likeliest answers with their weights, which are not stated yet."""
    rows = [catalogue.rows[item["posting_id"]] for item in listed]
    table = catalogue.table.select(["occupation", "title", "place", "skills"]).take(
        pa.array(rows, pa.int64())
    )
    weights: dict[str, dict[str, float]] = {name: defaultdict(float) for name in _FIELDS}
    for place, posting in enumerate(table.to_pylist(), start=1):
        for field, texts in _FIELDS.items():
            for text in texts(posting):
                weights[field][text] += 1 / math.log2(1 + place)
    stated = profile.get("stated") or {}
    found = {}
    for field, counter in weights.items():
        known = {comparable(text) for text in stated.get(field) or ()}
        new = [(text, weight) for text, weight in counter.items() if comparable(text) not in known]
        found[field] = sorted(new, key=lambda pair: (-pair[1], pair[0]))[:ANSWERS]
    return found


def with_entry(profile: Profile, field: str, answer: str) -> Profile:
    """Return a profile as if an entry had been stated, too."""
    stated = {"updated_at": profile["as_of"], **(profile.get("stated") or {})}
    return {**profile, "stated": {**stated, field: [*(stated.get(field) or ()), answer]}}


def change_of_list(before: Sequence[str], after: Sequence[str]) -> float:
    """Return how much a list has changed, from 0 to 1; a place counts 1 / log2(1 + rank)."""
    if not after:
        return 1.0 if before else 0.0
    held, weights = set(before), [1 / math.log2(2 + place) for place in range(len(after))]
    kept = sum(weight for weight, one in zip(weights, after, strict=True) if one in held)
    return 1 - kept / sum(weights)


def _question(
    field: str,
    answers: Sequence[tuple[str, float]],
    before: Sequence[str],
    lists: Iterator[list[RankedItem]],
) -> Question:
    total = sum(weight for _, weight in answers)
    changes = [
        weight / total * change_of_list(before, [item["posting_id"] for item in next(lists)])
        for _, weight in answers
    ]
    return Question(field, tuple(text for text, _ in answers), sum(changes))


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
