"""What a round draws: by hashes of ids with the round's number, so every round draws anew.

Nothing stays undrawn for ever. Events have the same chance in each round: with T events and n
drawn, one stays undrawn for 5 T / n rounds with a probability of 1 %.
"""

from hashlib import blake2b

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the field's usual name

_HOUR = 3_600_000
"""In milliseconds."""


def place(number: int) -> int:
    """Return a place of a topic for a round, for `read_around`."""
    return int.from_bytes(blake2b(str(number).encode(), digest_size=8).digest())


def in_drawn_order(rows: DataFrame, number: int, *ids: str) -> DataFrame:
    """Sort rows by the hash of their ids and a round's number.

    With a limit, Spark keeps so many rows in memory and no more.
    """
    return rows.orderBy(F.xxhash64(F.lit(number), *ids))


def recent(rows: DataFrame, hours: float) -> DataFrame:
    """Leave out rows of a table of messages that are so much older than its newest."""
    [newest] = rows.select(F.unix_millis(F.max("produced_at"))).collect()
    if newest[0] is None:
        return rows.limit(0)
    since = F.timestamp_millis(F.lit(newest[0] - round(hours * _HOUR)))
    return rows.where(F.col("produced_at") >= since)
