"""Tokenizer: Chinese and English words, lower-case, without markup and stop words."""

import html
import logging
import re
import unicodedata
import warnings
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import groupby
from typing import Any

from training.text.stop_words import STOP_WORDS

_HAN = r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>|<!--.*?-->", re.DOTALL)
_RUN = re.compile(
    rf"(?P<han>[{_HAN}]+)"
    r"|(?P<word>"
    r"(?:\basp|\bado|\bvb)?\.net\b"  # .net, asp.net
    rf"|[^\W_{_HAN}]+(?:\.(?:js|io|ai|py)\b|\+\+|#)?"  # java, node.js, c++, c#
    r")",
)
_POSSESSIVE = re.compile(r"['\u2019]s\b")
_ONE_LETTER_WORDS = frozenset({"c", "r"})
"""Programming languages; other single Latin letters are no words."""

_COMPOUNDS = ("后端", "前端", "全栈", "大数据", "微服务", "运维", "云计算", "算法工程师")
"""Words of the labour market that jieba's dictionary lacks."""

_CONTEXT = 2
"""Characters of context on either side of an unknown span of Chinese."""


@dataclass(frozen=True)
class UnknownSpan:
    """A part of a text without known words."""

    text: str
    context: str
    """The span with a few characters before and after it; a Latin word has no context."""


def clean(text: str) -> str:
    """Return a text in Unicode's form NFKC, without markup and entities, in lower case."""
    plain = html.unescape(html.unescape(text)) if "&" in text else text
    if "<" in plain:
        plain = _TAG.sub(" ", plain)
    folded = unicodedata.normalize("NFKC", plain).casefold()
    return _POSSESSIVE.sub("", folded) if "'" in folded or "\u2019" in folded else folded


def tokens(text: str | None) -> list[str]:
    """Split a text into words, in order, with repetitions.

    jieba segments Chinese in its search mode, which also emits the known words inside a longer one
    (软件开发: 软件, 开发, 软件开发), so that texts with different segments still share words. None
    and '' have no tokens.

    Returns:
        Lower-case words without stop words, plain numbers and single Latin letters except c and r.
    """
    words: list[str] = []
    for han, word in _RUN.findall(clean(text or "")):
        if han:
            words.extend(_segment(han))
        elif _is_token(word):
            words.append(word)
    return words


def unknown_spans(text: str | None, known: Collection[str]) -> Iterator[UnknownSpan]:
    """Yield the parts of a text, in order, that consist of neither known words nor stop words.

    Segmentation splits a misspelt Chinese word, often into single characters that are words of
    their own (会记 into 会 and 记). Adjacent unknown words and single characters are therefore one
    span. Each unknown Latin word is a span. Known words are lower-case; None and '' have no spans.
    """
    for run in _RUN.finditer(clean(text or "")):
        if run.group("han"):
            yield from _unknown_han(run.group("han"), known)
        elif run.group("word") not in known and _is_token(run.group("word")):
            yield UnknownSpan(run.group("word"), run.group("word"))


def is_chinese(text: str) -> bool:
    """Return whether a text holds at least one Han character."""
    return re.search(rf"[{_HAN}]", text) is not None


@lru_cache(maxsize=65_536)
def _is_token(word: str) -> bool:
    if word in STOP_WORDS or word.isdecimal():
        return False
    return len(word) > 1 or word in _ONE_LETTER_WORDS or is_chinese(word)


def _unknown_han(run: str, known: Collection[str]) -> Iterator[UnknownSpan]:
    start = 0
    for doubtful, group in groupby(
        _segmenter().lcut(run), lambda word: len(word) == 1 or not _is_known(word, known)
    ):
        words = list(group)
        end = start + sum(map(len, words))
        if doubtful and not all(_is_known(word, known) for word in words):
            yield UnknownSpan(run[start:end], run[max(0, start - _CONTEXT) : end + _CONTEXT])
        start = end


def _is_known(word: str, known: Collection[str]) -> bool:
    return word in known or word in STOP_WORDS


@lru_cache(maxsize=65_536)
def _segment(run: str) -> tuple[str, ...]:
    """Return the tokens of a run of Han characters."""
    return tuple(word for word in _segmenter().lcut_for_search(run) if _is_token(word))


@cache
def _segmenter() -> Any:
    """Make jieba's segmenter without its cache file.

    jieba caches its parsed dictionary under a fixed name in the shared temporary folder, in a
    marshalled file that any local user could write. Parsing takes half a second.
    """
    with warnings.catch_warnings():
        # jieba 0.42.1 holds invalid escapes and asks for pkg_resources.
        warnings.simplefilter("ignore")
        import jieba  # noqa: PLC0415 - only Chinese text needs it

    jieba.setLogLevel(logging.WARNING)
    segmenter = jieba.Tokenizer()
    segmenter.FREQ, segmenter.total = segmenter.gen_pfdict(segmenter.get_dict_file())
    segmenter.initialized = True
    for word in _COMPOUNDS:
        segmenter.add_word(word)
    return segmenter
