"""Metrics of running jobs, in Prometheus' form.

`definitions` lists the metrics and `registry` holds their values. `query_progress` fills them from
Spark's reports, `accumulators` from what workers count. `http_endpoint` serves them.
"""
