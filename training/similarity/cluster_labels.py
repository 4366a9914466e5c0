"""Labels of clusters: their distinctive words, in the language of most postings."""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from training.similarity.clustering import UNCLUSTERED
from training.text.tokenizer import is_chinese, tokens

_WORDS = 3
"""Words of a label, unless two labels would be equal."""
_MAX_WORDS = 8
_MAX_TEXTS = 1_000
"""Texts that are searched for the spelling of a word."""

Posting = Mapping[str, Any]


@dataclass(frozen=True)
class ClusterLabel:
    """The label of a cluster."""

    text: str
    words: tuple[str, ...]
    """The distinctive words, the most distinctive first; possibly none."""
    language: str | None
    """`zh` where most titles are Chinese, else None."""


def label_clusters(postings: Sequence[Posting], labels: Sequence[int]) -> list[ClusterLabel]:
    """Return a label for each cluster, all distinct.

    A word's weight is its class-based TF-IDF, tf · log(1 + A / f): tf is the share of the cluster's
    postings that hold it, f the sum of these shares over all clusters, A the mean number of words
    in a cluster (Grootendorst, BERTopic, 2022). Shares replace counts, so that one long list of
    skills cannot dominate a label. Only postings in the language of the majority are read, and of
    them title, skills and occupation. `labels` are clusters from 0 without gaps, or `UNCLUSTERED`.
    """
    groups = range(max(labels, default=UNCLUSTERED) + 1)
    members: list[list[Posting]] = [[] for _ in groups]
    for posting, label in zip(postings, labels, strict=True):
        if label != UNCLUSTERED:
            members[label].append(posting)
    chinese = [2 * sum(is_chinese(p["title"]) for p in group) > len(group) for group in members]
    texts = [
        [_text(p) for p in group if is_chinese(p["title"]) == zh]
        for group, zh in zip(members, chinese, strict=True)
    ]
    shares = [_shares(group, zh=zh) for group, zh in zip(texts, chinese, strict=True)]
    spelt = [
        tuple(_common_spelling(word, group) for word in words)
        for words, group in zip(_distinctive(shares), texts, strict=True)
    ]
    titles = [group[0]["title"] for group in members]
    return [
        ClusterLabel(text, words[:_MAX_WORDS], "zh" if zh else None)
        for text, words, zh in zip(_unique_texts(spelt, titles), spelt, chinese, strict=True)
    ]


def _text(posting: Posting) -> str:
    parts = [posting["title"], *(posting.get("skills") or ()), posting.get("occupation")]
    return " ; ".join(filter(None, parts))


def _shares(texts: Sequence[str], *, zh: bool) -> dict[str, float]:
    """Return the share of texts that hold each word; Chinese words only where `zh` is true."""
    held = Counter(word for text in texts for word in dict.fromkeys(tokens(text)))
    return {word: n / len(texts) for word, n in held.items() if zh or not is_chinese(word)}


def _distinctive(shares: Sequence[Mapping[str, float]]) -> Iterator[list[str]]:
    """Yield the most distinctive words of each cluster, without variants of one word."""
    everywhere: defaultdict[str, float] = defaultdict(float)
    for group in shares:
        for word, share in group.items():
            everywhere[word] += share
    mean_words = sum(everywhere.values()) / max(1, len(shares))
    for group in shares:
        weights = {
            w: share * math.log(1 + mean_words / everywhere[w]) for w, share in group.items()
        }
        chosen: list[str] = []
        for word in sorted(weights, key=lambda word: (-weights[word], word)):
            if not any(_are_variants(word, other) for other in chosen):
                chosen.append(word)
            if len(chosen) == 2 * _MAX_WORDS:
                break
        yield chosen


def _are_variants(word: str, other: str) -> bool:
    """Return whether two words are variants of one: 软件 and 软件开发, clerk and clerks."""
    if is_chinese(word) and is_chinese(other):
        return word in other or other in word
    return word.removesuffix("s") == other.removesuffix("s")


def _common_spelling(word: str, texts: Sequence[str]) -> str:
    """Return the most common spelling of a word; of equally common ones the alphabet's first."""
    pattern = re.compile(rf"(?<!\w){re.escape(word)}(?!\w)", re.IGNORECASE)
    counts = Counter(spelling for text in texts[:_MAX_TEXTS] for spelling in pattern.findall(text))
    return min(counts, key=lambda spelling: (-counts[spelling], spelling), default=word)


def _unique_texts(words: Sequence[Sequence[str]], titles: Sequence[str]) -> list[str]:
    """Join words to texts; equal texts get further words, and in the end a number."""
    names: list[str] = []
    taken: set[str | frozenset[str]] = set()
    for own, title in zip(words, titles, strict=True):
        parts = list(own) or [title]
        *first, last = parts[:_WORDS]
        numbered = ([*first, f"{last} ({n})"] for n in range(2, len(words) + 2))
        longer = (parts[:end] for end in range(min(_WORDS, len(parts)), len(parts) + 1))
        for choice in (*longer, *numbered):
            text = " · ".join(choice)
            # The words must differ from those of other labels, whatever their order.
            its_words = frozenset(part.casefold() for part in choice)
            if text.casefold() not in taken and its_words not in taken:
                taken.update((text.casefold(), its_words))
                names.append(text)
                break
    return names
