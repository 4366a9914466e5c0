"""The Spark session: what its JVM starts from, and how many tasks run at a time."""

from pathlib import Path

import pytest

from streaming import parts
from streaming.session import spare_tasks


@pytest.mark.spark
def test_spark_starts_from_the_classes_that_set_up_collected(spark):
    jvm = spark._jvm.java.lang.ProcessHandle.current().pid()
    # A JVM that cannot use the file says nothing and leaves it aside.
    assert str(parts.class_archive()) in Path(f"/proc/{jvm}/maps").read_text()


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
    assert spare_tasks(master) == {"spark.master": runs, "spark.default.parallelism": parts}


@pytest.mark.parametrize(
    "master", ["yarn", "spark://host:7077", "local[*]", "local[2,4]", "local-cluster[2,1,512]"]
)
def test_other_masters_stay_as_they_are(master):
    assert spare_tasks(master) == {"spark.master": master}
