"""Keeps matches fresh: a batch of profiles becomes the matches of the postings that it touches.

A changed profile is scored against the catalogue, and what it reaches is appended to Δ reaches. The
index of the best candidates is filled from that table, and is not kept elsewhere. A batch that is
repeated after a crash finds its rows in the table, and publishes the same postings again.

All candidates are scored with one model over one catalogue. When champion or catalogue are new, all
are scored again at most every `match.rebuild_seconds`.
"""

import logging
import threading
import time
from collections.abc import Iterable, Iterator, Sequence

import orjson
import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the field's usual name

from streaming.contract.reaches import Reach
from streaming.contract.records import to_json
from streaming.contract.topics import MATCHES, PROFILES
from streaming.kafka.spark_io import MESSAGE_SCHEMA, read_batch, write_batch
from streaming.kafka.topic_reader import read_latest
from streaming.lake import tables
from streaming.lake.erasures import delete_matching
from streaming.market.match_index import Entry, MatchIndex
from streaming.market.match_values import MatchWriter, opaque_key
from streaming.market.reach import make_reaches
from streaming.serving.bundles import Bundle, BundleStore
from streaming.serving.champion import ServingVersions
from streaming.serving.scoring import CHUNK, read_newest
from streaming.settings import Settings
from streaming.timestamps import SPARK_FORMAT

JOB = "match"
_ROWS = "candidate_id string, reach binary"
_ERASED = "candidate_id string"
_TOUCHED_AT_ONCE = 2_000
"""Matches that are made at a time."""
log = logging.getLogger(__name__)


class Matcher:
    """Makes and publishes matches. One process at a time writes the table of reaches.

    Raises:
        ModelError: there is no champion, or its files are missing.
        SettingsError: the key of the candidates' ids cannot be read.
    """

    def __init__(self, spark: SparkSession, settings: Settings) -> None:
        self.spark = spark
        self.settings = settings
        tables.create(spark, settings, tables.POSTINGS, tables.REACHES)
        self._key = opaque_key(settings)
        self._store = BundleStore(spark, settings)
        self._lock = threading.Lock()
        self._index = MatchIndex(settings.match.size)
        self._left: dict[str, tuple[int, list[str]]] = {}
        """By candidate the version that was scored last, and what it no longer reached."""
        self._published = _published_ids(settings)
        self._versions, self._scored_at = self._load(), time.monotonic()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Score all again now and then, where there is a new champion or catalogue."""
        self._thread = threading.Thread(target=self._follow, name=JOB, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop following new versions."""
        self._stopping.set()
        if self._thread:
            self._thread.join()

    def handle(self, messages: DataFrame, batch_id: int) -> None:
        """Publish the matches that a batch of the topic profiles changes."""
        with self._lock:
            if self._versions is None:
                self._score_all(self._store.newest_versions())
                return
            with self._store.lease(self._versions) as bundle:
                rows = self._reaches(messages, bundle).collect()
                reaches = [Reach.model_validate_json(row.reach) for row in rows if row.reach]
                known = [own for own in map(self._with_left, reaches) if own.postings or own.left]
                self._append(known, batch_id)
                touched = {posting for reach in known for posting in reach.left}
                touched |= set().union(*(self._index.update(reach) for reach in known))
                erased = [row.candidate_id for row in rows if row.reach is None]
                touched |= set().union(*map(self._forget, erased))
                self._refill(self._index.short(touched), erased)
                self._publish(touched, bundle)
                # Last, so that a batch that is repeated still finds which postings they reached.
                self._delete(erased)

    def score_all(self) -> int:
        """Score every contactable candidate with the newest champion and catalogue.

        Returns:
            The number of postings that have a match.
        """
        with self._lock:
            self._score_all(self._store.newest_versions())
        return len(self._index.postings())

    def _score_all(self, versions: ServingVersions) -> None:
        log.info("scoring all candidates: %s", versions.label)
        with self._store.lease(versions) as bundle:
            profiles = read_batch(self.spark, self.settings.kafka, PROFILES)
            rows = self._reaches(profiles, bundle)
            (
                self._parsed(rows.where(F.col("reach").isNotNull()))
                .where(F.size("postings") > 0)
                .write.format("delta")
                .mode("overwrite")
                .save(tables.REACHES.path(self.settings))
            )
            self._fill()
            self._versions, self._scored_at = versions, time.monotonic()
            self._publish({*self._index.postings(), *self._published}, bundle)

    def _follow(self) -> None:
        interval = self.settings.recommend.refresh_interval_seconds
        while not self._stopping.wait(interval):
            if time.monotonic() - self._scored_at < self.settings.match.rebuild_seconds:
                continue
            try:
                newest = self._store.newest_versions()
                with self._lock:
                    if newest != self._versions:
                        self._score_all(newest)
                    self._scored_at = time.monotonic()
            except Exception:
                log.exception("candidates could not be scored again; trying once more")

    # Δ reaches

    def _load(self) -> ServingVersions | None:
        """Fill the index from the table; return the versions of its rows, None if it is empty."""
        newest = self._newest()
        found = newest.select("model_name", "model_version", "catalogue_version").first()
        if found is None:
            return None
        self._fill()
        return ServingVersions(*found)

    def _fill(self) -> None:
        """Fill the index from the table."""
        self._index = MatchIndex(self.settings.match.size)
        self._left = {}
        for reach in self._read(self._newest()):
            self._index.update(reach)
            self._left[reach.candidate_id] = reach.profile_version, reach.left

    def _refill(self, posting_ids: list[str], erased: list[str]) -> None:
        """Fill some postings again from all who reach them and were not erased."""
        if not posting_ids:
            return
        wanted = set(posting_ids)
        near = self._newest().where(
            F.exists("postings", lambda one: one["posting_id"].isin(wanted))
            & ~F.col("candidate_id").isin(erased)
        )
        entries: dict[str, list[Entry]] = {posting_id: [] for posting_id in posting_ids}
        for reach in self._read(near):
            for each in reach.postings:
                if each.posting_id in wanted:
                    entries[each.posting_id].append(Entry(reach, each))
        for posting_id, own in entries.items():
            self._index.refill(posting_id, own)

    def _newest(self) -> DataFrame:
        rows = self.spark.read.format("delta").load(tables.REACHES.path(self.settings))
        newest = rows.groupBy("candidate_id").agg(
            F.max_by(F.struct("*"), F.struct("profile_version", "catalogue_version")).alias("row")
        )
        return newest.select("row.*")

    def _read(self, rows: DataFrame) -> Iterator[Reach]:
        # As JSON: Spark hands times over without a zone.
        texts = rows.select(
            F.to_json(F.struct("*"), {"timestampFormat": SPARK_FORMAT}).alias("text")
        )
        for row in texts.toLocalIterator():
            yield Reach.model_validate_json(row.text)

    def _append(self, reaches: list[Reach], batch_id: int) -> None:
        if not reaches:
            return
        rows = [reach.model_dump() for reach in reaches]
        (
            self.spark.createDataFrame(rows, tables.REACHES.schema())
            .coalesce(1)
            .write.format("delta")
            .mode("append")
            .option("txnAppId", f"{JOB}/{self.settings.checkpoints}")
            .option("txnVersion", batch_id)
            .save(tables.REACHES.path(self.settings))
        )

    def _with_left(self, reach: Reach) -> Reach:
        """Add what the version before reached; a batch that is repeated finds it in the table."""
        version, left = self._left.get(reach.candidate_id, (-1, []))
        if version != reach.profile_version:
            now = {each.posting_id for each in reach.postings}
            left = [one for one in self._index.reached(reach.candidate_id) if one not in now]
            self._left[reach.candidate_id] = reach.profile_version, left
        return reach.model_copy(update={"left": left})

    def _forget(self, candidate_id: str) -> set[str]:
        """Take somebody out of the index; return the postings that they reached."""
        self._left.pop(candidate_id, None)
        return self._index.remove(candidate_id)

    def _delete(self, candidate_ids: list[str]) -> None:
        if candidate_ids:
            ids = self.spark.createDataFrame([(one,) for one in candidate_ids], _ERASED)
            delete_matching(self.spark, self.settings, tables.REACHES, ids)

    # Scoring and publishing

    def _reaches(self, messages: DataFrame, bundle: Bundle) -> DataFrame:
        """Return what each candidate reaches, as JSON; null for those who were erased."""
        size, half_life = self.settings.match.reach, self.settings.match.activity_half_life_days

        def score(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            newest = read_newest(batches)
            profiles, erased = newest.profiles, newest.erased
            yield _reach_rows(erased, [None] * len(erased))
            for start in range(0, len(profiles), CHUNK):
                made = list(make_reaches(profiles[start : start + CHUNK], bundle, size, half_life))
                yield _reach_rows([one.candidate_id for one in made], list(map(to_json, made)))

        return messages.select("key", "value").mapInArrow(score, _ROWS)

    def _parsed(self, rows: DataFrame) -> DataFrame:
        schema = tables.REACHES.schema()
        options = {"timestampFormat": SPARK_FORMAT}
        return rows.select(
            F.from_json(F.col("reach").cast("string"), schema, options).alias("row")
        ).select("row.*")

    def _publish(self, posting_ids: Iterable[str], bundle: Bundle) -> None:
        """Publish the matches that are other than those on the topic; null where nobody is left."""
        catalogue = bundle.catalogue()
        languages = dict(
            zip(
                catalogue.posting_ids,
                (text or "" for text in catalogue.table.column("language").to_pylist()),
                strict=True,
            )
        )
        writer = MatchWriter(
            self._key, bundle.versions, languages, self.settings.match.activity_half_life_days
        )
        messages: list[tuple[str, str, bytes | None, None]] = []
        for posting_id in sorted(posting_ids):
            made = writer.value(posting_id, self._index.top(posting_id))
            match_id, value = made or (None, None)
            if self._published.get(posting_id) == match_id:
                continue
            messages.append((MATCHES.name, posting_id, value, None))
            if match_id is None:
                del self._published[posting_id]
            else:
                self._published[posting_id] = match_id
        for start in range(0, len(messages), _TOUCHED_AT_ONCE):
            part = messages[start : start + _TOUCHED_AT_ONCE]
            write_batch(self.spark.createDataFrame(part, MESSAGE_SCHEMA), self.settings.kafka)


def _reach_rows(candidate_ids: list[str], reaches: Sequence[bytes | None]) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays(
        [pa.array(candidate_ids, pa.string()), pa.array(reaches, pa.binary())],
        names=["candidate_id", "reach"],
    )


def _published_ids(settings: Settings) -> dict[str, str]:
    records = read_latest(settings.kafka, MATCHES)
    return {key: orjson.loads(record.value)["match_id"] for key, record in records.items()}
