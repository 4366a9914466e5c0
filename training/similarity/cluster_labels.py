"""Names of groups: the words that set a group apart, in the language of most of its postings."""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from training.similarity.clustering import NOWHERE
from training.text.tokenizer import is_chinese, tokens

_WORDS = 3
"""Of a name, unless it takes more to tell two groups apart."""
_MOST_WORDS = 8
_MOST_READ = 1_000
"""Texts that are looked through for how a word is spelt."""

Posting = Mapping[str, Any]


@dataclass(frozen=True)
class Name:
    """What a group is called."""

    text: str
    words: tuple[str, ...]
    """The words that set it apart, the most telling first; possibly none."""
    language: str | None
    """`zh` where most titles are Chinese; None where that is not so."""


def name_groups(postings: Sequence[Posting], labels: Sequence[int]) -> list[Name]:
    """Name groups, no two alike.

    A word's weight is its class-based TF-IDF, tf · log(1 + A / f): tf is the share of the group's
    postings that hold it, f the sum of these shares over all groups, A the mean number of words in
    a group (Grootendorst, BERTopic, 2022, with shares in place of counts, so that one long list of
    skills does not name a group). Only postings in the language of most are read.

    Args:
        postings: values of `records.Posting`; read are title, skills and occupation.
        labels: the group of each, from 0 without gaps, or `NOWHERE`.

    Returns:
        One for each group.
    """
    groups = range(max(labels, default=NOWHERE) + 1)
    members: list[list[Posting]] = [[] for _ in groups]
    for posting, label in zip(postings, labels, strict=True):
        if label != NOWHERE:
            members[label].append(posting)
    chinese = [_mostly_chinese(group) for group in members]
    texts = [
        [_text(p) for p in group if is_chinese(p["title"]) == zh]
        for group, zh in zip(members, chinese, strict=True)
    ]
    shares = [_shares(said, zh=zh) for said, zh in zip(texts, chinese, strict=True)]
    spelt = [
        tuple(_spelt(word, said) for word in words)
        for words, said in zip(_telling(shares), texts, strict=True)
    ]
    titles = [group[0]["title"] for group in members]
    return [
        Name(text, words[:_MOST_WORDS], "zh" if zh else None)
        for text, words, zh in zip(_distinct(spelt, titles), spelt, chinese, strict=True)
    ]


def _mostly_chinese(group: Sequence[Posting]) -> bool:
    return 2 * sum(is_chinese(posting["title"]) for posting in group) > len(group)


def _text(posting: Posting) -> str:
    parts = [posting["title"], *(posting.get("skills") or ()), posting.get("occupation")]
    return " ; ".join(filter(None, parts))


def _shares(texts: Sequence[str], *, zh: bool) -> dict[str, float]:
    """Return of each word the share of the texts that hold it; Chinese ones for `zh` alone."""
    held = Counter(word for text in texts for word in dict.fromkeys(tokens(text)))
    return {word: n / len(texts) for word, n in held.items() if zh or not is_chinese(word)}


def _telling(shares: Sequence[Mapping[str, float]]) -> Iterator[list[str]]:
    """Yield of each group its most telling words, none twice."""
    everywhere: defaultdict[str, float] = defaultdict(float)
    for group in shares:
        for word, share in group.items():
            everywhere[word] += share
    usual = sum(everywhere.values()) / max(1, len(shares))
    for group in shares:
        weights = {w: share * math.log(1 + usual / everywhere[w]) for w, share in group.items()}
        chosen: list[str] = []
        for word in sorted(weights, key=lambda word: (-weights[word], word)):
            if not any(_same(word, other) for other in chosen):
                chosen.append(word)
            if len(chosen) == 2 * _MOST_WORDS:
                break
        yield chosen


def _same(one: str, other: str) -> bool:
    """Tell whether two words name one thing: 软件 and 软件开发, clerk and clerks."""
    if is_chinese(one) and is_chinese(other):
        return one in other or other in one
    return one.removesuffix("s") == other.removesuffix("s")


def _spelt(word: str, texts: Sequence[str]) -> str:
    """Spell a word as most texts do; equally common spellings by the alphabet."""
    pattern = re.compile(rf"(?<!\w){re.escape(word)}(?!\w)", re.IGNORECASE)
    found = Counter(spelling for text in texts[:_MOST_READ] for spelling in pattern.findall(text))
    return min(found, key=lambda spelling: (-found[spelling], spelling), default=word)


def _distinct(words: Sequence[Sequence[str]], titles: Sequence[str]) -> list[str]:
    """Join words to names, with as many more as it takes, at last with a number."""
    names: list[str] = []
    taken: set[str | frozenset[str]] = set()
    for mine, title in zip(words, titles, strict=True):
        parts = list(mine) or [title]
        *first, last = parts[:_WORDS]
        numbered = ([*first, f"{last} ({n})"] for n in range(2, len(words) + 2))
        longer = (parts[:end] for end in range(min(_WORDS, len(parts)), len(parts) + 1))
        for choice in (*longer, *numbered):
            text = " · ".join(choice)
            # Neither the same text nor the same words in another order.
            its_words = frozenset(part.casefold() for part in choice)
            if text.casefold() not in taken and its_words not in taken:
                taken.update((text.casefold(), its_words))
                names.append(text)
                break
    return names
