"""Takes personal data out of a text before it leaves the machine, and puts it back afterwards."""

# ruff: noqa: RUF001 - Chinese text has Chinese punctuation

import re
from collections.abc import Iterable
from dataclasses import dataclass

_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_PHONE = re.compile(
    r"(?<![A-Za-z0-9_.,-])(?:\+|00)?\(?\d{2,5}\)?(?:[\s-]?\(?\d{2,5}\)?){1,4}(?![A-Za-z0-9_.,]*\d)"
)
_DOCUMENT = re.compile(
    r"(?<![A-Za-z0-9_.-])(?:(?P<resident>\d{17}[\dXx])|(?P<social>\d{3}-\d{2}-\d{4}))"
    r"(?![A-Za-z0-9_-])"
    r"|(?:[Pp]assport|护照)(?: ?(?:number|no\.?|号码|号))?[:：]? ?"
    r"(?P<passport>[A-Z]{1,2}\d{6,8})(?!\w)"
)
"""Numbers of Chinese identity cards, of United States social security, and of passports."""
_CARD_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CARD_CHECKS = "10X98765432"
_FEWEST_DIGITS, _MOST_DIGITS = 9, 15
_CHINESE_MOBILE = 11
_CAPITALISED = r"[A-Z][a-zà-ÿ'’-]+"
_NAME = re.compile(
    rf"\b(?:Mr|Mrs|Ms|Miss|Dr|Prof)\.? (?P<titled>{_CAPITALISED}(?: {_CAPITALISED}){{0,2}})"
    rf"|(?:[Cc]ontact|[Cc]all|[Aa]sk for|[Ee]mail|[Ww]rite to|[Ss]peak to)(?: name)?:? "
    rf"(?P<asked>{_CAPITALISED} {_CAPITALISED})"
    r"|联系人[:：]?\s?(?P<chinese>[\u4e00-\u9fff]{2,4})"
    r"|(?P<polite>[赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦许何吕张孔曹严华金魏陶姜谢邹苏潘葛范彭郎鲁马方俞任袁柳鲍史唐薛雷贺倪汤"
    r"罗毕郝安常乐于时傅康伍余元顾孟黄萧尹姚邵汪毛米戴宋庞熊纪舒屈项祝董梁杜阮蓝闵季贾江童郭梅盛林钟徐邱骆高夏蔡"
    r"田胡凌霍万柯卢莫房解应宗丁邓郁单洪包左石崔龚程邢裴陆荣翁段侯全武刘龙叶白赖乔谭温庄柴阎连习古易廖](?:先生|女士|小姐|经理|老师))"
)
_LIKELY = re.compile(
    r"[@\d]|\b(?:Mr|Mrs|Ms|Miss|Dr|Prof)\b|[Cc]ontact|[Cc]all|[Aa]sk for|[Ee]mail|[Ww]rite to"
    r"|[Ss]peak to|联系人|先生|女士|小姐|经理|老师"
)
"""Something of this stands in every text with personal data; most texts have none of it."""


@dataclass(frozen=True)
class Redacted:
    """A text without personal data."""

    text: str
    originals: dict[str, str]
    """By mark, what stood there."""

    def restored(self, answer: str) -> str:
        """Return an answer with the marks replaced by what they stand for."""
        for mark, original in self.originals.items():
            answer = answer.replace(mark, original)
        return answer


def redact(text: str, names: Iterable[str] = ()) -> Redacted:
    """Replace mail addresses, numbers of phones and documents, and names by marks like [NAME-A].

    Names are found behind titles, behind "contact" and 联系人, and those in `names` everywhere.
    Marks hold no digits: they are no facts.
    """
    originals: dict[str, str] = {}
    if not names and not _LIKELY.search(text):
        return Redacted(text, originals)

    def mark(kind: str, original: str) -> str:
        known = next((own for own, value in originals.items() if value == original), None)
        if known is None:
            known = f"[{kind}-{_letters(len(originals))}]"
            originals[known] = original
        return known

    for name in sorted({name.strip() for name in names if name.strip()}, key=len, reverse=True):
        text = text.replace(name, mark("NAME", name)) if name in text else text
    text = _MAIL.sub(lambda found: mark("MAIL", found[0]), text)
    text = _DOCUMENT.sub(
        lambda found: (
            _with_mark(found, mark("DOCUMENT", _name_in(found)))
            if _is_document(found)
            else found[0]
        ),
        text,
    )
    # A range of pay ("12000-20000") has neither a leading zero nor a plus, and is no mobile number.
    text = _PHONE.sub(
        lambda found: mark("PHONE", found[0]) if _is_phone(found[0]) else found[0], text
    )
    text = _NAME.sub(lambda found: _with_mark(found, mark("NAME", _name_in(found))), text)
    return Redacted(text, originals)


def _is_document(found: re.Match[str]) -> bool:
    """Return whether the number of an identity card has its check digit (GB 11643-1999)."""
    card = found["resident"]
    if card is None:
        return True
    total = sum(int(digit) * weight for digit, weight in zip(card, _CARD_WEIGHTS, strict=False))
    return _CARD_CHECKS[total % 11] == card[-1].upper()


def _is_phone(text: str) -> bool:
    digits = "".join(filter(str.isdigit, text))
    is_mobile = len(digits) == _CHINESE_MOBILE and digits[0] == "1" and digits == text
    begins = text.lstrip("(").startswith(("+", "0")) or is_mobile
    return begins and _FEWEST_DIGITS <= len(digits) <= _MOST_DIGITS


def _name_in(found: re.Match[str]) -> str:
    return next(part for part in found.groups() if part)


def _with_mark(found: re.Match[str], mark: str) -> str:
    return found[0].replace(_name_in(found), mark)


def _letters(number: int) -> str:
    """Return A, B, … Z, BA, BB, …."""
    rest, last = divmod(number, 26)
    return (_letters(rest) if rest else "") + chr(ord("A") + last)
