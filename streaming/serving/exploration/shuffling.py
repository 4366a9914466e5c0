"""Shuffled lists: a share of the lists has its first ten items in a random order.

What people click in these lists tells the pull of a place from that of a posting
(`training.evaluation.position_bias`). Whether a list is shuffled, and in which order its items then
stand, are functions of its id, so a list that is made again has the same bytes. Both hashes have a
salt of their own: the order of a list says nothing of its draw.
"""

import hashlib
from collections.abc import Sequence
from typing import Any

from streaming.serving.ranker import RankedItem

LENGTH = 10
"""Items at the head of a list that change places; a shorter list is shuffled as a whole."""
_DRAW, _ORDER = "careerstream: is it shuffled", "careerstream: in which order"


def shuffle_assignment(recommendation_id: str, share: float) -> dict[str, Any]:
    """Return what stands in a list: a value of `records.ShuffleAssignment`."""
    shuffled = _number(_DRAW, recommendation_id) / 2**256 < share
    return {"shuffled": shuffled, "propensity": share}


def permutation(recommendation_id: str, count: int) -> list[int]:
    """Return the order of the first items of a list: at each place, the place by the model, from 0.

    Every order is equally likely over the ids (Fisher and Yates; 2²⁵⁶ is so far above 10! that the
    rest of the division does not count). `count` is that of the list's items.
    """
    number, order = _number(_ORDER, recommendation_id), list(range(min(count, LENGTH)))
    for last in range(len(order) - 1, 0, -1):
        number, chosen = divmod(number, last + 1)
        order[last], order[chosen] = order[chosen], order[last]
    return order


def shuffle(items: Sequence[RankedItem], recommendation_id: str) -> list[RankedItem]:
    """Put the items of a list in the order of its id; ranks are those of the new places."""
    order = permutation(recommendation_id, len(items))
    chosen = [*(items[place] for place in order), *items[len(order) :]]
    return [item | {"rank": rank} for rank, item in enumerate(chosen, start=1)]


def model_order(items: Sequence[RankedItem], recommendation_id: str) -> list[RankedItem]:
    """Undo `shuffle`."""
    order = permutation(recommendation_id, len(items))
    head = sorted(zip(order, items, strict=False), key=lambda pair: pair[0])
    chosen = [*(item for _, item in head), *items[len(order) :]]
    return [item | {"rank": rank} for rank, item in enumerate(chosen, start=1)]


def _number(salt: str, recommendation_id: str) -> int:
    """Return a number below 2²⁵⁶."""
    return int.from_bytes(hashlib.sha256(f"{salt}\x00{recommendation_id}".encode()).digest())
