"""The best postings by score, and the cap on one employer that every list keeps.

The cap: one employer gets at most half of a list's places, rounded up, unless nothing else is left.
Postings without an employer are not capped. `capped_top_rows` applies the cap where a list is the
best by score, `allowed_next` where a list grows place by place; both choose the same postings.
"""

import numpy as np


def max_per_employer(size: int) -> int:
    """Return how many of a list's places one employer may have."""
    return -(-size // 2)


def top_rows(scores: np.ndarray, allowed: np.ndarray, size: int) -> np.ndarray:
    """Return the rows of the best allowed scores, best first; ties go by row (a hash of the id).

    `scores` is (N,) float, `allowed` (N,) bool; at most `size` rows come back.
    """
    rows = np.flatnonzero(allowed)
    own = scores[rows]
    if 0 < size < len(rows):
        kept = own >= np.partition(own, -size)[-size]  # with all rows that tie for the last place
        rows, own = rows[kept], own[kept]
    return rows[np.argsort(-own, kind="stable")][:size]


def capped_top_rows(
    scores: np.ndarray, allowed: np.ndarray, employers: np.ndarray, size: int
) -> np.ndarray:
    """Return the rows of the best allowed scores under the cap, best first; ties go by row.

    `scores` is (N,) float, `allowed` (N,) bool; `employers`, (N,) int64, is equal for the same
    employer, 0 for none.

    Returns:
        At most `size` rows. Where one employer has more than half of the best, only its best
        postings stay, and the best of the others replace the rest, as far as there are any.
    """
    rows, most = top_rows(scores, allowed, size), max_per_employer(size)
    # Sorted, so an employer that also stands `most` places further on has more than `most`.
    in_order = np.sort(employers[rows])
    later = in_order[most:]
    over = later[(later == in_order[: len(later)]) & (later > 0)]
    if not len(over):
        return rows
    own = rows[employers[rows] == over[0]]  # no two employers can have more than half
    others = top_rows(scores, allowed & (employers != over[0]), size - most)
    chosen = np.sort(np.concatenate([own[: size - len(others)], others]))
    return np.asarray(chosen[np.argsort(-scores[chosen], kind="stable")])


def allowed_next(employers: np.ndarray, taken: np.ndarray, size: int) -> np.ndarray:
    """Return which of K postings may take the next place of a list.

    `employers` is (K,), as in `capped_top_rows`; `taken`, (K,) bool, are the postings already in
    the list of `size` places; not all of them.

    Returns:
        (K,) bool: postings that are not taken, of employers with less than half of the places; all
        postings that are not taken where there are no such ones.
    """
    held = (employers[:, None] == employers[taken][None, :]).sum(axis=1)
    below_cap = ~taken & ((held < max_per_employer(size)) | (employers == 0))
    return below_cap if below_cap.any() else ~taken
