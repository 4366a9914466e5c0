"""What running jobs tell about themselves, in Prometheus' form.

`table` says which metrics there are, `meters` holds their values, `progress` fills them from what
Spark reports of its queries, `tally` from what workers count, `endpoint` serves them.
"""
