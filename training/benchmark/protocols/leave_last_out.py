"""The last item of every user is held out: the one step that all protocols share."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from training.benchmark.protocols.training_view import EVERYWHERE, NOWHERE, Cases, History

SEEN, UNSEEN = 0, 1
"""The pools of items that were left in some history, and of those that were all held out."""


@dataclass(frozen=True, eq=False)
class HeldOut:
    """Histories cut in two."""

    cases: Cases
    """Of every user with two items or more, the last to be foretold from those before."""
    users: tuple[str, ...]
    """Everybody of whom something is left."""
    rest: tuple[History, ...]
    """For each of `users` the history without what was held out."""


def hold_out(
    users: Sequence[str],
    histories: Sequence[History],
    items: int,
    *,
    single_items: bool = True,
    by_status: bool = True,
) -> HeldOut:
    """Hold out the last item of each user.

    Args:
        users: names.
        histories: of each of them, at least one item long.
        items: N.
        single_items: a history of one item is left as it is; else it is held out, and as nothing
            comes before it, is part of no case.
        by_status: a target competes with the items of its own status, seen or unseen, and an item
            that no history holds with none; else all compete with all.
    """
    cut = [place for place, history in enumerate(histories) if len(history) > 1]
    left = {place: histories[place].first(len(histories[place]) - 1) for place in cut}
    if single_items:
        left |= {place: whole for place, whole in enumerate(histories) if len(whole) == 1}
    rest = [(users[place], left[place]) for place in sorted(left)]
    seen, present = _held(list(left.values()), items), _held(histories, items)
    pools = np.full(items, EVERYWHERE, dtype=np.int8)
    if by_status:
        pools = np.select([seen, present], [SEEN, UNSEEN], NOWHERE).astype(np.int8)
    cases = Cases(
        users=tuple(users[place] for place in cut),
        histories=tuple(left[place] for place in cut),
        targets=np.array([histories[place].items[-1] for place in cut], dtype=np.int64),
        pools=pools,
        seen=seen,
    )
    return HeldOut(cases, tuple(user for user, _ in rest), tuple(history for _, history in rest))


def _held(histories: Sequence[History], items: int) -> np.ndarray:
    """Tell which items some history holds, (N,) bool."""
    held = np.zeros(items, dtype=bool)
    for history in histories:
        held[history.items] = True
    return held
