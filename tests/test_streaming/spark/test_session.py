"""The Spark session: what its JVM starts from, and how many tasks run at a time."""

import subprocess
import sys
from pathlib import Path

import pytest

from streaming import dependencies
from streaming.spark.scheduling import with_lake_tasks


@pytest.mark.spark
def test_spark_starts_from_the_classes_that_set_up_collected(spark):
    jvm = spark._jvm.java.lang.ProcessHandle.current().pid()
    # A JVM that cannot use the file says nothing and leaves it aside.
    assert str(dependencies.class_archive()) in Path(f"/proc/{jvm}/maps").read_text()


SOON_STOPPED = """
import sys, time
from pathlib import Path
from streaming.spark.session import session, stop, start_workers
from streaming.settings import Settings

for seconds in (0.0, 0.6):
    spark = session(Settings(home=Path(sys.argv[1])), "soon stopped")
    start_workers(spark)
    time.sleep(seconds)
    stop(spark)
time.sleep(1)  # for what tasks that were cut off would still say
"""


@pytest.mark.spark
def test_a_session_stopped_while_workers_start_stops_without_a_word(tmp_path):
    command = [sys.executable, "-c", SOON_STOPPED, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
    assert "ERROR" not in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("master", "parts", "runs"),
    [
        ("local", "1", "local[2]"),
        ("local[1]", "1", "local[2]"),
        ("local[2]", "2", "local[3]"),
        ("local[8]", "8", "local[12]"),
    ],
)
def test_tables_get_tasks_beyond_those_of_the_master(master, parts, runs):
    assert with_lake_tasks(master) == {"spark.master": runs, "spark.default.parallelism": parts}


@pytest.mark.parametrize(
    "master", ["yarn", "spark://host:7077", "local[*]", "local[2,4]", "local-cluster[2,1,512]"]
)
def test_other_masters_stay_as_they_are(master):
    assert with_lake_tasks(master) == {"spark.master": master}
