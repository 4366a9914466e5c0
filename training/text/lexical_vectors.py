"""Words as they are: texts that use the same words meet, whatever the word vectors say.

Word vectors put 会计 (accounting) beside 审计 (auditing); who states the one wants to see it. Each
word has a fixed vector of random signs drawn from its hash, so that distinct words are nearly
orthogonal and a word nobody has seen before counts too. Where that one is written like known words,
it counts as those, too, so that who misspells a word meets those who don't.
"""

import json
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Self

import numpy as np

from training.text.misspellings import SimilarWords
from training.text.random_projection import random_signs
from training.text.tokenizer import tokens
from training.text.word_embeddings import unit_rows

_FILE = "lexicon.json"
_PART = 0.5
"""What a word inside a phrase counts beside the phrase."""


class Lexicon:
    """How much each word weighs: the rarer, the more.

    Args:
        weights: of each known word.
        unknown: of any other.
    """

    def __init__(self, weights: Mapping[str, float], unknown: float) -> None:
        self.weights = dict(weights)
        self.unknown = unknown

    @classmethod
    def of(cls, catalogue: Iterable[Sequence[str]]) -> Self:
        """Weigh the words of a catalogue's postings by inverse document frequency.

        Args:
            catalogue: of each posting its phrases. Those of several words that only one posting
                has, as many titles are, are not kept: they could bring nothing together.
        """
        words: Counter[str] = Counter()
        wholes: Counter[str] = Counter()
        count = 0
        for phrases in catalogue:
            parts = [_distinct(phrase) for phrase in phrases]
            words.update({word for part in parts for word in part})
            wholes.update({_whole(part) for part in parts if len(part) > 1})
            count += 1
        held = {**words, **{whole: number for whole, number in wholes.items() if number > 1}}
        weights = {word: 1 + math.log((1 + count) / (1 + number)) for word, number in held.items()}
        return cls(weights, 1 + math.log(1 + count))

    def encode(self, texts: Sequence[Sequence[str]], width: int) -> np.ndarray:
        """Embed texts, each by itself.

        Args:
            texts: N, each as its phrases: what names one thing, such as a title or a skill.
            width: dimensions, a multiple of 8 up to 512.

        Returns:
            (N, width) float32, each of length 1, or zero for a text without words. Inner products
            approximate the TF-IDF cosine.
        """
        encoded = np.zeros((len(texts), width), dtype=np.float32)
        for row, phrases in enumerate(texts):
            for word, weight in self._weighed(phrases).items():
                encoded[row] += weight * random_signs(f"word:{word}", width)
        return unit_rows(encoded)

    def _weighed(self, phrases: Sequence[str]) -> dict[str, float]:
        """Weigh distinct words; a known phrase of several is one, and its own words count less.

        So who states 'Java development' comes closer to whoever names just that than to those who
        name Java, or development, beside other things.
        """
        # note: in the order of the text; a set's order differs between processes, and with it the
        # last bits of a sum
        weighed: dict[str, float] = {}
        for phrase in phrases:
            words = _distinct(phrase)
            whole = _whole(words)
            known = len(words) > 1 and whole in self.weights
            for word, weight in self._single(phrase, words).items():
                weighed[word] = max(weight * (_PART if known else 1.0), weighed.get(word, 0.0))
            if known:
                weighed[whole] = self.weights[whole]
        return weighed

    def _single(self, phrase: str, words: Sequence[str]) -> dict[str, float]:
        """Weigh the words of a phrase, and those that its unknown words are written like.

        An unknown word shares its weight with them: it may be a typing error, or a new name.
        """
        weighed = {word: self.weights.get(word, self.unknown) for word in words}
        if all(word in self.weights for word in words) or not self._words:
            return weighed
        for stretch, relatives in self._spelling.relatives(phrase, self.weights):
            own = 1.0 - sum(relative.share for relative in relatives)
            parts = (word for word in words if word in stretch.text and word not in self.weights)
            weighed |= dict.fromkeys(parts, own * self.unknown)
            for relative in relatives:
                word = self._words[relative.row]
                weighed[word] = max(relative.share * self.weights[word], weighed.get(word, 0.0))
        return weighed

    @cached_property
    def _words(self) -> list[str]:
        """Known words without the phrases, the most frequent first."""
        words = (word for word in self.weights if " " not in word)
        return sorted(words, key=lambda word: (self.weights[word], word))

    @cached_property
    def _spelling(self) -> SimilarWords:
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


def _distinct(phrase: str) -> list[str]:
    return list(dict.fromkeys(tokens(phrase)))


def _whole(words: Sequence[str]) -> str:
    """Name a phrase; no word has a space in it."""
    return " ".join(words)
