"""Groups of postings by what the work is, named and, if wished, measured."""

from typing import Any

import numpy as np

from streaming.errors import InputError
from training.similarity.cluster_labels import name_groups
from training.similarity.cluster_quality import measure
from training.similarity.clustering import NOWHERE, cluster, typical, usual_count
from training.similarity.embedding_space import Space

DEFAULT_SEED = 7
_TYPICAL = 3


def group_postings(
    space: Space,
    *,
    count: int | None = None,
    seed: int = DEFAULT_SEED,
    as_of: str | None = None,
    measured: bool = False,
) -> dict[str, Any]:
    """Group postings by what the work is, and name the groups.

    Args:
        space: vectors and catalogue.
        count: how many groups; None: `usual_count`. There are fewer where there are fewer distinct
            postings.
        seed: the same seed, the same groups.
        as_of: only postings open at that moment; None: all that were not withdrawn.
        measured: also say what the groups are worth (`group_quality.measure`).

    Returns:
        What was asked and made with; `groups`, the largest first: name, words, language, size,
        typical (posting_id, title, employer of three) and posting_ids; `ungrouped`: ids of postings
        that say nothing the model knows; and `quality` where it was measured.

    Raises:
        InputError: nothing is open, there are fewer postings than groups, or `as_of` is no time.
    """
    moment, among = space.open_at(as_of)
    rows = np.flatnonzero(among)
    wanted = _wanted(space, len(rows), count)
    points = np.array(space.ranker.work_vectors(space.folder)[rows])
    labels = cluster(points, wanted, seed)
    answer = {
        "seed": seed,
        "as_of": moment,
        **space.about(),
        "groups": _groups(space, rows, points, labels),
        "ungrouped": _ids(space, rows[labels == NOWHERE]),
    }
    if measured:
        answer["quality"] = measure(space.ranker, space.catalogue, rows, wanted, seed)
    return answer


def _wanted(space: Space, size: int, count: int | None) -> int:
    catalogue = f"{len(space.catalogue):,} of catalogue version {space.catalogue.version}"
    if not size:
        raise InputError(f"no posting of the {catalogue} is open; import some, or change as_of")
    if count is not None and not 1 <= count <= size:
        raise InputError(f"{count:,} groups of {size:,} open postings; ask for 1 to {size:,}")
    return usual_count(size) if count is None else count


def _groups(
    space: Space, rows: np.ndarray, points: np.ndarray, labels: np.ndarray
) -> list[dict[str, Any]]:
    postings = space.catalogue.table.take(rows).to_pylist()
    groups = []
    for group, name in enumerate(name_groups(postings, labels.tolist())):
        members = np.flatnonzero(labels == group)
        nearest = members[typical(points[members], _TYPICAL)]
        groups.append(
            {
                "name": name.text,
                "words": list(name.words),
                "language": name.language,
                "size": len(members),
                "typical": [space.posting(int(row)) for row in rows[nearest]],
                "posting_ids": _ids(space, rows[members]),
            }
        )
    return groups


def _ids(space: Space, rows: np.ndarray) -> list[str]:
    return [space.catalogue.posting_ids[row] for row in rows]
