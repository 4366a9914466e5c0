"""Why a posting is in a list, in words. Whatever a reason names is true of the texts.

What carried a posting is read off the score: each step of the profile adds its attention times the
likeness of its own vector (`Emission.shares`). The words are then looked up in the texts.
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
        emission: the posting, and what each step added to its score.
        profile: tells the language.

    Returns:
        One or two values of `records.Reason`: at most one for events and one for the stated part.
    """
    item, words = prepared.posting(emission.row), prepared.words(emission.row)
    said = phrases(_language(profile, item))
    order = np.argsort(-emission.shares, kind="stable").tolist()
    events = [place for place in order if isinstance(parts[place], PastEvent)]
    stated = [place for place in order if isinstance(parts[place], StatedStep)]
    found: list[tuple[float, Reason]] = []
    stated_parts, event_parts = ([parts[place] for place in p] for p in (stated, events))
    for places, made in (
        (stated, _stated_reason(stated_parts, item, words, said)),
        (events, _event_reason(prepared, event_parts, item, said)),
    ):
        if made is not None:
            used, reason = made
            found.append((float(emission.shares[places[used]]), reason))
    if not found:
        return [_nearest(prepared, parts[order[0]], said)]
    return [reason for _, reason in sorted(found, key=lambda pair: -pair[0])]


def _stated_reason(
    parts: Sequence[Part], item: Posting, words: frozenset[str], said: Phrases
) -> tuple[int, Reason] | None:
    """Name the stated entries whose every word stands in the posting, else the words that do."""
    place = _folded(" ".join(filter(None, (item.get("place") or {}).values())))
    whole: list[tuple[int, str]] = []
    partly: list[tuple[int, list[str]]] = []
    for number, part in enumerate(parts):
        if not isinstance(part, StatedStep):
            continue
        asked = _words(part.text)
        if part.kind == "place":
            if _folded(part.text) and _folded(part.text) in place:
                whole.append((number, part.text.strip()))
        elif asked and asked <= words and part.kind != "background":
            whole.append((number, part.text.strip()))
        elif asked & words:
            partly.append((number, _in_order(part.text, asked & words)))
    if whole:
        named = list(dict.fromkeys(text for _, text in whole))[:_MOST_STATED]
        return whole[0][0], _reason(ReasonKind.STATED, said.name(said.fits, named), words=named)
    if partly:
        number, shared = partly[0]
        return number, _reason(ReasonKind.STATED, said.name(said.mentions, shared), words=shared)
    return None


def _event_reason(
    prepared: PreparedCatalogue, parts: Sequence[Part], item: Posting, said: Phrases
) -> tuple[int, Reason] | None:
    """Name the earlier posting that added most among those that share something nameable."""
    for number, part in enumerate(parts):
        if not isinstance(part, PastEvent) or part.kind == EventKind.DISMISS:
            continue
        earlier = prepared.posting(part.row)
        facts, words = _shared(earlier, item, said)
        if facts:
            event = said.tell(part.kind, earlier["title"], earlier.get("employer"))
            text = said.because.format(event, "; ".join(facts))
            return number, _reason(ReasonKind.EVENT, text, earlier["posting_id"], words)
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
