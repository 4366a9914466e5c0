"""Content baselines: the similarity of texts in one bag, or one similarity for each field.

The profile of a history is the mean of its items' vectors, weighted by e^(-decay · age).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from scipy import sparse
from scipy.optimize import minimize

from training.benchmark.baselines.grid_search import (
    Baseline,
    BaselineScorer,
    Builder,
    Choices,
    decayed_histories,
    sample_cases,
)
from training.benchmark.protocols.competitors import competing_items
from training.benchmark.protocols.training_view import Cases, History, TrainingView
from training.data.posting_fields import ABSENT, category_codes
from training.evaluation.tfidf import CHARACTER_NGRAMS, tfidf_vectors
from training.text.tokenizer import clean

Posting = Mapping[str, Any]

TEXTS: Mapping[str, Callable[[Posting], str | None]] = {
    "title": lambda posting: posting.get("title"),
    "employer": lambda posting: posting.get("employer"),
    "locality": lambda posting: (posting.get("place") or {}).get("locality"),
    "region": lambda posting: (posting.get("place") or {}).get("region"),
    "industry": lambda posting: posting.get("industry"),
}
"""The fields as texts; both baselines read these alone."""

_DECAYS = (0.3, 0.0, 0.1, 0.6, 1.0)
_MOST_CASES = 1_000
_COMPETITORS = 5_000
_L2 = 1e-3


def has_content(training: TrainingView) -> bool:
    """Return whether items have texts, fields or attributes."""
    return training.postings is not None or training.attributes is not None


def _prepare_one_text(training: TrainingView, histories: Sequence[History], seed: int) -> Builder:
    del histories, seed  # only the catalogue is read
    vectors = item_vectors(training)

    def build(choices: Choices) -> BaselineScorer:
        def score(histories: Sequence[History]) -> np.ndarray:
            profiles = decayed_histories(histories, training.items, choices["decay"]) @ vectors
            return np.asarray((profiles @ vectors.T).todense(), dtype=np.float32)

        return BaselineScorer(score, {"tfidf": vectors.data})

    return build


def item_vectors(training: TrainingView) -> sparse.csr_array:
    """Return the TF-IDF vectors of everything that items say, (N, V), unit or zero.

    The text of an item is the fields of a posting, or attribute numbers as words.
    """
    texts = [""] * training.items
    if training.postings is not None:
        texts = [
            " ".join(filter(None, (field(posting) for field in TEXTS.values())))
            for posting in training.postings
        ]
    if training.attributes is not None:
        words = [" ".join(f"attribute{n}" for n in numbers) for numbers in training.attributes]
        texts = [f"{text} {more}" for text, more in zip(texts, words, strict=True)]
    return tfidf_vectors(texts)


def _prepare_fields(training: TrainingView, histories: Sequence[History], seed: int) -> Builder:
    """Weight the field_vectors by a softmax regression on the validation part."""
    del histories
    blocks = field_vectors(training.postings or ())
    stacked = sparse.hstack(list(blocks.values()), format="csr")
    cases = sample_cases(training.validation, seed, _MOST_CASES)

    def build(choices: Choices) -> BaselineScorer:
        def profiles(histories: Sequence[History]) -> list[sparse.csr_array]:
            weights = decayed_histories(histories, training.items, choices["decay"])
            return [weights @ block for block in blocks.values()]

        weights = _field_weights(
            profiles(cases.histories) if len(cases) else [], cases, blocks, seed
        )

        def score(histories: Sequence[History]) -> np.ndarray:
            weighted = [w * part for w, part in zip(weights, profiles(histories), strict=True)]
            scores = sparse.hstack(weighted, format="csr") @ stacked.T
            return np.asarray(scores.todense(), dtype=np.float32)

        named = {f"weight/{name}": np.array(w) for name, w in zip(blocks, weights, strict=True)}
        return BaselineScorer(score, named)

    return build


def field_vectors(postings: Sequence[Posting]) -> dict[str, sparse.csr_array]:
    """Return for each field vectors whose inner products are its field_vectors, (N, ·).

    Titles are compared by the TF-IDF of words and of character 3- to 5-grams. The other fields are
    equal or not; an absent value equals no other.
    """
    titles = [clean(posting.get("title") or "") for posting in postings]
    blocks = {
        "title words": tfidf_vectors(titles),
        "title characters": tfidf_vectors(titles, CHARACTER_NGRAMS),
    }
    for name, field in TEXTS.items():
        if name != "title":
            folded = [" ".join(clean(field(posting) or "").split()) for posting in postings]
            blocks[name] = one_hot(category_codes(folded))
    return {name: block for name, block in blocks.items() if block.nnz}


def one_hot(codes: np.ndarray) -> sparse.csr_array:
    """Return a field's codes as one-hot rows, (N, values); zero rows where it is absent."""
    rows = np.flatnonzero(codes != ABSENT)
    shape = (len(codes), max(codes.max(initial=0) + 1, 1))
    return sparse.csr_array((np.ones(len(rows), np.float32), (rows, codes[rows])), shape=shape)


def _field_weights(
    profiles: Sequence[sparse.csr_array],
    cases: Cases,
    blocks: Mapping[str, sparse.csr_array],
    seed: int,
) -> np.ndarray:
    """Fit a weight for each field by softmax regression, (F,) float64.

    The softmax is over the target and a sample of its competitors. The mean cross-entropy plus a
    small L2 penalty has a single minimum.
    """
    if not len(cases):
        return np.ones(len(blocks))
    features, competing = _features(profiles, cases, blocks, seed)

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        scores = np.where(competing, features @ weights, -np.inf)  # (U, C), the target first
        scores -= scores.max(axis=1, keepdims=True)
        probabilities = np.exp(scores)
        probabilities /= probabilities.sum(axis=1, keepdims=True)
        expected = np.einsum("uc,ucf->f", probabilities, features) / len(cases)
        gradient = expected - features[:, 0].mean(axis=0) + 2 * _L2 * weights
        entropy = -np.log(np.maximum(probabilities[:, 0], 1e-300)).mean()
        return float(entropy + _L2 * weights @ weights), gradient

    return np.asarray(minimize(loss, np.ones(len(blocks)), jac=True, method="L-BFGS-B").x)


def _features(
    profiles: Sequence[sparse.csr_array],
    cases: Cases,
    blocks: Mapping[str, sparse.csr_array],
    seed: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Compute features, (U, C, F), the target at 0, and which items compete, (U, C) bool."""
    random = np.random.default_rng(seed)
    sampled = np.sort(random.permutation(len(cases.pools))[:_COMPETITORS])
    parts = []
    for profile, block in zip(profiles, blocks.values(), strict=True):
        own = np.asarray(profile.multiply(block[cases.targets]).sum(axis=1))  # (U,)
        others = np.asarray((profile @ block[sampled].T).todense())  # (U, C - 1)
        parts.append(np.column_stack([own, others]).astype(np.float32))
    competing = competing_items(cases.histories, cases.targets, cases.pools)[:, sampled]
    competing &= sampled[None, :] != cases.targets[:, None]
    first = np.ones((len(cases), 1), dtype=bool)
    return np.stack(parts, axis=2), np.column_stack([first, competing])


ONE_TEXT = Baseline(_prepare_one_text, {"decay": _DECAYS})
FIELDS = Baseline(_prepare_fields, {"decay": _DECAYS})
