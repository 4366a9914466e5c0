"""What items say: one bag of text, or one similarity for each field; the ids say nothing.

A history asks for what its items are like, weighed by e^(-decay · age) and summing to 1.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from scipy import sparse
from scipy.optimize import minimize
from sklearn.feature_extraction.text import TfidfVectorizer

from training.benchmark.baselines.grid_search import (
    Built,
    Choices,
    Make,
    Recipe,
    decayed,
    sample,
)
from training.benchmark.protocols.training_view import Cases, History, TrainingView
from training.text.tokenizer import clean, tokens

Posting = Mapping[str, Any]

TEXTS: Mapping[str, Callable[[Posting], str | None]] = {
    "title": lambda posting: posting.get("title"),
    "employer": lambda posting: posting.get("employer"),
    "locality": lambda posting: (posting.get("place") or {}).get("locality"),
    "region": lambda posting: (posting.get("place") or {}).get("region"),
    "industry": lambda posting: posting.get("industry"),
}
"""The fields, as texts; both baselines read these and no other."""

_DECAYS = (0.3, 0.0, 0.1, 0.6, 1.0)
_MOST_CASES = 1_000
_RIVALS = 5_000
_SHRINKAGE = 1e-3


def has_content(training: TrainingView) -> bool:
    """Tell whether items say anything at all."""
    return training.postings is not None or training.attributes is not None


def _prepare_one_text(training: TrainingView, histories: Sequence[History], seed: int) -> Make:
    del histories, seed  # nothing is learned but which words are rare
    vectors = text_vectors(training)

    def make(choices: Choices) -> Built:
        def score(asked: Sequence[History]) -> np.ndarray:
            profiles = decayed(asked, training.items, choices["decay"]) @ vectors
            return np.asarray((profiles @ vectors.T).todense(), dtype=np.float32)

        return Built(score, {"tfidf": vectors.data})

    return make


def text_vectors(training: TrainingView) -> sparse.csr_array:
    """Make the TF-IDF vectors of all that each item says, (N, ·), unit or zero."""
    return _cosines(one_text(training), tokens)


def one_text(training: TrainingView) -> list[str]:
    """Join all that each item says: the fields of a posting, or attribute numbers as words."""
    said = [""] * training.items
    if training.postings is not None:
        said = [
            " ".join(filter(None, (field(posting) for field in TEXTS.values())))
            for posting in training.postings
        ]
    if training.attributes is not None:
        words = [" ".join(f"attribute{n}" for n in numbers) for numbers in training.attributes]
        said = [f"{text} {more}" for text, more in zip(said, words, strict=True)]
    return said


def _prepare_fields(training: TrainingView, histories: Sequence[History], seed: int) -> Make:
    """Weigh the similarities by a softmax regression on the validation part."""
    del histories
    blocks = similarities(training)
    cases = sample(training.validation, seed, _MOST_CASES)

    def make(choices: Choices) -> Built:
        profiles = _profiles(blocks, choices["decay"], training.items)
        weights = _regress(profiles, cases, blocks, seed)

        def score(asked: Sequence[History]) -> np.ndarray:
            mixed = sparse.hstack(
                [w * part for w, part in zip(weights, profiles(asked), strict=True)], format="csr"
            )
            return np.asarray((mixed @ stacked.T).todense(), dtype=np.float32)

        named = {f"weight/{name}": np.array(w) for name, w in zip(blocks, weights, strict=True)}
        return Built(score, named)

    stacked = sparse.hstack(list(blocks.values()), format="csr")
    return make


def similarities(training: TrainingView) -> dict[str, sparse.csr_array]:
    """Lay each field out as vectors whose inner products are its similarities, (N, ·).

    Words and character 3- to 5-grams of the title by TF-IDF; the other fields are equal or not, and
    an absent value equals none.
    """
    postings = training.postings or ()
    titles = [clean(posting.get("title") or "") for posting in postings]
    blocks = {"title words": _cosines(titles, tokens), "title characters": _cosines(titles, None)}
    for name, field in TEXTS.items():
        if name != "title":
            folded = [" ".join(clean(field(posting) or "").split()) for posting in postings]
            blocks[name] = _equalities(folded)
    return {name: block for name, block in blocks.items() if block.nnz}


def _cosines(texts: Sequence[str], words: Callable[[str], list[str]] | None) -> sparse.csr_array:
    """Make unit TF-IDF vectors of words, or where there is no way to split, of characters."""
    how: dict[str, Any] = (
        {"analyzer": words} if words else {"analyzer": "char_wb", "ngram_range": (3, 5)}
    )
    try:
        found = TfidfVectorizer(sublinear_tf=True, **how).fit_transform(texts)
    except ValueError:  # no text holds a word
        return sparse.csr_array((len(texts), 1))
    return sparse.csr_array(found)


def _equalities(values: Sequence[str]) -> sparse.csr_array:
    columns = {value: place for place, value in enumerate(sorted(set(values) - {""}))}
    rows = [row for row, value in enumerate(values) if value]
    where = [columns[values[row]] for row in rows]
    shape = (len(values), max(len(columns), 1))
    return sparse.csr_array((np.ones(len(rows)), (rows, where)), shape=shape)


Profiles = Callable[[Sequence[History]], list[sparse.csr_array]]


def _profiles(blocks: Mapping[str, sparse.csr_array], decay: float, items: int) -> Profiles:
    def of(asked: Sequence[History]) -> list[sparse.csr_array]:
        weighed = decayed(asked, items, decay)
        return [weighed @ block for block in blocks.values()]

    return of


def _regress(
    profiles: Profiles, cases: Cases, blocks: Mapping[str, sparse.csr_array], seed: int
) -> np.ndarray:
    """Fit the weights: softmax over the target and what competes with it; (F,) float64.

    Minimises the mean cross-entropy plus a slight pull to 0, which has a single minimum.
    """
    if not len(cases):
        return np.ones(len(blocks))
    features, allowed = _features(profiles, cases, blocks, seed)

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        scores = np.where(allowed, features @ weights, -np.inf)  # (U, C), the target first
        scores -= scores.max(axis=1, keepdims=True)
        chances = np.exp(scores)
        chances /= chances.sum(axis=1, keepdims=True)
        expected = np.einsum("uc,ucf->f", chances, features) / len(cases)
        slope = expected - features[:, 0].mean(axis=0) + 2 * _SHRINKAGE * weights
        entropy = -np.log(np.maximum(chances[:, 0], 1e-300)).mean()
        return float(entropy + _SHRINKAGE * weights @ weights), slope

    found = minimize(loss, np.ones(len(blocks)), jac=True, method="L-BFGS-B")
    return np.asarray(found.x)


def _features(
    profiles: Profiles, cases: Cases, blocks: Mapping[str, sparse.csr_array], seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Compute the similarities of histories with their target and some rivals.

    Returns:
        (U, C, F) float32, the target at 0; and (U, C) bool, false where an item does not compete.
    """
    chance = np.random.default_rng(seed)
    items = len(cases.pools)
    rivals = np.sort(chance.permutation(items)[:_RIVALS])
    parts = []
    for profile, block in zip(profiles(cases.histories), blocks.values(), strict=True):
        own = np.asarray(profile.multiply(block[cases.targets]).sum(axis=1))  # (U,)
        others = np.asarray((profile @ block[rivals].T).todense())  # (U, C - 1)
        parts.append(np.column_stack([own, others]).astype(np.float32))
    allowed = cases.pools[rivals][None, :] == cases.pools[cases.targets][:, None]
    allowed &= rivals[None, :] != cases.targets[:, None]
    for row, history in enumerate(cases.histories):
        allowed[row, np.isin(rivals, history.items)] = False
    first = np.ones((len(cases), 1), dtype=bool)
    return np.stack(parts, axis=2), np.column_stack([first, allowed])


ONE_TEXT = Recipe(_prepare_one_text, {"decay": _DECAYS})
FIELDS = Recipe(_prepare_fields, {"decay": _DECAYS})
