"""Reads what a past list was made from: the list, its profile, the events, model and catalogue.

What is gone is one line that says for how long it is kept.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the field's usual name

from jobs.explaining.candidate_history import CandidateHistory
from streaming.contract.records import ANONYMOUS, Recommendation
from streaming.errors import InputError, ModelError, quote
from streaming.lake import tables
from streaming.profiles.fold import Document
from streaming.serving.bundles import Bundle, BundleStore
from streaming.serving.champion import ServingVersions
from streaming.serving.list_values import anonymous_profile
from streaming.settings import Settings
from streaming.timestamps import SPARK_FORMAT, format_timestamp

_OLD_VERSIONS = "spark.databricks.delta.vacuum.enforceTimeTravelWithinDeletedFileRetentionDuration"
"""Delta refuses versions older than a week even where `storage.retention_hours` keeps them."""
_GONE_CONDITIONS = ("VERSION_NOT_FOUND", "TRUNCATED", "TIME_TRAVEL", "LOG_FILE_NOT_FOUND")
_GONE_FILES = ("FileNotFoundException", "FILE_NOT_EXIST", "PATH_NOT_FOUND")


def read_recommendation(
    spark: SparkSession, settings: Settings, recommendation_id: str
) -> Recommendation:
    """Read a published list from Δ decisions.

    Raises:
        InputError: it is not there, or there is no such table.
    """
    version = tables.version(spark, settings, tables.DECISIONS)
    rows = tables.read(spark, settings, tables.DECISIONS, version)
    found = rows.where(F.col("recommendation_id") == recommendation_id).toArrow().to_pylist()
    if not found:
        raise InputError(
            f"there is no recommendation {quote(recommendation_id)} in Δ decisions; is the id "
            "right, and does archive run? It takes lists up every "
            f"{settings.jobs.lake_interval_seconds:g} seconds (jobs.lake_interval_seconds)"
        )
    return recommendation_of(found[0])


def recommendation_of(row: Mapping[str, Any]) -> Recommendation:
    """Return a row of Δ decisions, as Arrow gives it, as the list that was published.

    Raises:
        ValidationError: of pydantic, where the contract knows no such list.
    """
    return Recommendation.model_validate(_present(dict(row)))


def read_profile(spark: SparkSession, settings: Settings, made: Recommendation) -> Document:
    """Read the profile version that a list was made for.

    Raises:
        InputError: Δ profiles does not hold it.
    """
    found = read_profiles(spark, settings, [made])
    if made.recommendation_id not in found:
        raise InputError(
            f"profile version {made.profile_version} of candidate {quote(made.candidate_id)} is "
            "not in Δ profiles, which keeps every version that archive has read; archive reads "
            f"them every {settings.jobs.lake_interval_seconds:g} seconds "
            "(jobs.lake_interval_seconds), and the topic keeps each for 7 days"
        )
    return found[made.recommendation_id]


def read_profiles(
    spark: SparkSession, settings: Settings, made: Sequence[Recommendation]
) -> dict[str, Document]:
    """Read the profile version of each list, by the list's id, where Δ profiles holds it."""
    wanted = spark.createDataFrame(
        [(one.candidate_id, one.profile_version) for one in made],
        "candidate_id string, version long",
    )
    at = tables.version(spark, settings, tables.PROFILES)
    rows = tables.read(spark, settings, tables.PROFILES, at).join(
        F.broadcast(wanted.distinct()), ["candidate_id", "version"], how="left_semi"
    )
    known = {
        (profile["candidate_id"], profile["version"]): profile
        for profile in (orjson.loads(row.text) for row in rows.select(profile_text(rows)).collect())
    }
    found = {
        one.recommendation_id: known.get((one.candidate_id, one.profile_version)) for one in made
    }
    found |= {
        one.recommendation_id: dict(anonymous_profile(format_timestamp(one.as_of)))
        for one in made
        if one.candidate_id == ANONYMOUS
    }
    return {key: profile for key, profile in found.items() if profile is not None}


def profile_text(rows: DataFrame) -> Column:
    """Return rows of Δ profiles as JSON, as the profiles stood on their topic; column `text`."""
    columns = [name for name in rows.columns if name in tables.PROFILES.record.model_fields]
    return F.to_json(F.struct(*columns), {"timestampFormat": SPARK_FORMAT}).alias("text")


def read_history(spark: SparkSession, settings: Settings, profile: Document) -> CandidateHistory:
    """Read the records that a profile version is folded from.

    Raises:
        InputError: there is no Δ events, or its events do not give this profile again.
    """
    at = tables.version(spark, settings, tables.EVENTS)
    rows = tables.read(spark, settings, tables.EVENTS, at)
    own = rows.where(F.col("candidate_id") == profile["candidate_id"]).select(
        *("offset", "event_id", "posting_id", "kind", "duration_seconds"),
        *(name for name in ("withdrawn",) if name in rows.columns),
        F.date_format("event_time", SPARK_FORMAT).alias("event_time"),
    )
    history = CandidateHistory.of(profile, own.toArrow().to_pylist())
    if not history.gives(profile):
        raise InputError(
            f"Δ events does not give profile version {profile['version']} of candidate "
            f"{quote(profile['candidate_id'])} again, so no other list can be made from it; an "
            "event is missing there, or archive has not read it yet"
        )
    return history


@contextmanager
def recorded_bundle(
    spark: SparkSession, settings: Settings, made: Recommendation, folder: Path | None = None
) -> Iterator[Bundle]:
    """Lend the bundle of the model and catalogue that a list was made with.

    It is built in a folder, by default in that of what serves.

    Raises:
        ModelError: the model is gone.
        InputError: the catalogue is gone.
    """
    versions = ServingVersions(made.model_name, made.model_version, made.catalogue_version)
    mlflow = settings.mlflow.model_copy(update={"model_name": made.model_name})
    store = BundleStore(spark, settings.model_copy(update={"mlflow": mlflow}), folder=folder)
    try:
        with _old_versions_readable(spark):
            store.get(versions)
    except ModelError as error:
        raise ModelError(
            f"model {made.model_name} version {made.model_version} of this list is gone or cannot "
            f"be read; MLflow keeps it until somebody deletes it or its files ({error})"
        ) from error
    except (PySparkException, Py4JJavaError) as error:
        if not _is_gone(error):
            raise
        raise InputError(
            f"catalogue {made.catalogue_version} of this list is gone: {tables.POSTINGS.name} "
            f"keeps replaced files for {settings.storage.retention_hours:g} hours "
            "(storage.retention_hours), and Delta its log for 30 days"
        ) from error
    with store.lease(versions) as bundle:
        yield bundle


@contextmanager
def _old_versions_readable(spark: SparkSession) -> Iterator[None]:
    before = spark.conf.get(_OLD_VERSIONS, None)
    spark.conf.set(_OLD_VERSIONS, "false")
    try:
        yield
    finally:
        if before is None:
            spark.conf.unset(_OLD_VERSIONS)
        else:
            spark.conf.set(_OLD_VERSIONS, before)


def _is_gone(error: PySparkException | Py4JJavaError) -> bool:
    """Return whether Delta says that a version, or a file of it, does not exist any more."""
    condition = (error.getCondition() or "") if isinstance(error, PySparkException) else ""
    if condition.startswith("DELTA_") and any(name in condition for name in _GONE_CONDITIONS):
        return True
    return any(name in str(error) for name in _GONE_FILES)


def _present(value: Any) -> Any:
    """Leave out what is null, which is absent in the contract."""
    if isinstance(value, dict):
        return {name: _present(own) for name, own in value.items() if own is not None}
    return [_present(own) for own in value] if isinstance(value, list) else value
