"""Shards: the groups of candidates that the keyed state is asked for.

Spark calls a Python operator once for each key of a batch, and each call costs as much as folding
a dozen events. So the operator is keyed by shard and keeps a map of candidates.
"""

import zlib

from pyspark.sql import Column
from pyspark.sql import functions as F  # noqa: N812 - the field's usual name

SHARDS = (
    *(38, 64, 57, 80, 37, 29, 32, 35, 13, 62, 191, 7, 177, 192, 28, 0),
    *(67, 74, 5, 143, 65, 44, 2, 75, 148, 17, 76, 41, 25, 15, 239, 116),
    *(12, 138, 10, 1, 50, 20, 183, 216, 107, 6, 98, 189, 73, 30, 36, 24),
    *(186, 16, 205, 69, 109, 54, 22, 87, 198, 39, 49, 33, 52, 43, 4, 21),
)
"""Of each remainder by 64, the smallest number whose hash leaves it. Spark gives a key to the
partition that its hash leaves as remainder: so 2, 4, 8 to 64 partitions have equal numbers of
shards, where the numbers from 0 to 63 would give one of two partitions a third more than the other.

There are as many whatever the number of partitions is, since a candidate's state stands under the
shard; more partitions of the state than shards have no work."""


def shard_of(key: bytes) -> int:
    """Return the shard of a key, one of `SHARDS`; in Python, as `shard` does in the JVM."""
    return SHARDS[zlib.crc32(key) % len(SHARDS)]


def shard(key: Column) -> Column:
    """Return the shard of a key.

    Args:
        key: binary.

    Returns:
        An int, one of `SHARDS`, named `shard`.
    """
    place = F.pmod(F.crc32(key), F.lit(len(SHARDS))).cast("int")
    return F.element_at(F.array(*map(F.lit, SHARDS)), place + 1).alias("shard")
