"""Search of settings, one after the other (coordinate ascent)."""

from collections.abc import Callable, Mapping, Sequence


def search(
    grid: Mapping[str, Sequence[float]],
    start: Mapping[str, float],
    value_of: Callable[[Mapping[str, float]], float],
    rounds: int,
) -> tuple[dict[str, float], float]:
    """Change one setting at a time as long as that improves a value; ties keep the old.

    Returns:
        The settings, those of `start` without a grid among them, and their value.
    """
    chosen, best = dict(start), value_of(start)
    for _ in range(rounds):
        before = dict(chosen)
        for name, values in grid.items():
            for setting in [setting for setting in values if setting != chosen[name]]:
                tried = {**chosen, name: setting}
                if (value := value_of(tried)) > best:
                    best, chosen = value, tried
        if chosen == before:
            break
    return chosen, best
