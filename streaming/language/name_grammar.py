"""Finds names by the words around them: employers and places by case, work that is wished for."""

import re
from collections.abc import Iterator

from streaming.language.pattern_finder import Mention
from streaming.language.wish_values import WishField

_CHINESE_WISH = re.compile(
    r"(?:找|求|想做|想当|从事|应聘|做)(?:一?[份个])?(?P<title>[^，。；、,;！!？?的\s\d]{2,10}?)"
    r"(?:的|类|相关|方面|方向)*(?:的)?(?:工作|岗位|职位|活儿?|岗)"
)
_NAME = r"[A-Z][\w&'’-]*(?:(?: (?:&|and|of|de|for) | )[A-Z0-9][\w&'’-]*)*"
_COMPANY_FORM = r"(?:Ltd|Limited|Inc|LLC|LLP|PLC|plc|GmbH|AG|Corp|Corporation|Group|Holdings|Bank|Company|& Co|Labs|Partners|Systems|Technologies|Solutions|Consulting|Industries)"
_EMPLOYER = re.compile(
    rf"(?<!\w)(?P<full>{_NAME} {_COMPANY_FORM}\b)|"
    rf"(?:\b(?:at|for|join|joining|with|from|by|like|except|avoid|leave|left|than|not|no|but)) (?P<name>{_NAME})"
)
_IN_PLACE = re.compile(rf"\b(?:in|near|around|to|from|within|outside|based in) (?P<name>{_NAME})")
_CHINESE_PLACE = re.compile(
    r"(?:在|去|到|来|回)(?P<name>[\u4e00-\u9fff]{2,4}?)(?:市区|市|县)?(?:附近|周边|地区|本地|那边|这边)?(?=工作|上班|找|发展|就业|的工作|，|,|的?岗)"
)
_NO_PLACE = re.compile("[的了是那这里家司晚忙开着过吃饭位岗做找当哪外我你他现目]")
_CHINESE_EMPLOYER = re.compile(
    r"(?:去|进|加入|到|在|不要|不去|不考虑|排除|别|给|像|除了|想去|、|和)(?P<name>[\u4e00-\u9fffA-Za-z0-9]{2,12}?"
    r"(?:有限公司|股份公司|集团|科技公司|科技|银行|证券|公司))"
)
_GENERIC_EMPLOYER = re.compile(
    r"[大小国外私民上本家间司]|互联网|外包|创业|中介|游戏|金融|教育|保险|房|任何|初创|贷|这|那|哪|培训|传销|劳务"
)


def find_wished_work(folded: str) -> Iterator[Mention]:
    """Yield what somebody looks for: 想找X的工作."""
    for match in _CHINESE_WISH.finditer(folded):
        yield Mention(*match.span("title"), WishField.OCCUPATION, rank=0)


def find_employers(text: str) -> Iterator[Mention]:
    """Yield employers, by their form (Ltd, 公司) or by the words before a name."""
    for pattern in (_EMPLOYER, _CHINESE_EMPLOYER):
        for match in pattern.finditer(text):
            group = "full" if match.groupdict().get("full") else "name"
            name = match[group]
            if pattern is _CHINESE_EMPLOYER and _GENERIC_EMPLOYER.search(name[:-2]):
                continue
            rank = 4 if group == "full" else 0
            yield Mention(*match.span(group), WishField.EMPLOYER, rank=rank)


def find_places(text: str) -> Iterator[Mention]:
    """Yield places that no vocabulary has, by the words before them."""
    for pattern in (_IN_PLACE, _CHINESE_PLACE):
        for match in pattern.finditer(text):
            if not _NO_PLACE.search(match["name"]):
                yield Mention(*match.span("name"), WishField.PLACE, rank=0)
