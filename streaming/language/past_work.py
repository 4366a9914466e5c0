"""Drops what a wish tells of past and present work: "I was a nurse" wishes for none."""

import re
from collections.abc import Sequence

from streaming.language.lexicon import cues
from streaming.language.pattern_finder import Mention
from streaming.language.strengths import own_words_before
from streaming.language.wish_values import WishField

_PAST, _PRESENT = re.compile(cues.PAST_BEFORE), re.compile(cues.PRESENT_BEFORE)
_AFTER, _EMPLOYED = re.compile(cues.PAST_AFTER), re.compile(cues.EMPLOYED_BEFORE)
_WISH = re.compile(cues.WISH_SENTENCE)
_SENTENCE = re.compile(r"[.!?\n。！？]+(?!\d)")
_NEW = re.compile(
    r"done being|不想再|\b(?:hop|want|would|i'd|become|to be|lov|look|as an? )|想|打算"
)
_WORK = frozenset({WishField.OCCUPATION, WishField.INDUSTRY})


def wished(folded: str, mentions: Sequence[Mention], *, chatty: bool) -> list[Mention]:
    """Return the mentions that belong to a wish; a chatty text has sentences without one."""
    works = [m for m in mentions if m.field is WishField.OCCUPATION]
    kept = []
    for index, mention in enumerate(mentions):
        before = own_words_before(folded, mentions, index)
        later = any(work.start > mention.end for work in works)
        if mention.field in _WORK and _is_past(folded, mention, before, later=later):
            continue
        if mention.field is WishField.EMPLOYER and _EMPLOYED.search(before):
            continue
        if chatty and not _WISH.search(_sentence(folded, mention)):
            continue
        kept.append(mention)
    return kept


def _is_past(folded: str, mention: Mention, before: str, *, later: bool) -> bool:
    past = list(_PAST.finditer(before))
    if past and not _NEW.search(before, past[-1].start()):
        return True
    after = folded[mention.end : mention.end + 40]
    return later and bool(_PRESENT.search(before) or _AFTER.match(after))


def _sentence(folded: str, mention: Mention) -> str:
    begin = max((m.end() for m in _SENTENCE.finditer(folded, 0, mention.start)), default=0)
    end = _SENTENCE.search(folded, mention.end)
    return folded[begin : end.start() if end else len(folded)]
