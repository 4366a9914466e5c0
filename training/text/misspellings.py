"""What an unknown word is like: the known words that are written like it.

A misspelt word, and one that no posting held at training, shares character n-grams with known ones:
'enginer' with 'engineer', 'bookkeeper' with 'bookkeeping', 软件开法 with 软件开发. Subword vectors
in the manner of fastText (Bojanowski et al. 2017) learn a vector for each n-gram and with it change
that of every word; here n-grams only find an unknown word's relatives, whose vectors are there
already. So known words stay what they are to the last bit, there is nothing to train or to save,
and words read from a file have relatives, too.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from training.text.tokenizer import UnknownSpan, is_chinese, unknown_spans

MAX_INDEXED_WORDS = 20_000
"""Relatives are looked for among so many words, the most frequent: typing errors are rare words."""

_MOST_RELATIVES = 5
_LEAST_LIKENESS = 0.3
_SHARPNESS = 4
"""The power of the likeness by which relatives share; the nearest should say most."""
_LATIN_LENGTHS = (2, 3)
_HAN_LENGTHS = (1, 2)
_LONGEST = 64
"""Characters that are read of a word; a longer one is no typing error."""
_MOST_KEPT = 65_536


@dataclass(frozen=True)
class SimilarWord:
    """A known word that an unknown one is written like."""

    row: int
    """Of the word."""
    share: float
    """How far it stands for the unknown word; those of all relatives sum to less than 1."""


class SimilarWords:
    """Finds relatives by character n-grams.

    Args:
        words: distinct and lower-case, the most frequent first.
    """

    def __init__(self, words: Sequence[str]) -> None:
        holders: dict[str, list[int]] = {}
        sizes = []
        for row, word in enumerate(words[:MAX_INDEXED_WORDS]):
            found = character_ngrams(word)
            sizes.append(len(found))
            for piece in found:
                holders.setdefault(piece, []).append(row)
        self._holders = {piece: np.array(rows) for piece, rows in holders.items()}
        self._sizes = np.array(sizes, dtype=np.float64)
        self._of = lru_cache(maxsize=_MOST_KEPT)(self._search)

    def relatives(
        self, text: str, known: Collection[str]
    ) -> list[tuple[UnknownSpan, tuple[SimilarWord, ...]]]:
        """Find what the unknown parts of a text are like.

        Args:
            text: in any language.
            known: the words that need no relatives.

        Returns:
            Each unknown stretch in the order of the text, with its relatives, nearest first.
        """
        return [(stretch, self._of(stretch)) for stretch in unknown_spans(text, known)]

    def _search(self, stretch: UnknownSpan) -> tuple[SimilarWord, ...]:
        """Compare a stretch alone and as it stands; only what has a part of it is a relative."""
        alone = self._likeness(stretch.text)
        around = np.where(alone > 0, self._likeness(stretch.around), 0.0)
        likeness = np.maximum(alone, around)
        nearest = np.argsort(-likeness, kind="stable")[:_MOST_RELATIVES]
        rows = nearest[likeness[nearest] >= _LEAST_LIKENESS]
        powers = likeness[rows] ** _SHARPNESS
        shares = likeness[rows] * powers / max(powers.sum(), 1e-12)
        return tuple(
            SimilarWord(row, share)
            for row, share in zip(rows.tolist(), shares.tolist(), strict=True)
        )

    def _likeness(self, word: str) -> np.ndarray:
        """Compare a word with every known one by Dice's coefficient of their pieces, (V,)."""
        own = character_ngrams(word)
        shared = np.zeros(len(self._sizes))
        for piece in own & self._holders.keys():
            shared[self._holders[piece]] += 1.0
        return np.asarray(2.0 * shared / (len(own) + self._sizes))


def character_ngrams(word: str) -> frozenset[str]:
    """Cut a word into its character n-grams.

    One and two characters in Chinese, where one is a syllable and a meaning; else two and three,
    and the ends of the word count as characters.
    """
    cut = word[:_LONGEST]
    if is_chinese(cut):
        return frozenset(_grams(cut, _HAN_LENGTHS))
    return frozenset(_grams(f"<{cut}>", _LATIN_LENGTHS))


def _grams(text: str, lengths: Iterable[int]) -> list[str]:
    return [
        text[start : start + length]
        for length in lengths
        for start in range(len(text) - length + 1)
    ]
