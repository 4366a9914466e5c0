"""Recognises what is not taken over from a résumé: names, addresses and other personal data.

It errs on the side of leaving out: a sentence with a phone number goes as a whole.
"""

# ruff: noqa: RUF001 - Chinese signs and dashes stand in texts

import re
from collections.abc import Iterable

from streaming.importing.resumes.position_words import piece_kind
from streaming.importing.resumes.slices import Slice

_MAIL = re.compile(r"[^\s@,;:|<>()]{1,64}@[\w.-]{1,100}\.\w{2,}|@[\w.-]{2,40}\b")
_URL = re.compile(
    r"(?:https?://|www\.)\S|\b(?:linkedin|github|gitlab|xing|facebook|twitter|instagram|behance|"
    r"dribbble|medium|t)\.(?:com|io|net|me)\b|\b[\w-]{2,60}\.(?:com|org|net|io|me|dev|cn|de|uk)/",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"[+(（]?\d(?:[\d ().（）-]{5,24})\d")
_YEARS = re.compile(r"\W*(?:(?:19|20)\d\d(?:[-.]?(?:0?[1-9]|1[0-2]))?(?:[-.]?\d{1,2})?\W*)+")
_PHONE_DIGITS = 9
_PHONE_WORD = re.compile(
    r"(?:\b(?:tel|telephone|phone|mobile|cell|fax|whatsapp|skype|wechat|line id)\b|电话|手机|微信|"
    r"\bqq\b)\W{0,4}\w",
    re.IGNORECASE,
)
_STREET = re.compile(
    r"\b\d{1,5}[a-z]?,? (?:[A-Z][\w'.-]{0,30} ){1,4}(?i:street|st|road|rd|avenue|ave|lane|ln|drive|"
    r"dr|boulevard|blvd|way|court|ct|square|sq|terrace|close|crescent|place|pl|row|gardens|hill)\b"
    r"|\w{2,40}(?:straße|strasse|str\.|weg|platz|allee|gasse) ?\d{1,4}\b"
    r"|\b[A-Z]\w{2,40}(?: Straße| Str\.| Weg| Platz| Allee) ?\d{1,4}\b"
    r"|\b(?i:p\.? ?o\.? ?box|apt\.?|apartment|flat|unit) ?#?\d"
    r"|(?:路|街|大道|巷|弄|胡同|小区|花园)[^，,。；;\s]{0,12}\d{1,5}(?:号|栋|幢|弄)|\d{1,5}(?:号楼|栋|幢|单元|室)"
    r"|\b[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}\b"
)
_FACT = re.compile(
    r"\b(?:born|date of birth|nationality|citizen(?:ship)?|marital status|married|divorced|"
    r"widowed|single parent|religion|religious|ethnicity|passport|social security|gender|"
    r"years? old|driving licen[cs]e|pregnant|disabled|disability)\b"
    r"|出生|身份证|护照|国籍|民族|籍贯|户口|户籍|婚姻|已婚|未婚|离异|政治面貌|党员|团员|宗教|身高|体重|性别|"
    r"^男$|^女$|年龄|\d{1,2}岁",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=\S)|(?<=[。！？；])|[|｜\t]")
_TITLES_OF_NAMES = re.compile(r"^(?:(?:mr|mrs|ms|miss|dr|prof|name)\.?\s+)", re.IGNORECASE)
_RESUME_OF = re.compile(
    r"^(?:curriculum vitae|r[eé]sum[eé]|cv)(?:\s+of)?\b[\s:–-]*|的?(?:个人)?简历$",
    re.IGNORECASE,
)
_AFTER_NAME = re.compile(r"\s*[,，|｜·•\t(（]|\s{2,}|\s[-–—]\s")
_LATIN_NAME = re.compile(r"[A-Z\u00c0-\u00de][\w'’.-]*(?: [A-Z\u00c0-\u00dea-z][\w'’.-]*){1,4}")
_HAN_NAME = re.compile("[\u4e00-\u9fff]{2,4}|[\u4e00-\u9fff](?: [\u4e00-\u9fff]){1,3}")


_INTRODUCED = re.compile(
    r"(?:我叫|我的名字是|姓名是)(?P<han>[\u4e00-\u9fff]{2,3})"
    r"|\b(?:[Mm]y name is|I am called) (?P<latin>[A-Z][\w'’-]*(?: [A-Z][\w'’-]*){0,3})"
)


def has_contact(text: str) -> bool:
    """Return whether a text holds an address of mail or web, or a phone number."""
    if ("@" in text and _MAIL.search(text)) or _URL.search(text) or _PHONE_WORD.search(text):
        return True
    for match in _NUMBER.finditer(text):
        digits = sum(map(str.isdigit, match[0]))
        is_phone = digits >= _PHONE_DIGITS or match[0].startswith("+")
        if is_phone and not _YEARS.fullmatch(match[0]):
            return True
    return False


def is_personal(text: str, names: Iterable[str] = ()) -> bool:
    """Return whether a text holds personal data: contacts, an address, a fact, one of the names."""
    return (
        has_contact(text)
        or _STREET.search(text) is not None
        or _FACT.search(text) is not None
        or any(_holds(text, name) for name in names)
    )


def impersonal_parts(line: Slice, names: Iterable[str]) -> list[Slice]:
    """Return the runs of sentences of a line that hold no personal data.

    A line with a street goes as a whole, because its town would be left.
    """
    if _STREET.search(line.text):
        return []
    if not is_personal(line.text, names):
        return [line]
    return [part for part in line.split(_SENTENCE_END) if not is_personal(part.text, names)]


def introduced_name(line: Slice) -> str | None:
    """Return the name by which somebody introduces themselves in a line."""
    match = _INTRODUCED.search(line.text)
    return (match["han"] or match["latin"]) if match else None


def find_name(line: Slice) -> str | None:
    """Return the name of a person that a line begins with; None if it begins with none."""
    text = _RESUME_OF.sub("", line.text.strip("#*_ \t"))
    text = _TITLES_OF_NAMES.sub("", text)
    text = _AFTER_NAME.split(text, maxsplit=1)[0].strip(" *_")
    if piece_kind(text) is not None:
        return None
    if _HAN_NAME.fullmatch(text):
        return text.replace(" ", "")
    return text if _LATIN_NAME.fullmatch(text) else None


def _holds(text: str, name: str) -> bool:
    """Return whether a text has all parts of a name as words, in any order."""
    if not name.isascii() and " " not in name:
        return name in text.replace(" ", "")
    words = set(re.findall(r"\w+", text.casefold()))
    return set(re.findall(r"\w+", name.casefold())) <= words
