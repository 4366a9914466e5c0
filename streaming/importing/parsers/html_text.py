"""Converts markup to plain text.

Advertisements come as HTML, as HTML escaped once or several times, as plain text, and as mixtures.
Some write about tags ("you know <select>"), and such words must not be lost. Paragraphs and
bullets become lines.
"""

import html
import re
from html.entities import html5

_BLOCK_NAMES = (
    "address article aside blockquote body br caption center dd details dialog dir div dl dt "
    "fieldset figcaption figure footer form frameset h1 h2 h3 h4 h5 h6 header hgroup hr html "
    "legend li listing main marquee menu nav noframes ol optgroup option p plaintext pre search "
    "section summary table tbody td tfoot th thead tr ul xmp"
)
# What a reader of the page does not see, and what stands in for something that is not shown.
_DROPPED_NAMES = (
    "applet audio canvas datalist head iframe math noembed noscript object script select style svg "
    "template title video"
)
_INLINE_NAMES = (
    "a abbr acronym area b base basefont bdi bdo bgsound big blink button cite code col colgroup "
    "data del dfn em embed font frame i image img input ins kbd keygen label link map mark "
    "menuitem meta meter nobr output param path picture portal progress q rb rp rt rtc ruby s samp "
    "selectedcontent slot small source span strike strong sub sup textarea time track tt u var wbr"
)
_BLOCKS = frozenset(_BLOCK_NAMES.split())
_DROPPED = frozenset(_DROPPED_NAMES.split())
_ELEMENTS = _BLOCKS.union(_DROPPED, _INLINE_NAMES.split())
_COMPLETE_ALONE = frozenset({"br", "hr", "wbr"})
_OFFICE = re.compile(r"(?:[movwx]|st\d|u\d):")

# The time is linear: a match ends before the next "<", and each alternative for a value is
# decided by its first characters. Values in quotes may contain ">".
_TAG = re.compile(
    r"<(?P<slash>/?)(?P<name>[a-z][a-z0-9]*(?:[-:][a-z0-9]+)*)(?=[\s/>])"
    r"""(?P<attributes>[^<>=]*(?:=(?:\s*"[^"<]*"|\s*'[^'<]*'|(?!\s*["']))[^<>=]*)*|[^<>]*)>""",
    re.IGNORECASE,
)
_ATTRIBUTE = re.compile(r"\s+[\w:.@-]+\s*=")
_COMMENT = re.compile(r"<!--(?:-?>|.*?-->)", re.DOTALL)
_CDATA = re.compile(r"<!\[CDATA\[", re.IGNORECASE)
# Word writes <![if !supportLists]> and <![endif]>.
_DECLARATION = re.compile(
    r"<!doctype[^<>]*>|<\?xml[^<>]*>|<!\[(?:if|else|endif)\b[^<>]*>", re.IGNORECASE
)
# "?a=1&copy=2" in a URL is not a copyright sign. Only the commonest names need no semicolon.
_ENTITY = re.compile(
    r"&(?:(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,30});"
    r"|(?:amp|gt|lt|nbsp|quot)(?![a-z0-9=;]))",
    re.IGNORECASE,
)

# All controls of the direction of writing are here, also the isolates (U+2066 to U+2069): without
# its partner, which may stand in a tag or another field, one would turn the rest of a page.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]"
)
# Joiners shape Persian and Hindi words and emoji; between blanks they join nothing.
_LONE_JOINERS = re.compile(r"(?<!\S)[\u200c\u200d]+(?!\S)")
_LINE_ENDS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_SPACES = re.compile(r"[^\S\n]+")
_LINE, _PARAGRAPH = "\x1d", "\x1e"  # edges of blocks and of paragraphs
# A match starts at the first blank of a run, so that a long run takes linear time.
_BREAK = re.compile(rf"(?<!\s)[^\S\n{_LINE}{_PARAGRAPH}]*[\n{_LINE}{_PARAGRAPH}]\s*")
_EDGES = (
    dict.fromkeys(_BLOCKS, _LINE)
    | dict.fromkeys(["p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "table"], _PARAGRAPH)
    | {"td": " ", "th": " "}
)
_ROUNDS = 10
"""Markup has been found escaped up to four times; the limit is for malicious input."""


def plain_text(markup: str) -> str:
    """Convert HTML, escaped HTML or plain text to text without tags and entities.

    Paragraphs, table rows and list items become lines, and items start with "- ". Repeated spaces
    and empty lines become one. The function is idempotent, takes linear time and accepts any text.

    Names in angle brackets that no HTML element has ("List<int>") are text. Tags are text, too, if
    nothing in the text shows that it is markup: a closing tag, a <br>, <hr> or <wbr>, an attribute
    with a value, one of Office's tags (<o:p>), or a block's tag at the very start. A text is
    judged anew after each unescaping: "<p>Use &lt;b&gt;</p>" is "Use <b>". In markup, all tags go,
    with two exceptions. A <script>, <select> or other element that is not shown goes with its
    content if it is closed, and its bare tag is text if it is not. A custom element's bare tag is
    text if nothing closes it ("<first-name>").
    """
    text = _tidy(markup)
    for _ in range(_ROUNDS):
        if "<" not in text and "&" not in text:
            return text
        stripped = _tidy(_cleaned_once(text))
        if stripped == text:
            return text
        text = stripped
    # Without these signs nothing more can change, so that the function stays idempotent.
    return _tidy(re.sub("[<&]", " ", text))


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


def _cleaned_once(text: str) -> str:
    """Return a text without its tags and with one level of entities resolved."""
    text = _without_declarations(text)
    tags = _tags(text)
    if not tags:
        return _ENTITY.sub(_character, text)
    if any(tag["name"].lower() in _BLOCKS for tag in tags):
        # A line break in HTML is a space. A text with inline tags only keeps its lines.
        text = text.replace("\n", " ")
    text = _ENTITY.sub(_character, "".join(_parts(text, tags)))
    text = _BREAK.sub(_line_break, text)
    # A list item may be empty, and it may contain a paragraph or a list.
    return re.sub(r"^(?:- *\n+)+(?:- )?", "- ", text, flags=re.MULTILINE)


def _without_declarations(text: str) -> str:
    """Return a text without comments, declarations and the marks of CDATA sections."""
    # After the last "-->" no comment can end, and looking for its end would take quadratic time.
    closed, end, rest = text.rpartition("-->")
    text = _DECLARATION.sub("", _COMMENT.sub("", closed + end) + rest)
    first, *sections = _CDATA.split(text)
    return first + "".join(sections).replace("]]>", "")


def _tags(text: str) -> list[re.Match[str]]:
    """Return the tags of known and of custom elements; none if the text is not markup."""
    tags = list(_TAG.finditer(text))
    closed = {tag["name"].lower() for tag in tags if tag["slash"]}
    tags = [tag for tag in tags if _is_element(tag, closed)]
    starts_with_block = (
        tags and tags[0]["name"].lower() in _BLOCKS and not text[: tags[0].start()].strip()
    )
    return tags if starts_with_block or any(map(_shows_markup, tags)) else []


def _is_element(tag: re.Match[str], closed: set[str]) -> bool:
    name = tag["name"].lower()
    return name in _ELEMENTS or (not name.isalnum() and (name in closed or _shows_markup(tag)))


def _shows_markup(tag: re.Match[str]) -> bool:
    return bool(
        tag["slash"]
        or tag["name"].lower() in _COMPLETE_ALONE
        or _OFFICE.match(tag["name"].lower())
        or _ATTRIBUTE.match(tag["attributes"])
    )


def _parts(text: str, tags: list[re.Match[str]]) -> list[str]:
    """Return the text between the tags, and the edges of blocks.

    This is one pass. A tree parser (BeautifulSoup) takes seconds for ten thousand nested elements,
    with which a file could stall an import; HTMLParser's time is quadratic for some broken markup.
    """
    parts: list[str] = []
    dropped: dict[str, int] = {}  # where the parts of open elements that may be dropped begin
    position = 0
    for tag in tags:
        parts.append(text[position : tag.start()])
        position = tag.end()
        name, slash = tag["name"].lower(), tag["slash"]
        if name not in _DROPPED:
            parts.append(_edge(name, slash))
        elif not slash and not tag["attributes"].endswith("/"):
            dropped[name] = len(parts)
            parts.append("" if _shows_markup(tag) else tag[0])
        elif slash and name in dropped:
            start = dropped.pop(name)
            del parts[start:]
            dropped = {other: place for other, place in dropped.items() if place < start}
    parts.append(text[position:])
    return parts


def _edge(name: str, slash: str) -> str:
    """Return what stands for a tag. </br> only makes sure that there is a break."""
    if name == "br" and not slash:
        return "\n"
    bullet = "- " if name == "li" and not slash else ""
    return _EDGES.get(name, " " if "-" in name else "") + bullet


def _character(entity: re.Match[str]) -> str:
    """Return the character of an entity; it is never a surrogate. Unknown names stay."""
    name = entity[0][1:]
    return html.unescape(entity[0]) if name[0] == "#" or name in html5 else entity[0]


def _line_break(match: re.Match[str]) -> str:
    """Join adjacent edges of blocks: two <br> or the edge of a paragraph make an empty line."""
    edges = match[0]
    return "\n\n" if _PARAGRAPH in edges or edges.count("\n") > 1 else "\n"


def _tidy(text: str) -> str:
    text = _INVISIBLE.sub("", _LINE_ENDS.sub("\n", text))
    text = _LONE_JOINERS.sub("", text)
    lines = (line.strip() for line in _SPACES.sub(" ", text).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
