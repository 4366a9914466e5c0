"""A look at a rollout: what people did with the lists of both arms, and whether that is harm."""

from dataclasses import asdict, dataclass
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the field's usual name

from jobs.rollouts.outcomes import JUDGED, read_arms
from streaming.contract.records import RolloutArm
from streaming.lake import tables
from streaming.serving.rollouts.rollout import Mode, Rollout, now, write_look
from streaming.serving.rollouts.rules import Rule, abort
from streaming.settings import Settings
from training.evaluation.sequential_test import evidence_of_harm


@dataclass(frozen=True, kw_only=True)
class ArmOutcomes:
    """What became of the lists of one arm."""

    lists: int
    people: int
    rates: dict[str, float]
    """By outcome the share of the lists."""


@dataclass(frozen=True, kw_only=True)
class CanaryLook:
    """What people did with the lists of both models."""

    rollout_id: str
    looked_at: str
    champion: ArmOutcomes
    challenger: ArmOutcomes
    evidence: dict[str, float]
    """By outcome the likelihood ratio of "fewer" against "as many"."""
    limit: float
    """Of the evidence; with more the challenger is taken back."""

    @property
    def harm(self) -> str | None:
        """What is worse with the challenger, in words; None if nothing is, beyond chance."""
        for name, ratio in self.evidence.items():
            if ratio >= self.limit:
                before, now_ = self.champion.rates[name], self.challenger.rates[name]
                return (
                    f"{100 * now_:.1f} % of its {self.challenger.lists:,} lists were {name}, of "
                    f"the champion's {100 * before:.1f} % (evidence {ratio:.3g}, limit "
                    f"{self.limit:g})"
                )
        return None


@dataclass(frozen=True, kw_only=True)
class ShadowLook:
    """How the lists that nobody sees differ from those that are published."""

    rollout_id: str
    looked_at: str
    lists: int
    same_postings: float | None
    """Mean share of a list's postings that are also in the other list; None without lists."""
    same_first: float | None
    """Share of the lists whose first posting is the same."""


def look(spark: SparkSession, settings: Settings, rollout: Rollout) -> CanaryLook | ShadowLook:
    """Look at a rollout, and keep what was found; harm ends it (`Rule.OUTCOMES`).

    It reads Δ decisions and Δ events alone (for a shadow Δ shadows), so equal tables give equal
    looks. There may be any number of looks: together they err with `rollout.alpha`.
    """
    found = _shadow(spark, settings, rollout) if rollout.mode == Mode.SHADOW else None
    result = found or _canary(spark, settings, rollout)
    write_look(settings, as_json(result))
    if isinstance(result, CanaryLook) and result.harm:
        abort(settings, rollout, Rule.OUTCOMES, result.harm)
    return result


def as_json(found: CanaryLook | ShadowLook) -> dict[str, Any]:
    """Return a look as JSON, with figures that are short enough for a tag."""
    return _rounded(asdict(found))  # type: ignore[no-any-return]


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _rounded(own) for name, own in value.items()}
    return float(f"{value:.4g}") if isinstance(value, float) else value


def _canary(spark: SparkSession, settings: Settings, rollout: Rollout) -> CanaryLook:
    arms = read_arms(spark, settings, rollout.rollout_id)
    champion, challenger = arms[RolloutArm.CHAMPION], arms[RolloutArm.CHALLENGER]
    return CanaryLook(
        rollout_id=rollout.rollout_id,
        looked_at=now(),
        champion=_outcomes(champion),
        challenger=_outcomes(challenger),
        evidence={name: evidence_of_harm(champion[name], challenger[name]) for name in JUDGED},
        limit=len(JUDGED) / settings.rollout.alpha,  # both outcomes share one alpha
    )


def _outcomes(people: dict[str, Any]) -> ArmOutcomes:
    totals = {name: own.sum(axis=0) for name, own in people.items()}
    [lists] = {float(total[0]) for total in totals.values()}
    rates = {name: float(total[1]) / max(1.0, lists) for name, total in totals.items()}
    return ArmOutcomes(lists=int(lists), people=len(people[JUDGED[0]]), rates=rates)


def _in_order(lists: DataFrame) -> DataFrame:
    """Leave out shuffled lists; nobody sees the shadow's, so these are never shuffled."""
    if "shuffle" not in lists.columns:  # a table of an older release has none
        return lists
    return lists.where(~F.coalesce("shuffle.shuffled", F.lit(False)))  # noqa: FBT003 - SQL's false


def _shadow(spark: SparkSession, settings: Settings, rollout: Rollout) -> ShadowLook:
    decisions, shadows = (
        _in_order(tables.read(spark, settings, table, tables.version(spark, settings, table)))
        .where(F.col("rollout.rollout_id") == rollout.rollout_id)
        .select("candidate_id", "profile_version", F.col("items.posting_id").alias(name))
        for table, name in ((tables.DECISIONS, "seen"), (tables.SHADOWS, "unseen"))
    )
    both = decisions.join(shadows, ["candidate_id", "profile_version"])
    shared = F.size(F.array_intersect("seen", "unseen"))
    longest = F.greatest(F.size("seen"), F.size("unseen"), F.lit(1))
    row = both.select(
        F.count("*").alias("lists"),
        F.avg(shared / longest).alias("same_postings"),
        F.avg((F.col("seen")[0] == F.col("unseen")[0]).cast("int")).alias("same_first"),
    ).collect()[0]
    return ShadowLook(rollout_id=rollout.rollout_id, looked_at=now(), **row.asDict())
