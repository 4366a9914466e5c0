"""What a wish says, as entries of the stated part (`records.Saying`)."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from streaming.contract.records import MustField, SaidField
from streaming.language.wish_values import Pay, Strength, WishField, WishValue
from streaming.names import comparable

Entry = tuple[str, Any, bool]
"""A list of the stated part; an entry, a text or a `records.Must`; whether it leaves the list."""
_MUSTS = {
    WishField.OCCUPATION: MustField.OCCUPATION,
    WishField.SKILL: MustField.SKILL,
    WishField.PLACE: MustField.PLACE,
    WishField.WORK_MODE: MustField.WORK_MODE,
    WishField.SALARY: MustField.SALARY,
    WishField.CONTRACT: MustField.CONTRACT,
    WishField.INDUSTRY: MustField.INDUSTRY,
}
_LEARN = re.compile(r"\b(?:learn|study)\b|想学|学习", re.IGNORECASE)


def entries_of(values: Iterable[WishValue], text: str, stated: dict[str, Any]) -> list[Entry]:
    """Return what some values change of a stated part (`records.Stated`), each once."""
    entries: list[Entry] = []
    for value in values:
        for name, entry, leaves in _entries(value, text, stated):
            known = entry in (stated.get(name) or ())
            if known == leaves and (name, entry, leaves) not in entries:
                entries.append((name, entry, leaves))
    return entries


def _entries(value: WishValue, text: str, stated: dict[str, Any]) -> Iterator[Entry]:
    content = _content(value)
    if content is None:
        return
    if value.strength is Strength.NOT:
        yield from _exclusions(value, content, stated)
        return
    if value.strength is Strength.MUST and value.field in _MUSTS:
        yield SaidField.MUST, _must(value, content), False
    if value.field is WishField.PLACE:
        yield SaidField.PLACES, content, False
    elif value.field is WishField.SKILL and not _LEARN.search(text):
        yield SaidField.SKILLS, content, False
    elif value.field is not WishField.SALARY:
        wish = content if value.field in _MUSTS or value.field is WishField.EMPLOYER else value.span
        yield SaidField.WISHES, wish, False


def _exclusions(value: WishValue, content: str, stated: dict[str, Any]) -> Iterator[Entry]:
    if value.field is WishField.EMPLOYER:
        yield SaidField.BLOCKED_EMPLOYERS, content, False
    elif value.field in _MUSTS:
        for name in (SaidField.PLACES, SaidField.WISHES, SaidField.SKILLS):
            for held in stated.get(name) or ():
                if comparable(held) == comparable(content):
                    yield name, held, True
        yield SaidField.MUST, _must(value, content) | {"excluded": True}, False


def _must(value: WishValue, content: str) -> dict[str, Any]:
    return {"field": _MUSTS[value.field].value, "value": content}


def _content(value: WishValue) -> str | None:
    if isinstance(value.value, Pay):
        pay = value.value
        if pay.min is None:
            return None  # a ceiling is nobody's hard wish
        return " ".join(filter(None, [f"{pay.min:g}", pay.currency, pay.unit]))
    return str(value.value)
