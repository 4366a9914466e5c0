"""What a turn asks for, read by rules in English and Chinese.

The first rule that matches counts. What none matches is read as a wish
(`streaming.language.understanding`).
"""

# ruff: noqa: RUF001 - Chinese punctuation

import re
from dataclasses import dataclass
from enum import StrEnum


class IntentKind(StrEnum):
    """What somebody wants of the conversation."""

    UNDO = "undo"
    WHY = "why"
    WHAT_IF = "what if"
    APPLIED = "applied"
    BLOCK_EMPLOYER = "block employer"
    DISMISS = "dismiss"
    MORE_LIKE = "more like"
    PROFILE = "profile"
    SKIP = "skip"
    STATEMENT = "statement"


@dataclass(frozen=True)
class Intent:
    """What a turn asks for."""

    kind: IntentKind
    place: int | None = None
    """The posting that is meant, by its place in the list: from 1, or -1 for the last."""
    words: str = ""
    """Of a what-if: the skill."""


MAX_TEXT = 4_000
_ORDINALS = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7,
    "eighth": 8, "ninth": 9, "tenth": 10, "last": -1, "一": 1, "二": 2, "三": 3, "四": 4, "五": 5,
    "六": 6, "七": 7, "八": 8, "九": 9, "十": 10,
}  # fmt: skip
_PLACE = re.compile(
    r"\b(first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|last)\b"
    r"|(?:#|\bno\. ?|\bnumber )(\d{1,2})\b|\b(\d{1,2})(?:st|nd|rd|th)\b"
    r"|第([一二三四五六七八九十]|\d{1,2})[个条份项]|最后一?[个条份项]",
    re.IGNORECASE,
)
_RULES: dict[IntentKind, tuple[str, ...]] = {
    IntentKind.UNDO: (
        r"^\s*(?:undo|take (?:that|it) back|never ?mind that)\b",
        r"^\s*(?:撤销|撤回|收回刚才)",
    ),
    IntentKind.WHY: (r"^\s*why\b", r"为什么|为何|怎么会推荐"),
    IntentKind.WHAT_IF: (
        r"what if i (?:learnt|learned|learn|knew|had|could do) (?P<words>[^?？。!]{1,80})",
        r"(?:如果|要是)我?(?:学会|学了|学|会|懂)了?(?P<han>[^，,？?。呢]{1,40})",
    ),
    IntentKind.APPLIED: (
        r"\bi(?:'ve| have)?(?: already| just)? applied\b|\bsent (?:an|my) application\b",
        r"我?(?:已经?|刚)?(?:投了|申请了|投过|申请过)",
    ),
    IntentKind.BLOCK_EMPLOYER: (
        (
            r"\b(?:not|never|no more|nothing)(?: more)?(?: from)? (?:this|that|the|of this) "
            r"(?:employer|company)\b"
        ),
        r"\bblock (?:this|that|the)\b.{0,20}(?:employer|company)",
        r"(?:不要|屏蔽|别推荐|不想去)这[家个]?(?:公司|企业|雇主|单位)",
    ),
    IntentKind.DISMISS: (
        (
            r"\b(?:not interested in|don't like|do not like|dismiss|hide|remove) "
            r"(?:the|this|that|it|number|#)"
        ),
        r"^\s*not (?:the|this|that|number|#)",
        r"(?:不喜欢|不感兴趣|去掉|删掉|不要)第|第.{1,2}[个条份项](?:不要|不喜欢|不感兴趣)",
    ),
    IntentKind.MORE_LIKE: (
        r"\bmore like\b|\b(?:like|save) (?:the|this|that|number|#)",
        r"更多(?:像|类似)|(?:喜欢|收藏)(?:第|这)",
    ),
    IntentKind.PROFILE: (
        r"what do you know (?:about|of) me|\bmy profile\b",
        r"你都?知道我的?(?:什么|哪些)|我的(?:资料|档案)",
    ),
    IntentKind.SKIP: (
        (
            r"^\s*(?:skip|no preference|any|anything|none(?: of (?:them|these|those))?"
            r"|i don't (?:know|mind)|doesn't matter)\W*$"
        ),
        r"^\s*(?:随便|都行|都可以|都不是|都不喜欢|不知道|无所谓|跳过)\W*$",
    ),
}
_COMPILED = tuple(
    (kind, re.compile(pattern, re.IGNORECASE))
    for kind, patterns in _RULES.items()
    for pattern in patterns
)


def intent_of(text: str) -> Intent:
    """Return what a text asks for; its first `MAX_TEXT` characters are read."""
    text = text[:MAX_TEXT]
    for kind, pattern in _COMPILED:
        if found := pattern.search(text):
            groups = found.groupdict() if kind is IntentKind.WHAT_IF else {}
            words = (groups.get("words") or groups.get("han") or "").strip(" .,'\"")
            return Intent(kind, _place(text), words)
    return Intent(IntentKind.STATEMENT)


def _place(text: str) -> int | None:
    found = _PLACE.search(text)
    if found is None:
        return None
    named = next((group for group in found.groups() if group), "last").lower()
    return int(named) if named.isdigit() else _ORDINALS[named]
