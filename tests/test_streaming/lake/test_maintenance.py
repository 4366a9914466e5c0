"""Maintenance: fewer files, the same rows, and writers that run at the same time."""

import logging
import os
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from delta.exceptions import ConcurrentDeleteReadException
from delta.tables import DeltaTable
from pydantic import ValidationError

from streaming.lake import maintenance, merge, tables
from streaming.settings import Settings, StorageSettings

TABLE = tables.PROFILES
WHEN = datetime(2026, 3, 1, tzinfo=UTC)
MANY = maintenance.MIN_FILES + 1


@pytest.fixture
def settings(tmp_path):
    return Settings(home=tmp_path / "home")


@pytest.fixture
def rows(spark):
    """Make rows of the table: versions of one profile."""

    def make(*versions):
        names = TABLE.schema().names
        common = {"candidate_id": "alice", "partition": 0, "produced_at": WHEN}
        values = [
            tuple((common | {"version": n, "offset": n}).get(name) for name in names)
            for n in versions
        ]
        return spark.createDataFrame(values, TABLE.schema())

    return make


@pytest.fixture
def small_files(spark, settings, rows):
    """A table of many files with one row each."""
    tables.create(spark, settings, TABLE)
    partitioned = rows(*range(MANY)).repartitionByRange(MANY, "version")
    partitioned.write.format("delta").mode("append").save(TABLE.path(settings))
    assert len(data_files(settings)) == MANY


def versions(spark, settings):
    rows_ = tables.read(spark, settings, TABLE, tables.version(spark, settings, TABLE))
    return sorted(row.version for row in rows_.select("version").collect())


def data_files(settings):
    return sorted(Path(TABLE.path(settings)).glob("*.parquet"))


@pytest.mark.spark
@pytest.mark.usefixtures("small_files")
def test_many_small_files_become_one_and_the_rows_stay(spark, settings, rows):
    before = tables.version(spark, settings, TABLE)
    (result,) = maintenance.maintain_tables(spark, settings)
    assert (result.table, result.files_before, result.files) == ("profiles", MANY, 1)
    assert result.compacted
    assert versions(spark, settings) == list(range(MANY))
    # Within the retention an older version can still be read.
    assert tables.read(spark, settings, TABLE, before).count() == MANY
    assert len(data_files(settings)) == MANY + 1
    # Writing goes on, and nothing is there twice.
    merge.insert_new(rows(0, MANY), settings, TABLE)
    assert versions(spark, settings) == list(range(MANY + 1))
    (second,) = maintenance.maintain_tables(spark, settings)
    assert not second.compacted
    # Nobody writes now, so that nothing needs to be kept.
    maintenance.maintain_table(spark, settings, TABLE, 0)
    assert len(data_files(settings)) == second.files
    assert versions(spark, settings) == list(range(MANY + 1))


@pytest.mark.spark
def test_what_was_never_committed_is_removed_in_time(spark, settings):
    tables.create(spark, settings, TABLE)
    lost, fresh = (Path(TABLE.path(settings)) / f"{name}.parquet" for name in ("lost", "fresh"))
    for file in (lost, fresh):
        file.write_bytes(b"half a file")
    long_ago = time.time() - 8 * 24 * 3600
    os.utime(lost, (long_ago, long_ago))
    maintenance.maintain_tables(spark, settings)
    assert data_files(settings) == [fresh]


@pytest.mark.spark
@pytest.mark.usefixtures("small_files")
def test_a_writer_beside_it_loses_nothing_and_never_fails(spark, settings, rows):
    failed, stop = [], threading.Event()

    def compact_again_and_again():
        delta = DeltaTable.forPath(spark, TABLE.path(settings))
        try:
            while not stop.is_set():
                merge.retry_on_conflict(delta.optimize().executeCompaction)
        except BaseException as error:  # noqa: BLE001 - looked at in the test's own thread
            failed.append(error)

    compactor = threading.Thread(target=compact_again_and_again)
    compactor.start()
    try:
        for version in range(MANY, MANY + 3):
            merge.insert_new(rows(version), settings, TABLE)
    finally:
        stop.set()
        compactor.join()
    assert not failed
    assert versions(spark, settings) == list(range(MANY + 3))


@pytest.mark.spark
@pytest.mark.usefixtures("small_files")
def test_a_merge_whose_files_were_compacted_is_done_again(spark, settings, rows, tmp_path, caplog):
    """Delta's own conflict, made certain: the source of the merge waits for the compaction."""
    looked, merging, compacted = (tmp_path / name for name in ("looked", "merging", "compacted"))

    def wait_for_compaction(batches):
        if not looked.exists():  # at the least and the greatest, before the merge
            looked.touch()
            yield from batches
            return
        merging.touch()
        while not compacted.exists():
            time.sleep(0.01)
        yield from batches

    # In one task, so that the compaction has the other core.
    source = rows(0, MANY).coalesce(1).mapInPandas(wait_for_compaction, TABLE.schema())
    writer = threading.Thread(target=merge.insert_new, args=(source, settings, TABLE))
    with caplog.at_level(logging.INFO, merge.log.name):
        writer.start()
        while not merging.exists():
            assert writer.is_alive()
        DeltaTable.forPath(spark, TABLE.path(settings)).optimize().executeCompaction()
        compacted.touch()
        writer.join()
    assert "writing again" in caplog.text
    assert versions(spark, settings) == list(range(MANY + 1))


def test_a_conflict_that_never_ends_is_told():
    tries = []

    def never():
        tries.append(1)
        raise ConcurrentDeleteReadException("again")

    with pytest.raises(ConcurrentDeleteReadException):
        merge.retry_on_conflict(never)
    assert len(tries) == merge.MAX_RETRIES + 1


def test_a_conflict_that_ends_is_nothing():
    tries = []

    def twice():
        tries.append(1)
        if len(tries) == 1:
            raise ConcurrentDeleteReadException("once")

    merge.retry_on_conflict(twice)
    assert len(tries) == 2


@pytest.mark.spark
def test_where_there_is_no_table_there_is_nothing_to_do(spark, settings):
    assert maintenance.maintain_tables(spark, settings) == []


def test_a_retention_shorter_than_a_write_is_refused():
    with pytest.raises(ValidationError, match="greater than or equal to 1"):
        StorageSettings(retention_hours=0.5)
