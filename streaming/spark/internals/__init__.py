"""Everything that reaches into private parts of Spark, py4j, Hadoop or Delta. No other room does.

This folder holds what is always on: what has no public Python API, and what mends a fault of
Spark's. `tuned/` holds what makes the stream faster; `streaming.spark.tuning` decides whether it
runs.
"""
