"""The baseline of the protocol `stated`: likeness of what was stated, weights fitted on the past.

A posting's score is a weighted sum of six likenesses: the letters of its title with those of
wishes and skills, and of positions held (TF-IDF cosine of character n-grams, the largest counts);
the same by the vectors of a language model; and whether its town, and its region, is one of a
position held or a place stated.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from sklearn.feature_extraction.text import TfidfVectorizer

from streaming.serving.catalogue import Catalogue
from streaming.serving.ranker import Profile, RankedItem
from training.content_ranker.conditional_logit import softmax_regression
from training.data.dataset import DISMISS, Dataset
from training.data.posting_fields import flatten_fields
from training.retrieval.employer_cap import capped_top_rows
from training.text.language_model import from_pretrained
from training.text.pretrained import BUNDLED
from training.text.tokenizer import clean

_NEGATIVES = 200
_L2 = 1e-2
_LIKENESSES = 6


class StatedLikeness:
    """Ranks a catalogue for stated parts; a `streaming.serving.ranker.Ranker`."""

    def __init__(self, catalogue: Catalogue) -> None:
        rows = [flatten_fields(row) for row in catalogue.table.to_pylist()]
        self._catalogue = catalogue
        self._letters = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True)
        titles = [row.get("title", "") for row in rows]
        self._titles = self._letters.fit_transform(titles)
        self._language_model = from_pretrained(BUNDLED)
        self._language_model.read_ahead(titles, lambda _: None)
        self._language_model = self._language_model.centred(titles)
        self._meanings = self._language_model.encode(titles)
        self._localities = np.array([row.get("locality", "") for row in rows])
        self._regions = np.array([row.get("region", "") for row in rows])
        self.weights = np.ones(_LIKENESSES)

    @classmethod
    def fit(cls, dataset: Dataset, seed: int) -> Self:
        """Fit the weights on first turns of candidates who had stated something by then."""
        ranker, random = cls(dataset.catalogue), np.random.default_rng(seed)
        first, choices = dataset.first_events, []
        for candidate, stated in enumerate(dataset.stated):
            start, end = dataset.starts[candidate : candidate + 2].tolist()
            if stated is None or start == end or dataset.kinds[start] == DISMISS:
                continue
            moment, target = int(dataset.times[start]), int(dataset.postings[start])
            if stated["updated_at"] > f"{np.datetime64(moment, 'us')}Z":
                continue
            seen = first < moment
            free = seen == seen[target]
            free[target] = False
            others = random.permutation(np.flatnonzero(free))[:_NEGATIVES]
            columns = np.resize(others, _NEGATIVES) if len(others) else np.full(_NEGATIVES, target)
            choices.append(ranker.likeness(stated)[:, [target, *columns.tolist()]].T)
        if choices:
            features = np.stack(choices).astype(np.float32)
            deviation = np.maximum(features.std(axis=(0, 1)), 0.05)
            shares = torch.full((len(features),), 1 / len(features))
            start_at = torch.zeros(_LIKENESSES, dtype=torch.float64)
            scaled = torch.from_numpy(features / deviation)
            ranker.weights = softmax_regression(scaled, shares, _L2, start_at).numpy() / deviation
        return ranker

    def prepare(self, catalogue: Catalogue, folder: Path) -> None:
        """Write nothing: a baseline knows its catalogue."""

    def rank(
        self, profiles: Sequence[Profile], as_of: Sequence[str], folder: Path, size: int
    ) -> list[list[RankedItem]]:
        """Rank the catalogue for each profile; see `Ranker.rank`."""
        del folder
        return [
            self._list(profile, moment, size)
            for profile, moment in zip(profiles, as_of, strict=True)
        ]

    def _list(self, profile: Profile, moment: str, size: int) -> list[RankedItem]:
        scores = self.weights @ self.likeness(profile.get("stated") or {})
        allowed = self._catalogue.eligible(profile, moment)
        rows = capped_top_rows(scores, allowed, self._catalogue.employer_numbers, size)
        ids = self._catalogue.posting_ids
        return [
            {"rank": rank, "posting_id": ids[row], "score": float(scores[row]), "reasons": []}
            for rank, row in enumerate(rows.tolist(), start=1)
        ]

    def likeness(self, stated: Mapping[str, Any]) -> np.ndarray:
        """Return the likenesses of the N postings, (6, N)."""
        held = stated.get("experience") or ()
        places = [one.get("place") or {} for one in held]
        towns = {_fold(place.get("locality")) for place in places}
        regions = {_fold(place.get("region")) for place in places}
        stated_places = {_fold(place) for place in stated.get("places") or ()}
        wished = _folded([*(stated.get("wishes") or ()), *(stated.get("skills") or ())])
        titles = _folded([one.get("title") or "" for one in held])
        return np.stack(
            [
                self._like(wished),
                self._like(titles),
                self._mean_alike(wished),
                self._mean_alike(titles),
                np.isin(self._localities, [*(towns | stated_places) - {""}]),
                np.isin(self._regions, [*(regions | stated_places) - {""}]),
            ]
        )

    def _like(self, texts: Sequence[str]) -> np.ndarray:
        if not texts:
            return np.zeros(len(self._localities))
        return np.asarray((self._titles @ self._letters.transform(texts).T).max(axis=1).todense())[
            :, 0
        ]

    def _mean_alike(self, texts: Sequence[str]) -> np.ndarray:
        if not texts:
            return np.zeros(len(self._localities))
        return np.asarray((self._meanings @ self._language_model.encode(texts).T).max(axis=1))


def _folded(texts: Sequence[str]) -> list[str]:
    return [folded for text in texts if (folded := _fold(text))]


def _fold(text: str | None) -> str:
    return " ".join(clean(text or "").split())
