"""Why a posting is in a list, in words. Whatever a reason names is true of the texts.

What carried a posting is measured: steps of the profile are hidden in turn, and the one without
which the posting is least probable is named (`training.removal`). The words are then looked up in
the texts; where that step shares nothing nameable with the posting, the reason says so.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from typing import Any

from streaming.ranking import Profile
from streaming.records import EventKind, ReasonKind
from training.decoding import Emission
from training.features import StatedStep
from training.named import Named, folded, words_in
from training.phrases import Phrases, phrases
from training.prepared import PreparedCatalogue
from training.reading import Part, PastEvent
from training.tokens import clean, is_chinese

_MOST_WORDS = 4
_MOST_STATED = 3
_MOST_KEPT = 64
"""Texts whose language is kept: as many as there are profiles in a call."""

Reason = dict[str, Any]


def explain(
    prepared: PreparedCatalogue, parts: Sequence[Part], emission: Emission, profile: Profile
) -> list[Reason]:
    """Give the reasons of one place of a list, the strongest first.

    Args:
        prepared: the catalogue.
        parts: what the profile's steps stand for.
        emission: the posting, and what it would lose without each step.
        profile: tells the language.

    Returns:
        One or two values of `records.Reason`: at most one for events and one for the stated part.
    """
    item = prepared.named(emission.row)
    said = phrases(_language(profile, item.posting))
    strongest, *others = _by_strength(parts, emission)
    stated, events = (
        [parts[place] for place in (strongest, *others) if isinstance(parts[place], kind)]
        for kind in (StatedStep, PastEvent)
    )
    made = (
        _stated_reason(stated, item, prepared.words(emission.row), said),
        _event_reason(prepared, events, item, said),
    )
    found = [one for one in made if one is not None]
    first = [reason for part, reason in found if part is parts[strongest]]
    kind = type(parts[strongest])
    second = [reason for part, reason in found if not isinstance(part, kind)]
    return [*(first or [_nearest(prepared, parts[strongest], said)]), *second]


def _by_strength(parts: Sequence[Part], emission: Emission) -> list[int]:
    """Order the places of the steps that carry the posting, the strongest first; at least one.

    Those tried come by what the posting loses without them, then the others by what they add. A
    dismissal carries nothing, nor does a step without which the posting is more probable.
    """
    # As lists: a profile has few steps, and each call of NumPy costs as much as sorting them.
    added, lost = emission.added.tolist(), emission.lost.tolist()
    order = sorted(range(len(parts)), key=lambda place: (-lost[place], -added[place]))
    real = [place for place in order if parts[place].kind != EventKind.DISMISS] or order
    worth = [adds if loses == -math.inf else loses for adds, loses in zip(added, lost, strict=True)]
    return [real[0], *(place for place in real[1:] if worth[place] > 0)]


def _stated_reason(
    parts: Sequence[Part], item: Named, known: frozenset[str], said: Phrases
) -> tuple[Part, Reason] | None:
    """Name the strongest stated entry that shares words with the posting.

    Where its every word stands there, other such entries are named with it.
    """
    stated = [part for part in parts if isinstance(part, StatedStep)]
    whole = [part for part in stated if _stands_in(part, known, item.place)]
    for part in stated:
        if part in whole:
            texts = [one.text.strip() for one in whole[whole.index(part) :]]
            texts = list(dict.fromkeys(texts))[:_MOST_STATED]
            return part, _reason(ReasonKind.STATED, said.name(said.fits, texts), words=texts)
        shared = words_in(part.text) & known
        if shared and part.kind != "place":
            told = _in_order(part.text, shared)
            return part, _reason(ReasonKind.STATED, said.name(said.mentions, told), words=told)
    return None


def _stands_in(part: StatedStep, known: frozenset[str], place: str) -> bool:
    """Tell whether a posting says all that an entry does; `place` is its own, folded."""
    if part.kind == "place":
        return bool(folded(part.text)) and folded(part.text) in place
    asked = words_in(part.text)
    return bool(asked) and asked <= known and part.kind != "background"


def _event_reason(
    prepared: PreparedCatalogue, parts: Sequence[Part], item: Named, said: Phrases
) -> tuple[Part, Reason] | None:
    """Name the strongest earlier posting that shares something nameable."""
    for part in parts:
        if not isinstance(part, PastEvent) or part.kind == EventKind.DISMISS:
            continue
        earlier = prepared.named(part.row)
        facts, found = _shared(earlier, item, said)
        if facts:
            text = said.because.format(_event(part, earlier, said), "; ".join(facts))
            return part, _reason(ReasonKind.EVENT, text, earlier.posting["posting_id"], found)
    return None


def _shared(earlier: Named, item: Named, said: Phrases) -> tuple[list[str], list[str]]:
    """Find what two postings have in common: facts in words, and the words they rest on."""
    facts: list[str] = []
    found = [spelt for name, spelt in item.skills if name in earlier.asks][:_MOST_WORDS]
    if found:
        facts.append(said.name(said.both_ask, found))
    else:
        title = item.posting["title"]
        found = _in_order(title, words_in(earlier.posting["title"]) & words_in(title))
        if found:
            facts.append(said.name(said.both_say, found))
    alike = bool(found)
    if item.employer is not None and item.employer == earlier.employer:
        found.append(item.posting["employer"])
        facts.append(said.same_employer.format(found[-1]))
    if item.locality is not None and item.locality == earlier.locality:
        found.append(item.posting["place"]["locality"])
        facts.append(said.same_place.format(found[-1]))
    if not alike and item.occupation is not None and item.occupation == earlier.occupation:
        found.append(item.posting["occupation"])
        facts.append(said.same_occupation.format(found[-1]))
    return facts, found


def _nearest(prepared: PreparedCatalogue, part: Part, said: Phrases) -> Reason:
    """Say what the posting came closest to, where nothing that can be named is shared."""
    if isinstance(part, StatedStep):
        return _reason(ReasonKind.STATED, said.close_to.format(part.text.strip()))
    earlier = prepared.named(part.row)
    text = said.similar.format(_event(part, earlier, said))
    return _reason(ReasonKind.EVENT, text, earlier.posting["posting_id"])


def _event(part: PastEvent, earlier: Named, said: Phrases) -> str:
    """Recall what was done."""
    return said.tell(part.kind, earlier.posting["title"], earlier.posting.get("employer"))


def _reason(
    kind: ReasonKind, text: str, posting_id: str | None = None, words: Sequence[str] = ()
) -> Reason:
    return {"kind": str(kind), "text": text, "posting_id": posting_id, "words": list(words)}


def _in_order(text: str, words: Collection[str]) -> list[str]:
    """Words in the order of a text, at most a few, without those inside a longer one."""
    if not words:
        return []
    outer = [word for word in words if not any(word != o and word in o for o in words)]
    return sorted(outer, key=lambda word: (clean(text).find(word), word))[:_MOST_WORDS]


def _language(profile: Profile, item: Mapping[str, Any]) -> str:
    """The language the candidate states, else that of what they wrote, else the posting's."""
    stated = profile.get("stated") or {}
    if stated.get("language"):
        return str(stated["language"])
    written = " ".join([*(stated.get("skills") or ()), *(stated.get("wishes") or ())])
    if written:
        return "zh" if _is_chinese(written) else "en"
    return str(item.get("language") or ("zh" if is_chinese(item["title"]) else "en"))


@lru_cache(maxsize=_MOST_KEPT)
def _is_chinese(text: str) -> bool:
    return is_chinese(text)
