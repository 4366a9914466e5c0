"""Words as they are: texts that use the same words meet, whatever the word vectors say.

Word vectors put 会计 (accounting) beside 审计 (auditing); who states the one wants to see it. Each
word has a fixed vector of random signs drawn from its hash, so that distinct words are nearly
orthogonal and a word nobody has seen before counts too.
"""

import json
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Self

import numpy as np

from training.signs import signs
from training.tokens import tokens
from training.word_vectors import unit

_FILE = "lexicon.json"


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
    def of(cls, texts: Iterable[str]) -> Self:
        """Weigh the words of a catalogue's texts by inverse document frequency."""
        held: Counter[str] = Counter()
        count = 0
        for text in texts:
            held.update(dict.fromkeys(tokens(text), 1))
            count += 1
        weights = {word: 1 + math.log((1 + count) / (1 + texts)) for word, texts in held.items()}
        return cls(weights, 1 + math.log(1 + count))

    def encode(self, texts: Sequence[str], width: int) -> np.ndarray:
        """Embed texts, each by itself.

        Returns:
            (N, width) float32, each of length 1, or zero for a text without words. Inner products
            approximate the TF-IDF cosine.
        """
        encoded = np.zeros((len(texts), width), dtype=np.float32)
        for row, text in enumerate(texts):
            # note: in the order of the text; a set's order differs between processes, and with it
            # the last bits of the sum
            for word in dict.fromkeys(tokens(text)):
                encoded[row] += self.weights.get(word, self.unknown) * signs(f"word:{word}", width)
        return unit(encoded)

    def save(self, folder: Path) -> None:
        """Write the weights into an existing folder."""
        about = {"unknown": self.unknown, "weights": self.weights}
        (folder / _FILE).write_text(json.dumps(about, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote."""
        about = json.loads((folder / _FILE).read_text(encoding="utf-8"))
        return cls(about["weights"], about["unknown"])
