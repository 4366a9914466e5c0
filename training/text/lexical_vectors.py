"""Lexical vectors: texts are similar when they use the same words, as in a TF-IDF cosine.

Word vectors put 会计 (accounting) beside 审计 (auditing), but a candidate who states one of them
wants that one. Here each word has a fixed random vector, drawn from its hash. Distinct words are
nearly orthogonal, and unknown words count as well. An unknown word also counts as the known words
that are similar in spelling, so that a misspelt word still finds its postings.
"""

import json
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Self

import numpy as np

from training.text.misspellings import SimilarWords
from training.text.random_projection import random_signs
from training.text.tokenizer import tokens
from training.text.weighted_sums import weighted_sums
from training.text.word_embeddings import unit_rows

_FILE = "lexicon.json"
_PART_WEIGHT = 0.5
"""The weight of a word inside a known phrase, relative to the word alone."""
_CACHED_PHRASES = 16_384
"""Skills and occupations are few; titles come and go."""


class Lexicon:
    """The weights of words: the rarer a word, the larger its weight.

    `unknown` is the weight of a word that has none of its own.
    """

    def __init__(self, weights: Mapping[str, float], unknown: float) -> None:
        self.weights = dict(weights)
        self.unknown = unknown
        self._phrase_weights = lru_cache(maxsize=_CACHED_PHRASES)(self._weigh_phrase)

    @classmethod
    def of(cls, catalogue: Iterable[Sequence[str]]) -> Self:
        """Weigh the words of a catalogue's postings by inverse document frequency.

        Args:
            catalogue: the phrases of each posting. A phrase of several words that only one posting
                has, as many titles are, gets no weight of its own: nothing else could match it.
        """
        words: Counter[str] = Counter()
        wholes: Counter[str] = Counter()
        postings = 0
        for phrases in catalogue:
            parts = [_distinct(phrase) for phrase in phrases]
            words.update({word for part in parts for word in part})
            wholes.update({_whole(part) for part in parts if len(part) > 1})
            postings += 1
        counts = {**words, **{whole: count for whole, count in wholes.items() if count > 1}}
        weights = {
            word: 1 + math.log((1 + postings) / (1 + count)) for word, count in counts.items()
        }
        return cls(weights, 1 + math.log(1 + postings))

    def encode(self, texts: Sequence[Sequence[str]], width: int) -> np.ndarray:
        """Embed texts; each vector depends on its own text alone.

        A text is its phrases, such as a title or a skill; the width is a multiple of 8 up to 512.

        Returns:
            (N, width) float32, rows of length 1, or zero for a text without words. Inner products
            approximate the TF-IDF cosine.
        """
        weighed = [self._weighed(phrases) for phrases in texts]
        rows: dict[str, int] = {}
        own_rows = [[rows.setdefault(word, len(rows)) for word in own] for own in weighed]
        signs = [random_signs(f"word:{word}", width) for word in rows]
        table = np.array(signs, dtype=np.float32).reshape(len(rows), width)
        weights = [tuple(own.values()) for own in weighed]
        return unit_rows(weighted_sums(table, own_rows, weights))

    def _weighed(self, phrases: Sequence[str]) -> dict[str, float]:
        """Return the weights of distinct words and known phrases, whose words count less.

        'Java development' is therefore closer to the same phrase than to a text that names Java,
        or development, beside other things.
        """
        # In the order of the text: a set's order, and so the last bits of a sum, would differ
        # between processes.
        weighed: dict[str, float] = {}
        for phrase in phrases:
            for word, weight in self._phrase_weights(phrase):
                if weight > weighed.get(word, 0.0):
                    weighed[word] = weight
        return weighed

    def _weigh_phrase(self, phrase: str) -> tuple[tuple[str, float], ...]:
        words = _distinct(phrase)
        whole = _whole(words)
        known = len(words) > 1 and whole in self.weights
        share = _PART_WEIGHT if known else 1.0
        weighed = {word: share * w for word, w in self._word_weights(phrase, words).items()}
        if known:
            weighed[whole] = self.weights[whole]
        return tuple(weighed.items())

    def _word_weights(self, phrase: str, words: Sequence[str]) -> dict[str, float]:
        """Return the weights of a phrase's words, and of words similar to its unknown ones.

        An unknown word shares its weight with the similar words: it may be a misspelling, or a new
        word.
        """
        weighed = {word: self.weights.get(word, self.unknown) for word in words}
        if all(word in self.weights for word in words) or not self._words:
            return weighed
        for span, similar in self._similar_words.similar(phrase, self.weights):
            own = 1.0 - sum(word.share for word in similar)
            parts = (word for word in words if word in span.text and word not in self.weights)
            weighed |= dict.fromkeys(parts, own * self.unknown)
            for known in similar:
                word = self._words[known.row]
                weighed[word] = max(known.share * self.weights[word], weighed.get(word, 0.0))
        return weighed

    @cached_property
    def _words(self) -> list[str]:
        """Known words without the phrases, the most frequent first."""
        words = (word for word in self.weights if " " not in word)
        return sorted(words, key=lambda word: (self.weights[word], word))

    @cached_property
    def _similar_words(self) -> SimilarWords:
        return SimilarWords(self._words)

    def save(self, folder: Path) -> None:
        """Write the weights into an existing folder."""
        about = {"unknown": self.unknown, "weights": self.weights}
        (folder / _FILE).write_text(json.dumps(about, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote."""
        about = json.loads((folder / _FILE).read_text(encoding="utf-8"))
        return cls(about["weights"], about["unknown"])


@lru_cache(maxsize=_CACHED_PHRASES)
def _distinct(phrase: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(tokens(phrase)))


def _whole(words: Sequence[str]) -> str:
    """Return the key of a phrase; no word contains a space."""
    return " ".join(words)
