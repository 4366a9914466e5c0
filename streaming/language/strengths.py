"""How each value of a wish is meant, by the cues around it."""

import re
from collections.abc import Sequence

from streaming.language.lexicon import cues
from streaming.language.pattern_finder import Mention
from streaming.language.wish_values import Strength, WishField

_CLAUSE_END = re.compile(cues.CLAUSE_END)
_NOT_BEFORE, _NOT_AFTER = re.compile(cues.NOT_BEFORE), re.compile(cues.NOT_AFTER)
_NO_NEGATION = re.compile(cues.NOT_A_NEGATION)
_MUST_BEFORE, _SOFT_BEFORE = re.compile(cues.MUST_BEFORE), re.compile(cues.SOFT_BEFORE)
_MUST_AFTER = re.compile(rf"[ '\")）]{{0,2}}(?:[a-z]+ )?(?:{cues.MUST_AFTER})")
_SOFT_AFTER = re.compile(cues.SOFT_AFTER)
_SOFT_PAY = re.compile(r"\b(?:ideally|preferably|hopefully|would be nice)\b|最好")
_NEW_TOPIC, _WORK_VERB = re.compile(cues.NEW_TOPIC), re.compile(cues.WORK_VERB)
_LISTS = (
    (Strength.MUST, re.compile(cues.LIST_OF_MUST)),
    (Strength.NOT, re.compile(cues.LIST_OF_NOT)),
)
_SENTENCE_END = re.compile(r"[.;!?。；！？\n](?!\d)")
_HEADING = re.compile(r"[a-z\u4e00-\u9fff][a-z -]*[:：]")
_JOINED = re.compile(
    r"[ ]*(?:,|、|/|，|\bor\b|\bnor\b|\band\b|\bn\b|&|和|或者?|以及|跟|与|及|还有|(?<![a-z])(?![a-z]))+[ ]*"
    r"(?:(?:in|at|for|any|the|an?|with|being)\b ?)*"
)
_ANYWHERE_BUT = re.compile(r"\b(?:any|every|all)\w*\b[^.;,]*$")
_NEVER_NOT = frozenset({WishField.SALARY, WishField.YEARS, WishField.START})
_AFTER = 16
"""Characters after a value in which a cue of its own begins."""


def strengths(folded: str, mentions: Sequence[Mention]) -> list[Strength]:
    """Return the strength of each mention; they are in the order of the text."""
    own = [_strength(folded, mentions, index) for index in range(len(mentions))]
    meant = list(own)
    for index in range(1, len(mentions)):
        if own[index] is Strength.WANT and _continues(folded, *mentions[index - 1 : index + 1]):
            meant[index] = meant[index - 1]
    for index in reversed(range(len(mentions) - 1)):  # "sales and marketing are out"
        excluded = _excluded_after(folded, mentions[index + 1])
        if excluded and _continues(folded, *mentions[index : index + 2], within_clause=True):
            meant[index] = meant[index + 1]
    return meant


def _strength(folded: str, mentions: Sequence[Mention], index: int) -> Strength:
    mention, before = mentions[index], own_words_before(folded, mentions, index)
    if mention.field is WishField.SALARY:
        soft = _SOFT_PAY.search(folded[max(0, mention.start - 14) : mention.end])
        return Strength.WANT if soft else mention.strength or Strength.WANT
    if mention.field not in _NEVER_NOT:
        if _negated(before) or _excluded_after(folded, mention):
            return Strength.NOT
        if before.strip() == "but" and _ANYWHERE_BUT.search(folded, 0, mention.start - 4):
            return Strength.NOT
    if mention.strength is not None:
        return mention.strength
    if (listed := _list_head(folded, mention)) is not None:
        return listed
    return Strength.MUST if _demanded(folded, mention, before) else Strength.WANT


def own_words_before(folded: str, mentions: Sequence[Mention], index: int) -> str:
    """Return the words before a mention that speak of it: of its clause, after the last mention."""
    begin = mentions[index - 1].end if index else 0
    end = mentions[index].start
    for match in _CLAUSE_END.finditer(folded, begin, end):
        is_word = match[0][0].isalpha()
        begin = match.start() if is_word else match.end()
    return folded[begin:end]


def _negated(before: str) -> bool:
    plain = _NO_NEGATION.sub(lambda match: " " * len(match[0]), before)
    found = list(_NOT_BEFORE.finditer(plain))
    return bool(found) and _reaches(plain[found[-1].end() :])


def _reaches(between: str) -> bool:
    """Return whether a cue reaches over the words after it."""
    topic = _NEW_TOPIC.search(between)
    if topic is None:
        return True
    words = between[: topic.start()].strip()
    return not words or bool(_WORK_VERB.search(words))


def _excluded_after(folded: str, mention: Mention) -> bool:
    return bool(_NOT_AFTER.match(folded[mention.end : mention.end + 2 * _AFTER].lstrip()))


def _demanded(folded: str, mention: Mention, before: str) -> bool:
    found = list(_MUST_BEFORE.finditer(before))
    if found and not _SOFT_BEFORE.search(before, found[-1].end()):
        return _reaches(before[found[-1].end() :])
    after = folded[mention.end : mention.end + 2 * _AFTER]
    return bool(_MUST_AFTER.match(after)) and not _SOFT_AFTER.match(after.lstrip())


def _list_head(folded: str, mention: Mention) -> Strength | None:
    """Return the strength that the head of a list gives: "required: full-time, Dublin"."""
    begin = max((m.end() for m in _SENTENCE_END.finditer(folded, 0, mention.start)), default=0)
    headings = list(_HEADING.finditer(folded, begin, mention.start))
    if not headings:
        return None
    return next((strength for strength, pattern in _LISTS if pattern.search(headings[-1][0])), None)


def _continues(
    folded: str, previous: Mention, mention: Mention, *, within_clause: bool = False
) -> bool:
    """Return whether a mention follows another one in a list: "no sales, support or marketing"."""
    between = folded[previous.end : mention.start]
    if previous.field is not mention.field:
        return False
    if within_clause and re.search("[,，]", between):
        return False
    return not between.strip() or bool(_JOINED.fullmatch(between))
