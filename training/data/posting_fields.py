"""The fields of postings, as texts and as numbers; what only scores loads no more than this."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from training.text.tokenizer import clean

ABSENT = -1
"""The code of a field that says nothing; it equals no other."""
TEXT_FIELDS = frozenset({"description", "skills"})
"""Compared by their words alone, if at all."""
MIN_ABSENT_SHARE = 0.02
"""A field is a likeness by being absent if at least so many lack it, and so many don't."""
_NOT_SAID = frozenset(
    {"schema_version", "posting_id", "date_posted", "valid_through", "url", "source"}
)


def flatten_fields(posting: Mapping[str, Any]) -> dict[str, str]:
    """Take the parts of a place for fields of their own, and lists for texts."""
    found: dict[str, str] = {}
    for name, value in posting.items():
        if isinstance(value, Mapping):
            found |= {key: said for key, said in value.items() if isinstance(said, str) and said}
        elif isinstance(value, list):
            found[name] = " ".join(str(part) for part in value)
        elif isinstance(value, str) and name not in _NOT_SAID:
            found[name] = value
    return {name: text for name, said in found.items() if (text := " ".join(clean(said).split()))}


def category_codes(values: Sequence[str]) -> np.ndarray:
    """Number values in their order, so that an unchanged catalogue has unchanged numbers."""
    numbers = {value: place for place, value in enumerate(sorted(set(values) - {""}))}
    return np.array([numbers.get(value, ABSENT) for value in values], dtype=np.int64)
