"""A catalogue prepared for the content score: a folder of arrays that are memory-mapped."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy import sparse

from streaming.errors import ModelError
from streaming.serving.catalogue import Catalogue
from training.content_ranker.co_visitation import CoVisitation
from training.content_ranker.content_score import ContentScore
from training.content_ranker.interaction_features import InteractionFeatures
from training.content_ranker.posting_features import PostingFeatures, PostingFeaturizer
from training.taxonomy.entry_concepts import CONCEPT_OCCUPATION, CONCEPT_SKILLS

_PARTS = ("data", "indices", "indptr")
_VALUES = "values.json"
_STATED = ("locality", "region", "employer", CONCEPT_OCCUPATION, CONCEPT_SKILLS)
"""Fields whose values somebody may state."""


class ContentIndex:
    """Indexes catalogues; only the texts of changed postings are vectorised again."""

    def __init__(self, featurizer: PostingFeaturizer, co_visitation: CoVisitation) -> None:
        self.featurizer = featurizer
        self.co_visitation = co_visitation
        self._vectors: dict[str, tuple[dict[str, int], sparse.csr_array]] = {}

    def write(self, catalogue: Catalogue, folder: Path) -> None:
        """Write what `open` needs into an empty folder."""
        rows = catalogue.table.to_pylist()
        postings = self.featurizer.transform(rows, self._text_vectors)
        features = InteractionFeatures.over(
            catalogue, postings, self.featurizer, self.co_visitation
        )
        np.save(folder / "codes.npy", postings.codes)
        np.save(folder / "posting_places.npy", features.posting_places)
        np.save(folder / "popularity.npy", features.popularity)
        for place, (text, slots) in enumerate(zip(postings.texts, postings.slots, strict=True)):
            _save(text, folder, f"text{place}")
            np.save(folder / f"text{place}.slots.npy", slots)
        values = {name: postings.values[name] for name in _STATED if name in postings.values}
        (folder / _VALUES).write_text(json.dumps(values, ensure_ascii=False), encoding="utf-8")
        codes = [
            postings.codes_of(self.featurizer.column_of(text)) for text in self.featurizer.texts
        ]
        none = sparse.csr_array((len(rows), 0), dtype=np.float32)
        pairs = zip(postings.texts, codes, strict=True)
        _save(sparse.hstack([none, *(text[own] for text, own in pairs)], "csr"), folder, "words")
        for field, places in features.field_places.items():
            np.save(folder / f"places.{field}.npy", places)

    def open(self, catalogue: Catalogue, folder: Path, weights: np.ndarray) -> ContentScore:
        """Open what `write` wrote of the same catalogue; the weights are (F,) float32.

        Raises:
            ModelError: an earlier version wrote it.
        """
        if not (folder / "words.shape.npy").exists():
            raise ModelError(
                f"{folder} was prepared by an earlier version of careerstream; prepare the "
                "catalogue again (`predict` takes one by the parameter `catalogue`), or train again"
            )
        texts = tuple(_load(folder, f"text{n}") for n in range(len(self.featurizer.texts)))
        slots: tuple[np.ndarray, ...] = ()
        values: dict[str, list[str]] = {}
        if (folder / _VALUES).exists():  # models of release 0.1.0 read no stated part
            slots = tuple(_open(folder / f"text{n}.slots.npy") for n in range(len(texts)))
            values = json.loads((folder / _VALUES).read_text(encoding="utf-8"))
        codes, columns = _open(folder / "codes.npy"), self.featurizer.columns
        fields = self.co_visitation.fields
        features = InteractionFeatures(
            postings=PostingFeatures(columns, codes, texts, slots, values),
            featurizer=self.featurizer,
            co_visitation=self.co_visitation,
            field_places={field: _open(folder / f"places.{field}.npy") for field in fields},
            posting_places=_open(folder / "posting_places.npy"),
            popularity=_open(folder / "popularity.npy"),
            opens=catalogue.opens,
        )
        return ContentScore(features, weights, _load(folder, "words"))

    def _text_vectors(self, text: str, values: Sequence[str]) -> sparse.csr_array:
        """Return the vectors of a text's values, of those of the last call as they were."""
        known, vectors = self._vectors.get(text, ({}, self.featurizer.tfidf(text, [])))
        new = [value for value in values if value not in known]
        vectors = sparse.vstack([vectors, self.featurizer.tfidf(text, new)], format="csr")
        places = known | {value: len(known) + place for place, value in enumerate(new)}
        vectors = vectors[[places[value] for value in values]]
        self._vectors[text] = {value: place for place, value in enumerate(values)}, vectors
        return vectors


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
