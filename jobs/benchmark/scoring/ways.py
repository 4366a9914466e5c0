"""The ways to score profiles with a registered model, each in a process of its own.

All take profiles as they stand on their topic, JSON text, and give back lists of items.
"""

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any

import mlflow.pyfunc
import orjson
import pyarrow as pa
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession
from pyspark.sql.functions import struct

from streaming.contract.topics import PROFILES
from streaming.contract.value_decoder import read_value
from streaming.errors import CareerstreamError, one_line
from streaming.metrics.scoring_counters import ScoringCounters
from streaming.serving.bundles import Bundle
from streaming.serving.recommend_udf import recommend_udf
from streaming.serving.scoring import CHUNK, recommend
from streaming.settings import Settings
from streaming.spark.session import logged_session


@dataclass(frozen=True)
class Job:
    """What all ways are given."""

    settings: Settings
    bundle: Bundle
    """A registered version, and the catalogue that it was packed with."""
    processes: int
    size: int


Items = list[dict[str, Any]]
Score = Callable[[Sequence[bytes]], list[tuple[str, Items]]]
"""Profiles to pairs of candidate id and list, in any order."""


class Way:
    """One way that has started, in this process."""

    _score: Score
    _resources: ExitStack

    @classmethod
    def start(cls, name: str, job: Job, profiles: Sequence[bytes]) -> int:
        """Load everything that the first lists need, once in a process; return its id."""
        cls._resources = ExitStack()
        with _plain_errors():
            cls._score = staticmethod(WAYS[name](job, cls._resources))
            cls._score(profiles)
        return os.getpid()

    @classmethod
    def score(cls, profiles: Sequence[bytes]) -> tuple[float, dict[str, Items]]:
        """Return the seconds that all profiles took, and their lists."""
        # Spark ends workers that were idle for a minute: they start again before the clock does.
        with _plain_errors():
            cls._score(profiles[:CHUNK])
            started = time.monotonic()
            lists = cls._score(profiles)
        return time.monotonic() - started, dict(lists)

    @classmethod
    def stop(cls) -> None:
        """End what `start` has started."""
        cls._resources.close()


@contextmanager
def _plain_errors() -> Iterator[None]:
    """Replace errors of Spark, which cannot be sent to another process."""
    try:
        yield
    except PySparkException as error:
        raise CareerstreamError(one_line(error)) from None


def _bare_python(job: Job, resources: ExitStack) -> Score:
    os.environ["OMP_NUM_THREADS"] = "1"  # as in Spark's workers
    pool = resources.enter_context(ProcessPoolExecutor(job.processes, get_context("spawn")))

    def score(profiles: Sequence[bytes]) -> list[tuple[str, Items]]:
        parts = [profiles[start :: job.processes] for start in range(job.processes)]
        found = pool.map(_rank, [job] * len(parts), parts)
        return [pair for part in found for pair in part]

    return score


def _rank(job: Job, values: Sequence[bytes]) -> list[tuple[str, Items]]:
    ranker, prepared = job.bundle.ranker(), job.bundle.prepared_path()
    listed: list[tuple[str, Items]] = []
    for start in range(0, len(values), CHUNK):
        profiles = [read_value(value, PROFILES) for value in values[start : start + CHUNK]]
        moments = [profile["as_of"] for profile in profiles]
        lists = ranker.rank(profiles, moments, prepared, job.size)
        ids = [profile["candidate_id"] for profile in profiles]
        listed += zip(ids, lists, strict=True)
    return listed


def _operator(job: Job, resources: ExitStack) -> Score:
    spark = _session(job, resources)
    counters = ScoringCounters.create(spark)

    def score(profiles: Sequence[bytes]) -> list[tuple[str, Items]]:
        # The key counts only where there is no value.
        keys, values = [b""] * len(profiles), pa.array(profiles, pa.binary())
        columns = {"key": pa.array(keys, pa.binary()), "value": values}
        frame = spark.createDataFrame(pa.table(columns))
        values = recommend(frame, job.bundle, job.size, counters).toArrow().column("value")
        lists = (orjson.loads(value) for value in values.to_pylist())
        return [(value["candidate_id"], value["items"]) for value in lists]

    return score


def _udf(job: Job, resources: ExitStack) -> Score:
    spark = _session(job, resources)
    return _through_column(spark, recommend_udf(spark, str(job.bundle.model_path()), size=job.size))


def _mlflow_udf(job: Job, resources: ExitStack) -> Score:
    spark = _session(job, resources)
    udf = mlflow.pyfunc.spark_udf(
        spark, str(job.bundle.model_path()), env_manager="local", params={"size": job.size}
    )
    return _through_column(spark, lambda profile: udf(struct(profile))["items"])


def _through_column(spark: SparkSession, items_of: Callable[[Any], Any]) -> Score:
    def score(profiles: Sequence[bytes]) -> list[tuple[str, Items]]:
        texts = [profile.decode() for profile in profiles]
        frame = spark.createDataFrame(pa.table({"profile": texts}))
        ids = [orjson.loads(text)["candidate_id"] for text in texts]
        found = frame.select(items_of(frame["profile"]).alias("items")).toArrow()
        return list(zip(ids, found.column("items").to_pylist(), strict=True))

    return score


def _session(job: Job, resources: ExitStack) -> SparkSession:
    return resources.enter_context(logged_session(job.settings, "benchmark-scoring", scores=True))


WAYS: Mapping[str, Callable[[Job, ExitStack], Score]] = {
    "bare Python": _bare_python,
    "the stream's operator": _operator,
    "recommend_udf": _udf,
    "mlflow.pyfunc.spark_udf": _mlflow_udf,
}
"""By the names that the report shows; the first is the limit."""
