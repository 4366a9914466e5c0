"""Published lists against those that the recorded model makes of the recorded profile.

A round draws lists of one model over one catalogue, so that it loads one bundle. Which one, the
first list in the round's order says: the more lists a pair has made, the more often it is drawn.
"""

from collections import Counter
from contextlib import ExitStack
from functools import reduce
from typing import Any

from pydantic import ValidationError
from pyspark.sql import Column, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the field's usual name

from jobs.explaining.explain import list_sizes
from jobs.explaining.recorded_inputs import read_profiles, recommendation_of, recorded_bundle
from jobs.explaining.replay import replay
from jobs.parity import outcome
from jobs.parity.outcome import Difference, Outcome
from jobs.parity.sampling import in_drawn_order, recent
from streaming.contract.records import Recommendation
from streaming.errors import InputError, ModelError, quote
from streaming.lake import tables
from streaming.settings import Settings

_VERSIONS = ("model_name", "model_version", "catalogue_version")


def check_lists(spark: SparkSession, settings: Settings, number: int) -> Outcome:
    """Make lists again that a round draws, and compare the bytes.

    Raises:
        InputError: there is no Δ decisions or no Δ profiles.
    """
    made, broken = _draw(spark, settings, number)
    if not made:
        return Outcome(kind=outcome.LISTS, differences=tuple(broken))
    profiles = read_profiles(spark, settings, made)
    equal, differences, apart = 0, broken, Counter[str]()
    # Of its own: to build a bundle takes long, and what serves must not wait for that.
    folder = settings.home.absolute() / "parity"
    with ExitStack() as stack:
        try:
            bundle = stack.enter_context(recorded_bundle(spark, settings, made[0], folder))
        except (ModelError, InputError) as error:
            reason = "model_gone" if isinstance(error, ModelError) else "catalogue_gone"
            return Outcome(kind=outcome.LISTS, differences=tuple(broken), apart={reason: len(made)})
        for one in made:
            profile = profiles.get(one.recommendation_id)
            if profile is None:
                apart["profile_gone"] += 1
                continue
            replayed = replay(profile, bundle, one, list_sizes(settings, one))
            if replayed.identical:
                equal += 1
                continue
            text = (
                f"list {one.recommendation_id} of candidate {quote(one.candidate_id)} comes out "
                f"otherwise: {replayed.report()['differences'][0]}"
            )
            differences = [*differences, Difference(one.candidate_id, text)]
    return Outcome(kind=outcome.LISTS, equal=equal, differences=tuple(differences), apart=apart)


def _draw(
    spark: SparkSession, settings: Settings, number: int
) -> tuple[list[Recommendation], list[Difference]]:
    at = tables.version(spark, settings, tables.DECISIONS)
    rows = recent(tables.read(spark, settings, tables.DECISIONS, at), settings.parity.recent_hours)
    first = in_drawn_order(rows, number, "recommendation_id").select(*_VERSIONS).first()
    if first is None:
        return [], []
    same = reduce(Column.__and__, (F.col(name).eqNullSafe(first[name]) for name in _VERSIONS))
    drawn = in_drawn_order(rows.where(same), number, "recommendation_id")
    made: list[Recommendation] = []
    broken: list[Difference] = []
    for row in drawn.limit(settings.parity.sample).toArrow().to_pylist():
        try:
            made.append(recommendation_of(row))
        except ValidationError as error:
            broken.append(_broken(row, error))
    return made, broken


def _broken(row: dict[str, Any], error: ValidationError) -> Difference:
    [first, *_] = error.errors(include_url=False, include_input=False)
    field = ".".join(map(str, first["loc"]))
    text = f"row {quote(row['recommendation_id'])} of Δ decisions is no list: {field} is wrong"
    return Difference(str(row["candidate_id"]), text)
