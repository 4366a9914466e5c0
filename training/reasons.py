"""Why a posting is in a list, in words. Whatever a reason names is true of the texts.

What carried a posting is measured: steps of the profile are hidden in turn, and the one without
which the posting is least probable is named (`training.removal`). The words are then looked up in
the texts; where that step shares nothing nameable with the posting, the reason says so.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from streaming.ranking import Profile
from streaming.records import EventKind, ReasonKind
from training.decoding import Emission
from training.features import StatedStep
from training.phrases import Phrases, phrases
from training.prepared import PreparedCatalogue
from training.reading import Part, PastEvent
from training.tokens import clean, is_chinese, tokens

_MOST_WORDS = 4
_MOST_STATED = 3
_MOST_KEPT = 16_384
"""Short texts, titles and what people state, whose words are kept: most are met again."""

Posting = Mapping[str, Any]
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
    item, words = prepared.posting(emission.row), prepared.words(emission.row)
    said = phrases(_language(profile, item))
    strongest, *others = _by_strength(parts, emission)
    stated, events = (
        [parts[place] for place in (strongest, *others) if isinstance(parts[place], kind)]
        for kind in (StatedStep, PastEvent)
    )
    made = (_stated_reason(stated, item, words, said), _event_reason(prepared, events, item, said))
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
    order = np.lexsort((-emission.added, -emission.lost)).tolist()
    real = [place for place in order if parts[place].kind != EventKind.DISMISS] or order
    tried = np.isfinite(emission.lost)
    worth = np.where(tried, emission.lost, emission.added)
    return [real[0], *(place for place in real[1:] if worth[place] > 0)]


def _stated_reason(
    parts: Sequence[Part], item: Posting, words: frozenset[str], said: Phrases
) -> tuple[Part, Reason] | None:
    """Name the strongest stated entry that shares words with the posting.

    Where its every word stands there, other such entries are named with it.
    """
    place = _folded(" ".join(filter(None, (item.get("place") or {}).values())))
    stated = [part for part in parts if isinstance(part, StatedStep)]
    whole = [part for part in stated if _stands_in(part, words, place)]
    for part in stated:
        if part in whole:
            named = [one.text.strip() for one in whole[whole.index(part) :]]
            named = list(dict.fromkeys(named))[:_MOST_STATED]
            return part, _reason(ReasonKind.STATED, said.name(said.fits, named), words=named)
        shared = _words(part.text) & words
        if shared and part.kind != "place":
            told = _in_order(part.text, shared)
            return part, _reason(ReasonKind.STATED, said.name(said.mentions, told), words=told)
    return None


def _stands_in(part: StatedStep, words: frozenset[str], place: str) -> bool:
    """Tell whether a posting says all that an entry does; `place` is its own, folded."""
    if part.kind == "place":
        return bool(_folded(part.text)) and _folded(part.text) in place
    asked = _words(part.text)
    return bool(asked) and asked <= words and part.kind != "background"


def _event_reason(
    prepared: PreparedCatalogue, parts: Sequence[Part], item: Posting, said: Phrases
) -> tuple[Part, Reason] | None:
    """Name the strongest earlier posting that shares something nameable."""
    for part in parts:
        if not isinstance(part, PastEvent) or part.kind == EventKind.DISMISS:
            continue
        earlier = prepared.posting(part.row)
        facts, words = _shared(earlier, item, said)
        if facts:
            event = said.tell(part.kind, earlier["title"], earlier.get("employer"))
            text = said.because.format(event, "; ".join(facts))
            return part, _reason(ReasonKind.EVENT, text, earlier["posting_id"], words)
    return None


def _shared(earlier: Posting, item: Posting, said: Phrases) -> tuple[list[str], list[str]]:
    """Find what two postings have in common: facts in words, and the words they rest on."""
    facts: list[str] = []
    skills = _common(earlier.get("skills") or (), item.get("skills") or ())[:_MOST_WORDS]
    titles = _in_order(item["title"], _words(earlier["title"]) & _words(item["title"]))
    words = skills or titles
    if skills:
        facts.append(said.name(said.both_ask, skills))
    elif titles:
        facts.append(said.name(said.both_say, titles))
    employers = _common([earlier.get("employer")], [item.get("employer")])
    localities = _common(
        [(earlier.get("place") or {}).get("locality")], [(item.get("place") or {}).get("locality")]
    )
    if employers:
        facts.append(said.same_employer.format(employers[0]))
    if localities:
        facts.append(said.same_place.format(localities[0]))
    occupations = _common([earlier.get("occupation")], [item.get("occupation")])
    if not words and occupations:
        facts.append(said.same_occupation.format(occupations[0]))
    return facts, [*words, *employers, *localities, *([] if words else occupations)]


def _nearest(prepared: PreparedCatalogue, part: Part, said: Phrases) -> Reason:
    """Say what the posting came closest to, where nothing that can be named is shared."""
    if isinstance(part, StatedStep):
        return _reason(ReasonKind.STATED, said.close_to.format(part.text.strip()))
    earlier = prepared.posting(part.row)
    event = said.tell(part.kind, earlier["title"], earlier.get("employer"))
    return _reason(ReasonKind.EVENT, said.similar.format(event), earlier["posting_id"])


def _reason(
    kind: ReasonKind, text: str, posting_id: str | None = None, words: Sequence[str] = ()
) -> Reason:
    return {"kind": str(kind), "text": text, "posting_id": posting_id, "words": list(words)}


def _common(one: Iterable[str | None], other: Iterable[str | None]) -> list[str]:
    """Values that stand in both, compared without case, spelt as in the second."""
    known = {_folded(value) for value in one if value and value.strip()}
    return [value for value in other if value and _folded(value) in known]


@lru_cache(maxsize=_MOST_KEPT)
def _words(text: str) -> frozenset[str]:
    return frozenset(tokens(text))


@lru_cache(maxsize=_MOST_KEPT)
def _folded(text: str) -> str:
    return clean(text).strip()


def _in_order(text: str, words: Collection[str]) -> list[str]:
    """Words in the order of a text, at most a few, without those inside a longer one."""
    outer = [word for word in words if not any(word != o and word in o for o in words)]
    return sorted(outer, key=lambda word: (clean(text).find(word), word))[:_MOST_WORDS]


def _language(profile: Profile, item: Posting) -> str:
    """The language the candidate states, else that of what they wrote, else the posting's."""
    stated = profile.get("stated") or {}
    if stated.get("language"):
        return str(stated["language"])
    written = " ".join([*(stated.get("skills") or ()), *(stated.get("wishes") or ())])
    if written:
        return "zh" if is_chinese(written) else "en"
    return str(item.get("language") or ("zh" if is_chinese(item["title"]) else "en"))
