"""A catalogue prepared for the content score: a folder of arrays that are memory-mapped."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

from streaming.serving.catalogue import Catalogue
from training.content_ranker.co_visitation import CoVisitation
from training.content_ranker.interaction_features import InteractionFeatures
from training.content_ranker.posting_features import PostingFeatures, PostingFeaturizer
from training.model.features import fingerprint

_PARTS = ("data", "indices", "indptr")


class ContentIndex:
    """Indexes catalogues; only the texts of changed postings are vectorised again."""

    def __init__(self, featurizer: PostingFeaturizer, co_visitation: CoVisitation) -> None:
        self.featurizer = featurizer
        self.co_visitation = co_visitation
        self._places: dict[str, int] = {}
        self._texts: tuple[sparse.csr_array, ...] = ()

    def write(self, catalogue: Catalogue, folder: Path) -> None:
        """Write what `open` needs into an empty folder."""
        rows = catalogue.table.to_pylist()
        fields = tuple(self.co_visitation.fields)
        postings = self.featurizer.transform(rows, self._text_vectors(rows), fields)
        features = InteractionFeatures.over(
            catalogue, postings, self.featurizer, self.co_visitation
        )
        np.save(folder / "codes.npy", postings.codes)
        np.save(folder / "missing.npy", postings.missing)
        np.save(folder / "posting_places.npy", features.posting_places)
        np.save(folder / "popularity.npy", features.popularity)
        for place, text in enumerate(postings.texts):
            _save(text, folder, f"text{place}")
            _save(text.T.tocsr(), folder, f"index{place}")
        for field, places in features.field_places.items():
            np.save(folder / f"places.{field}.npy", places)

    def open(
        self, catalogue: Catalogue, folder: Path
    ) -> tuple[InteractionFeatures, tuple[sparse.csr_array, ...]]:
        """Open what `write` wrote of the same catalogue.

        Returns:
            The features, and by text an inverted index: its transpose, (·, N).
        """
        count = len(self.featurizer.texts)
        texts = tuple(_load(folder, f"text{place}") for place in range(count))
        index = tuple(_load(folder, f"index{place}") for place in range(count))
        codes, missing = _open(folder / "codes.npy"), _open(folder / "missing.npy")
        fields = self.co_visitation.fields
        features = InteractionFeatures(
            postings=PostingFeatures(codes, missing, texts, {}),
            featurizer=self.featurizer,
            co_visitation=self.co_visitation,
            field_places={field: _open(folder / f"places.{field}.npy") for field in fields},
            posting_places=_open(folder / "posting_places.npy"),
            popularity=_open(folder / "popularity.npy"),
            opens=catalogue.opens,
        )
        return features, index

    def _text_vectors(self, postings: Sequence[Mapping[str, Any]]) -> tuple[sparse.csr_array, ...]:
        """Return the vectors of texts, those of unchanged postings from the last call."""
        keys = [fingerprint(posting) for posting in postings]
        # note: not the number of places, because postings of equal content share one
        known, old = self._places, self._texts[0].shape[0] if self._texts else 0
        new = [place for place, key in enumerate(keys) if key not in known]
        computed = self.featurizer.text_vectors([postings[place] for place in new])
        fresh = {keys[place]: old + row for row, place in enumerate(new)}
        order = [known[key] if key in known else fresh[key] for key in keys]
        if self._texts:
            pairs = zip(self._texts, computed, strict=True)
            computed = [sparse.vstack(pair, format="csr") for pair in pairs]
        self._texts = tuple(text[order] for text in computed)
        self._places = {key: place for place, key in enumerate(keys)}
        return self._texts


def _open(file: Path) -> np.ndarray:
    return np.asarray(np.load(file, mmap_mode="r"))  # slicing a plain view of the map is faster


def _save(rows: sparse.csr_array, folder: Path, name: str) -> None:
    for part in _PARTS:
        np.save(folder / f"{name}.{part}.npy", getattr(rows, part))
    np.save(folder / f"{name}.shape.npy", np.array(rows.shape))


def _load(folder: Path, name: str) -> sparse.csr_array:
    parts = [_open(folder / f"{name}.{part}.npy") for part in _PARTS]
    shape = tuple(np.load(folder / f"{name}.shape.npy").tolist())
    return sparse.csr_array(tuple(parts), shape=shape, copy=False)
