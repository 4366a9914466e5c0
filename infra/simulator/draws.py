"""Random draws that several parts of the simulator share."""

import numpy as np

MICROS_PER_HOUR = 3_600_000_000
MICROS_PER_DAY = 24 * MICROS_PER_HOUR

# The streams of random numbers: what each is for is part of what a seed means.
EMPLOYERS, POSTINGS, CANDIDATES, EVENTS, IMPRESSIONS = range(5)


def generator(seed: int, *stream: int) -> np.random.Generator:
    """Return the random numbers of one purpose, the same whatever else has been drawn."""
    return np.random.default_rng([seed, *stream])


def gumbel(rng: np.random.Generator, size: int | tuple[int, ...]) -> np.ndarray:
    """Draw Gumbel noise: the k largest of `log weight + noise` are k draws without repetition."""
    return np.asarray(rng.gumbel(size=size))


def some_of(
    table: np.ndarray, counts: np.ndarray, rng: np.random.Generator, decay: float
) -> np.ndarray:
    """Choose from each row, without repetition, entries at the head more often.

    Args:
        table: (N, K), -1 fills up.
        counts: how many to choose from each row, (N,).
        rng: where the noise comes from.
        decay: how much the log weight falls from one column to the next.

    Returns:
        (N, max(counts)) in order of choice; -1 fills up.
    """
    columns = np.arange(table.shape[1])
    keys = gumbel(rng, table.shape) - decay * columns
    keys[table < 0] = -np.inf
    width = int(counts.max(initial=0))
    order = np.argsort(-keys, axis=1, kind="stable")[:, :width]
    chosen = np.take_along_axis(table, order, axis=1)
    return np.where(columns[: order.shape[1]] < counts[:, None], chosen, -1)
