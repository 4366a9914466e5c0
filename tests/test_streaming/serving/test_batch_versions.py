"""BatchVersionLog: which versions a batch used, whatever file system the checkpoints are on."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict

import orjson
import pytest

from streaming.serving.batch_versions import (
    FOLDER,
    MAX_RECORDS,
    BatchVersionLog,
    WorkerBatchVersionLog,
)
from streaming.serving.champion import ServingVersions

pytestmark = pytest.mark.spark


@pytest.mark.parametrize("scheme", ["", "file:"])
def test_a_record_is_read_by_another_process(spark, tmp_path, scheme):
    folder = f"{scheme}{tmp_path}/{FOLDER}"
    assert BatchVersionLog(spark, folder).get(0) is None
    BatchVersionLog(spark, folder).record(0, ServingVersions("careerstream", "3", 17))
    BatchVersionLog(spark, folder).record(1, ServingVersions("名 with spaces", "4", 18))
    assert BatchVersionLog(spark, folder).get(0) == ServingVersions("careerstream", "3", 17)
    assert BatchVersionLog(spark, folder).get(1) == ServingVersions("名 with spaces", "4", 18)


def test_the_last_record_counts_and_old_ones_are_removed(spark, tmp_path):
    log = BatchVersionLog(spark, str(tmp_path))
    log.record(3, ServingVersions("m", "1", 1))
    log.record(3, ServingVersions("m", "2", 1))
    assert log.get(3) == ServingVersions("m", "2", 1)
    log.record(3 + MAX_RECORDS, ServingVersions("m", "3", 1))
    assert log.get(3) is None
    assert [file.name for file in tmp_path.glob("[0-9]*")] == [f"{3 + MAX_RECORDS}.json"]


def test_an_interrupted_write_is_no_record(spark, tmp_path):
    (tmp_path / ".5.unfinished").write_bytes(b'{"model_name":')
    log = BatchVersionLog(spark, str(tmp_path))
    assert log.get(5) is None
    log.record(5, ServingVersions("m", "1", 1))
    assert log.get(5) == ServingVersions("m", "1", 1)


@pytest.fixture
def worker_log(tmp_path):
    """BatchVersionLog that tasks make; `serve` says what serves."""
    log = WorkerBatchVersionLog(
        tmp_path / "checkpoint", tmp_path / "serving", tmp_path / "current.json"
    )

    def serve(version):
        whole = tmp_path / "whole.json"
        whole.write_bytes(orjson.dumps(asdict(ServingVersions("m", version, 1))))
        whole.replace(log.current_versions_file)

    serve("1")
    return log, serve


def test_the_first_task_records_for_all_and_for_ever(worker_log):
    log, serve = worker_log
    assert log.get_or_record(0) == ServingVersions("m", "1", 1)
    serve("2")
    assert log.get_or_record(0) == ServingVersions("m", "1", 1)
    assert log.get_or_record(1) == ServingVersions("m", "2", 1)
    log.get_or_record(3 * MAX_RECORDS)
    assert [file.name for file in (log.checkpoint / FOLDER).iterdir()] == [
        f"{3 * MAX_RECORDS}.json"
    ]


def test_tasks_that_record_at_once_agree(worker_log):
    log, serve = worker_log
    with ThreadPoolExecutor(8) as pool:
        for batch_id in range(50):
            asked = [pool.submit(log.get_or_record, batch_id) for _ in range(8)]
            serve(str(batch_id))
            assert len({one.result() for one in asked}) == 1
    assert not list((log.checkpoint / FOLDER).glob(".*"))


def test_a_batch_is_open_until_it_is_committed(worker_log):
    log, _ = worker_log
    assert list(log.uncommitted()) == []
    log.get_or_record(6)
    assert list(log.uncommitted()) == [ServingVersions("m", "1", 1)]
    (log.checkpoint / "commits").mkdir()
    (log.checkpoint / "commits" / "5").touch()
    assert list(log.uncommitted()) == [ServingVersions("m", "1", 1)]
    (log.checkpoint / "commits" / "6").touch()
    assert list(log.uncommitted()) == []
    # Spark forgets old commits, and a batch without profiles has no pin.
    (log.checkpoint / "commits" / "6").rename(log.checkpoint / "commits" / "300")
    assert list(log.uncommitted()) == []
