"""Known words that are similar in spelling to an unknown word.

A misspelt word, and one that no posting held at training, shares character n-grams with known
words: 'enginer' with 'engineer', 'bookkeeper' with 'bookkeeping', 软件开法 with 软件开发. fastText
(Bojanowski et al. 2017) learns a vector for each n-gram, which changes the vector of every word.
Here n-grams only find similar words, which have vectors already. Known words stay the same to the
last bit, nothing is trained or saved, and words read from a file work as well.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from training.text.tokenizer import UnknownSpan, is_chinese, unknown_spans

MAX_INDEXED_WORDS = 20_000
"""Similar words are looked up among so many words, the most frequent: misspellings are rare."""

_MAX_SIMILAR = 5
_MIN_SIMILARITY = 0.3
_SHARPNESS = 4
"""The power of the similarity in the shares: the most similar word gets most."""
_LATIN_LENGTHS = (2, 3)
_HAN_LENGTHS = (1, 2)
_MAX_CHARACTERS = 64
"""Characters that are compared; a longer word is no misspelling."""
_CACHED_SPANS = 65_536


@dataclass(frozen=True)
class SimilarWord:
    """A known word that is similar to an unknown one."""

    row: int
    """The word's row."""
    share: float
    """How far it stands for the unknown word; all shares together are less than 1."""


class SimilarWords:
    """An index of distinct lower-case words, the most frequent first, by character n-grams."""

    def __init__(self, words: Sequence[str]) -> None:
        postings: dict[str, list[int]] = {}
        sizes = []
        for row, word in enumerate(words[:MAX_INDEXED_WORDS]):
            ngrams = character_ngrams(word)
            sizes.append(len(ngrams))
            for ngram in ngrams:
                postings.setdefault(ngram, []).append(row)
        self._rows = {ngram: np.array(rows) for ngram, rows in postings.items()}
        self._sizes = np.array(sizes, dtype=np.float64)
        self._cached = lru_cache(maxsize=_CACHED_SPANS)(self._search)

    def similar(
        self, text: str, known: Collection[str]
    ) -> list[tuple[UnknownSpan, tuple[SimilarWord, ...]]]:
        """Find the unknown spans of a text, in its order, with their similar words, best first."""
        return [(span, self._cached(span)) for span in unknown_spans(text, known)]

    def _search(self, span: UnknownSpan) -> tuple[SimilarWord, ...]:
        """Compare a span without and with its context; a word must share n-grams with the span."""
        alone = self._similarities(span.text)
        in_context = np.where(alone > 0, self._similarities(span.context), 0.0)
        similarities = np.maximum(alone, in_context)
        best = np.argsort(-similarities, kind="stable")[:_MAX_SIMILAR]
        rows = best[similarities[best] >= _MIN_SIMILARITY]
        powers = similarities[rows] ** _SHARPNESS
        shares = similarities[rows] * powers / max(powers.sum(), 1e-12)
        return tuple(map(SimilarWord, rows.tolist(), shares.tolist()))

    def _similarities(self, word: str) -> np.ndarray:
        """Return Dice's coefficient of a word's n-grams with those of each indexed word, (V,)."""
        ngrams = character_ngrams(word)
        shared = np.zeros(len(self._sizes))
        for ngram in ngrams & self._rows.keys():
            shared[self._rows[ngram]] += 1.0
        return np.asarray(2.0 * shared / (len(ngrams) + self._sizes))


def character_ngrams(word: str) -> frozenset[str]:
    """Return the character n-grams of a word.

    They have one and two characters in Chinese, where a character is a syllable with a meaning.
    In other languages they have two and three, and the ends of the word count as characters.
    """
    cut = word[:_MAX_CHARACTERS]
    if is_chinese(cut):
        return frozenset(_ngrams(cut, _HAN_LENGTHS))
    return frozenset(_ngrams(f"<{cut}>", _LATIN_LENGTHS))


def _ngrams(text: str, lengths: Iterable[int]) -> list[str]:
    return [
        text[start : start + length]
        for length in lengths
        for start in range(len(text) - length + 1)
    ]
