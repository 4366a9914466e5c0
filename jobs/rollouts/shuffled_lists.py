"""Position bias of published lists: Δ decisions, shuffled or not, with the clicks that name them.

A click is an event that names the list and one of its first items (`outcomes.CLICKS`), whatever
rank it says. Lists count whether anybody saw them or not, which lowers all places alike. The list
for everybody is never shuffled.
"""

from collections import Counter
from dataclasses import dataclass

import numpy as np
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the field's usual name

from jobs.rollouts.outcomes import CLICKS, acts_on_lists
from streaming.contract.records import ANONYMOUS
from streaming.lake import tables
from streaming.serving.exploration.shuffling import LENGTH, permutation
from streaming.settings import Settings
from training.evaluation.bootstrap import Interval, percentile_interval, resampled_means
from training.evaluation.off_policy import policy_value
from training.evaluation.position_bias import DRAWS, examination
from training.evaluation.shuffled_lists import ShuffledLists


@dataclass(frozen=True, eq=False)
class PublishedLists:
    """What became of the first items of published lists, while a share was shuffled."""

    shuffled: ShuffledLists
    in_order: np.ndarray
    """(people, 2) float64: lists in the model's order, and clicks on their first items."""
    left_out: int
    """Shuffled lists with fewer items than most have."""


@dataclass(frozen=True, kw_only=True)
class PositionBias:
    """How much the places of lists count."""

    lists: int
    """Shuffled ones."""
    candidates: int
    """Whose they are."""
    left_out: int
    """Shuffled lists with fewer items than most have."""
    clicks: tuple[int, ...]
    """By place, in shuffled lists."""
    examination: tuple[Interval, ...]
    """By place, how likely it is looked at, divided by that of the first."""
    estimated: Interval
    """Clicks a list that the model's order would get, from the shuffled lists."""
    measured: Interval | None
    """What lists in the model's order got at the same time; None without such lists."""
    shuffled: Interval
    """What the shuffled lists got: the difference is what a shuffled list costs."""


def position_bias(lists: PublishedLists) -> PositionBias:
    """Estimate how much places count, and what shuffling costs."""
    own = lists.shuffled
    clicks = own.clicks.sum(axis=1)
    ones = np.ones(len(clicks))
    return PositionBias(
        lists=len(own.clicks),
        candidates=len(np.unique(own.owners)),
        left_out=lists.left_out,
        clicks=tuple(own.clicks.sum(axis=0).tolist()),
        examination=tuple(examination(own)),
        estimated=policy_value(own, own.order),
        measured=_clicks_a_list(lists.in_order) if len(lists.in_order) else None,
        shuffled=_clicks_a_list(own.sums_by_owner(np.stack([ones, clicks], axis=1))),
    )


def read_published_lists(
    spark: SparkSession, settings: Settings, since: str | None = None
) -> PublishedLists:
    """Read the lists that were published while a share was shuffled, with their clicks.

    Memory holds the shuffled ones. `since` is the earliest `as_of`, canonical.

    Raises:
        InputError: no list was shuffled, nobody clicked a first place, or a table is missing.
    """
    decisions, events = (
        tables.read(spark, settings, table, tables.version(spark, settings, table))
        for table in (tables.DECISIONS, tables.EVENTS)
    )
    if "shuffle" not in decisions.columns:  # a table of an older release has none
        decisions = decisions.limit(0).withColumn(
            "shuffle", F.lit(None).cast("struct<shuffled: boolean>")
        )
    lists = decisions.where((F.col("candidate_id") != ANONYMOUS) & F.col("shuffle").isNotNull())
    if since is not None:
        lists = lists.where(F.col("as_of") >= F.lit(since).cast("timestamp"))
    clicked = _with_clicks(lists, events).cache()
    try:
        rows = clicked.where("shuffled").drop("shuffled").toArrow().to_pylist()
        lengths = Counter(len(row["clicks"]) for row in rows)
        length = max(lengths, key=lambda one: (lengths[one], one), default=0)
        kept = [row for row in rows if len(row["clicks"]) == length]
        order = [permutation(row["recommendation_id"], length) for row in kept]
        names = np.array([row["candidate_id"] for row in kept], dtype=str)
        shuffled = ShuffledLists(
            clicks=np.array([row["clicks"] for row in kept], dtype=bool).reshape(len(kept), length),
            order=np.array(order, dtype=np.int64).reshape(len(kept), length),
            owners=np.unique(names, return_inverse=True)[1].astype(np.int64),
        )
        in_order = _in_order(clicked.where(~F.col("shuffled") & (F.size("clicks") == length)))
    finally:
        clicked.unpersist()
    return PublishedLists(shuffled, in_order, len(rows) - len(kept))


def _with_clicks(lists: DataFrame, events: DataFrame) -> DataFrame:
    """Return of each list whether it is shuffled, and of its first items whether they are clicked.

    The columns are recommendation_id, candidate_id, shuffled, clicks.
    """
    key = ["recommendation_id", "candidate_id"]
    acts = acts_on_lists(events).where(F.col("kind").isin(*CLICKS))
    by_list = acts.groupBy(*key).agg(F.collect_set("posting_id").alias("clicked"))
    first = F.slice("items.posting_id", 1, LENGTH)
    named = lists.select(*key, "shuffle.shuffled", first.alias("first")).where(F.size("first") > 0)
    joined = named.join(by_list, key, "left")
    nothing = F.array().cast("array<string>")
    clicks = F.transform("first", lambda one: F.array_contains(F.coalesce("clicked", nothing), one))
    return joined.select(*key, "shuffled", clicks.alias("clicks"))


def _in_order(lists: DataFrame) -> np.ndarray:
    clicks = F.size(F.filter("clicks", lambda one: one))
    people = lists.groupBy("candidate_id").agg(F.count("*").alias("lists"), F.sum(clicks))
    rows = people.orderBy("candidate_id").collect()
    return np.array([tuple(row)[1:] for row in rows], dtype=np.float64).reshape(-1, 2)


def _clicks_a_list(people: np.ndarray) -> Interval:
    """Estimate the clicks a list; values are (people, 2): lists and clicks."""
    lists, clicks = people.sum(axis=0)
    means = resampled_means(people, draws=DRAWS, seed=7)
    return percentile_interval(float(clicks / lists), means[:, 1] / means[:, 0])
