"""Random streams and draws that several parts of the simulator share."""

import numpy as np

MICROS_PER_HOUR = 3_600_000_000
MICROS_PER_DAY = 24 * MICROS_PER_HOUR

# The purposes of random streams. Their numbers are part of what a seed means.
EMPLOYERS, POSTINGS, CANDIDATES, EVENTS, IMPRESSIONS, VISITS = range(6)


def random_stream(seed: int, *purpose: int) -> np.random.Generator:
    """Return the generator of one purpose; draws for other purposes do not change it."""
    return np.random.default_rng([seed, *purpose])


def gumbel_noise(rng: np.random.Generator, size: int | tuple[int, ...]) -> np.ndarray:
    """Draw Gumbel noise.

    The k largest of `log weight + noise` are k weighted draws without replacement.
    """
    return np.asarray(rng.gumbel(size=size))


def sample_rows(
    table: np.ndarray, counts: np.ndarray, rng: np.random.Generator, decay: float
) -> np.ndarray:
    """Sample from each row without replacement, the first entries most often.

    Args:
        table: (N, K), padded with -1.
        counts: how many entries to sample from each row, (N,).
        rng: source of the noise.
        decay: how much the log weight falls from one column to the next.

    Returns:
        (N, max(counts)) in the order of the draws, padded with -1.
    """
    columns = np.arange(table.shape[1])
    keys = gumbel_noise(rng, table.shape) - decay * columns
    keys[table < 0] = -np.inf
    width = int(counts.max(initial=0))
    order = np.argsort(-keys, axis=1, kind="stable")[:, :width]
    chosen = np.take_along_axis(table, order, axis=1)
    return np.where(columns[: order.shape[1]] < counts[:, None], chosen, -1)
