"""Cuts the text of a salary into tokens: numbers, currencies, periods and the words around them.

`_PATTERNS` has one regex for each kind of token; at each place of a text the first one that matches
counts. No pattern repeats what may itself be empty or begin with what precedes it, so the time is
linear in the length.
"""

import math
import re
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from html import unescape
from typing import NamedTuple

from streaming.importing.parsers.values import LATIN, UNIT_NOUNS, UNIT_PHRASES

_MAX_LENGTH = 2_000
"""Characters of a text that are read."""

_CODES = (
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP "
    "BYN BZD CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP "
    "GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR "
    "KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK "
    "MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR "
    "SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS "
    "UAH UGX USD UYU UZS VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG"
)
ISO_4217 = frozenset(_CODES.split())
_COMMON_CODES = (
    *("AED", "AUD", "BRL", "CAD", "CHF", "CNY", "CZK", "DKK", "EUR", "GBP", "HKD", "HUF", "INR"),
    *("JPY", "MXN", "NOK", "NZD", "PLN", "SEK", "SGD", "USD", "ZAR"),
)
"""Codes that are also read in lower case."""
_CODES_IN_TEXT = ISO_4217 - {"ALL", "TOP"}
Candidates = tuple[str | None, ...]
"""The currencies that a sign may mean, the usual one first; None is no currency."""

_DOLLARS = (
    *("USD", "CAD", "AUD", "NZD", "SGD", "HKD", "TWD", "MXN", "BRL", "ARS", "CLP", "COP", "UYU"),
    *("DOP", "BBD", "BMD", "BND", "BSD", "BZD", "FJD", "GYD", "JMD", "KYD", "LRD", "NAD", "SBD"),
    *("SRD", "TTD", "XCD"),
)
_RUPEES = ("INR", "PKR", "LKR", "NPR", "MUR")
_SIGNS = {
    "AUD": "A$ AU$ australian_dollar 澳元",
    "BRL": "R$ reais",
    "CAD": "C$ CA$ CAN$ CDN$ cdn canadian_dollar 加元",
    "CHF": "fr. sfr sfr. franken swiss_franc",
    "CNY": "人民币 人民幣 rmb cn¥ rmb¥ yuan renminbi",
    "CZK": "kč",
    "EUR": "€ euro 欧元",
    "GBP": "£ pound_sterling british_pound 英镑",
    "HKD": "HK$ 港币 港幣 港元",
    "IDR": "rp",
    "ILS": "₪",
    "INR": "₹ indian_rupee",
    "JPY": "円 日元 日圆 jp¥ yen",
    "KRW": "₩ 韩元",
    "MXN": "MX$",
    "MYR": "rm",
    "NGN": "₦",
    "NZD": "NZ$",
    "PHP": "₱",
    "PLN": "zł zloty",
    "RUB": "₽ руб",  # noqa: RUF001 - Russian
    "SGD": "S$ SG$ 新元",
    "THB": "฿",
    "TRY": "₺",
    "TWD": "NT$ 台币 新台币 台幣 新台幣",
    "UAH": "₴",
    "USD": "US$ us_dollar 美元",
    "VND": "₫",
}
_CANDIDATES: dict[str, Candidates] = {
    **{code: (code,) for code in ISO_4217},
    **{
        sign.replace("_", " ").upper(): (code,)
        for code, signs in _SIGNS.items()
        for sign in signs.split()
    },
    **dict.fromkeys(("$", "DOLLAR"), _DOLLARS),
    **dict.fromkeys(("RS", "RUPEE"), _RUPEES),
    "元": ("CNY", "TWD", "HKD"),
    "¥": ("CNY", "JPY"),
    "KR": (None, "SEK", "NOK", "DKK", "ISK"),
}
_UNKNOWN_DOLLAR: Candidates = (None, *_DOLLARS)
"""Of a `$` after an unknown prefix."""
FACTORS = {
    word: factor
    for factor, words in {
        100: "百",
        1_000: "k t thousand grand tsd mille тыс 千",
        10_000: "万 萬",
        100_000: "lakh lakhs lac lacs lpa l",
        1_000_000: "m mn mio mln million millions millionen millones milhões milioni 百万",
        10_000_000: "crore crores cr 千万",
        100_000_000: "亿 億",
        1_000_000_000: "bn billion mrd",
        math.nan: "mil",  # a thousand in Spanish, a million in English: no amount
    }.items()
    for word in words.split()
}
INDIAN_ONLY = ("l", "cr")
"""Without rupees these are litres and credits."""


_EDGE = rf"(?:(?<![{LATIN}])|(?![{LATIN}]))"
"""A place that is not within a word; Chinese has no gaps between words."""


def _words(*alternatives: str) -> str:
    """Return a regex for whole words; its first part makes it fail at once elsewhere."""
    return rf"(?![\W\d]){_EDGE}(?:{'|'.join(alternatives)}){_EDGE}"


def _any_of(names: Iterable[str]) -> str:
    return "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))


_NOUNS = "|".join(UNIT_NOUNS.values())
_PATTERNS = {
    # Times, dates, telephone numbers, pay bands, pension plans, "Mo.-Fr. 8-17", "paid monthly".
    "junk": r"\d+(?:[:/]\d+)+|\d+(?:-\d+){2,}|401 ?\(?k\b\)?|"
    + _words(
        r"(?:band|grade|level|tier|step|scale|point|ref|id|tel|phone)[ .:#]{1,2}[a-z]?\d[\w-]*",
        r"fr\. ?\d{1,2}(?![\d'.,])",
        "(?:paid |bi-?|semi-?)[a-z]+ly",
    ),
    # "20, 000" is a slip of the pen, "80'000.-" has no cents.
    "number": r"(?:\d{1,3}, \d{3}(?!\d)|\d+)(?:[.,']\d+| \d{3}(?!\d))*(?:[.,/]-{1,2}(?! ?\d))?",
    "multiplier": rf"(?<=\d)m{_EDGE}|(?:(?<=\d)|(?<=\d ))(?:t(?= ?€)|"
    rf"(?:{_any_of(FACTORS.keys() - {'m', 't'})}){_EDGE}\.?)",
    "period": rf"/ ?(?:{_NOUNS}|an){_EDGE}|[时時日周週月年][薪给給收収]入?|"
    + _words(
        "(?:(?:per|an?|each|every|pro|par|por|al|ao|im|je)(?: calendar)? |p/|每个?|一个?)"
        f"(?:{_NOUNS})",
        *UNIT_PHRASES.values(),
    ),
    "or_more": rf"(?<=\w)\+(?! ?[\d$£€₹¥])(?![{LATIN}])|"
    + _words("or more|and above|and up|upwards|以上|起(?!薪)", r"min(?:imum)?(?=$|[,;)])"),
    "or_less": _words("or less|以下|以内", r"max(?:imum)?(?=$|[,;)])"),
    "maximum": r"(?<![\w/])[<≤](?= ?[\d£€$])|"
    + _words(
        "up ?to|max(?:imum|\\.)?|at most|(?:less|not? more) than|under|below|bis zu|höchstens",
        "jusqu'[àa]|hasta|até|最高|不超过|高达",
    ),
    "minimum": r"(?<![\w/])[>≥](?= ?[\d£€$])|"
    + _words(
        "from|starting(?: at| from)?|at least|min(?:imum|destens|\\.)?|(?:not? less|more) than",
        "over|above|ab|vanaf|mind\\.|[àa] partir de|desde|от|最低|至少|起薪",
    ),
    "until": _words("to|bis|until|tot|till?|до|至|到"),
    # Codes are found among the words.
    "currency": rf"(?<![{LATIN}])(?-i:US|CA|AU|NZ|HK|SG|NT|MX|[ACRS]) \$|[a-z]{{0,4}}\$|"
    rf"(?:jp|cn|rmb)?¥|[£€₩₪₦₱₽฿₺₴₫₹]|"
    + _words(f"(?:{_any_of(_CANDIDATES.keys() - ISO_4217)})s?", "[a-z]{2,20} dollars?"),
    "to": r"[-~]|/(?= ?[\d£€$])|" + _words(r"and|und|et|à|(?<!\d)(?:al?|e|y)"),
    "extra": r"\+|" + _words("plus|rising"),
    "bonus": _words(
        "bonus(?:es)?|commissions?|incentives?|allowances?|welcome|sign[- ]on|joining|referral",
        "奖金|补贴|津贴",
    ),
    "filler": _words(
        r"pro[- ]rata|gross|net|brutto|netto|bruto|neto|brut|basic|base|fte|ote|doe|ctc|circa",
        r"ca?\.?|approx(?:imately|\.)?|around|about|etwa|rund|range|zu|of|is|the|约|左右|税前|税后",
    ),
    "pay": _words(
        "salar(?:y|ies)|pay|wages?|rate|compensation|remuneration|gehalt|lohn|salaire|salario",
        "salário|sueldo|底?薪[资酬水]?|工资|待遇",
    ),
    "count": "[%‰人名家个個次岁]|" + _words(_NOUNS, "percent|prozent|people|employees"),
    "word": rf"[{LATIN}]+|[^\W\d_]",
    "mark": r"[^\w\s]",
}
_TOKEN = re.compile(
    "|".join(f"(?P<{kind}>{pattern})" for kind, pattern in _PATTERNS.items()), re.IGNORECASE
)
_SIMPLER = {
    **{code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)},  # full width
    **str.maketrans("’‘´`‐‑‒–—―−〜￥ıİſK", "''''-------~¥iIsK"),  # noqa: RUF001 - characters in use
}
_NUMBER = re.compile(
    r"(?P<whole>[1-9]\d{0,2}(?P<by>[.,' ])\d{3}(?:(?P=by)\d{3})*|[1-9]\d?(?:,\d{2})+,\d{3}(?!,)"
    r"|[1-9]\d*|0)(?:(?!(?P=by))(?:[.,](?P<cents>\d\d?)|\.(?P<fraction>\d{4,})))?"
    r"|0[.,](?P<small>\d+)"
)
"""Three digits after a separator are thousands ("45.000", "3,00,000"), one or two are cents, and
four or more are a fraction that a program wrote."""


class Token(NamedTuple):
    """A part of a text; `_PATTERNS` lists the kinds."""

    kind: str
    text: str
    glued: bool
    """Whether the previous token ends where this one begins."""


def tokenise(text: str) -> list[Token]:
    """Return the tokens of a text, and at last one of the kind "end"."""
    spaced = " ".join(text.split())
    plain = " ".join(unescape(spaced[:_MAX_LENGTH]).translate(_SIMPLER).split())
    tokens, end = [], -1
    for match in _TOKEN.finditer(plain):
        kind, part = str(match.lastgroup), match[0]
        code = part in _CODES_IN_TEXT or part.upper() in _COMMON_CODES
        tokens.append(Token("currency" if code else kind, part, match.start() == end))
        end = match.end()
    if len(spaced) > _MAX_LENGTH:
        words = [i for i, token in enumerate(tokens[:-1]) if token.kind == "word"]
        del tokens[words[-1] + 1 if words else 0 :]  # half an amount may stand at the end
    return [*tokens, Token("end", "", glued=False)]


def read_number(text: str) -> float | None:
    """Return a number without sign; None if its groups of digits are malformed."""
    match = _NUMBER.fullmatch(text.rstrip(".,/-").replace(", 0", ",0"))
    if match is None:
        return None
    whole = re.sub(r"\D", "", match["whole"] or "0")
    return float(f"{whole}.{match['cents'] or match['fraction'] or match['small'] or 0}")


def currency_candidates(sign: str) -> Candidates:
    """Return the currencies that a sign, code or name may mean, the usual one first."""
    key = sign.upper()
    if not key.endswith("$"):
        return _CANDIDATES.get(key) or _CANDIDATES.get(key.removesuffix("S"), _UNKNOWN_DOLLAR)
    prefix = key[:-1].strip()
    if len(prefix) == 1 and prefix != "R" and sign != f"{prefix}$":
        return _UNKNOWN_DOLLAR  # "c$30k" is about $30k, and the A of "A $30k job" is no sign
    return (prefix,) if prefix in ISO_4217 else _CANDIDATES.get(f"{prefix}$", _UNKNOWN_DOLLAR)


def choose_currency(
    signs: Sequence[Candidates], mentioned: AbstractSet[str] = frozenset(), given: str | None = None
) -> str | None:
    """Return the currency that all signs may mean; None if there is none, or it is ambiguous.

    Among several, one counts that the text mentions elsewhere or that is given with the text.
    """
    common = set(signs[0]).intersection(*signs)
    usual = {sign[0] for sign in signs}
    for choice in (common, common & mentioned, common & {given}, usual):
        if len(choice) == 1:
            return choice.pop()
    return None


def parse_currency(text: str) -> str | None:
    """Return the ISO 4217 code of "EUR", "eur", "€" or "Euro"; None if it is no currency."""
    code = text.strip().upper()
    if code in ISO_4217:
        return code
    tokens = tokenise(text)
    signs = [currency_candidates(token.text) for token in tokens if token.kind == "currency"]
    alone = {token.kind for token in tokens} <= {"currency", "mark", "end"}
    return choose_currency(signs) if alone and signs else None
