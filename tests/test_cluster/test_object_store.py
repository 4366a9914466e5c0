"""Several drivers commit to a table on S3, and no commit is lost."""

import json
import os
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest
from cluster_services import BUCKET, object_store

from infra.process.supervisor import SupervisedProcess

pytestmark = [pytest.mark.spark, pytest.mark.slow]
WRITERS = ("a", "b")


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    with object_store(tmp_path_factory.mktemp("store")) as running:
        yield running


@pytest.fixture
def start(store, tmp_path):
    """Start a driver; it ends with the test."""
    with ExitStack() as running:

        def start(name: str, *arguments: str) -> SupervisedProcess:
            program = Path(__file__).with_name("table_writer.py")
            command = [sys.executable, program, f"s3a://{BUCKET}/lake", name, *arguments]
            variables = store.environment | {"SPARK_CONF": json.dumps(store.spark_conf)}
            driver = SupervisedProcess(
                name, command, folder=tmp_path, environment=os.environ | variables
            )
            return running.enter_context(driver)

        yield start


def answer(driver: SupervisedProcess) -> dict:
    driver.wait_for_success(3_600)
    return json.loads(driver.output().splitlines()[-1])


@pytest.mark.parametrize(
    "writes", [5, pytest.param(100, marks=[pytest.mark.nightly, pytest.mark.timeout(3_600)])]
)
def test_no_commit_of_two_writers_is_lost_beside_compactions(start, tmp_path, writes):
    compactions = start("c", "compact")
    compactions.wait_until((tmp_path / "created").exists, "at work")
    writers = [start(name, "write", str(writes)) for name in WRITERS]
    for writer in writers:
        assert answer(writer) == {"written": writes}
    (tmp_path / "end").touch()
    assert answer(compactions)["compacted"] > 0
    read = answer(start("d", "read"))
    assert read["rows"] == sorted([name, number] for name in WRITERS for number in range(writes))
    assert read["store"] == "careerstream.ConditionalPutLogStore"
    assert read["twice"] == "FileAlreadyExistsException"
    assert read["again"] == "ours"
