"""The Spark session: how many tasks run at a time where tables are written beside the hot path."""

import pytest

from streaming.session import spare_tasks


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
    "master", ["yarn", "spark://host:7077", "local[2,4]", "local-cluster[2,1,512]"]
)
def test_other_masters_stay_as_they_are(master):
    assert spare_tasks(master) == {"spark.master": master}
