"""Shards: the groups of candidates that the keyed state is asked for.

Spark calls a Python operator once for each key of a batch, and each call costs as much as folding
a dozen events. So the operator is keyed by shard and keeps a map of candidates.
"""

from pyspark.sql import Column
from pyspark.sql import functions as F  # noqa: N812 - the field's usual name

SHARDS = 64
"""Whatever the number of partitions is: a candidate's state stands under the shard. So many
partitions of the state at most have work."""


def shard(key: Column) -> Column:
    """Return the shard of a key.

    Args:
        key: binary.

    Returns:
        An int from 0 to `SHARDS` - 1, named `shard`.
    """
    return F.pmod(F.hash(key), F.lit(SHARDS)).alias("shard")
