"""TF-IDF vectors of texts, which no model has learned."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer

from training.text.tokenizer import tokens

CHARACTER_NGRAMS = "char_wb"
"""The analyzer of character 3- to 5-grams within words."""


def tfidf_vectors(
    texts: Sequence[str],
    analyzer: str | Callable[[str], list[str]] = tokens,
    dtype: type[np.floating] = np.float64,
) -> sparse.csr_array:
    """Return unit vectors of N texts, with logarithmic term frequencies.

    The analyzer splits a text into words, or is `CHARACTER_NGRAMS`.

    Returns:
        (N, V); zero rows for texts without words.
    """
    options: dict[str, Any] = {"ngram_range": (3, 5)} if analyzer == CHARACTER_NGRAMS else {}
    vectorizer = TfidfVectorizer(sublinear_tf=True, analyzer=analyzer, dtype=dtype, **options)
    try:
        return sparse.csr_array(vectorizer.fit_transform(texts))
    except ValueError:  # no text has a word
        return sparse.csr_array((len(texts), 1), dtype=dtype)
