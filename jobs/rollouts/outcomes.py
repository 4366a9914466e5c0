"""Outcomes: what people did with the lists they were given, by model version and by rank.

An event that names a recommendation (`recommendation_id`, and `rank`) belongs to that list. A list
is clicked when one of its postings was viewed, saved or applied to, however often. Rates are shares
of the published lists, whether anybody saw them or not, so they compare versions that served people
alike; versions that served at different times or other people are not compared fairly. Candidates
are resampled with all their lists, since the lists of one person are alike (cluster bootstrap).
The list for everybody is left out: one list is shown to many.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the field's usual name

from streaming.contract.records import ANONYMOUS, EventKind, RolloutArm
from streaming.errors import InputError
from streaming.lake import tables
from streaming.settings import Settings
from training.evaluation.bootstrap import Interval, percentile_interval, resampled_means

CLICKS = (EventKind.VIEW, EventKind.SAVE, EventKind.APPLY)
OUTCOMES = {"clicked": CLICKS, "applied": (EventKind.APPLY,), "dismissed": (EventKind.DISMISS,)}
"""What can become of a list, and the kinds of events that say so."""
_DRAWS = 1_000


JUDGED = ("clicked", "applied")
"""The outcomes of which a challenger must not have fewer."""


@dataclass(frozen=True)
class VersionOutcomes:
    """What became of the lists of one model version."""

    model_name: str
    model_version: str
    personal: bool
    """False: the lists of people of whom nothing is known."""
    lists: int
    candidates: int
    rates: dict[str, Interval]
    """By key of `OUTCOMES` the share of the lists."""


@dataclass(frozen=True)
class Outcomes:
    """What became of the lists of the lake."""

    versions: tuple[VersionOutcomes, ...]
    clicks_by_rank: dict[int, int]
    """Postings of lists that were clicked, by their rank in the list, from 1."""
    unknown: int
    """Events that name a list that the lake does not have, or has of somebody else."""


def read_outcomes(spark: SparkSession, settings: Settings, since: str | None = None) -> Outcomes:
    """Join Δ decisions with the events that name them; `since` is the earliest `as_of`, canonical.

    Raises:
        InputError: there is no decision, or the lake has no such table.
    """
    decisions, events = (
        tables.read(spark, settings, table, tables.version(spark, settings, table))
        for table in (tables.DECISIONS, tables.EVENTS)
    )
    key = ["recommendation_id", "candidate_id"]
    every, is_shared = decisions.select(*key), F.col("candidate_id") == ANONYMOUS
    shared, decisions = decisions.where(is_shared).select(*key[:1]), decisions.where(~is_shared)
    if since is not None:
        decisions = decisions.where(F.col("as_of") >= F.lit(since).cast("timestamp"))
    names = ("recommendation_id", "candidate_id", "model_name", "model_version", "personal")
    lists, acts = decisions.select(*names), acts_on_lists(events)
    joined = lists.join(_by_list(acts), key, "left").cache()
    try:
        versions = _versions(joined)
        if not versions:
            since_text = f" since {since}" if since else ""
            raise InputError(f"Δ decisions holds no list{since_text}; the job archive fills it")
        clicked = acts.where(F.col("kind").isin(*CLICKS)).join(lists, key, "left_semi")
        ranks = clicked.where("rank is not null").select(*key, "posting_id", "rank").distinct()
        by_rank = {row["rank"]: row["count"] for row in ranks.groupBy("rank").count().collect()}
        unknown = acts.join(every, key, "left_anti").join(shared, key[:1], "left_anti").count()
    finally:
        joined.unpersist()
    return Outcomes(versions, dict(sorted(by_rank.items())), unknown)


def read_arms(
    spark: SparkSession, settings: Settings, rollout_id: str
) -> dict[str, dict[str, np.ndarray]]:
    """Read what became of the lists of a rollout.

    Returns:
        For each arm and outcome (people, 2) float64: of each person, in the order of their ids, the
        lists, and those with this outcome.

    Raises:
        InputError: the lake has no such table.
    """
    decisions, events = (
        tables.read(spark, settings, table, tables.version(spark, settings, table))
        for table in (tables.DECISIONS, tables.EVENTS)
    )
    key = ["recommendation_id", "candidate_id"]
    own = decisions.where(F.col("rollout.rollout_id") == rollout_id)
    lists = own.select(*key, F.col("rollout.arm").alias("arm"))
    joined = lists.join(_by_list(acts_on_lists(events)), key, "left")
    sums = (F.sum(F.coalesce(name, F.lit(0))).alias(name) for name in OUTCOMES)
    people = joined.groupBy("arm", "candidate_id").agg(F.count("*").alias("lists"), *sums)
    rows = people.orderBy("candidate_id").collect()
    return {
        arm: {
            name: np.array(
                [(row["lists"], row[name]) for row in rows if row["arm"] == arm], dtype=np.float64
            ).reshape(-1, 2)
            for name in OUTCOMES
        }
        for arm in (RolloutArm.CHAMPION, RolloutArm.CHALLENGER)
    }


def acts_on_lists(events: DataFrame) -> DataFrame:
    """Return the events that name a list and were not taken back."""
    withdrawn = events.where("withdrawn").select("candidate_id", "event_id", "event_time")
    named = events.where("recommendation_id is not null and not coalesce(withdrawn, false)")
    return named.join(withdrawn, withdrawn.columns, "left_anti")


def _by_list(acts: DataFrame) -> DataFrame:
    flags = (
        F.max(F.col("kind").isin(*kinds).cast("int")).alias(name)
        for name, kinds in OUTCOMES.items()
    )
    return acts.groupBy("recommendation_id", "candidate_id").agg(*flags)


def _versions(joined: DataFrame) -> tuple[VersionOutcomes, ...]:
    """Sum up by version and candidate in Spark, and resample the candidates here."""
    keys = ("model_name", "model_version", "personal")
    sums = (F.sum(F.coalesce(name, F.lit(0))).alias(name) for name in OUTCOMES)
    rows = joined.groupBy(*keys, "candidate_id").agg(F.count("*").alias("lists"), *sums)
    found: dict[tuple[str, str, bool], list[Sequence[int]]] = defaultdict(list)
    for row in rows.orderBy("candidate_id").toLocalIterator():
        own = [row[name] for name in ("lists", *OUTCOMES)]
        found[row["model_name"], row["model_version"], row["personal"]].append(own)
    return tuple(
        _version(key, np.array(values, dtype=np.float64)) for key, values in sorted(found.items())
    )


def _version(key: tuple[str, str, bool], values: np.ndarray) -> VersionOutcomes:
    """Estimate the rates of a version; values are (candidates, 1 + outcomes), the lists first."""
    means = resampled_means(values, draws=_DRAWS, seed=7)
    totals = values.sum(axis=0)
    rates = {
        name: percentile_interval(totals[place] / totals[0], means[:, place] / means[:, 0])
        for place, name in enumerate(OUTCOMES, start=1)
    }
    return VersionOutcomes(*key, int(totals[0]), len(values), rates)
