"""Converts markup to plain text.

Advertisements come as HTML, as HTML escaped once or several times, as plain text, and as mixtures.
Paragraphs and bullets become lines.
"""

import html
import re
from html.parser import HTMLParser

_BLOCKS = (
    "address|article|aside|blockquote|body|br|caption|center|dd|div|dl|dt|fieldset|figure|footer|"
    "form|h1|h2|h3|h4|h5|h6|header|hr|html|li|main|nav|ol|p|pre|section|table|tbody|td|tfoot|th|"
    "thead|tr|ul"
)
_INLINE = (
    "a|abbr|acronym|b|big|button|cite|code|del|em|font|i|img|input|ins|kbd|label|mark|meta|link|"
    "head|title|option|q|s|samp|select|small|source|span|strike|strong|sub|sup|svg|path|time|tt|u|"
    "var|video|wbr|iframe|noscript|object|embed|param|script|style|textarea"
)
_DROPPED = {"script", "style", "head", "title", "noscript", "iframe", "object", "svg", "select"}

_END = r"(?=[\s/>])"
_BLOCK = re.compile(rf"</?(?:{_BLOCKS}){_END}[^<>]*>", re.IGNORECASE)
# Names with a colon are Office's own tags (<o:p>).
_NAMES = rf"(?:{_BLOCKS}|{_INLINE}|[a-z]+:[a-z]+){_END}"
_TAG = re.compile(rf"</?{_NAMES}[^<>]*>", re.IGNORECASE)
_BARE_BRACKET = re.compile(rf"<(?!/?{_NAMES}[^<>]*>)", re.IGNORECASE)
# A comment ends before the next one starts, so that many "<!--" take linear time.
_COMMENT = re.compile(
    r"<!--(?:(?!<!--).)*?-->|<!doctype[^<>]*>|<!\[CDATA\[|\]\]>|<\?xml[^<>]*>",
    re.IGNORECASE | re.DOTALL,
)
# Only complete entities: "?a=1&copy=2" in a URL is not a copyright sign.
_ENTITY = re.compile(r"&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,30});", re.IGNORECASE)

_INVISIBLE = re.compile("[\x00-\x08\x0e-\x1f\x7f\u00ad\u200b-\u200f\u2028-\u202e\u2060\ufeff]")
_LINE_ENDS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_SPACES = re.compile(r"[^\S\n]+")
_LINE, _PARAGRAPH = "\x1d", "\x1e"  # edges of blocks and of paragraphs
_BREAK = re.compile(rf"[\s{_LINE}{_PARAGRAPH}]*[\n{_LINE}{_PARAGRAPH}][\s{_LINE}{_PARAGRAPH}]*")
_EDGES = (
    dict.fromkeys(_BLOCKS.split("|"), _LINE)
    | dict.fromkeys(["p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "table"], _PARAGRAPH)
    | {"br": "\n", "td": " ", "th": " "}
)
_ROUNDS = 10
"""Markup has been found escaped up to four times; the limit is for malicious input."""


def plain_text(markup: str) -> str:
    """Convert HTML, escaped HTML or plain text to text without tags and entities.

    Paragraphs, table rows and list items become lines, and items start with "- ". Repeated spaces
    and empty lines become one. Text in angle brackets that is no HTML tag ("List<int>") stays. The
    function is idempotent.
    """
    text = _tidy(markup)
    for _ in range(_ROUNDS):
        unescaped = _ENTITY.sub(lambda match: html.unescape(match[0]), _without_tags(text))
        stripped = _tidy(unescaped)
        if stripped == text:
            break
        text = stripped
    return text


def single_line(markup: str) -> str:
    """Convert markup to a single line, for titles, names and places."""
    return " ".join(plain_text(markup).split())


def guess_language(*texts: str | None) -> str | None:
    """Return "zh" for Chinese and "en" for Latin script, by the letters; None for other scripts.

    Chinese advertisements contain many English product names, so a tenth of Han characters is
    enough, unless a tenth as much kana shows Japanese. Any language in Latin script is taken for
    English.
    """
    text = "".join(part for part in texts if part)
    han = len(re.findall(r"[\u3400-\u4dbf\u4e00-\u9fff]", text))
    latin = len(re.findall(r"[a-zA-Z\u00c0-\u024f]", text))
    letters = sum(map(str.isalpha, text))
    kana = len(re.findall(r"[\u3041-\u3096\u30a1-\u30fa]", text))
    if han and 10 * han >= letters and 10 * kana < han:
        return "zh"
    return "en" if latin and 2 * latin >= letters else None


def _without_tags(text: str) -> str:
    text = _COMMENT.sub("", text)
    if not _TAG.search(text):
        return text
    # A line break in HTML is a space. A text with inline tags only keeps its lines.
    text = " ".join(text.split()) if _BLOCK.search(text) else text
    parser = _Text()
    parser.feed(_BARE_BRACKET.sub("&lt;", text))
    parser.close()
    text = _BREAK.sub(_line_break, "".join(parser.parts))
    # A list item may contain a paragraph.
    return re.sub(r"^- *\n+", "- ", text, flags=re.MULTILINE)


class _Text(HTMLParser):
    """Collects the text and the edges of blocks in one pass.

    A tree parser (BeautifulSoup) takes seconds for ten thousand nested elements, with which a file
    could stall an import.
    """

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._dropped = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        self._dropped += tag in _DROPPED
        self.parts.append(_EDGES.get(tag, ""))
        if tag == "li":
            self.parts.append("- ")

    def handle_endtag(self, tag: str) -> None:
        self._dropped -= tag in _DROPPED and self._dropped > 0
        self.parts.append("" if tag == "br" else _EDGES.get(tag, ""))

    def handle_data(self, data: str) -> None:
        if not self._dropped:
            self.parts.append(data)


def _line_break(match: re.Match[str]) -> str:
    """Join adjacent edges of blocks: two <br> or the edge of a paragraph make an empty line."""
    edges = match[0]
    return "\n\n" if _PARAGRAPH in edges or edges.count("\n") > 1 else "\n"


def _tidy(text: str) -> str:
    text = _INVISIBLE.sub("", _LINE_ENDS.sub("\n", text))
    lines = (line.strip() for line in _SPACES.sub(" ", text).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
