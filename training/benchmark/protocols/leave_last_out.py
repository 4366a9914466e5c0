"""Leave-last-out: the last item of every user is held out. All protocols share this step."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from training.benchmark.protocols.training_view import NO_POOL, SHARED_POOL, Cases, History

SEEN, UNSEEN = 0, 1
"""The pools of items that remain in a history, and of items that were held out everywhere."""


@dataclass(frozen=True, eq=False)
class LeaveLastOut:
    """Histories split into cases and the rest."""

    cases: Cases
    """For each user with two items or more, the last to be predicted from those before."""
    users: tuple[str, ...]
    """All users with items left."""
    rest: tuple[History, ...]
    """For each of `users` the history without the held-out item."""


def hold_out(
    users: Sequence[str],
    histories: Sequence[History],
    items: int,
    *,
    single_items: bool = True,
    by_status: bool = True,
) -> LeaveLastOut:
    """Hold out the last item of each user; no history is empty.

    Without `single_items`, histories of one item are held out whole; nothing comes before such an
    item, so it is in no case. With `by_status`, a target competes with the items of its own status,
    seen or unseen, and items that no history holds compete with none; otherwise all items compete.
    """
    split = [place for place, history in enumerate(histories) if len(history) > 1]
    kept = {place: histories[place].first(len(histories[place]) - 1) for place in split}
    if single_items:
        kept |= {place: whole for place, whole in enumerate(histories) if len(whole) == 1}
    order = sorted(kept)
    seen, present = items_held(list(kept.values()), items), items_held(histories, items)
    pools = np.full(items, SHARED_POOL, dtype=np.int8)
    if by_status:
        pools = np.select([seen, present], [SEEN, UNSEEN], NO_POOL).astype(np.int8)
    cases = Cases(
        users=tuple(users[place] for place in split),
        histories=tuple(kept[place] for place in split),
        targets=np.array([histories[place].items[-1] for place in split], dtype=np.int64),
        pools=pools,
        seen=seen,
    )
    return LeaveLastOut(
        cases, tuple(users[place] for place in order), tuple(kept[place] for place in order)
    )


def items_held(histories: Sequence[History], items: int) -> np.ndarray:
    """Return which of N items a history holds, (N,) bool."""
    held = np.zeros(items, dtype=bool)
    for history in histories:
        held[history.items] = True
    return held
