"""The reasons for each posting of a list, in words. What a reason names is true of the texts.

Attribution (`training.explanation.attribution`) orders the steps of the profile by how much they
carry a posting. A reason then names words that the strongest step and the posting share; where they
share nothing that can be named, the reason says only that they are similar.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from streaming.contract.records import ReasonKind
from streaming.serving.ranker import Profile
from training.explanation.attribution import ListedPosting
from training.explanation.templates import Phrases, phrases_for
from training.inference.posting_terms import PostingTerms, distinct_words, fold_text
from training.inference.prepared_catalogue import PreparedCatalogue
from training.inference.profile_encoding import EventStep, ProfileStep, dismissed_rows
from training.model.features import StatedStep
from training.text.tokenizer import clean, is_chinese

_MAX_WORDS = 4
_MAX_ENTRIES = 3

Reason = dict[str, Any]
"""A value of `records.Reason`."""


def explain(
    prepared: PreparedCatalogue,
    steps: Sequence[ProfileStep],
    postings: Sequence[ListedPosting],
    profile: Profile,
) -> list[list[Reason]]:
    """Return the reasons for each place of a list, the strongest first.

    The profile gives the language; the postings have their attribution to its L steps.

    Returns:
        For each place one or two reasons: at most one for events and one for stated entries.
    """
    language = _profile_language(profile)
    phrases = phrases_for(language) if language else None
    return [
        _reasons(prepared, posting.row, carrying, phrases)
        for posting, carrying in zip(postings, _by_strength(steps, postings), strict=True)
    ]


def _by_strength(
    steps: Sequence[ProfileStep], postings: Sequence[ListedPosting]
) -> Iterator[list[ProfileStep]]:
    """Yield for each posting the steps that carry it, the strongest first; at least one.

    An event of a dismissed posting never carries, nor does a step by which the posting is less
    probable than others.
    """
    if not postings:
        return
    strengths = np.array([posting.strengths for posting in postings])  # (S, L)
    rows = dismissed_rows(steps)
    dismissed = [
        n for n, step in enumerate(steps) if isinstance(step, EventStep) and step.row in rows
    ]
    strengths[:, dismissed] = -np.inf
    orders = np.argsort(-strengths, axis=1, kind="stable")
    for order, carrying in zip(orders.tolist(), (strengths > 0).tolist(), strict=True):
        carrying[order[0]] = True
        yield [steps[index] for index in order if carrying[index]]


def _reasons(
    prepared: PreparedCatalogue,
    row: int,
    carrying: Sequence[ProfileStep],
    phrases: Phrases | None,
) -> list[Reason]:
    """Return the reasons for the posting of a row.

    The first reason names the strongest step. The second names the strongest step of the other
    kind, stated or event, that shares something with the posting. Without phrases in the
    candidate's language, those in the posting's are used.
    """
    terms = prepared.terms(row)
    phrases = phrases or phrases_for(_posting_language(terms.posting))
    stated = [step for step in carrying if isinstance(step, StatedStep)]
    events = [step for step in carrying if isinstance(step, EventStep)]
    strongest = carrying[0]
    # No other step of the strongest one's kind is named.
    if isinstance(strongest, StatedStep):
        first = _stated_reason(prepared, row, stated, stated[:1], phrases)
        second = _event_reason(prepared, terms, events, phrases)
    else:
        first = _event_reason(prepared, terms, events[:1], phrases)
        second = _stated_reason(prepared, row, stated, stated, phrases)
    first = first or _similarity_reason(prepared, strongest, phrases)
    return [first] if second is None else [first, second]


def _stated_reason(
    prepared: PreparedCatalogue,
    row: int,
    stated: Sequence[StatedStep],
    nameable: Sequence[StatedStep],
    phrases: Phrases,
) -> Reason | None:
    """Name the first of the nameable entries that shares words with the posting of a row.

    Where the posting contains all words of the entry, other entries it contains are named with it.
    """
    if not nameable:
        return None
    posting_words, place = prepared.words(row), prepared.terms(row).place
    for step in nameable:
        shared = distinct_words(step.text) & posting_words
        if _contains(step, shared, place):
            texts = [
                entry.text.strip()
                for entry in stated
                if _contains(entry, distinct_words(entry.text) & posting_words, place)
            ]
            texts = list(dict.fromkeys(texts))[:_MAX_ENTRIES]
            return _reason(ReasonKind.STATED, phrases.name(phrases.fits, texts), words=texts)
        if shared and step.kind != "place":
            words = _in_text_order(step.text, shared)
            return _reason(ReasonKind.STATED, phrases.name(phrases.mentions, words), words=words)
    return None


def _contains(step: StatedStep, shared: frozenset[str], place: str) -> bool:
    """Return whether a posting contains an entry; `shared` are the entry's words that are in it."""
    if step.kind == "place":
        return bool(fold_text(step.text)) and fold_text(step.text) in place
    if step.kind == "background":
        return False
    return bool(shared) and len(shared) == len(distinct_words(step.text))


def _event_reason(
    prepared: PreparedCatalogue,
    terms: PostingTerms,
    events: Sequence[EventStep],
    phrases: Phrases,
) -> Reason | None:
    """Name the first event whose posting shares something nameable."""
    for step in events:
        earlier = prepared.terms(step.row)
        facts, words = _shared_facts(earlier, terms, phrases)
        if facts:
            text = phrases.because.format(_event_phrase(step, earlier, phrases), "; ".join(facts))
            return _reason(ReasonKind.EVENT, text, earlier.posting["posting_id"], words)
    return None


def _shared_facts(
    earlier: PostingTerms, terms: PostingTerms, phrases: Phrases
) -> tuple[list[str], list[str]]:
    """Return what two postings have in common: phrases, and the words that they name."""
    facts: list[str] = []
    words = [spelt for name, spelt in terms.skills if name in earlier.folded_skills][:_MAX_WORDS]
    if words:
        facts.append(phrases.name(phrases.both_ask, words))
    else:
        title = terms.posting["title"]
        words = _in_text_order(
            title, distinct_words(earlier.posting["title"]) & distinct_words(title)
        )
        if words:
            facts.append(phrases.name(phrases.both_say, words))
    same_work = bool(words)
    if terms.employer is not None and terms.employer == earlier.employer:
        words.append(terms.posting["employer"])
        facts.append(phrases.same_employer.format(words[-1]))
    if terms.locality is not None and terms.locality == earlier.locality:
        words.append(terms.posting["place"]["locality"])
        facts.append(phrases.same_place.format(words[-1]))
    if not same_work and terms.occupation is not None and terms.occupation == earlier.occupation:
        words.append(terms.posting["occupation"])
        facts.append(phrases.same_occupation.format(words[-1]))
    return facts, words


def _similarity_reason(prepared: PreparedCatalogue, step: ProfileStep, phrases: Phrases) -> Reason:
    """Name the step that the posting is similar to, where they share nothing nameable."""
    if isinstance(step, StatedStep):
        return _reason(ReasonKind.STATED, phrases.close_to.format(step.text.strip()))
    earlier = prepared.terms(step.row)
    text = phrases.similar.format(_event_phrase(step, earlier, phrases))
    return _reason(ReasonKind.EVENT, text, earlier.posting["posting_id"])


def _event_phrase(step: EventStep, earlier: PostingTerms, phrases: Phrases) -> str:
    """Describe an event."""
    employer = earlier.posting.get("employer")
    at = phrases.at.format(employer) if employer else ""
    return phrases.event.format(phrases.done[step.kind], earlier.posting["title"], at)


def _reason(
    kind: ReasonKind, text: str, posting_id: str | None = None, words: Sequence[str] = ()
) -> Reason:
    return {"kind": str(kind), "text": text, "posting_id": posting_id, "words": list(words)}


def _in_text_order(text: str, words: Collection[str]) -> list[str]:
    """Sort words by their place in a text; at most a few, and none that is part of another."""
    if len(words) < 2:  # noqa: PLR2004 - the usual case
        return list(words)
    whole = [word for word in words if not any(word != other and word in other for other in words)]
    plain = clean(text)
    return sorted(whole, key=lambda word: (plain.find(word), word))[:_MAX_WORDS]


def _profile_language(profile: Profile) -> str | None:
    """Return the language that the candidate states, or else that of the stated texts."""
    stated = profile.get("stated") or {}
    if stated.get("language"):
        return str(stated["language"])
    texts = " ".join([*(stated.get("skills") or ()), *(stated.get("wishes") or ())])
    if texts:
        return "zh" if is_chinese(texts) else "en"
    return None


def _posting_language(posting: Mapping[str, Any]) -> str:
    return str(posting.get("language") or ("zh" if is_chinese(posting["title"]) else "en"))
