"""Which title comes next in a career, among all titles that are known.

    score(t) = w · (log(1 + n(t)), letters(t), meaning(t), same(t))

n counts the people who held t; letters and meaning are the largest cosine to a title of the career
so far, by TF-IDF of character n-grams and by a language model; same says that t is its newest. The
weights are those of a conditional logit (McFadden 1974) over the last titles of known careers.
"""

from collections.abc import Sequence
from typing import Self

import numpy as np
import torch
from sklearn.feature_extraction.text import TfidfVectorizer

from training.content_ranker.conditional_logit import softmax_regression

_ALTERNATIVES = 300
"""Titles that a last title is compared with in the fit."""
_L2 = 1e-3
_LEAST_DEVIATION = 0.05
FEATURES = ("popularity", "letters", "meaning", "same")

Career = Sequence[int]
"""Numbers of titles, oldest first; not empty."""


class NextTitle:
    """Ranks N titles for careers.

    Args:
        titles: N of them, folded.
        meanings: (N, D) vectors of their meaning, of length 1.
    """

    def __init__(self, titles: Sequence[str], meanings: np.ndarray) -> None:
        letters = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True)
        self.letters = letters.fit_transform(titles)
        self.meanings = meanings
        self.held = np.zeros(len(titles))
        self.weights = np.ones(len(FEATURES))

    @classmethod
    def fit(
        cls, titles: Sequence[str], meanings: np.ndarray, careers: Sequence[Career], seed: int
    ) -> Self:
        """Count the titles of known careers, and fit the weights on their last ones."""
        ranker, random = cls(titles, meanings), np.random.default_rng(seed)
        for career in careers:
            ranker.held[list(set(career))] += 1
        choices = []
        for *before, last in careers:
            if not before:
                continue
            held = ranker.held.copy()
            held[list({*before, last})] -= 1  # what others held
            alike = np.flatnonzero((held > 0) == (held[last] > 0))
            drawn = random.choice(alike, _ALTERNATIVES)
            drawn = drawn[drawn != last]
            if len(drawn):
                rows = [last, *np.resize(drawn, _ALTERNATIVES).tolist()]
                choices.append(ranker.features(before, held)[:, rows].T)
        if choices:
            features = np.stack(choices).astype(np.float32)
            deviation = np.maximum(features.std(axis=(0, 1)), _LEAST_DEVIATION)
            fitted = softmax_regression(
                torch.from_numpy(features / deviation.astype(np.float32)),
                torch.full((len(features),), 1 / len(features)),
                _L2,
                torch.zeros(len(FEATURES), dtype=torch.float64),
            )
            ranker.weights = fitted.numpy() / deviation
        return ranker

    def scores(self, career: Career) -> np.ndarray:
        """Score each title as the next one of a career, (N,) float64."""
        return np.asarray(self.weights @ self.features(career, self.held))

    def features(self, career: Career, held: np.ndarray) -> np.ndarray:
        """Return the features of all titles, (F, N) float64; (N,) how many people held each."""
        rows = list(career)
        return np.stack(
            [
                np.log1p(held),
                np.asarray((self.letters[rows] @ self.letters.T).max(axis=0).todense())[0],
                (self.meanings[rows] @ self.meanings.T).max(axis=0).astype(np.float64),
                np.arange(len(held)) == rows[-1],
            ]
        )
