"""Spark's Python daemon, with what a model needs loaded before any worker is forked.

A worker that is handed its first profile would otherwise import PyTorch and MLflow, which holds a
batch up for many seconds, and each would have its own copy of them in memory. Set as
`spark.python.daemon.module`.
"""

import importlib
import sys
from contextlib import suppress

MODULES = ("mlflow.pyfunc", "numpy", "orjson", "pyarrow.parquet", "threadpoolctl", "torch")


def preload() -> None:
    """Import the libraries; what is missing or broken is missed by whoever needs it."""
    # What they print would be taken for the port that the daemon tells Spark.
    out, sys.stdout = sys.stdout, sys.stderr
    try:
        for name in MODULES:
            with suppress(Exception):
                importlib.import_module(name)
    finally:
        sys.stdout = out


if __name__ == "__main__":
    preload()
    from pyspark.daemon import manager

    manager()
