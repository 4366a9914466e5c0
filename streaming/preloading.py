"""Spark's Python daemon, with libraries loaded before any worker is forked.

A worker that is handed its first profile would otherwise import PyTorch and MLflow, which holds a
batch up for many seconds, and each would have its own copy of them in memory. A session that scores
nothing goes without these. Set as `spark.python.daemon.module`.
"""

import gc
import importlib
import os
import sys
from contextlib import suppress

SCORES = "CAREERSTREAM_SCORES"
"""Environment variable: set where workers score."""
MODULES = ("numpy", "orjson", "pandas", "pyarrow.parquet", "streaming.profiles")
"""What every worker needs."""
MODELS_MODULES = ("mlflow.pyfunc", "threadpoolctl", "torch")
"""What a model needs beside them."""


def preload() -> None:
    """Import the libraries; what is missing or broken is missed by whoever needs it.

    They are kept out of the search for garbage: Spark has every worker make a whole one after each
    task, which took 0.15 s among what PyTorch and MLflow consist of, several times a batch.
    """
    # What they print would be taken for the port that the daemon tells Spark.
    out, sys.stdout = sys.stdout, sys.stderr
    try:
        for name in MODULES + (MODELS_MODULES if os.environ.get(SCORES) else ()):
            with suppress(Exception):
                importlib.import_module(name)
    finally:
        sys.stdout = out
    gc.collect()
    gc.freeze()


if __name__ == "__main__":
    preload()
    from pyspark.daemon import manager

    manager()
