"""Reads our pages: blocks, commands in them, code in the text, links, headings."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
PAGES = tuple(
    ROOT / name for name in ("README.md", "ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md")
) + tuple(sorted((ROOT / "docs").rglob("*.md")))
WRITTEN = tuple(page for page in PAGES if page.name not in {"commands.md", "settings.md"})
"""The pages that people write; the others are generated."""

_FENCE = re.compile(r"^```(?P<language>[\w-]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_INDENTED = re.compile(r"(?:(?<=\n\n)|\A)((?: {4}.*\n|\n(?= {4}))+)")
_SPAN = re.compile(r"`([^`\n]+(?:\n[^`\n]+)?)`")
_COMMAND = re.compile(r"(\$ )?(\S*/)?(careerstream|make|spark-submit|docker)\b")
_COMMENT = re.compile(r"\s#.*$")
_LINK = re.compile(r"\[[^\]]+\]\(([^)\s]+)\)")


class Block(NamedTuple):
    """A block of code; `language` is empty where none is said."""

    language: str
    text: str


def text_of(page: Path) -> str:
    return page.read_text("utf-8")


def blocks(text: str) -> list[Block]:
    fenced = [Block(found["language"], found["text"]) for found in _FENCE.finditer(text)]
    indented = _INDENTED.findall(_FENCE.sub("", text))
    return fenced + [
        Block("", re.sub(r"^ {4}", "", found, flags=re.MULTILINE)) for found in indented
    ]


def examples(language: str) -> dict[str, str]:
    """Map each page that has code in a language to it; several blocks of a page run as one."""
    found = {}
    for page in WRITTEN:
        texts = [block.text for block in blocks(text_of(page)) if block.language == language]
        if texts:
            found[page.relative_to(ROOT).as_posix()] = "\n".join(texts)
    return found


def prose(text: str) -> str:
    """Leave out the blocks."""
    return _INDENTED.sub("\n", _FENCE.sub("", text))


def spans(text: str) -> list[str]:
    """List the code in the running text, line breaks as spaces."""
    return [" ".join(found.split()) for found in _SPAN.findall(prose(text))]


def command_lines(text: str) -> Iterator[list[str]]:
    """Yield the words of every command line in the blocks without a language."""
    for block in blocks(text):
        if block.language in {"", "console", "bash"}:
            for line in block.text.replace("\\\n", " ").splitlines():
                if _COMMAND.match(line):
                    yield shlex.split(_COMMENT.sub("", line.removeprefix("$ ")))


def links(text: str) -> list[str]:
    """List the targets of links, those to other sites left out."""
    return [target for target in _LINK.findall(prose(text)) if "://" not in target]


def anchors(text: str) -> set[str]:
    """List what a link can point to, spelt as GitHub does."""
    headings = re.findall(r"^#+ (.+)$", _FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
