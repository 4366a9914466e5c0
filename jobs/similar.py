"""Similarity and groups as services of a registered model, over the newest catalogue."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from pyspark.sql import SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the field's usual name

from streaming import lake
from streaming.catalogue import Catalogue
from streaming.clock import SPARK_FORMAT, from_text, to_text
from streaming.errors import InputError
from streaming.serving import CATALOGUE_FILE, Shelf, Versions, load_ranker
from streaming.settings import Settings
from training.group_names import name_groups
from training.group_quality import measure
from training.groups import NOWHERE, cluster, typical, usual_count
from training.neighbours import Likeness, nearest
from training.registry import find
from training.vectors import Vectors, vectors_of

_DECIMALS = 6
_TYPICAL = 3

Answer = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Space:
    """The vectors of one model version over one catalogue version."""

    versions: Versions
    ranker: Vectors
    catalogue: Catalogue
    folder: Path
    """The prepared catalogue."""

    def about(self) -> Answer:
        """Say what an answer was made with."""
        return {
            "model_name": self.versions.model_name,
            "model_version": self.versions.model_version,
            "catalogue_version": self.versions.catalogue_version,
        }


@contextmanager
def open_space(spark: SparkSession, settings: Settings, which: str) -> Iterator[Space]:
    """Open the vectors of a model, prepared now where the stream has not done so already.

    Args:
        spark: session.
        settings: where the lake and MLflow are.
        which: alias or number of the model's version.

    Raises:
        ModelError: there is no such version, or it has no vectors.
        InputError: there is no table of postings.
    """
    model = find(settings, which)
    catalogue_version = lake.version(spark, settings, lake.POSTINGS)
    versions = Versions(model.name, model.version, catalogue_version)
    with Shelf(spark, settings).lend(versions) as bundle:
        folder = Path(bundle.folder)
        loaded = load_ranker(str(folder / "model"))
        ranker = vectors_of(loaded, f"{model.name} version {model.version} ({model.kind})")
        catalogue = Catalogue.read(folder / CATALOGUE_FILE)
        yield Space(versions, ranker, catalogue, folder / "prepared")


def similar_postings(
    space: Space, posting_id: str, *, size: int, by: Likeness, as_of: str | None
) -> Answer:
    """Find the nearest postings of a posting, itself left out.

    Args:
        space: vectors and catalogue.
        posting_id: also of a closed posting.
        size: most neighbours.
        by: how they are compared.
        as_of: only postings open at that moment; None: all that were not withdrawn.

    Returns:
        What was asked and made with, and `items`: rank, posting_id, likeness, valid_through.

    Raises:
        InputError: there is no such posting, or `as_of` is no time.
    """
    catalogue = space.catalogue
    row = catalogue.rows.get(posting_id)
    if row is None:
        raise InputError(
            f"posting {posting_id} is not among the {len(catalogue):,} of catalogue version "
            f"{catalogue.version}; is the id right, and did `careerstream up` index it?"
        )
    moment, among = _open(catalogue, as_of)
    vectors = space.ranker.posting_vectors(space.folder)
    found = nearest(vectors, row, size, by=by, among=among)
    items = [
        {
            "rank": rank,
            "posting_id": catalogue.posting_ids[near],
            "likeness": round(alike, _DECIMALS),
            "valid_through": catalogue.valid_through(near),
        }
        for rank, (near, alike) in enumerate(found, start=1)
    ]
    asked = {"posting_id": posting_id, "by": str(by), "as_of": moment}
    return {**asked, **space.about(), "items": items}


def similar_candidates(
    space: Space,
    profiles: Mapping[str, Mapping[str, Any]],
    candidate_id: str,
    *,
    size: int,
    by: Likeness,
) -> Answer:
    """Find the candidates who ask for what a candidate asks for, each at the profile's own moment.

    Args:
        space: vectors and catalogue.
        profiles: everybody's newest profile, by candidate.
        candidate_id: one of them.
        size: most neighbours.
        by: how they are compared.

    Returns:
        What was asked and made with, and `items`: rank, candidate_id, likeness.

    Raises:
        InputError: there is no such candidate.
    """
    if candidate_id not in profiles:
        raise InputError(
            f"candidate {candidate_id} is not among the {len(profiles):,} with a profile in the "
            "lake; is the id right, and did `careerstream up` archive it?"
        )
    ids = sorted(profiles)
    said = [profiles[who] for who in ids]
    moments = [profile["as_of"] for profile in said]
    vectors = space.ranker.candidate_vectors(said, moments, space.folder)
    found = nearest(vectors, ids.index(candidate_id), size, by=by)
    items = [
        {"rank": rank, "candidate_id": ids[near], "likeness": round(alike, _DECIMALS)}
        for rank, (near, alike) in enumerate(found, start=1)
    ]
    return {"candidate_id": candidate_id, "by": str(by), **space.about(), "items": items}


def newest_profiles(spark: SparkSession, settings: Settings) -> dict[str, dict[str, Any]]:
    """Read everybody's newest profile from the lake, as values of the topic `profiles`.

    Raises:
        InputError: there is no table of profiles.
    """
    at = lake.version(spark, settings, lake.PROFILES)
    rows = lake.read(spark, settings, lake.PROFILES, at)
    newest = rows.groupBy("candidate_id").agg(F.max_by(F.struct("*"), "version").alias("profile"))
    texts = newest.select(F.to_json("profile", {"timestampFormat": SPARK_FORMAT}).alias("text"))
    found = (orjson.loads(row.text) for row in texts.toLocalIterator())
    return {profile["candidate_id"]: profile for profile in found}


def group_postings(
    space: Space, *, count: int | None, seed: int, as_of: str | None, measured: bool
) -> Answer:
    """Group postings by what the work is, and name the groups.

    Args:
        space: vectors and catalogue.
        count: how many groups; None: `usual_count`.
        seed: of k-means.
        as_of: only postings open at that moment; None: all that were not withdrawn.
        measured: also say what the groups are worth (`group_quality.measure`).

    Returns:
        What was asked and made with; `groups`, the largest first: name, words, language, size,
        typical posting ids and all posting ids; `ungrouped`: ids of postings that say nothing; and
        `quality` where it was measured.

    Raises:
        InputError: nothing is open, or `as_of` is no time.
    """
    moment, among = _open(space.catalogue, as_of)
    rows = np.flatnonzero(among)
    if not len(rows):
        raise InputError(
            f"no posting of the {len(space.catalogue):,} of catalogue version "
            f"{space.catalogue.version} is open; import some, or give another --as-of"
        )
    wanted = usual_count(len(rows)) if count is None else count
    points = np.array(space.ranker.work_vectors(space.folder)[rows])
    labels = cluster(points, wanted, seed)
    ids = [space.catalogue.posting_ids[row] for row in rows]
    postings = space.catalogue.table.take(rows).to_pylist()
    groups = []
    for group, name in enumerate(name_groups(postings, labels.tolist())):
        members = np.flatnonzero(labels == group)
        groups.append(
            {
                "name": name.text,
                "words": list(name.words),
                "language": name.language,
                "size": len(members),
                "typical": [ids[place] for place in members[typical(points[members], _TYPICAL)]],
                "posting_ids": [ids[place] for place in members],
            }
        )
    ungrouped = [ids[place] for place in np.flatnonzero(labels == NOWHERE)]
    asked = {"seed": seed, "as_of": moment, **space.about()}
    answer = {**asked, "groups": groups, "ungrouped": ungrouped}
    if measured:
        quality = measure(space.ranker, space.catalogue, rows, wanted, seed)
        return {**answer, "quality": quality}
    return answer


def _open(catalogue: Catalogue, as_of: str | None) -> tuple[str | None, np.ndarray]:
    """Read a moment, and tell which postings are open then, (N,) bool."""
    if as_of is None:
        return None, catalogue.is_open
    try:
        moment = to_text(from_text(as_of))
    except ValueError as error:
        raise InputError(
            f"--as-of {as_of} is no time; give one such as 2026-01-31T09:30:00Z"
        ) from error
    return moment, catalogue.open_at(moment)
