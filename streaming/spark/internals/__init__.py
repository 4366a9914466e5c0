"""All use of private parts of Spark, py4j, Hadoop, Delta and PyTorch. No other room has any.

This folder holds what is always on: what has no public Python API, and what mends a fault of
Spark's. `tuned/` holds what makes the stream faster; `streaming.spark.tuning` decides whether it
runs.
"""
