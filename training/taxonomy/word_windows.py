"""Compares texts by windows of their words: a short name is looked for anywhere in a longer text.

The likeness of a name and a text is the largest TF-IDF cosine of the name and any few adjacent
words of the text. English words are compared without their endings (manage, managing, manager).
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Self

import numpy as np

from training.text.tokenizer import tokens

if TYPE_CHECKING:
    from scipy import sparse

LONGEST_WINDOW = 6
"""Words; longer names are compared with windows of this length."""
MOST_WORDS = 60
"""Words of a text that are read; a sentence is shorter."""
_ENDINGS = re.compile(r"(?<=[a-z]{3})(?:ings?|ments?|ions?|ers?|ed|es|s)$")
_PARENTHESES = re.compile(r"\s*[(（][^()（）]*[)）]")  # noqa: RUF001 - Chinese ones, too


def stems(text: str) -> tuple[str, ...]:
    """Return the words of a text without English endings, in order."""
    return tuple(_ENDINGS.sub("", word) for word in tokens(text))


def without_parentheses(name: str) -> str:
    """Return a name without its remarks: 'Java (computer programming)' is Java."""
    return _PARENTHESES.sub("", name).strip() or name


@dataclass(frozen=True, eq=False)
class WordWindows:
    """The names of concepts by their words, (L, W) unit TF-IDF rows."""

    words: dict[str, int]
    """Stems and their columns."""
    weights: np.ndarray
    """(W,) float32: inverse document frequencies."""
    names: "sparse.csr_array"
    """(L, W) float32."""

    @classmethod
    def of(cls, names: Sequence[str]) -> Self:
        """Index L names."""
        split = [Counter(stems(without_parentheses(name))) for name in names]
        words = {word: column for column, word in enumerate(sorted(set().union(*split)))}
        holders = np.bincount([words[word] for own in split for word in own], minlength=len(words))
        weights = np.asarray(1 + np.log((1 + len(names)) / (1 + holders)), dtype=np.float32)
        return cls(words, weights, _unit_rows(split, words, weights))

    def likeness(self, text: str) -> np.ndarray:
        """Return the likeness of a text to each name, (L,) float32 in [0, 1]."""
        read = [word for word in stems(text)[:MOST_WORDS] if word in self.words]
        windows = _unit_rows(map(Counter, _windows(read)), self.words, self.weights)
        if not windows.shape[0]:
            return np.zeros(self.names.shape[0], dtype=np.float32)
        likeness = windows @ self._by_word  # a row for each window
        return np.asarray(likeness.max(axis=0).todense(), dtype=np.float32).ravel()

    @cached_property
    def _by_word(self) -> "sparse.csr_array":
        return self.names.T.tocsr()


def _windows(words: Sequence[str]) -> list[Sequence[str]]:
    return [
        words[start : start + length]
        for length in range(1, LONGEST_WINDOW + 1)
        for start in range(len(words) - length + 1)
    ]


def _unit_rows(
    texts: Iterable[Counter[str]], words: dict[str, int], weights: np.ndarray
) -> "sparse.csr_array":
    """Return TF-IDF rows of length 1, or 0 for a text without known words."""
    from scipy import sparse  # noqa: PLC0415 - models without a taxonomy do not need it

    ends, columns, values = [0], list[int](), list[float]()
    for counts in texts:
        own = [words[word] for word in counts]
        weighed = np.array([1 + np.log(count) for count in counts.values()]) * weights[own]
        columns += own
        values += (weighed / max(float(np.linalg.norm(weighed)), 1e-9)).tolist()
        ends.append(len(columns))
    return sparse.csr_array(
        (np.array(values, dtype=np.float32), np.array(columns, dtype=np.int32), np.array(ends)),
        shape=(len(ends) - 1, len(words)),
    )
