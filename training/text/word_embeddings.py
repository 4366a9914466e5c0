"""Text encoders: the interface (`TextEncoder`), and its implementation by word vectors.

Word vectors are trained on the catalogue or loaded from a word2vec or GloVe file. The vector of a
text is the weighted mean of its words' vectors; rare words weigh more. An unknown word takes the
vectors of known words that are similar in spelling.
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
from training.text.weighted_sums import weighted_sums

MAX_BINARY_WORDS = 500_000
"""The number of words read from a binary file; such files are sorted by frequency."""

MAX_EXTRA_WORDS = 50_000
"""The number of a file's first words that are kept even where the catalogue lacks them."""

_TRAINING_TOKENS = 800_000
_WINDOW = 5
"""Words on either side that are a word's context."""
KIND = "word-vectors"
"""In encoder.json, for `encoder_factory.load_encoder`."""


@runtime_checkable
class TextEncoder(Protocol):
    """Maps texts to vectors, of which the model uses the direction alone."""

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        ...

    @property
    def packages(self) -> tuple[str, ...]:
        """Packages needed to load it, beyond those that every model needs."""
        ...

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Embed texts; each vector depends on its own text alone.

        Returns:
            (N, dimensions) float32, rows of length 1, or zero for a text without known words.
        """
        ...

    def save(self, folder: Path) -> None:
        """Write everything that `encoder_factory.load_encoder` needs into an existing folder."""
        ...


class WordVectors:
    """A `TextEncoder` by word vectors.

    There are V distinct lower-case words, the most frequent first, with vectors, (V, D), and
    weights in a text, (V,), both float32.
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
        """Packages beyond those that every model needs: none."""
        return ()

    @cached_property
    def rows(self) -> dict[str, int]:
        """Row of each word."""
        return {word: row for row, word in enumerate(self.words)}

    @cached_property
    def similar_words(self) -> SimilarWords:
        """Finds known words for unknown ones."""
        return SimilarWords(self.words)

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Embed texts; see `TextEncoder.encode`."""
        rows_of = self.rows
        words = [tokens(text) for text in texts]
        known = [[rows_of[word] for word in own if word in rows_of] for own in words]
        embedded = weighted_sums(self.vectors, known, [self.weights[own] for own in known])
        for row, (text, own, found) in enumerate(zip(texts, words, known, strict=True)):
            if len(found) < len(own) and self.words:
                embedded[row] += self._unknown_part(text)
        return unit_rows(embedded)

    def extended(self, texts: Iterable[str]) -> "WordVectors":
        """Add the words of texts that it lacks; the texts give all words their weights.

        A new word has the mean of the known words near it (Khodak et al., A La Carte Embedding,
        2018, without its linear map). Known words keep their vectors, so that what was learned of
        them stays true.
        """
        sentences = [tokens(text) for text in texts]
        near: dict[str, np.ndarray] = {}
        for own in sentences:
            rows = np.array([self.rows.get(word, -1) for word in own], dtype=np.int64)
            for place in np.flatnonzero(rows < 0).tolist():
                beside = rows[max(place - _WINDOW, 0) : place + _WINDOW + 1]
                context = self.vectors[beside[beside >= 0]].sum(axis=0)
                near[own[place]] = near.get(own[place], 0.0) + context
        words = (*self.words, *near)
        new = np.array(list(near.values()), dtype=np.float32).reshape(-1, self.dimensions)
        vectors = np.concatenate([self.vectors, unit_rows(new)])
        return WordVectors(words, vectors, _idf(words, sentences))

    def _unknown_part(self, text: str) -> np.ndarray:
        """Sum the vectors of words similar to the unknown parts of a text, (D,)."""
        total = np.zeros(self.dimensions, dtype=np.float32)
        for _, similar in self.similar_words.similar(text, self.rows):
            rows = [word.row for word in similar]
            shares = np.array([word.share for word in similar], dtype=np.float32)
            total += (shares * self.weights[rows]) @ self.vectors[rows]
        return total

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
    """Train skip-gram word vectors (Mikolov et al. 2013); equal input gives equal vectors."""
    sentences = [words for text in texts if (words := tokens(text))]
    total = sum(map(len, sentences))
    if not total:
        return WordVectors((), np.zeros((0, dimensions), np.float32), np.zeros(0, np.float32))
    from gensim.models import Word2Vec  # noqa: PLC0415 - ranking needs no gensim

    model = Word2Vec(
        vector_size=dimensions,
        seed=seed,
        workers=1,  # with more, the result would depend on the threads' timing
        sg=1,
        window=_WINDOW,
        min_count=1 if total < _TRAINING_TOKENS else 3,
    )
    model.build_vocab(sentences)
    # Of a large catalogue a part says as much; a word that is only in the rest has a random vector.
    part = sentences[:: max(1, total // _TRAINING_TOKENS)]
    epochs = int(np.clip(_TRAINING_TOKENS / total, 2, 30))
    model.train(part, total_examples=len(part), epochs=epochs)
    words = list(model.wv.index_to_key)
    return WordVectors(words, _centred(model.wv.vectors), _idf(words, sentences))


def load_word_vectors(file: Path, texts: Iterable[str], *, dimensions: int) -> WordVectors:
    """Load a word2vec (text or .bin) or GloVe (text) file, also gzipped.

    The file has the most frequent word first. Words of the texts are kept, and the texts give the
    weights.

    Raises:
        InputError: the file does not exist, or has another format or other dimensions.
    """
    if not file.is_file():
        raise InputError(f"word vectors {file} do not exist; give a word2vec or GloVe file")
    sentences = [tokens(text) for text in texts]
    catalogue_words = {word for sentence in sentences for word in sentence}
    try:
        read = _read_binary(file) if ".bin" in file.suffixes else _read_text(file)
        chosen: dict[str, np.ndarray] = {}
        for row, (word, vector) in enumerate(read):
            folded = word.casefold()
            if folded not in chosen and (row < MAX_EXTRA_WORDS or folded in catalogue_words):
                chosen[folded] = vector()
        vectors = np.array(list(chosen.values()), dtype=np.float32)
    except (ValueError, EOFError, OSError) as error:
        raise InputError(
            f"word vectors {file} cannot be read: {error}; give word2vec text, .bin or GloVe text"
        ) from error
    file_dimensions = vectors.shape[1] if vectors.ndim == 2 else 0  # noqa: PLR2004 - a table
    if file_dimensions != dimensions:
        raise InputError(
            f"word vectors {file} have {file_dimensions} dimensions where the preset asks for"
            f" {dimensions}; give a file of {dimensions}"
        )
    words = list(chosen)
    return WordVectors(words, _centred(vectors), _idf(words, sentences))


def unit_rows(vectors: np.ndarray) -> np.ndarray:
    """Scale rows to length 1; a zero row stays zero: (..., D) to (..., D) float32."""
    norms = np.linalg.norm(vectors, axis=-1, keepdims=True)
    scaled = np.divide(vectors, norms, out=np.zeros_like(vectors), where=norms > 0)
    return np.asarray(scaled, dtype=np.float32)


def _centred(vectors: np.ndarray) -> np.ndarray:
    """Subtract the mean of all words, which would make any two texts similar."""
    return unit_rows(vectors - vectors.mean(axis=0)) if len(vectors) > 1 else unit_rows(vectors)


def _idf(words: Sequence[str], sentences: Sequence[Sequence[str]]) -> np.ndarray:
    """Return inverse document frequencies, (V,) float32; 1 for a word of every text."""
    counts = Counter(word for sentence in sentences for word in set(sentence))
    texts = len(sentences)
    weights = [1 + math.log((1 + texts) / (1 + counts[word])) for word in words]
    return np.array(weights, dtype=np.float32)


def _read_text(file: Path) -> Iterator[tuple[str, Callable[[], np.ndarray]]]:
    """Yield words and parsers of their vectors from a text file.

    The first line of word2vec's format holds two numbers; GloVe's has no such line. A vector is
    parsed only when it is used, because such files have gigabytes.
    """
    opener = gzip.open if file.suffix == ".gz" else open
    with opener(file, "rb") as stream:
        for number, line in enumerate(stream):
            word, *numbers = line.decode("utf-8", errors="replace").rstrip().split(" ")
            if number == 0 and len(numbers) == 1 and word.isdecimal():
                continue
            yield word, partial(np.array, numbers, dtype=np.float32)


def _read_binary(file: Path) -> Iterator[tuple[str, Callable[[], np.ndarray]]]:
    from gensim.models import KeyedVectors  # noqa: PLC0415 - ranking needs no gensim

    read = KeyedVectors.load_word2vec_format(str(file), binary=True, limit=MAX_BINARY_WORDS)
    for word in read.index_to_key:
        yield word, partial(read.get_vector, word)
