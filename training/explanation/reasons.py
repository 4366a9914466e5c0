"""Why a posting is in a list, in words. Whatever a reason names is true of the texts.

What carried a posting is measured: steps of the profile are hidden in turn, and the one without
which the posting is least probable is named (`training.explanation.attribution`). The words are
then looked up in the texts; where that step shares nothing nameable with the posting, the reason
says so.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from streaming.contract.records import EventKind, ReasonKind
from streaming.serving.ranker import Profile
from training.explanation.posting_names import Named, folded, words_in
from training.explanation.templates import Phrases, phrases
from training.model.features import StatedStep
from training.ranking.decoding import Emission
from training.ranking.prepared_catalogue import PreparedCatalogue
from training.ranking.profile_encoding import Part, PastEvent
from training.text.tokenizer import clean, is_chinese

_MOST_WORDS = 4
_MOST_STATED = 3

Reason = dict[str, Any]


def explain(
    prepared: PreparedCatalogue,
    parts: Sequence[Part],
    emissions: Sequence[Emission],
    profile: Profile,
) -> list[list[Reason]]:
    """Give the reasons of each place of a list, the strongest first.

    Args:
        prepared: the catalogue.
        parts: what the profile's steps stand for.
        emissions: for each place the posting, and what it would lose without each step.
        profile: tells the language.

    Returns:
        For each place one or two values of `records.Reason`: at most one for events and one for the
        stated part.
    """
    language = _language(profile)
    said = phrases(language) if language else None
    return [
        _reasons(prepared, emission.row, carrying, said)
        for emission, carrying in zip(emissions, _by_strength(parts, emissions), strict=True)
    ]


def _by_strength(parts: Sequence[Part], emissions: Sequence[Emission]) -> Iterator[list[Part]]:
    """Order for each posting the steps that carry it, the strongest first; at least one.

    Those tried come by what the posting loses without them, then the others by what they add. A
    dismissal carries nothing, nor does a step without which the posting is more probable.
    """
    if not emissions:
        return
    added = np.array([emission.added for emission in emissions])  # (S, L)
    lost = np.array([emission.lost for emission in emissions])
    dismissed = [place for place, part in enumerate(parts) if part.kind == EventKind.DISMISS]
    if 0 < len(dismissed) < len(parts):
        added[:, dismissed] = lost[:, dismissed] = -np.inf
    carries = np.where(lost == -np.inf, added, lost) > 0
    orders = np.lexsort((-added, -lost))
    for order, real in zip(orders.tolist(), carries.tolist(), strict=True):
        real[order[0]] = True
        yield [parts[place] for place in order if real[place]]


def _reasons(
    prepared: PreparedCatalogue, row: int, carrying: Sequence[Part], said: Phrases | None
) -> list[Reason]:
    """Say why the posting of a row is in a list, by the parts that carry it, the strongest first.

    The first reason is the strongest part. The second is the strongest of the other kind, stated or
    event, that shares something nameable with the posting.
    """
    item = prepared.named(row)
    said = said or phrases(_language_of(item.posting))
    stated = [part for part in carrying if isinstance(part, StatedStep)]
    events = [part for part in carrying if isinstance(part, PastEvent)]
    strongest = carrying[0]
    # Of the strongest part's kind no other is named.
    if isinstance(strongest, StatedStep):
        first = _stated_reason(prepared, row, stated, stated[:1], said)
        second = _event_reason(prepared, item, events, said)
    else:
        first = _event_reason(prepared, item, events[:1], said)
        second = _stated_reason(prepared, row, stated, stated, said)
    first = first or _nearest(prepared, strongest, said)
    return [first] if second is None else [first, second]


def _stated_reason(
    prepared: PreparedCatalogue,
    row: int,
    stated: Sequence[StatedStep],
    tried: Sequence[StatedStep],
    said: Phrases,
) -> Reason | None:
    """Name the first of the tried entries that shares words with the posting of a row.

    Where its every word stands there, other such entries are named with it.
    """
    if not tried:
        return None
    known, place = prepared.words(row), prepared.named(row).place
    for part in tried:
        shared = words_in(part.text) & known
        if _stands_in(part, shared, place):
            texts = [
                one.text.strip()
                for one in stated
                if _stands_in(one, words_in(one.text) & known, place)
            ]
            texts = list(dict.fromkeys(texts))[:_MOST_STATED]
            return _reason(ReasonKind.STATED, said.name(said.fits, texts), words=texts)
        if shared and part.kind != "place":
            told = _in_order(part.text, shared)
            return _reason(ReasonKind.STATED, said.name(said.mentions, told), words=told)
    return None


def _stands_in(part: StatedStep, shared: frozenset[str], place: str) -> bool:
    """Tell whether a posting says all that an entry does.

    Args:
        part: the entry.
        shared: the words that both say.
        place: the posting's own, folded.
    """
    if part.kind == "place":
        return bool(folded(part.text)) and folded(part.text) in place
    return bool(shared) and part.kind != "background" and len(shared) == len(words_in(part.text))


def _event_reason(
    prepared: PreparedCatalogue, item: Named, events: Sequence[PastEvent], said: Phrases
) -> Reason | None:
    """Name the first earlier posting that shares something nameable."""
    for part in events:
        if part.kind == EventKind.DISMISS:
            continue
        earlier = prepared.named(part.row)
        facts, found = _shared(earlier, item, said)
        if facts:
            text = said.because.format(_event(part, earlier, said), "; ".join(facts))
            return _reason(ReasonKind.EVENT, text, earlier.posting["posting_id"], found)
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
    if len(words) < 2:  # noqa: PLR2004 - most often so
        return list(words)
    outer = [word for word in words if not any(word != o and word in o for o in words)]
    plain = clean(text)
    return sorted(outer, key=lambda word: (plain.find(word), word))[:_MOST_WORDS]


def _language(profile: Profile) -> str | None:
    """The language the candidate states, else that of what they wrote."""
    stated = profile.get("stated") or {}
    if stated.get("language"):
        return str(stated["language"])
    written = " ".join([*(stated.get("skills") or ()), *(stated.get("wishes") or ())])
    if written:
        return "zh" if is_chinese(written) else "en"
    return None


def _language_of(posting: Mapping[str, Any]) -> str:
    return str(posting.get("language") or ("zh" if is_chinese(posting["title"]) else "en"))
