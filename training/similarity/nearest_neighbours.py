"""Exact nearest neighbours of postings and candidates, by a model's vectors.

Similarities are those of `training.similarity.distances`, computed in the same order for every
pair: they are symmetric bit for bit, and equal vectors are equally near. The search needs one
number of memory for each vector; the vectors themselves may be memory-mapped.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any

import numpy as np

from streaming.errors import InputError
from streaming.serving.ranker import Profile
from training.similarity.embedding_space import EmbeddingSpace

_BATCH = 4_096
"""Vectors that are compared at a time."""
_DECIMALS = 6

Answer = dict[str, Any]


class Metric(StrEnum):
    """How two vectors are compared."""

    COSINE = "cosine"
    """Cosine of the angle, -1 to 1."""
    EUCLIDEAN = "euclidean"
    """1 / (1 + distance), 0 to 1."""


def similar_postings(
    space: EmbeddingSpace,
    posting_id: str,
    *,
    top: int = 10,
    metric: Metric = Metric.COSINE,
    as_of: str | None = None,
) -> Answer:
    """Find the nearest neighbours of a posting.

    The posting may be closed. Only postings open at `as_of` are neighbours; None: all that were not
    withdrawn.

    Returns:
        The query, the versions, and `items`, nearest first: rank, likeness, posting_id, title,
        employer, valid_through.

    Raises:
        InputError: there is no such posting, its vector is zero, or `as_of` is not a time.
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
    neighbours = nearest(vectors, row, top, metric=metric, among=among)
    items = [
        {
            **_ranked(rank, similarity),
            **space.posting(neighbour),
            "valid_through": catalogue.valid_through(neighbour),
        }
        for rank, (neighbour, similarity) in enumerate(neighbours, start=1)
    ]
    query = {**space.posting(row), "metric": str(metric), "as_of": moment}
    return {**query, **space.about(), "items": items}


def similar_candidates(
    space: EmbeddingSpace,
    profiles: Mapping[str, Profile],
    candidate_id: str,
    *,
    top: int = 10,
    metric: Metric = Metric.COSINE,
) -> Answer:
    """Find the candidates nearest to a candidate, each at the profile's own as_of.

    `profiles` are each candidate's newest values of the topic `profiles`.

    Returns:
        The query, the versions, and `items`, nearest first: rank, likeness, candidate_id, skills
        (as stated), newest (the title of the posting of the newest event, or None). Candidates with
        an empty profile are left out.

    Raises:
        InputError: there is no such candidate, or the profile is empty.
    """
    if candidate_id not in profiles:
        raise InputError(
            f"candidate {candidate_id} is not among the {len(profiles):,} with a profile; is the "
            "id right, and did `careerstream up` archive it?"
        )
    ids = sorted(profiles)
    chosen = [profiles[candidate] for candidate in ids]
    moments = [profile["as_of"] for profile in chosen]
    vectors = space.ranker.candidate_vectors(chosen, moments, space.folder)
    known, row = np.any(vectors != 0, axis=1), ids.index(candidate_id)
    if not known[row]:
        raise InputError(
            f"candidate {candidate_id} states nothing and did nothing with a posting of the "
            "catalogue, so that nobody is alike; ask again after the next event"
        )
    neighbours = nearest(vectors, row, top, metric=metric, among=known)
    items = [
        {**_ranked(rank, similarity), **_candidate(space, profiles[ids[neighbour]])}
        for rank, (neighbour, similarity) in enumerate(neighbours, start=1)
    ]
    query = {**_candidate(space, profiles[candidate_id]), "metric": str(metric)}
    return {**query, **space.about(), "items": items}


def nearest(
    vectors: np.ndarray,
    row: int,
    top: int,
    *,
    metric: Metric = Metric.COSINE,
    among: np.ndarray | None = None,
) -> list[tuple[int, float]]:
    """Find the nearest neighbours of one of (N, D) vectors, without itself.

    `among`, (N,) bool, are those that may be neighbours; default: all.

    Returns:
        Row and similarity, nearest first; equally near ones by row.
    """
    similar = similarities(vectors, vectors[row], metric)
    allowed = ~np.isnan(similar) if among is None else among & ~np.isnan(similar)
    rows = np.flatnonzero(allowed)
    rows = rows[rows != row]
    order = np.argsort(-similar[rows], kind="stable")[:top]
    return [(int(neighbour), float(similar[neighbour])) for neighbour in rows[order]]


def similarities(vectors: np.ndarray, query: np.ndarray, metric: Metric) -> np.ndarray:
    """Compare (N, D) vectors with one, (D,): (N,) float64, NaN where there is no cosine."""
    wide = query.astype(np.float64)
    parts = (
        _compare(vectors[start : start + _BATCH].astype(np.float64), wide, metric)
        for start in range(0, len(vectors), _BATCH)
    )
    return np.concatenate([np.zeros(0), *parts])


def _compare(many: np.ndarray, query: np.ndarray, metric: Metric) -> np.ndarray:
    # note: not a matrix product, because its last bits depend on a row's position
    if metric is Metric.EUCLIDEAN:
        distances = np.sqrt(np.square(many - query).sum(axis=1))
        return np.asarray(1.0 / (1.0 + distances))
    lengths = np.sqrt(np.square(many).sum(axis=1)) * np.sqrt(np.square(query).sum())
    undefined = np.full(len(many), np.nan)
    cosines = np.divide((many * query).sum(axis=1), lengths, out=undefined, where=lengths > 0)
    return np.asarray(np.clip(cosines, -1.0, 1.0))


def _ranked(rank: int, similarity: float) -> Answer:
    return {"rank": rank, "likeness": round(similarity, _DECIMALS)}


def _candidate(space: EmbeddingSpace, profile: Profile) -> Answer:
    """Return candidate_id, stated skills and the title of the newest event's posting."""
    return {
        "candidate_id": profile["candidate_id"],
        "skills": list((profile.get("stated") or {}).get("skills") or ()),
        "newest": next(_titles(space, profile), None),
    }


def _titles(space: EmbeddingSpace, profile: Profile) -> Iterator[str | None]:
    """Yield the titles of the events' postings in the catalogue, newest first."""
    for event in reversed(profile["events"]):
        row = space.catalogue.rows.get(event["posting_id"])
        if row is not None:
            yield space.posting(row)["title"]
