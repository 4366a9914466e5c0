"""The score of postings for what somebody has stated, and what each entry adds to it.

A linear score like the content score, over similarities of a stated part and a posting. It is for
candidates without events. Of several entries the most similar one counts: who has held five
positions looks for one of them.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Self

import numpy as np
from scipy import sparse

from training.content_ranker.calibration import Calibration
from training.content_ranker.co_visitation import MEASURES
from training.content_ranker.interaction_features import InteractionFeatures
from training.content_ranker.sparse_rows import row_entries
from training.model.features import StatedStep
from training.taxonomy.entry_concepts import (
    CONCEPT_OCCUPATION,
    CONCEPT_SKILLS,
    concept_word,
    stated_concepts,
)
from training.taxonomy.mapper import Mapper
from training.text.tokenizer import clean

FEATURES = (
    *("wished title", "wished skills", "held title"),
    *("locality", "region", "nearby", "employer", "turned to"),
    *("occupation", "required skills"),
)
"""Names of the F features; `nearby` is a locality to which the same people turn as to a stated one,
and `turned to` is the popularity of the posting. `occupation` says that an entry names the
posting's occupation of the taxonomy, in whatever language, and `required skills` is the share of
the posting's skills that the entries name. Titles are compared by their letters: with their words
beside them NDCG@10 was 0.105 in place of 0.111 on a stream of job views."""
_WISHED, _HELD = ("wish", "skill"), ("experience", "background")
_SEPARATORS = re.compile(r"[,;/、·]")
_NEARBY = MEASURES.index("share of both")
_CACHED_TEXTS = 16_384
"""Entries whose vectors are kept: many people state the same."""
_FILE = "stated.json"
_NODES = "nodes of localities"


@dataclass(frozen=True)
class _Entries:
    """Folded texts of the steps of a stated part."""

    wished: tuple[str, ...]
    held: tuple[str, ...]
    places: frozenset[str]
    employers: frozenset[str]
    concepts: frozenset[str]
    """As words (`concept_word`)."""

    @classmethod
    def of(cls, steps: Iterable[StatedStep], mapper: Mapper | None) -> Self:
        steps = list(steps)
        stated_places = (
            part for step in steps if step.kind == "place" for part in _SEPARATORS.split(step.text)
        )
        lived = (part for step in steps for part in step.place)
        return cls(
            tuple(_fold(step.text) for step in steps if step.kind in _WISHED),
            tuple(_fold(step.text) for step in steps if step.kind in _HELD),
            frozenset(map(_fold, filter(None, (*stated_places, *lived)))) - {""},
            frozenset(_fold(step.employer) for step in steps if step.employer) - {""},
            frozenset(
                concept_word(concept)
                for step in steps
                if mapper
                for concept in stated_concepts(step.kind, step.text, mapper)
            ),
        )


@dataclass(frozen=True, eq=False)
class StatedFeatures:
    """Computes the features of stated parts and the postings of one catalogue."""

    features: InteractionFeatures
    """Of the same catalogue; its postings know the values of their places and employers."""

    def compute(self, steps: Iterable[StatedStep], columns: np.ndarray | None = None) -> np.ndarray:
        """Compute the features of (C,) rows, or of all postings: (F, C) float32."""
        rows = np.arange(self.features.postings.codes.shape[1]) if columns is None else columns
        entries = _Entries.of(steps, self.features.featurizer.mapper)
        return np.stack(
            [
                self._likeness("title letters", entries.wished, rows),
                self._likeness("skills words", [" ".join(entries.wished)], rows),
                self._likeness("title letters", entries.held, rows),
                self._equal("locality", entries.places, rows),
                self._equal("region", entries.places, rows),
                self._nearby(entries.places, rows),
                self._equal("employer", entries.employers, rows),
                self.features.log_people[rows],
                self._equal(CONCEPT_OCCUPATION, entries.concepts, rows),
                self._required_skills(entries.concepts, rows),
            ]
        ).astype(np.float32)

    def _likeness(self, text: str, entries: Sequence[str], rows: np.ndarray) -> np.ndarray:
        """Return the largest cosine of (C,) postings with entries; 0 without any."""
        postings, featurizer = self.features.postings, self.features.featurizer
        if text not in featurizer.texts:
            return np.zeros(len(rows), dtype=np.float32)
        place = featurizer.texts.index(text)
        slots, holders = postings.slots[place], self._holders[place]
        best = np.zeros(holders.shape[1], dtype=np.float32)
        for entry in filter(None, entries):
            terms = self._terms_of(text, entry)
            columns = np.searchsorted(slots, terms.indices)
            known = np.append(slots, -1)[columns] == terms.indices
            entry_places, owners = row_entries(holders.indptr, columns[known])
            added = holders.data[entry_places] * terms.data[known][owners]
            cosines = np.bincount(holders.indices[entry_places], added, holders.shape[1])
            np.maximum(best, cosines, out=best, casting="same_kind")
        return np.asarray(best[postings.codes_of(featurizer.column_of(text))[rows]])

    @cached_property
    def _terms_of(self) -> Callable[[str, str], sparse.csr_array]:
        featurizer = self.features.featurizer
        return lru_cache(_CACHED_TEXTS)(lambda text, entry: featurizer.tfidf(text, [entry]))

    @cached_property
    def _holders(self) -> tuple[sparse.csr_array, ...]:
        """By text, (W, V + 1): the values that hold each word."""
        return tuple(vectors.T.tocsr() for vectors in self.features.postings.texts)

    def _equal(self, field: str, stated: frozenset[str], rows: np.ndarray) -> np.ndarray:
        """Return whether a field of (C,) postings was stated."""
        postings = self.features.postings
        codes = [self._places[field][text] for text in stated if text in self._places[field]]
        if not codes:
            return np.zeros(len(rows), dtype=bool)
        return np.isin(postings.codes_of(field)[rows], codes)

    def _required_skills(self, concepts: frozenset[str], rows: np.ndarray) -> np.ndarray:
        """Return the share of the skills of (C,) postings that are among concepts."""
        postings = self.features.postings
        if CONCEPT_SKILLS not in postings.values or not concepts:
            return np.zeros(len(rows), dtype=np.float32)
        shares = self._skill_sets
        own = np.array(
            [len(concepts & skills) / max(len(skills), 1) for skills in shares], dtype=np.float32
        )
        return np.asarray(own[postings.codes_of(CONCEPT_SKILLS)[rows]])

    @cached_property
    def _skill_sets(self) -> list[frozenset[str]]:
        """The distinct sets of skills of postings, and none as the last one."""
        return [frozenset(text.split()) for text in self.features.postings.values[CONCEPT_SKILLS]]

    def _nearby(self, stated: frozenset[str], rows: np.ndarray) -> np.ndarray:
        """Return the largest co-visitation of the postings' localities with stated ones, (C,)."""
        known = self._places[_NODES]
        own = np.array(sorted(known[text] for text in stated if text in known), dtype=np.int64)
        if not len(own):
            return np.zeros(len(rows), dtype=np.float32)
        codes = self.features.postings.codes_of("locality")[rows]
        nodes = self.features.field_places["locality"][codes]
        neighbours = self.features.co_visitation.fields["locality"]
        return np.asarray(neighbours.between(own, nodes)[:, :, _NEARBY].max(axis=0))

    @cached_property
    def _places(self) -> dict[str, dict[str, int]]:
        """By field the code of each value, and the nodes of localities by `_NODES`."""
        values, columns = self.features.postings.values, self.features.postings.columns
        nodes = self.features.co_visitation.fields["locality"].names
        names = ("locality", "region", "employer", CONCEPT_OCCUPATION)
        tables = {name: values.get(name, ()) for name in names}
        known = {name: own if name in columns else () for name, own in tables.items()}
        return {
            name: {value: place for place, value in enumerate(own) if value}
            for name, own in (*known.items(), (_NODES, nodes))
        }


@dataclass(frozen=True, eq=False)
class StatedPart:
    """The trained score of stated parts, and what it is blended with."""

    weights: np.ndarray
    """(F,) float32, of `FEATURES`."""
    encoder_decoder: float
    """Weight of the encoder-decoder's score beside the weighted features."""
    calibration: Calibration | None = None

    def save(self, folder: Path) -> None:
        """Write everything `load` needs into an existing folder."""
        about: dict[str, Any] = {
            "weights": dict(zip(FEATURES, self.weights.tolist(), strict=True)),
            "encoder_decoder": self.encoder_decoder,
            "calibration": asdict(self.calibration) if self.calibration else None,
        }
        (folder / _FILE).write_text(json.dumps(about), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> "StatedPart | None":
        """Read what `save` wrote; None where nothing was saved, as by release 0.1.0."""
        file = folder / _FILE
        if not file.exists():
            return None
        about = json.loads(file.read_text(encoding="utf-8"))
        known: Mapping[str, float] = about["weights"]
        weights = np.array([known.get(name, 0.0) for name in FEATURES], dtype=np.float32)
        found = about["calibration"]
        return cls(weights, about["encoder_decoder"], Calibration(**found) if found else None)


@lru_cache(maxsize=_CACHED_TEXTS)
def _fold(text: str) -> str:
    return " ".join(clean(text).split())
