"""Workers that score are forked with a model's libraries loaded, and no others."""

import gc
import os
import subprocess
import sys

import pyarrow as pa
import pytest

from streaming.preloading import SCORES

LOADED = (
    "import sys; from streaming.preloading import preload; preload();"
    " print('torch' in sys.modules, 'pyarrow.parquet' in sys.modules)"
)


@pytest.mark.parametrize(("scores", "torch"), [("", "False"), ("1", "True")])
def test_models_are_loaded_where_workers_score(scores, torch):
    done = subprocess.run(
        [sys.executable, "-c", LOADED],
        env={**os.environ, SCORES: scores},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == [torch, "True"]


@pytest.mark.spark
def test_no_worker_searches_libraries_for_garbage(spark):
    def told(batches):
        for _ in batches:
            yield pa.RecordBatch.from_pydict({"count": [gc.get_freeze_count()]})

    [row] = spark.range(1).mapInArrow(told, "count long").collect()
    assert row["count"] > 100_000


@pytest.mark.spark
def test_the_workers_of_a_session_that_scores_have_them(spark):
    def told(batches):
        for _ in batches:
            yield pa.RecordBatch.from_pydict({"torch": ["torch" in sys.modules]})

    assert [row["torch"] for row in spark.range(1).mapInArrow(told, "torch boolean").collect()] == [
        True
    ]
