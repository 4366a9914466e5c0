"""The fields of postings as texts and as category codes. Rankers that serve import it, too."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from training.text.tokenizer import clean

ABSENT = -1
"""The code of an absent field; it equals no other."""
TEXT_FIELDS = frozenset({"description", "skills"})
"""Fields that are compared by their words alone, if at all."""
MIN_ABSENT_SHARE = 0.02
"""Absence of a field counts as similarity where at least this share of postings lack it, and at
least this share have it."""
_UNCOMPARED = frozenset(
    {"schema_version", "posting_id", "date_posted", "valid_through", "url", "source"}
)


def flatten_fields(posting: Mapping[str, Any]) -> dict[str, str]:
    """Return the fields of a posting as folded texts, by name; the parts of a place are fields."""
    texts: dict[str, str] = {}
    for name, value in posting.items():
        if isinstance(value, Mapping):
            texts |= {key: part for key, part in value.items() if isinstance(part, str) and part}
        elif isinstance(value, list):
            texts[name] = " ".join(map(str, value))
        elif isinstance(value, str) and name not in _UNCOMPARED:
            texts[name] = value
    folded = {name: " ".join(clean(text).split()) for name, text in texts.items()}
    return {name: text for name, text in folded.items() if text}


def category_codes(values: Sequence[str]) -> np.ndarray:
    """Number distinct values in their sorted order: N values to (N,) int64; '' is `ABSENT`.

    An unchanged catalogue therefore has unchanged codes.
    """
    codes = {value: code for code, value in enumerate(sorted(set(values) - {""}))}
    return np.array([codes.get(value, ABSENT) for value in values], dtype=np.int64)
