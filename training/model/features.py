"""What the model reads of postings and of stated parts: text vectors and field vectors.

A field's value becomes a fixed vector of signs drawn from its hash, so that equal values meet even
where training never saw them, different ones are nearly orthogonal, and no vocabulary is needed.
An absent value is the zero vector.
"""

import hashlib
import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from training.data.dataset import KINDS
from training.model.presets import ModelConfig
from training.text.encoder_factory import load_encoder
from training.text.lexical_vectors import Lexicon
from training.text.random_projection import signs
from training.text.tokenizer import clean, is_chinese
from training.text.word_embeddings import TextEncoder, unit

FIELDS = ("place", "employer", "industry", "occupation", "terms", "salary", "language")
"""The field blocks of a posting vector, in order."""

STATED_KINDS = ("skill", "wish", "background", "place")
STEP_KINDS = (*map(str, KINDS), *STATED_KINDS)
"""What a step of the encoder's input can be: an event of a kind, or a stated entry."""

_YEARLY = {"HOUR": 2_000.0, "DAY": 250.0, "WEEK": 52.0, "MONTH": 12.0, "YEAR": 1.0}
_SALARY_STEPS = 3.0
"""Steps per doubling of a salary; neighbouring steps share part of their vector."""

_READ = (
    "title",
    "description",
    "employer",
    "industry",
    "occupation",
    "skills",
    "employment_type",
    "education",
    "experience",
    "place",
    "salary",
    "language",
)
"""Every field of a posting that a feature is made of."""

_PLACE_PARTS = {"locality": 1.0, "region": 0.5, "country": 0.25}


@dataclass(frozen=True, eq=False)
class Features:
    """Of N things that can be a step or be recommended."""

    text: np.ndarray
    """(N, W) float32, unit or zero."""
    words: np.ndarray
    """(N, V) float32, unit or zero (`Lexicon.encode`)."""
    fields: np.ndarray
    """(N, F, H) float32, unit or zero."""

    def __len__(self) -> int:
        return len(self.text)

    def take(self, rows: np.ndarray | slice) -> "Features":
        """Select rows."""
        return Features(self.text[rows], self.words[rows], self.fields[rows])

    @classmethod
    def join(cls, parts: Sequence["Features"]) -> "Features":
        """Put tables under each other."""
        names = [field.name for field in fields(cls)]
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


@dataclass(frozen=True)
class StatedStep:
    """One entry of a stated part; equal entries are equal steps."""

    kind: str
    """One of `STATED_KINDS`."""
    text: str
    language: str | None


@dataclass(frozen=True, eq=False)
class Embedder:
    """What turns texts into vectors."""

    encoder: TextEncoder
    lexicon: Lexicon

    def save(self, folder: Path) -> None:
        """Write both into an existing folder."""
        self.encoder.save(folder)
        self.lexicon.save(folder)

    @classmethod
    def load(cls, folder: Path) -> "Embedder":
        """Read what `save` wrote."""
        return cls(load_encoder(folder), Lexicon.load(folder))


def posting_phrases(posting: Mapping[str, Any]) -> list[str]:
    """List the short texts of a posting: title, skills, occupation, industry."""
    skills = posting.get("skills") or ()
    parts = [posting.get("title"), *skills, posting.get("occupation"), posting.get("industry")]
    return [part for part in parts if part]


def posting_text(posting: Mapping[str, Any]) -> str:
    """Join the short texts of a posting."""
    return " ".join(posting_phrases(posting))


def all_text(posting: Mapping[str, Any]) -> str:
    """Join all that a posting says, for training word vectors."""
    return f"{posting_text(posting)} {posting.get('description') or ''}"


def fingerprint(posting: Mapping[str, Any]) -> str:
    """Name what the features of a posting are made of; its dates and its id are no part of it."""
    made_of = [posting.get(name) for name in _READ]
    return hashlib.blake2b(json.dumps(made_of).encode(), digest_size=16).hexdigest()


def of_postings(
    postings: Sequence[Mapping[str, Any]], embedder: Embedder, config: ModelConfig
) -> Features:
    """Make the features of postings, each by itself."""
    texts = [posting_text(posting) for posting in postings]
    text = embedder.encoder.encode(texts)
    prose = embedder.encoder.encode([posting.get("description") or "" for posting in postings])
    phrases = [posting_phrases(posting) for posting in postings]
    words = embedder.lexicon.encode(phrases, config.lexical_dimensions)
    width = config.field_dimensions
    blocks = [_posting_fields(posting, width) for posting in postings]
    return Features(unit(text + config.description_weight * prose), words, _stack(blocks, width))


def stated_steps(stated: Mapping[str, Any] | None, config: ModelConfig) -> list[StatedStep]:
    """List what a stated part says, in the order in which the encoder reads it.

    Places come first, then background, wishes and skills: what is read last weighs most.
    """
    said = stated or {}
    entries = {
        "place": said.get("places") or (),
        "background": [said["background"]] if said.get("background") else (),
        "wish": said.get("wishes") or (),
        "skill": said.get("skills") or (),
    }
    language = said.get("language")
    return [
        StatedStep(kind, text, "zh" if is_chinese(text) else language)
        for kind, texts in entries.items()
        for text in texts[: config.most_stated]
        if text and text.strip()
    ]


def named_steps(posting: Mapping[str, Any]) -> list[StatedStep]:
    """List what a posting asks for, skills and occupation, as a candidate would state it."""
    named = [*(posting.get("skills") or ()), posting.get("occupation")]
    texts = dict.fromkeys(text for text in named if text and text.strip())
    spoken = posting.get("language")
    return [StatedStep("skill", text, "zh" if is_chinese(text) else spoken) for text in texts]


def of_stated(steps: Sequence[StatedStep], embedder: Embedder, config: ModelConfig) -> Features:
    """Make the features of stated entries; a place has a place block alone."""
    texts = ["" if step.kind == "place" else step.text for step in steps]
    text = embedder.encoder.encode(texts)
    words = embedder.lexicon.encode([[text] for text in texts], config.lexical_dimensions)
    width = config.field_dimensions
    blocks: list[dict[str, np.ndarray | None]] = []
    for step in steps:
        if step.kind == "place":
            blocks.append({"place": _sum(_place_vectors(step.text, width), width)})
        else:
            # Who states 'Accounting' may mean the skill or the occupation of that name.
            named = {name: _value(name, step.text, width) for name in ("occupation", "industry")}
            blocks.append({**named, "language": _language(step.language, width)})
    return Features(text, words, _stack(blocks, width))


def _posting_fields(posting: Mapping[str, Any], width: int) -> dict[str, np.ndarray | None]:
    place = posting.get("place") or {}
    weighted = [
        (weight, vector)
        for part, weight in _PLACE_PARTS.items()
        if (vector := _value("place", place.get(part), width)) is not None
    ]
    terms = ("employment_type", "education", "experience")
    spoken = posting.get("language") or ("zh" if is_chinese(posting.get("title") or "") else None)
    return {
        "place": _sum((weight * vector for weight, vector in weighted), width),
        "employer": _value("employer", posting.get("employer"), width),
        "industry": _value("industry", posting.get("industry"), width),
        "occupation": _value("occupation", posting.get("occupation"), width),
        "terms": _sum((_value(term, posting.get(term), width) for term in terms), width),
        "salary": _salary(posting.get("salary") or {}, width),
        "language": _language(spoken, width),
    }


def _stack(blocks: Sequence[Mapping[str, np.ndarray | None]], width: int) -> np.ndarray:
    """Lay fields side by side, (N, F, H)."""
    stacked = np.zeros((len(blocks), len(FIELDS), width), dtype=np.float32)
    for row, block in enumerate(blocks):
        for column, name in enumerate(FIELDS):
            vector = block.get(name)
            if vector is not None:
                stacked[row, column] = vector
    return unit(stacked)


def _sum(vectors: Iterable[np.ndarray | None], width: int) -> np.ndarray:
    total = np.zeros(width, dtype=np.float32)
    for vector in vectors:
        if vector is not None:
            total = total + vector
    return total


def _place_vectors(text: str, width: int) -> list[np.ndarray | None]:
    """Read a place that a candidate names, such as 'Leeds, England'."""
    return [_value("place", part, width) for part in re.split(r"[,;/、·]", clean(text))]


def _language(code: str | None, width: int) -> np.ndarray | None:
    return _value("language", (code or "").replace("_", "-").split("-")[0], width)


def _salary(salary: Mapping[str, Any], width: int) -> np.ndarray | None:
    """Place the yearly amount between two steps of a logarithmic scale."""
    amounts = [salary[end] for end in ("minimum", "maximum") if salary.get(end)]
    if not amounts or min(amounts) <= 0 or not all(map(math.isfinite, amounts)):
        return None
    yearly = sum(amounts) / len(amounts) * _YEARLY.get(salary.get("unit") or "YEAR", 1.0)
    position = math.log2(yearly) * _SALARY_STEPS
    low = math.floor(position)
    scale = f"salary {salary.get('currency') or ''}"
    above = _value(scale, str(low + 1), width)
    below = _value(scale, str(low), width)
    if above is None or below is None:
        return None
    return np.asarray((position - low) * above + (1 - (position - low)) * below)


def _value(field: str, value: str | None, width: int) -> np.ndarray | None:
    folded = " ".join(clean(value or "").split())
    return signs(f"{field}:{folded}", width) if folded else None
