"""What is nearest: postings to a posting, candidates to a candidate, by a model's own vectors.

The search is exact. A likeness is what `training.similarity.distances` says it is, computed in one
order for every pair: it is the same bit for bit from either side, and equal vectors are equally
near. Beside the vectors, which may be mapped from a file, it takes one number for each of them.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any

import numpy as np

from streaming.errors import InputError
from streaming.serving.ranker import Profile
from training.similarity.embedding_space import Space

_TOGETHER = 4_096
"""Vectors that are compared at a time."""
_DECIMALS = 6

Answer = dict[str, Any]


class Metric(StrEnum):
    """How two vectors are compared."""

    COSINE = "cosine"
    """Of the angle between them, -1 to 1."""
    EUCLIDEAN = "euclidean"
    """1 / (1 + distance), 0 to 1."""


def similar_postings(
    space: Space,
    posting_id: str,
    *,
    top: int = 10,
    metric: Metric = Metric.COSINE,
    as_of: str | None = None,
) -> Answer:
    """Find the nearest postings of a posting, itself left out.

    Args:
        space: vectors and catalogue.
        posting_id: also of a closed posting.
        top: most neighbours.
        metric: how they are compared.
        as_of: only postings open at that moment; None: all that were not withdrawn.

    Returns:
        What was asked and made with, and `items`, nearest first: rank, likeness, posting_id, title,
        employer, valid_through.

    Raises:
        InputError: there is no such posting, it says nothing that the model knows, or `as_of` is no
            time.
    """
    catalogue = space.catalogue
    row = catalogue.rows.get(posting_id)
    if row is None:
        raise InputError(
            f"posting {posting_id} is not among the {len(catalogue):,} of catalogue version "
            f"{catalogue.version}; is the id right, and did `careerstream up` index it?"
        )
    moment, among = space.open_at(as_of)
    vectors = space.ranker.posting_vectors(space.folder)
    if not vectors[row].any():
        raise InputError(f"posting {posting_id} says nothing that the model knows; add a text")
    found = nearest(vectors, row, top, metric=metric, among=among)
    items = [
        {
            **_ranked(rank, likeness),
            **space.posting(near),
            "valid_through": catalogue.valid_through(near),
        }
        for rank, (near, likeness) in enumerate(found, start=1)
    ]
    asked = {**space.posting(row), "metric": str(metric), "as_of": moment}
    return {**asked, **space.about(), "items": items}


def similar_candidates(
    space: Space,
    profiles: Mapping[str, Profile],
    candidate_id: str,
    *,
    top: int = 10,
    metric: Metric = Metric.COSINE,
) -> Answer:
    """Find the candidates who ask for what a candidate asks for, each at the profile's own as_of.

    Args:
        space: vectors and catalogue.
        profiles: values of the topic `profiles` by candidate, each candidate's newest.
        candidate_id: one of them.
        top: most neighbours.
        metric: how they are compared.

    Returns:
        What was asked and made with, and `items`, nearest first: rank, likeness, candidate_id,
        skills (as stated), newest (the title of the posting of the newest event, or None). Nobody
        who says nothing is among them.

    Raises:
        InputError: there is no such candidate, or one who says nothing.
    """
    if candidate_id not in profiles:
        raise InputError(
            f"candidate {candidate_id} is not among the {len(profiles):,} with a profile; is the "
            "id right, and did `careerstream up` archive it?"
        )
    ids = sorted(profiles)
    said = [profiles[who] for who in ids]
    vectors = space.ranker.candidate_vectors(said, [one["as_of"] for one in said], space.folder)
    asking, row = np.any(vectors != 0, axis=1), ids.index(candidate_id)
    if not asking[row]:
        raise InputError(
            f"candidate {candidate_id} states nothing and did nothing with a posting of the "
            "catalogue, so that nobody is alike; ask again after the next event"
        )
    found = nearest(vectors, row, top, metric=metric, among=asking)
    items = [
        {**_ranked(rank, likeness), **_candidate(space, profiles[ids[near]])}
        for rank, (near, likeness) in enumerate(found, start=1)
    ]
    asked = {**_candidate(space, profiles[candidate_id]), "metric": str(metric)}
    return {**asked, **space.about(), "items": items}


def nearest(
    vectors: np.ndarray,
    row: int,
    top: int,
    *,
    metric: Metric = Metric.COSINE,
    among: np.ndarray | None = None,
) -> list[tuple[int, float]]:
    """Find the vectors nearest to one of them, which is left out.

    Args:
        vectors: (N, D).
        row: the one that is asked about.
        top: most neighbours.
        metric: how they are compared.
        among: (N,) bool, which may be neighbours; default: all.

    Returns:
        Row and likeness, nearest first, of equally near ones the lower row.
    """
    alike = likenesses(vectors, vectors[row], metric)
    allowed = ~np.isnan(alike) if among is None else among & ~np.isnan(alike)
    rows = np.flatnonzero(allowed)
    rows = rows[rows != row]
    order = np.argsort(-alike[rows], kind="stable")[:top]
    return [(int(found), float(alike[found])) for found in rows[order]]


def likenesses(vectors: np.ndarray, asked: np.ndarray, metric: Metric) -> np.ndarray:
    """Compare one vector with many.

    Args:
        vectors: (N, D).
        asked: (D,).
        metric: how.

    Returns:
        (N,) float64; not a number where a cosine does not exist, because a vector is zero.
    """
    one = asked.astype(np.float64)
    parts = (
        _compare(vectors[start : start + _TOGETHER].astype(np.float64), one, metric)
        for start in range(0, len(vectors), _TOGETHER)
    )
    return np.concatenate([np.zeros(0), *parts])


def _compare(many: np.ndarray, one: np.ndarray, metric: Metric) -> np.ndarray:
    # note: sums of products, not a matrix product, whose last bits depend on a row's place
    if metric is Metric.EUCLIDEAN:
        distances = np.sqrt(np.square(many - one).sum(axis=1))
        return np.asarray(1.0 / (1.0 + distances))
    lengths = np.sqrt(np.square(many).sum(axis=1)) * np.sqrt(np.square(one).sum())
    undefined = np.full(len(many), np.nan)
    cosines = np.divide((many * one).sum(axis=1), lengths, out=undefined, where=lengths > 0)
    return np.asarray(np.clip(cosines, -1.0, 1.0))


def _ranked(rank: int, likeness: float) -> Answer:
    return {"rank": rank, "likeness": round(likeness, _DECIMALS)}


def _candidate(space: Space, profile: Profile) -> Answer:
    """Return what people know a candidate by."""
    return {
        "candidate_id": profile["candidate_id"],
        "skills": list((profile.get("stated") or {}).get("skills") or ()),
        "newest": next(_titles(space, profile), None),
    }


def _titles(space: Space, profile: Profile) -> Iterator[str | None]:
    """Yield the titles of the events' postings that the catalogue has, the newest first."""
    for event in reversed(profile["events"]):
        row = space.catalogue.rows.get(event["posting_id"])
        if row is not None:
            yield space.posting(row)["title"]
