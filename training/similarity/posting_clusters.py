"""Clusters of postings by what the work is, with labels and, on request, quality."""

from typing import Any

import numpy as np

from streaming.errors import InputError
from training.similarity.cluster_labels import label_clusters
from training.similarity.cluster_quality import measure_clusters
from training.similarity.clustering import UNCLUSTERED, cluster, default_count, most_central
from training.similarity.embedding_space import EmbeddingSpace

DEFAULT_SEED = 7
_TYPICAL = 3


def cluster_postings(
    space: EmbeddingSpace,
    *,
    count: int | None = None,
    seed: int = DEFAULT_SEED,
    as_of: str | None = None,
    measured: bool = False,
) -> dict[str, Any]:
    """Cluster postings by what the work is, and label the clusters.

    `count` is `clustering.default_count` by default; there are fewer clusters where there are fewer
    distinct postings. Equal seeds give equal clusters. Only postings open at `as_of` are clustered;
    None: all that were not withdrawn. `measured` adds `cluster_quality.measure_clusters`.

    Returns:
        The query and the versions; `groups`, largest first: name, words, language, size, typical
        (posting_id, title, employer of three) and posting_ids; `ungrouped`: ids of postings whose
        vectors are zero; and `quality` where it was measured.

    Raises:
        InputError: no posting is open, there are fewer postings than clusters, or `as_of` is not a
            time.
    """
    moment, among = space.open_at(as_of)
    rows = np.flatnonzero(among)
    clusters = _cluster_count(space, len(rows), count)
    points = np.array(space.ranker.work_vectors(space.folder)[rows])
    labels = cluster(points, clusters, seed)
    answer = {
        "seed": seed,
        "as_of": moment,
        **space.about(),
        "groups": _groups(space, rows, points, labels),
        "ungrouped": _ids(space, rows[labels == UNCLUSTERED]),
    }
    if measured:
        answer["quality"] = measure_clusters(space.ranker, space.catalogue, rows, clusters, seed)
    return answer


def _cluster_count(space: EmbeddingSpace, size: int, count: int | None) -> int:
    catalogue = f"{len(space.catalogue):,} of catalogue version {space.catalogue.version}"
    if not size:
        raise InputError(f"no posting of the {catalogue} is open; import some, or change as_of")
    if count is not None and not 1 <= count <= size:
        raise InputError(f"{count:,} groups of {size:,} open postings; ask for 1 to {size:,}")
    return default_count(size) if count is None else count


def _groups(
    space: EmbeddingSpace, rows: np.ndarray, points: np.ndarray, labels: np.ndarray
) -> list[dict[str, Any]]:
    postings = space.catalogue.table.take(rows).to_pylist()
    groups = []
    for group, label in enumerate(label_clusters(postings, labels.tolist())):
        members = np.flatnonzero(labels == group)
        central = members[most_central(points[members], _TYPICAL)]
        groups.append(
            {
                "name": label.text,
                "words": list(label.words),
                "language": label.language,
                "size": len(members),
                "typical": [space.posting(int(row)) for row in rows[central]],
                "posting_ids": _ids(space, rows[members]),
            }
        )
    return groups


def _ids(space: EmbeddingSpace, rows: np.ndarray) -> list[str]:
    return sorted(space.catalogue.posting_ids[row] for row in rows)
