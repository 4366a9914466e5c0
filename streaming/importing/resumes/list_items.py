"""Takes the items out of lists: skills, wishes, places and languages."""

# ruff: noqa: RUF001 - Chinese signs and dashes stand in texts

import re
from collections.abc import Iterable, Iterator

from streaming.importing.resumes.position_words import is_han, is_place
from streaming.importing.resumes.slices import Slice

_LONGEST_SKILL = 60
_MOST_WORDS = 7
_LONGEST_WISH = 80
_LONGEST_PLACE = 40
_FULL_LINE = 0.92
"""A line is broken by its margin if the next word would make it wider than this share of it."""
_NARROWEST_MARGIN, _WIDEST_MARGIN = 65, 160
"""Characters. In a text of shorter lines none is full, and a longer line is a paragraph."""

_BULLET = re.compile(r"^(?:[-*–—•·▪◦‣●■◆○►▶➢✓✔√\u2043\uf0b7\s]|\d{1,2}[.、)）](?!\d))+")
_GROUP = re.compile(r"^[^,，、;；:：|]{1,40}[:：]\s*(?=\S)")
_SEPARATOR = re.compile(
    r"[,，;；、|｜\t•·▪●。`]|\s{3,}|\s+/\s+|[()（）【】\[\]]"
    r"|(?<=[^\W\d_]{3})/(?=[^\W\d_]{3})|\s[–—-]\s|\.\s+(?=[A-Z])"
)
_EDGES = " \t*_~`\"'“”.。,:：;；-–—"
_BEFORE_SKILL = re.compile(
    r"^(?:and|or|including|such as|e\.g\.|also|good|strong|excellent|basic|advanced|"
    r"intermediate|extensive|proficient(?: (?:in|with))?|experienced? (?:in|with|using|of)|"
    r"expert(?:ise)? in|skilled (?:in|at|with)|(?:working )?knowledge of|familiar(?:ity)? with|"
    r"fluent in|understanding of|competent (?:in|with)|command of|"
    r"(?:非常|较为|比较|能够|可以|具有|具备|拥有|良好的|较强的|一定的|扎实的|丰富的)?"
    r"(?:熟练掌握|熟练使用|熟练运用|熟练|熟悉掌握|熟悉使用|熟悉|精通|了解|掌握|擅长|会使用|使用|运用)?"
    r"(?:常用的?|各种|主流的?|基本的?|以及)?)\s*",
    re.IGNORECASE,
)
_AFTER_SKILL = re.compile(
    r"(?:\s*(?:等\S{0,8}|\(?\d+\+? ?(?:years?|yrs?|年)\S{0,12}))$", re.IGNORECASE
)
_SUBHEADING = re.compile(
    r"^(?:(?:key |main )?(?:responsibilities|duties|achievements)|工作内容|工作描述|工作职责|"
    r"职责描述|主要职责|工作业绩|项目描述|岗位职责)[:：]?\s*",
    re.IGNORECASE,
)
_LEVEL = re.compile(
    r"(?:expert|advanced|intermediate|basic|beginner|proficient|fluent|native|good|excellent|"
    r"very good|working knowledge|conversational|professional|etc\.?|and more|others?|"
    r"\d+\+? ?(?:years?|yrs?|months?)(?: (?:of )?experience)?|[abc][12]|\d+(?:\.\d+)?%?|"
    r"cet-?[46]|tem-?[48]|ielts|toefl|toeic|熟练|精通|良好|一般|熟悉|了解|掌握|优秀|等|其他|\d+年\S{0,6})",
    re.IGNORECASE,
)
_PROSE_WISH = re.compile(
    r"\b(?:(?:seek(?:ing)?|look(?:ing)? for|interested in|apply(?:ing)? for|obtain|secure|find)"
    r"(?: (?:a|an|the|new|full-time|part-time|challenging|permanent))*(?: (?:position|role|job|"
    r"opportunity|work)s?(?: as| in| of)?)?|(?:work|position|role|job|career) (?:as|in))"
    r"(?: (?:a|an|the))?\s+(?P<wish>[^,.;:，。；]{3,80})",
    re.IGNORECASE,
)
_HAN_PROSE_WISH = re.compile(
    r"(?:应聘|求职|从事|寻求|寻找)(?:一份|的|一个)?(?P<wish>[^，。；,\s]{2,20}?)"
    r"(?=岗位|职位|工作|一职|，|。|；|,|$)"
)
_TOWN_BEHIND = re.compile(r"\b(?:in|near|around) (?P<town>[A-Z][\w-]+(?: [A-Z][\w-]+)?)")
_END_OF_WISH = re.compile(
    r"\s+(?:positions?|roles?|jobs?|opportunit(?:y|ies)|in|at|where|with|that|which|to|for|within|"
    r"on|using)\b",
    re.IGNORECASE,
)
_WISH_SEPARATOR = re.compile(
    r"[,，;；、|｜\t•·\n]|\s{3,}|\s+/\s+|(?<=[\u4e00-\u9fff])/|/(?=[\u4e00-\u9fff])|\s+or\s+"
    r"|(?<=[\u4e00-\u9fff])\s+(?=[\u4e00-\u9fffA-Z])"
)
_NO_WISH = re.compile(
    r".*\d.*|(?:full|part)[- ]?time|permanent|contract|temporary|internship|hybrid|remote|"
    r"on-?site|全职|兼职|实习|不限|随时到岗|面议|在职|离职|远程",
    re.IGNORECASE,
)
_PLACE_SEPARATOR = re.compile(r"[,，;；、/|｜\t•\n()（）]|\s{3,}|\s+(?:or|and|und)\s+|或|\s+-\s+")
_PLACE_WORDS = re.compile(
    r"^(?:(?:the )?(?:greater|near|around|anywhere in|willing to relocate to|relocation to)\s+)|"
    r"(?:\s+area)$",
    re.IGNORECASE,
)
_NO_PLACE = re.compile(
    r".*\d.*|any(?:where)?|open|yes|no|flexible|willing to relocate|relocat.*|不限|全国|均可|其他",
    re.IGNORECASE,
)
_LANGUAGES = (
    "english|german|french|spanish|italian|portuguese|dutch|polish|russian|ukrainian|turkish|"
    "arabic|hebrew|persian|farsi|hindi|urdu|bengali|punjabi|tamil|telugu|gujarati|marathi|"
    "mandarin(?: chinese)?|chinese|cantonese|japanese|korean|vietnamese|thai|malay|indonesian|"
    "tagalog|swedish|norwegian|danish|finnish|greek|czech|slovak|hungarian|romanian|bulgarian|"
    "croatian|serbian|swahili|yoruba|igbo|hausa|zulu|afrikaans|catalan|irish|welsh|sign language|"
    "英语|德语|法语|西班牙语|意大利语|葡萄牙语|俄语|阿拉伯语|日语|韩语|粤语|普通话|汉语|中文|英文|日文|"
    "越南语|泰语|荷兰语"
)
_LANGUAGE = re.compile(rf"(?<![^\W_])(?:{_LANGUAGES})(?![a-z])", re.IGNORECASE)


def without_bullet(line: Slice) -> Slice:
    """Return a line without the bullet or number before it."""
    match = _BULLET.match(line.text)
    return line.cut(match.end()) if match else line


def without_subheading(line: Slice) -> Slice:
    """Return a line without "Responsibilities:" and the like before it; nothing may be left."""
    match = _SUBHEADING.match(line.text)
    if match and (match[0].rstrip().endswith((":", "：")) or match.end() == len(line.text)):
        return line.cut(match.end())
    return line


def is_item(line: Slice) -> bool:
    """Return whether a line begins with a bullet or number."""
    return _BULLET.match(line.text) is not None


def margin_of(lines: Iterable[Slice]) -> int:
    """Return the width of the longest line; a Chinese character is as wide as two others."""
    return max((_width(line.text) for line in lines), default=0)


def join_broken_lines(lines: Iterable[Slice], margin: int) -> Iterator[Slice]:
    """Join lines that were broken by the margin (`margin_of` all lines of the text).

    A line that begins with a bullet or a group is no continuation, and nor is one after an empty
    line. Empty lines are left out.
    """
    whole: Slice | None = None
    last: Slice | None = None
    for line in lines:
        if whole and last and _is_broken(last, line, margin):
            whole = Slice(line.source, whole.start, line.end)
        else:
            if whole and whole.text:
                yield whole
            whole = line
        last = line
    if whole and whole.text:
        yield whole


def _is_broken(before: Slice, line: Slice, margin: int) -> bool:
    if not _NARROWEST_MARGIN <= margin <= _WIDEST_MARGIN or not before.text or not line.text:
        return False
    gap = line.source[before.end : line.start]
    if gap.strip() or is_item(line) or _GROUP.match(line.text):
        return False
    first_word = line.text[0] if is_han(line.text[0]) else line.text.split()[0]
    return _width(before.text) + 1 + _width(first_word) > _FULL_LINE * margin


def _width(text: str) -> int:
    return len(text) + sum(map(is_han, text)) if is_han(text) else len(text)


def skills_in(line: Slice) -> list[Slice]:
    """Return the skills of a line; none if it is prose.

    A group's name before a colon, words such as "proficient in", levels and years go.
    """
    line = without_bullet(line)
    if group := _GROUP.match(line.text):
        line = line.cut(group.end())
    parts = line.split(_SEPARATOR)
    if any(len(part.text) > 2 * _LONGEST_SKILL for part in parts):
        return []
    items = [_skill(part) for part in parts]
    if any(_is_long(item.text) for item in items):
        return []
    return [item for item in items if item.text and not _LEVEL.fullmatch(item.text)]


def _skill(part: Slice) -> Slice:
    part = part.stripped(_EDGES)
    while (match := _BEFORE_SKILL.match(part.text)) and 0 < match.end() < len(part.text):
        if match[0][-1].isascii() and match[0][-1].isalnum():
            break  # "Goods" begins with "good"
        part = part.cut(match.end()).stripped(_EDGES)
    if match := _AFTER_SKILL.search(part.text):
        part = part.cut(0, match.start()).stripped(_EDGES)
    return part


def _is_long(text: str) -> bool:
    return len(text) > _LONGEST_SKILL or len(text.split()) > _MOST_WORDS


def languages_in(line: Slice) -> list[Slice]:
    """Return the languages that a line names."""
    return [line.group(match) for match in _LANGUAGE.finditer(line.text)]


def wishes_in(line: Slice) -> tuple[list[Slice], list[Slice]]:
    """Return the titles or fields that a line wishes for, and the places in it."""
    line = without_bullet(line)
    if (prose := wishes_in_prose(line))[0]:
        return prose
    items = [part.stripped(_EDGES) for part in line.split(_WISH_SEPARATOR)]
    if any(
        len(item.text) > _LONGEST_WISH or len(item.text.split()) > _MOST_WORDS for item in items
    ):
        return [], []
    items = [item for item in items if item.text and not _NO_WISH.fullmatch(item.text)]
    places = [item for item in items if is_place(item.text)]
    return [item for item in items if item not in places], places


def wishes_in_prose(sentence: Slice) -> tuple[list[Slice], list[Slice]]:
    """Return what a sentence such as "I am looking for a job as a cook in Leeds" wishes for."""
    match = _PROSE_WISH.search(sentence.text) or _HAN_PROSE_WISH.search(sentence.text)
    if not match:
        return [], []
    wish = sentence.group(match, "wish")
    towns = [wish.group(town, "town") for town in _TOWN_BEHIND.finditer(wish.text)]
    if end := _END_OF_WISH.search(wish.text):
        wish = wish.cut(0, end.start())
    wish = wish.stripped(_EDGES)
    return ([wish] if wish.text else []), towns


def places_in(line: Slice) -> list[Slice]:
    """Return the places that a line names, without parts that hold a number."""
    places = []
    for part in without_bullet(line).split(_PLACE_SEPARATOR):
        place = part.stripped(_EDGES)
        if len(place.text) > _LONGEST_PLACE:
            continue
        if match := _PLACE_WORDS.search(place.text):
            start = match.end() if match.start() == 0 else 0
            place = place.cut(start, None if start else match.start())
        if place.text and not _NO_PLACE.fullmatch(place.text):
            places.append(place)
    return places
