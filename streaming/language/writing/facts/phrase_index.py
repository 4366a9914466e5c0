"""Looks for many phrases in a text at once: the names of a taxonomy, of places, of an employer.

Latin words and single Chinese characters are the tokens. At each token the longest phrase that
begins there counts. The time is linear in the text: no phrase is longer than `_MOST_TOKENS`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

_TOKEN = re.compile(
    r"[a-zà-öø-ÿ0-9]+(?:['’](?!s\b)[a-z]+)?(?:\+\+|#)?|[\u3400-\u9fff]", re.IGNORECASE
)
_MOST_TOKENS = 8


class PhraseIndex:
    """Phrases, and what each stands for."""

    def __init__(self, phrases: Iterable[tuple[str, str]]) -> None:
        """Index pairs of a phrase and its meaning; the first meaning of a phrase counts.

        Phrases of a single Chinese character or Latin letter are left out: they occur everywhere.
        """
        self._meanings: dict[tuple[str, ...], str] = {}
        self._lengths: dict[str, set[int]] = {}
        for phrase, meaning in phrases:
            tokens = tuple(token for token, _, _ in tokens_of(phrase))
            if 0 < len(tokens) <= _MOST_TOKENS and len("".join(tokens)) > 1:
                self._meanings.setdefault(tokens, meaning)
                self._lengths.setdefault(tokens[0], set()).add(len(tokens))

    def find(self, text: str) -> Iterator[tuple[str, int, int]]:
        """Yield the meaning, start and end of each phrase in a text; none overlap."""
        tokens = list(tokens_of(text))
        place = 0
        while place < len(tokens):
            lengths = sorted(self._lengths.get(tokens[place][0], ()), reverse=True)
            for length in lengths:
                window = tokens[place : place + length]
                meaning = self._meanings.get(tuple(token for token, _, _ in window))
                if meaning is not None:
                    yield meaning, window[0][1], window[-1][2]
                    place += length
                    break
            else:
                place += 1

    def __len__(self) -> int:
        return len(self._meanings)


def tokens_of(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield the tokens of a text, folded, with start and end."""
    for found in _TOKEN.finditer(text):
        yield found[0].casefold(), found.start(), found.end()


def names_of(lexicon: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the names of a lexicon's words, which are separated by blanks and hold underscores."""
    for words in lexicon.values():
        for word in words.split():
            name = word.replace("_", " ")
            yield name, name.casefold()
