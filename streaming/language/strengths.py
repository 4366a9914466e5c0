"""How each value of a wish is meant, by the cues around it."""

import re
from collections.abc import Sequence

from streaming.language.lexicon import cues
from streaming.language.pattern_finder import Mention
from streaming.language.wish_values import Strength, WishField

_CLAUSE_END = re.compile(cues.CLAUSE_END)
_NOT_BEFORE, _NOT_AFTER = re.compile(cues.NOT_BEFORE), re.compile(cues.NOT_AFTER)
_NO_NEGATION = re.compile(cues.NOT_A_NEGATION)
_MUST_BEFORE, _MUST_AFTER = re.compile(cues.MUST_BEFORE), re.compile(cues.MUST_AFTER)
_SOFT_BEFORE, _SOFT_AFTER = re.compile(cues.SOFT_BEFORE), re.compile(cues.SOFT_AFTER)
_GAP = r"[ '\")）]{0,2}(?:[a-z]+ )?"
_JOINED = re.compile(
    r"[ ]*(?:,|、|/|，|or|nor|and|和|或者?|以及|跟|与|及|,? ?(?:or|nor|and))+[ ]*(?:in |at |for |any |the |a |an )*"
)
_LAST_JOINT = re.compile(r"\b(?:or|nor|and)\b|和|或|及|与|、")
_NEVER_NOT = frozenset({WishField.SALARY, WishField.YEARS, WishField.START})


def strengths(folded: str, mentions: Sequence[Mention]) -> list[Strength]:
    """Return the strength of each mention; they are in the order of the text."""
    found: list[Strength] = []
    for index, mention in enumerate(mentions):
        own = _strength(folded, mentions, index)
        previous = mentions[index - 1] if index else None
        if own is Strength.WANT and previous and _continues(folded, previous, mention):
            joined = found[-1]
            if joined is not Strength.WANT and mention.field is previous.field:
                own = joined
        found.append(own)
    return found


def _strength(folded: str, mentions: Sequence[Mention], index: int) -> Strength:
    mention = mentions[index]
    begin = _clause_begin(folded, mentions, index)
    before = folded[begin : mention.start]
    after = folded[mention.end : mention.end + 14]
    if mention.field not in _NEVER_NOT and _negated(before, after):
        return Strength.NOT
    if mention.field is WishField.SALARY:
        soft = _SOFT_BEFORE_PAY.search(folded[max(0, begin - 12) : mention.end])
        return Strength.WANT if soft else mention.strength or Strength.WANT
    if mention.strength is not None:
        return mention.strength
    if _demanded(before, after):
        return Strength.MUST
    return Strength.WANT


_SOFT_BEFORE_PAY = re.compile(r"\b(?:ideally|preferably|hopefully|would be nice)\b|最好")


def _negated(before: str, after: str) -> bool:
    plain = _NO_NEGATION.sub(lambda match: " " * len(match[0]), before)
    if _NOT_BEFORE.search(plain):
        return True
    return bool(_NOT_AFTER.match(after.lstrip()))


def _demanded(before: str, after: str) -> bool:
    cues_before = list(_MUST_BEFORE.finditer(before))
    if cues_before and not _SOFT_BEFORE.search(before, cues_before[-1].end()):
        return True
    return bool(re.match(rf"{_GAP}(?:{cues.MUST_AFTER})", after)) and not _SOFT_AFTER.match(
        after.lstrip()
    )


def _clause_begin(folded: str, mentions: Sequence[Mention], index: int) -> int:
    """Return where the clause of a mention begins."""
    begin = 0
    for match in _CLAUSE_END.finditer(folded, 0, mentions[index].start):
        inside = any(m.start < match.end() and match.start() < m.end for m in mentions)
        if not inside:
            begin = match.start() if match[0][0].isalpha() else match.end()
    return begin


def _continues(folded: str, previous: Mention, mention: Mention) -> bool:
    """Return whether a mention follows another one in a list: "no sales, support or marketing"."""
    between = folded[previous.end : mention.start]
    return bool(_JOINED.fullmatch(between)) or between.strip() in ("、", "/")
