"""Finds titles by the words that they are made of, and by where they stand."""

import re
from collections.abc import Iterator, Sequence

from streaming.language.lexicon import occupations as chinese
from streaming.language.lexicon import title_words as english
from streaming.language.lexicon.occupations import words
from streaming.language.pattern_finder import Mention
from streaming.language.text_folding import is_near
from streaming.language.wish_values import WishField

_WORD = re.compile(r"[a-z0-9à-ÿ][a-z0-9à-ÿ+#/&'-]*(?:\.[a-z]+)*")
_HEADS = frozenset(word for name in words(english.HEADS) for word in [name.split()[-1]])
_ALWAYS = frozenset({*words(english.HEADS)}) - english.NEEDS_MODIFIER
_LONG_HEADS = tuple(head for head in sorted(_HEADS) if len(head) >= 7)  # noqa: PLR2004
_NOT_MODIFIERS = frozenset(words(english.NOT_MODIFIERS))
_MAX_MODIFIERS = 4
_SUFFIX = re.compile(english.SUFFIX)
_LEFT, _RIGHT = re.compile(english.LEFT_OF_TITLE), re.compile(english.RIGHT_OF_TITLE)
_OF = re.compile(english.OF_OBJECT)
_OF_HEADS = re.compile(rf"(?:{english.OF_HEADS})s?")
_JOB_AS = re.compile(english.AFTER_JOB_AS)
_NO_JOB = re.compile(
    r"(?:freelancer?|contractor|intern|temp|temporary|team|part|soon|result|whole|such|well|before|long|a|the|an|it|is|was|usual|possible|much)\b"
)

_CHINESE_HEAD = re.compile(
    "(?=("
    + "|".join(sorted(words(chinese.CHINESE_HEADS), key=len, reverse=True))
    + ")(?:[员师工长]?助理|副?主管|副?经理|总监|实习生|组长|学徒|[员师])?)"
)
_CHINESE_END = re.compile(
    "(?=((?:"
    + "|".join(sorted(words(chinese.CHINESE_FIELDS.lower()), key=len, reverse=True))
    + rf"|{chinese.CHINESE_SUFFIX})(?:助理|主管|经理|总监|专员|实习生|组长)?)"
    + f"{chinese.CHINESE_RIGHT})"
)
_STOPS = tuple(sorted(chinese.CHINESE_STOPS, key=len, reverse=True))
_COMPOUNDS = re.compile(chinese.CHINESE_COMPOUNDS)
_MAX_CHINESE = 12
_CHINESE_LANGUAGE_HEADS = re.compile("老师|教师|翻译|家教|讲师|导游|编辑|外教|教授|口译|笔译")


def find_titles(folded: str, barriers: Sequence[Mention]) -> Iterator[Mention]:
    """Yield titles; no title reaches over a barrier, such as a place."""
    yield from _english_titles(folded, barriers)
    for match in _JOB_AS.finditer(folded):
        title = match["title"]
        if not _NO_JOB.match(title) and not _NOT_MODIFIERS.intersection(title.split()):
            yield Mention(*match.span("title"), WishField.OCCUPATION, rank=1)
    yield from _chinese_titles(folded, barriers)


def _english_titles(folded: str, barriers: Sequence[Mention]) -> Iterator[Mention]:
    tokens = [(m.start(), m.end(), m[0]) for m in _WORD.finditer(folded)]
    for index, (_, end, word) in enumerate(tokens):
        closed = _is_head(word)
        if not closed and not _looks_like_head(word):
            continue
        first = _first_word(folded, tokens, index, barriers)
        start = tokens[first][0]
        if _covered(barriers, tokens[index][0], end):
            continue
        stands = bool(_LEFT.search(folded[max(0, start - 24) : start])) and bool(
            _RIGHT.match(folded[end : end + 12])
        )
        known = closed and (first < index or _singular(word) in _ALWAYS)
        if not (known or stands):
            continue
        of = _OF.match(folded, end) if _OF_HEADS.fullmatch(word) else None
        rank = 3 if closed else 2
        yield Mention(start, of.end() if of else end, WishField.OCCUPATION, rank=rank)


def _singular(word: str) -> str:
    for cut in (0, 1, 2):
        stem = word[: len(word) - cut]
        if stem in _HEADS and word[len(stem) :] in ("", "s", "es"):
            return stem
    if word.endswith("men"):
        return word[:-2] + "an"
    return word


def _is_head(word: str) -> bool:
    if _singular(word) in _HEADS:
        return True
    return len(word) >= 7 and any(is_near(word, head) for head in _LONG_HEADS)  # noqa: PLR2004


def _looks_like_head(word: str) -> bool:
    plain = word.removesuffix("s")
    return (
        bool(_SUFFIX.fullmatch(word))
        and plain not in english.NO_SUFFIX
        and word not in _NOT_MODIFIERS
    )


def _first_word(
    folded: str, tokens: Sequence[tuple[int, int, str]], index: int, barriers: Sequence[Mention]
) -> int:
    """Return where a title begins that ends with a word: as far left as words belong to it."""
    first = index
    takes_language = _singular(tokens[index][2]) in english.LANGUAGE_HEADS
    while first > 0 and index - first < _MAX_MODIFIERS:
        start, end, word = tokens[first - 1]
        if folded[end : tokens[first][0]] != " " or word.strip("'-") in _NOT_MODIFIERS:
            break
        barred = [b for b in barriers if b.start < end and start < b.end]
        if word.isdigit() or any(
            not (takes_language and b.field is WishField.LANGUAGE) for b in barred
        ):
            break
        first -= 1
    return first


def _covered(barriers: Sequence[Mention], start: int, end: int) -> bool:
    return any(b.start < end and start < b.end for b in barriers)


def _chinese_titles(folded: str, barriers: Sequence[Mention]) -> Iterator[Mention]:
    plain = _COMPOUNDS.sub(lambda match: "口" * len(match[0]), folded)
    for pattern, rank in ((_CHINESE_HEAD, 3), (_CHINESE_END, 3)):
        for match in pattern.finditer(folded):
            head_start, end = match.span(1)
            end = max(end, _absorbed(folded, end))
            start = _chinese_start(plain, folded, head_start, barriers)
            title = folded[start:end]
            if title in chinese.CHINESE_NO_TITLES or folded[start:end] in ("", "的"):
                continue
            if any(title.endswith(no) for no in chinese.CHINESE_NO_TITLES if len(no) > 1):
                continue
            if re.match("[a-z]", title) and re.search("[a-z]$", folded[:start]):
                continue  # within a word: the ui of required
            if re.search("[a-z]$", title) and re.match("[a-z]", folded[end:]):
                continue
            yield Mention(start, end, WishField.OCCUPATION, rank=rank)


_TITLE_END = re.compile(
    "(?:员|师|工|长|助理|主管|经理|总监|专员|顾问|组长|实习生)" + chinese.CHINESE_RIGHT
)


def _absorbed(folded: str, end: int) -> int:
    """Return where a title ends that goes on with a word of rank."""
    match = _TITLE_END.match(folded, end)
    return match.end() if match else end


def _chinese_start(plain: str, folded: str, head: int, barriers: Sequence[Mention]) -> int:
    takes_language = _CHINESE_LANGUAGE_HEADS.match(folded, head)
    start = head
    while start > max(0, head - _MAX_CHINESE):
        if any(plain.endswith(stop, 0, start) for stop in _STOPS):
            break
        barred = [b for b in barriers if b.start < start <= b.end]
        if any(not (takes_language and b.field is WishField.LANGUAGE) for b in barred):
            break
        start -= 1
    while start < head and folded[start] in " -/.":
        start += 1
    return start
