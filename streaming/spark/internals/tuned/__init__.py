"""Private parts of Spark that make the stream faster; each has a plain path beside it.

Every module says what it does, why, what it brings, which version of Spark it was tried on
(`TRIED_ON`) and when it can go. Its `check` fails where this Spark does not have what it needs.
"""

TRIED_ON = "4.2.0"
"""The version of PySpark that these modules were tried on."""
