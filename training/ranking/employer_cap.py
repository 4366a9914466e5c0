"""The best postings of a catalogue, and the rule on employers that every list keeps.

The rule: at most half of a list's places, rounded up, for one employer, unless nothing else fits.
What names no employer is not bound by it. `best_rows` keeps it where a list is the best by score,
`fitting` where a list grows place by place; both choose the same postings.
"""

import numpy as np


def most_of_one(size: int) -> int:
    """Return how many of a list's places one employer may have."""
    return -(-size // 2)


def top_rows(scores: np.ndarray, allowed: np.ndarray, size: int) -> np.ndarray:
    """Rows of the best allowed scores, best first, at most `size`; ties by row (posting id).

    Args:
        scores: (N,) float.
        allowed: (N,) bool.
        size: most rows wanted.
    """
    if 0 < size < len(scores):
        considered = scores.copy()
        np.copyto(considered, -np.inf, where=~allowed)
        bar = np.partition(considered, -size)[-size]
        allowed = allowed & (considered >= bar)  # every row that ties with the last place, too
    rows = np.flatnonzero(allowed)
    return rows[np.argsort(-scores[rows], kind="stable")][:size]


def best_rows(
    scores: np.ndarray, allowed: np.ndarray, employers: np.ndarray, size: int
) -> np.ndarray:
    """Rows of the best allowed scores under the rule, best first; ties by row (posting id).

    Args:
        scores: (N,) float.
        allowed: (N,) bool.
        employers: (N,) int64, equal for the same employer; 0 for none.
        size: most rows wanted.

    Returns:
        At most `size` rows: of an employer with more than half of the best only its best, and
        instead of the rest the best of the others, as far as there are.
    """
    rows, most = top_rows(scores, allowed, size), most_of_one(size)
    # Sorted, so that who stands `most` places further on as well has more than that.
    named = np.sort(employers[rows])
    later = named[most:]
    over = later[(later == named[: len(later)]) & (later > 0)]
    if not len(over):
        return rows
    own = rows[employers[rows] == over[0]]  # no two can have more than half
    others = top_rows(scores, allowed & (employers != over[0]), size - most)
    chosen = np.sort(np.concatenate([own[: size - len(others)], others]))
    return np.asarray(chosen[np.argsort(-scores[chosen], kind="stable")])


def fitting(employers: np.ndarray, taken: np.ndarray, size: int) -> np.ndarray:
    """Tell which of K postings may take the next place of a list.

    Args:
        employers: (K,) int64, as in `best_rows`.
        taken: (K,) bool: what stands in the list already, not all of them.
        size: places of the list.

    Returns:
        (K,) bool: what is not taken, of employers with less than half of the places; where there
        is no such thing, all that is not taken.
    """
    held = (employers[:, None] == employers[taken][None, :]).sum(axis=1)
    fits = ~taken & ((held < most_of_one(size)) | (employers == 0))
    return fits if fits.any() else ~taken
