"""Texts → vectors: one interface (`TextEncoder`), whatever stands behind it.

Word vectors are trained on the catalogue or loaded from a word2vec or GloVe file; a text is the
mean of its words' vectors, rare words weighing more. An unknown word means what the known ones mean
that are written like it.
"""

import gzip
import json
import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import Protocol, Self, runtime_checkable

import numpy as np

from streaming.errors import InputError
from training.text.misspellings import SimilarWords
from training.text.tokenizer import tokens

MAX_BINARY_WORDS = 500_000
"""So many words, the first, are read of a binary file; such files are sorted by frequency."""

MAX_EXTRA_WORDS = 50_000
"""Of a file's words, so many that the catalogue lacks are kept for what candidates may say."""

_TOKENS_TO_TRAIN_ON = 800_000
KIND = "word-vectors"
"""In encoder.json, for `text_encoders.load_encoder`."""


@runtime_checkable
class TextEncoder(Protocol):
    """What the model asks of text vectors. A posting's text counts by its direction alone."""

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        ...

    @property
    def packages(self) -> tuple[str, ...]:
        """Packages that a machine needs to load it, besides what every model needs."""
        ...

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Embed texts, each by itself.

        Returns:
            (N, dimensions) float32, each of length 1, or zero for a text that says nothing known.
        """
        ...

    def save(self, folder: Path) -> None:
        """Write all that `text_encoders.load_encoder` needs into an existing folder."""
        ...


class WordVectors:
    """A `TextEncoder` by word vectors.

    Args:
        words: V distinct lower-case words, the most frequent first.
        vectors: (V, D) float32.
        weights: (V,) float32, how much each word counts in a text.
    """

    def __init__(self, words: Sequence[str], vectors: np.ndarray, weights: np.ndarray) -> None:
        self.words = tuple(words)
        self.vectors = vectors
        self.weights = weights

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        return int(self.vectors.shape[1])

    @property
    def packages(self) -> tuple[str, ...]:
        """None but those that every model needs."""
        return ()

    @cached_property
    def rows(self) -> dict[str, int]:
        """Row of each word."""
        return {word: row for row, word in enumerate(self.words)}

    @cached_property
    def spelling(self) -> SimilarWords:
        """Finds known words for unknown ones."""
        return SimilarWords(self.words)

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Embed texts; see `TextEncoder.encode`."""
        embedded = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        for place, text in enumerate(texts):
            said = tokens(text)
            found = [row for row in map(self.rows.get, said) if row is not None]
            if found:
                embedded[place] = self.weights[found] @ self.vectors[found]
            if len(found) < len(said) and self.words:
                embedded[place] += self._guessed(text)
        return unit_rows(embedded)

    def _guessed(self, text: str) -> np.ndarray:
        """Add up what the unknown parts of a text may mean, (D,)."""
        guessed = np.zeros(self.dimensions, dtype=np.float32)
        for _, relatives in self.spelling.relatives(text, self.rows):
            rows = [relative.row for relative in relatives]
            shares = np.array([relative.share for relative in relatives], dtype=np.float32)
            guessed += (shares * self.weights[rows]) @ self.vectors[rows]
        return guessed

    def save(self, folder: Path) -> None:
        """Write words, vectors and weights."""
        config = {"kind": KIND, "dimensions": self.dimensions}
        (folder / "encoder.json").write_text(json.dumps(config), encoding="utf-8")
        (folder / "words.txt").write_text("\n".join(self.words), encoding="utf-8")
        np.save(folder / "word_vectors.npy", self.vectors)
        np.save(folder / "word_weights.npy", self.weights)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote."""
        text = (folder / "words.txt").read_text(encoding="utf-8")
        words = text.split("\n") if text else []
        vectors = np.load(folder / "word_vectors.npy")
        return cls(words, vectors, np.load(folder / "word_weights.npy"))


def train_word_vectors(texts: Iterable[str], *, dimensions: int, seed: int) -> WordVectors:
    """Train skip-gram word vectors; equal texts and seed give equal vectors.

    Args:
        texts: of the catalogue, one a posting.
        dimensions: length of a vector.
        seed: of the initial vectors and of the sampling.
    """
    sentences = [found for text in texts if (found := tokens(text))]
    total = sum(map(len, sentences))
    if not total:
        return WordVectors((), np.zeros((0, dimensions), np.float32), np.zeros(0, np.float32))
    from gensim.models import Word2Vec  # noqa: PLC0415 - scoring needs no gensim

    trained = Word2Vec(
        sentences,
        vector_size=dimensions,
        seed=seed,
        workers=1,  # more would make the result depend on the threads' timing
        sg=1,
        window=5,
        min_count=1 if total < _TOKENS_TO_TRAIN_ON else 3,
        epochs=int(np.clip(_TOKENS_TO_TRAIN_ON / total, 2, 30)),
    ).wv
    words = list(trained.index_to_key)
    return WordVectors(words, _centred(trained.vectors), _rarity(words, sentences))


def load_word_vectors(file: Path, texts: Iterable[str], *, dimensions: int) -> WordVectors:
    """Load a word2vec (text or .bin) or GloVe (text) file, also gzipped.

    Args:
        file: the words' vectors, most frequent word first.
        texts: of the catalogue; its words are kept, and they tell how rare each word is.
        dimensions: what the preset expects.

    Raises:
        InputError: no such file, not of these formats, or of other dimensions.
    """
    if not file.is_file():
        raise InputError(f"word vectors {file} do not exist; give a word2vec or GloVe file")
    sentences = [tokens(text) for text in texts]
    asked = {word for sentence in sentences for word in sentence}
    try:
        read = _read_binary(file) if ".bin" in file.suffixes else _read_text(file)
        chosen: dict[str, np.ndarray] = {}
        for row, (word, vector) in enumerate(read):
            folded = word.casefold()
            if folded not in chosen and (row < MAX_EXTRA_WORDS or folded in asked):
                chosen[folded] = vector()
        vectors = np.array(list(chosen.values()), dtype=np.float32)
    except (ValueError, EOFError, OSError) as error:
        raise InputError(
            f"word vectors {file} cannot be read: {error}; give word2vec text, .bin or GloVe text"
        ) from error
    found = vectors.shape[1] if vectors.ndim == 2 else 0  # noqa: PLR2004 - a table
    if found != dimensions:
        raise InputError(
            f"word vectors {file} have {found} dimensions where the preset asks for {dimensions};"
            f" give a file of {dimensions}"
        )
    words = list(chosen)
    return WordVectors(words, _centred(vectors), _rarity(words, sentences))


def unit_rows(vectors: np.ndarray) -> np.ndarray:
    """Scale rows to length 1; a zero row stays zero. (N, D) → (N, D) float32."""
    norms = np.linalg.norm(vectors, axis=-1, keepdims=True)
    scaled = np.divide(vectors, norms, out=np.zeros_like(vectors), where=norms > 0)
    return np.asarray(scaled, dtype=np.float32)


def _centred(vectors: np.ndarray) -> np.ndarray:
    """Take out what all words share, which makes any two texts look alike."""
    return unit_rows(vectors - vectors.mean(axis=0)) if len(vectors) > 1 else unit_rows(vectors)


def _rarity(words: Sequence[str], sentences: Sequence[Sequence[str]]) -> np.ndarray:
    """Inverse document frequency, (V,) float32, 1 for a word that every text holds."""
    held = Counter(word for sentence in sentences for word in set(sentence))
    texts = len(sentences)
    weights = [1 + math.log((1 + texts) / (1 + held[word])) for word in words]
    return np.array(weights, dtype=np.float32)


def _read_text(file: Path) -> Iterator[tuple[str, Callable[[], np.ndarray]]]:
    """Read word2vec's text form, whose first line is two numbers, or GloVe's, which has none.

    Line by line, and a vector is parsed only when it is asked for: such files have gigabytes.
    """
    opener = gzip.open if file.suffix == ".gz" else open
    with opener(file, "rb") as stream:
        for number, line in enumerate(stream):
            word, *numbers = line.decode("utf-8", errors="replace").rstrip().split(" ")
            if number == 0 and len(numbers) == 1 and word.isdecimal():
                continue
            yield word, partial(np.array, numbers, dtype=np.float32)


def _read_binary(file: Path) -> Iterator[tuple[str, Callable[[], np.ndarray]]]:
    from gensim.models import KeyedVectors  # noqa: PLC0415 - scoring needs no gensim

    read = KeyedVectors.load_word2vec_format(str(file), binary=True, limit=MAX_BINARY_WORDS)
    for word in read.index_to_key:
        yield word, partial(read.get_vector, word)
