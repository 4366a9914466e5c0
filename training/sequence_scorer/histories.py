"""Histories: the distinct postings that a candidate turned to, oldest first.

Training reads them from a data set, and lists from a profile, in the same way. Each posting stands
at the first of its events, and those that the candidate dismissed are left out. Postings are named
by their ids, so that a history means the same over every catalogue.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Self

import numpy as np

from streaming.contract.records import EventKind
from streaming.serving.ranker import Profile
from training.data.dataset import DISMISS, Dataset
from training.text.tokenizer import clean, tokens

Steps = Sequence[str]
"""The ids of the n postings of a history, oldest first."""


def steps_of(profile: Profile) -> tuple[str, ...]:
    """Read the history of a value of the topic `profiles`."""
    events = profile.get("events") or ()
    dismissed = {e["posting_id"] for e in events if e["kind"] == EventKind.DISMISS}
    return tuple(dict.fromkeys(e["posting_id"] for e in events if e["posting_id"] not in dismissed))


def attribute_words(posting: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the distinct words of a posting's skills, sorted; a skill without words is one."""
    skills = posting.get("skills") or ()
    return tuple(sorted({word for skill in skills for word in tokens(skill) or [clean(skill)]}))


@dataclass(frozen=True, eq=False)
class TrainingHistories:
    """The histories of a data set over the M postings that stand in any of them (items)."""

    items: tuple[str, ...]
    """Ids of the items, in the order of the catalogue."""
    attributes: tuple[tuple[str, ...], ...]
    """The `attribute_words` of each item."""
    histories: tuple[np.ndarray, ...]
    """(n,) int64 places in `items`, oldest first; none is empty."""

    @classmethod
    def of(cls, dataset: Dataset) -> Self:
        """Collect the history of every candidate that has one."""
        rows = []
        for first, last in pairwise(dataset.starts.tolist()):
            own, kinds = dataset.postings[first:last], dataset.kinds[first:last]
            kept = own[~np.isin(own, own[kinds == DISMISS])]
            if len(kept):
                rows.append(np.array(list(dict.fromkeys(kept.tolist())), dtype=np.int64))
        held = np.unique(np.concatenate([np.zeros(0, dtype=np.int64), *rows]))
        catalogue = dataset.catalogue
        postings = catalogue.table.take(held).to_pylist()
        return cls(
            items=tuple(posting["posting_id"] for posting in postings),
            attributes=tuple(attribute_words(posting) for posting in postings),
            histories=tuple(np.searchsorted(held, own) for own in rows),
        )

    @property
    def has_pairs(self) -> bool:
        """Whether any candidate turned to two postings, so that there is an order to learn."""
        return any(len(history) > 1 for history in self.histories)
