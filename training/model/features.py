"""The features of postings and of stated entries: text vectors, word vectors and field vectors.

The vector of a field's value is a random vector of signs, drawn from a hash of the value (random
projection, Achlioptas 2003). Equal values have equal vectors even where training never saw them,
different values are nearly orthogonal, and no vocabulary is needed. An absent value is zero.
"""

import hashlib
import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from training.data.dataset import EVENT_KINDS
from training.model.presets import ModelConfig
from training.taxonomy.entry_concepts import (
    concept_word,
    occupation_of,
    skills_of,
    stated_concepts,
)
from training.taxonomy.mapper import Mapper
from training.text.encoder_factory import load_encoder
from training.text.lexical_vectors import Lexicon
from training.text.random_projection import random_signs
from training.text.tokenizer import clean, is_chinese
from training.text.word_embeddings import TextEncoder, unit_rows

FIELDS = ("place", "employer", "industry", "occupation", "terms", "salary", "language")
"""The field blocks of a posting vector, in order."""

STATED_KINDS = ("skill", "wish", "background", "place", "experience")
STEP_KINDS = (*map(str, EVENT_KINDS), *STATED_KINDS)
"""The kinds of steps that the encoder reads: events of a kind, and stated entries. Saved weights
are in this order: a new kind comes last."""

_UNITS_PER_YEAR = {"HOUR": 2_000.0, "DAY": 250.0, "WEEK": 52.0, "MONTH": 12.0, "YEAR": 1.0}
_SALARY_STEPS = 3.0
"""Steps per doubling of a salary; neighbouring steps share part of their vector."""

_TERMS = ("employment_type", "education", "experience")
_POSTING_FIELDS = (
    *("title", "description", "employer", "industry", "occupation", "skills"),
    *(*_TERMS, "place", "salary", "language"),
)
"""All fields of a posting from which features are made."""

PHRASE_FIELDS = ("title", "skills", "occupation", "industry", "description")
"""What `Embedder.posting_words` reads, and the description."""
REQUIREMENT_FIELDS = ("skills", "occupation", "language")
"""What `requirement_steps` reads."""

_PLACE_WEIGHTS = {"locality": 1.0, "region": 0.5, "country": 0.25}
_PLACE_SEPARATORS = re.compile(r"[,;/、·]")
_TAXONOMY = "taxonomy"
"""In the model folder: the folder of the mapper."""


@dataclass(frozen=True, eq=False)
class Features:
    """The features of N postings or stated entries."""

    text: np.ndarray
    """(N, W) float32, rows of length 1 or zero."""
    words: np.ndarray
    """(N, V) float32, rows of length 1 or zero (`Lexicon.encode`)."""
    fields: np.ndarray
    """(N, F, H) float32, rows of length 1 or zero."""

    def __len__(self) -> int:
        return len(self.text)

    def take(self, rows: np.ndarray | slice) -> "Features":
        """Select rows."""
        return Features(self.text[rows], self.words[rows], self.fields[rows])

    @classmethod
    def join(cls, parts: Sequence["Features"]) -> "Features":
        """Concatenate features."""
        names = [field.name for field in fields(cls)]
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


@dataclass(frozen=True)
class StatedStep:
    """One entry of a stated part; equal entries are equal steps."""

    kind: str
    """One of `STATED_KINDS`."""
    text: str
    """Of a position that was held, its title."""
    language: str | None
    employer: str | None = None
    """Of a position that was held."""
    place: tuple[str | None, ...] = ()
    """Of a position that was held, by `_PLACE_WEIGHTS`."""


@dataclass(frozen=True, eq=False)
class Embedder:
    """Maps texts to vectors."""

    encoder: TextEncoder
    lexicon: Lexicon
    mapper: Mapper | None = None
    """Of the taxonomy; models of release 0.1.0 have none."""

    @property
    def packages(self) -> tuple[str, ...]:
        """Packages needed to load it, beyond those that every model needs."""
        of_mapper = self.mapper.packages if self.mapper else ()
        return tuple(dict.fromkeys((*self.encoder.packages, *of_mapper)))

    def posting_words(self, posting: Mapping[str, Any]) -> list[str]:
        """Return the phrases that the words of a posting are made of."""
        return [*posting_phrases(posting), *posting_concept_words(posting, self.mapper)]

    def stated_words(self, step: "StatedStep") -> list[str]:
        """Return the phrases that the words of a stated entry are made of; none of a place."""
        if step.kind == "place":
            return [""]
        if self.mapper is None:
            return [step.text]
        found = stated_concepts(step.kind, step.text, self.mapper)
        return [step.text, *map(concept_word, found)]

    def save(self, folder: Path) -> None:
        """Write all parts into an existing folder."""
        self.encoder.save(folder)
        self.lexicon.save(folder)
        if self.mapper:
            self.mapper.save(folder / _TAXONOMY)

    @classmethod
    def load(cls, folder: Path) -> "Embedder":
        """Read what `save` wrote."""
        taxonomy = folder / _TAXONOMY
        mapper = Mapper.load(taxonomy) if taxonomy.exists() else None
        return cls(load_encoder(folder), Lexicon.load(folder), mapper)


def posting_phrases(posting: Mapping[str, Any]) -> list[str]:
    """Return the short texts of a posting: title, skills, occupation, industry."""
    skills = posting.get("skills") or ()
    parts = [posting.get("title"), *skills, posting.get("occupation"), posting.get("industry")]
    return [part for part in parts if part]


def posting_concept_words(posting: Mapping[str, Any], mapper: Mapper | None) -> list[str]:
    """Return words that stand for the occupation and the skills of a posting.

    They are the same in all languages: 会计 and 'Accountant' share no other word.
    """
    if mapper is None:
        return []
    occupation = occupation_of(posting, mapper)
    concepts = ([occupation] if occupation else []) + skills_of(posting, mapper)
    return [concept_word(concept) for concept in concepts]


def posting_text(posting: Mapping[str, Any]) -> str:
    """Return the short texts of a posting as one text."""
    return " ".join(posting_phrases(posting))


def full_text(posting: Mapping[str, Any]) -> str:
    """Return the short texts and the description of a posting as one text."""
    return f"{posting_text(posting)} {posting.get('description') or ''}"


def fingerprint(posting: Mapping[str, Any]) -> str:
    """Hash the fields of a posting that features are made from: not its id, nor its dates."""
    values = [posting.get(name) for name in _POSTING_FIELDS]
    return hashlib.blake2b(json.dumps(values).encode(), digest_size=16).hexdigest()


def posting_features(
    postings: Sequence[Mapping[str, Any]], embedder: Embedder, config: ModelConfig
) -> Features:
    """Make the features of postings; each depends on its own posting alone."""
    texts = [posting_text(posting) for posting in postings]
    text = embedder.encoder.encode(texts)
    description = embedder.encoder.encode(
        [posting.get("description") or "" for posting in postings]
    )
    phrases = [embedder.posting_words(posting) for posting in postings]
    words = embedder.lexicon.encode(phrases, config.lexical_dimensions)
    width = config.field_dimensions
    blocks = [_posting_fields(posting, width) for posting in postings]
    weighted = text + config.description_weight * description
    return Features(unit_rows(weighted), words, _stack(blocks, width))


def stated_steps(stated: Mapping[str, Any] | None, config: ModelConfig) -> list[StatedStep]:
    """List the entries of a stated part, in the order in which the encoder reads them.

    Places come first, then background, positions held, the newest of them last, wishes and skills:
    the steps read last weigh most.
    """
    stated = stated or {}
    language = stated.get("language")
    entries = {
        "place": stated.get("places") or (),
        "background": [stated["background"]] if stated.get("background") else (),
        "wish": stated.get("wishes") or (),
        "skill": stated.get("skills") or (),
    }
    steps = [
        StatedStep(kind, text, "zh" if is_chinese(text) else language)
        for kind, texts in entries.items()
        for text in texts[: config.most_stated]
        if text and text.strip()
    ]
    held = stated.get("experience") or ()
    if not held:
        return steps
    before = sum(step.kind in {"place", "background"} for step in steps)
    newest = sorted(held, key=_held_until)[-config.most_stated :]
    return [*steps[:before], *(_position_held(one, language) for one in newest), *steps[before:]]


def _held_until(position: Mapping[str, Any]) -> tuple[str, str]:
    """Order positions held, the one that is still held last."""
    return str(position.get("end_date") or "~"), str(position.get("start_date") or "")


def _position_held(position: Mapping[str, Any], language: str | None) -> StatedStep:
    title, place = (position.get("title") or "").strip(), position.get("place") or {}
    return StatedStep(
        "experience",
        title,
        "zh" if is_chinese(title) else language,
        position.get("employer"),
        tuple(place.get(part) for part in _PLACE_WEIGHTS),
    )


def requirement_steps(posting: Mapping[str, Any]) -> list[StatedStep]:
    """List what a posting requires, skills and occupation, as a candidate would state it."""
    requirements = [*(posting.get("skills") or ()), posting.get("occupation")]
    texts = dict.fromkeys(text for text in requirements if text and text.strip())
    language = posting.get("language")
    return [StatedStep("skill", text, "zh" if is_chinese(text) else language) for text in texts]


def stated_features(
    steps: Sequence[StatedStep], embedder: Embedder, config: ModelConfig
) -> Features:
    """Make the features of stated entries; a place has a place block alone."""
    texts = ["" if step.kind == "place" else step.text for step in steps]
    text = embedder.encoder.encode(texts)
    phrases = [embedder.stated_words(step) for step in steps]
    words = embedder.lexicon.encode(phrases, config.lexical_dimensions)
    width = config.field_dimensions
    blocks: list[dict[str, np.ndarray | None]] = []
    for step in steps:
        if step.kind == "place":
            parts = _PLACE_SEPARATORS.split(clean(step.text))  # such as 'Leeds, England'
            vectors = (_value_vector("place", part, width) for part in parts)
            blocks.append({"place": _sum(vectors, width)})
        elif step.kind == "experience":
            own = dict(zip(_PLACE_WEIGHTS, step.place, strict=False))
            held = {"occupation": step.text, "employer": step.employer, "place": own}
            fields = _posting_fields({**held, "title": step.text, "language": step.language}, width)
            blocks.append({**fields, "terms": None, "salary": None})
        else:
            # 'Accounting' may be the skill or the occupation of that name.
            either = {
                name: _value_vector(name, step.text, width) for name in ("occupation", "industry")
            }
            blocks.append({**either, "language": _language_vector(step.language, width)})
    return Features(text, words, _stack(blocks, width))


def _posting_fields(posting: Mapping[str, Any], width: int) -> dict[str, np.ndarray | None]:
    place = posting.get("place") or {}
    weighted = [
        weight * vector
        for part, weight in _PLACE_WEIGHTS.items()
        if (vector := _value_vector("place", place.get(part), width)) is not None
    ]
    single = {
        name: _value_vector(name, posting.get(name), width)
        for name in ("employer", "industry", "occupation", *_TERMS)
    }
    chinese = "zh" if is_chinese(posting.get("title") or "") else None
    return {
        **single,
        "place": _sum(weighted, width),
        "terms": _sum((single[term] for term in _TERMS), width),
        "salary": _salary_vector(posting.get("salary") or {}, width),
        "language": _language_vector(posting.get("language") or chinese, width),
    }


def _stack(blocks: Sequence[Mapping[str, np.ndarray | None]], width: int) -> np.ndarray:
    """Stack the field vectors of N postings, (N, F, H)."""
    stacked = np.zeros((len(blocks), len(FIELDS), width), dtype=np.float32)
    for row, block in enumerate(blocks):
        for column, name in enumerate(FIELDS):
            vector = block.get(name)
            if vector is not None:
                stacked[row, column] = vector
    return unit_rows(stacked)


def _sum(vectors: Iterable[np.ndarray | None], width: int) -> np.ndarray:
    total = np.zeros(width, dtype=np.float32)
    for vector in vectors:
        if vector is not None:
            total = total + vector
    return total


def _language_vector(code: str | None, width: int) -> np.ndarray | None:
    return _value_vector("language", (code or "").replace("_", "-").split("-")[0], width)


def yearly_pay(salary: Mapping[str, Any]) -> float | None:
    """Return the middle of a salary, currency units a year; None where it is not stated."""
    amounts = [salary[end] for end in ("minimum", "maximum") if salary.get(end)]
    if not amounts or min(amounts) <= 0 or not all(map(math.isfinite, amounts)):
        return None
    units = _UNITS_PER_YEAR.get(salary.get("unit") or "YEAR", 1.0)
    return float(sum(amounts) / len(amounts) * units)


def _salary_vector(salary: Mapping[str, Any], width: int) -> np.ndarray | None:
    """Interpolate the yearly amount between two steps of a logarithmic scale."""
    pay = yearly_pay(salary)
    if pay is None:
        return None
    position = math.log2(pay) * _SALARY_STEPS
    low = math.floor(position)
    scale = f"salary {salary.get('currency') or ''}"
    above = _value_vector(scale, str(low + 1), width)
    below = _value_vector(scale, str(low), width)
    if above is None or below is None:
        return None
    return np.asarray((position - low) * above + (1 - (position - low)) * below)


@lru_cache(maxsize=65_536)
def _value_vector(field: str, value: str | None, width: int) -> np.ndarray | None:
    folded = " ".join(clean(value or "").split())
    return random_signs(f"{field}:{folded}", width) if folded else None
