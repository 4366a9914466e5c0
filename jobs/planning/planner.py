"""Keeps plans fresh: a batch of profiles becomes the plans of those who wish for an occupation.

A plan is a function of the stated part, the goal and the versions of the market, and its id is a
hash of these. What stands on the topic already is not made again, so a batch that is repeated
changes nothing. All plans are made again at most every `plan.rebuild_seconds`, where postings,
courses, careers or taxonomy are new.
"""

import logging
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

import orjson
import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession

from jobs.planning.candidate_plan import ASKED_OF, goal_of, make_plan, plan_id
from jobs.planning.planning_market import read_planning_market, source_versions
from streaming.contract.records import to_json
from streaming.contract.topics import PLANS, PROFILES
from streaming.kafka.spark_io import MESSAGE_SCHEMA, read_batch, write_batch
from streaming.kafka.topic_reader import read_latest
from streaming.lake import tables
from streaming.serving.scoring import read_newest
from streaming.settings import Settings

JOB = "plan"
_ROWS = "candidate_id string, stated binary"
_AT_ONCE = 500
"""Plans that are made before they are written."""
Asked = tuple[str, Mapping[str, Any] | None]
"""A candidate, and the stated part; None: it is not there, or wishes for nothing."""
log = logging.getLogger(__name__)


class Planner:
    """Makes and publishes plans, in the driver.

    Raises:
        SettingsError: there is no taxonomy, or an empty one.
        BrokerError: no broker answers, or a topic is missing.
    """

    def __init__(self, spark: SparkSession, settings: Settings) -> None:
        self.spark, self.settings = spark, settings
        tables.create(spark, settings, tables.POSTINGS)
        self._lock = threading.Lock()
        self._read_market()
        self._published = _published_ids(settings)
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Make all plans again now, and then now and then, where the market is new."""
        self._thread = threading.Thread(target=self._follow, name=JOB, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop following new versions."""
        self._stopping.set()
        if self._thread:
            self._thread.join()

    def handle(self, messages: DataFrame, batch_id: int) -> None:
        """Publish the plans that a batch of the topic profiles changes."""
        del batch_id
        with self._lock:
            self._publish(_asked(messages))

    def plan_all(self) -> int:
        """Make the plans of everybody with the newest market; return how many stand."""
        with self._lock:
            if source_versions(self.spark, self.settings) != self._sources:
                self._read_market()
            profiles = read_batch(self.spark, self.settings.kafka, PROFILES)
            asked = dict(_asked(profiles))
            gone = [(one, None) for one in self._published if one not in asked]
            self._publish([*asked.items(), *gone])
            return len(self._published)

    def _read_market(self) -> None:
        # The versions first: what is new after them is noticed the next time.
        self._sources = source_versions(self.spark, self.settings)
        self._market = read_planning_market(self.spark, self.settings)
        self._read_at = time.monotonic()

    def _follow(self) -> None:
        is_due = True
        while not self._stopping.is_set():
            try:
                if is_due:
                    self.plan_all()
            except Exception:
                log.exception("plans could not be made again; trying once more")
            self._stopping.wait(self.settings.recommend.refresh_interval_seconds)
            is_old = time.monotonic() > self._read_at + self.settings.plan.rebuild_seconds
            is_due = is_old and source_versions(self.spark, self.settings) != self._sources

    def _publish(self, asked: Iterable[Asked]) -> None:
        """Publish plans that are other than those on the topic; null where nobody asks any more."""
        changes = self._changes(asked)
        while part := list(islice(changes, _AT_ONCE)):
            messages = [(PLANS.name, key, value, None) for key, _, value in part]
            frame = self.spark.createDataFrame(messages, MESSAGE_SCHEMA)
            write_batch(frame, self.settings.kafka)
            for key, made, _ in part:
                if made is None:
                    self._published.pop(key, None)
                else:
                    self._published[key] = made

    def _changes(self, asked: Iterable[Asked]) -> Iterator[tuple[str, str | None, bytes | None]]:
        """Yield candidate, id of the plan and its bytes."""
        for candidate_id, stated in asked:
            goal = goal_of(stated, self._market)
            if stated is None or goal is None:
                if candidate_id in self._published:
                    yield candidate_id, None, None
                continue
            wanted = plan_id(candidate_id, stated, goal, self._market)
            if self._published.get(candidate_id) != wanted:
                plan = make_plan(candidate_id, stated, goal, self._market)
                yield candidate_id, plan.plan_id, to_json(plan)


def _asked(messages: DataFrame) -> Iterator[Asked]:
    """Yield the newest stated part of each candidate in some messages of the topic profiles."""
    # A Kafka partition holds all versions of a profile, and Spark reads it in one task.
    rows = messages.select("key", "value").mapInArrow(_newest_stated, _ROWS)
    for row in rows.collect():
        yield row.candidate_id, None if row.stated is None else orjson.loads(row.stated)


def _newest_stated(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    newest = read_newest(batches)
    found = [(profile["candidate_id"], _wishing(profile)) for profile in newest.profiles]
    found += [(candidate_id, None) for candidate_id in newest.erased]
    yield pa.RecordBatch.from_arrays(
        [
            pa.array([one for one, _ in found], pa.string()),
            pa.array([s for _, s in found], pa.binary()),
        ],
        names=["candidate_id", "stated"],
    )


def _wishing(profile: Mapping[str, Any]) -> bytes | None:
    stated = profile.get("stated") or {}
    if not (stated.get("goal") or stated.get("wishes")):
        return None
    names = (*ASKED_OF, "wishes")
    return orjson.dumps({name: stated[name] for name in names if stated.get(name)})


def _published_ids(settings: Settings) -> dict[str, str]:
    records = read_latest(settings.kafka, PLANS)
    return {key: orjson.loads(record.value)["plan_id"] for key, record in records.items()}
