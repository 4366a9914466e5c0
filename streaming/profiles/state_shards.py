"""Shards: the groups of candidates that the keyed state is asked for.

Spark calls a Python operator once for each key of a batch, and each call costs as much as folding
a dozen events. So the operator is keyed by shard, one for each partition of the state, and keeps a
map of candidates.
"""

import json
from dataclasses import dataclass
from itertools import count
from typing import Any

from pyspark.sql import Column, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the field's usual name

_PARTITIONS = "spark.sql.shuffle.partitions"
_SEED = 42
"""Of the hash by which Spark gives keys to partitions (`HashPartitioning`, Murmur3)."""


@dataclass(frozen=True)
class Shards:
    """The shards of a query's state."""

    numbers: tuple[int, ...]
    """One for each partition: the smallest number that Spark gives to it."""

    def column(self, key: Column) -> Column:
        """Return the shard of a binary key, an int named `shard`; that of a null key is null.

        Spark's type of it stands in checkpoints: if it could not be null, they would not fit.
        """
        place = F.pmod(F.crc32(key), F.lit(len(self.numbers))).cast("int")
        numbers = F.array(*map(F.lit, self.numbers))
        return F.try_element_at(numbers, place + 1).alias("shard")


def shards(spark: SparkSession, checkpoint: str) -> Shards:
    """Return the shards of a query's state.

    What a checkpoint was begun with is fixed: another number of partitions in the settings is of no
    effect, to Spark nor here.

    Args:
        spark: session of the job.
        checkpoint: of the query, a path or URI; it may not be there yet.
    """
    partitions = int(_begun_with(spark, checkpoint) or spark.conf.get(_PARTITIONS) or 1)
    jvm: Any = spark._jvm  # noqa: SLF001 - a query would take seconds of every start
    murmur3 = jvm.org.apache.spark.unsafe.hash.Murmur3_x86_32(_SEED)
    found: dict[int, int] = {}
    numbers = count()
    while len(found) < partitions:
        number = next(numbers)
        found.setdefault(murmur3.hashInt(number) % partitions, number)
    return Shards(tuple(found[place] for place in range(partitions)))


def _begun_with(spark: SparkSession, checkpoint: str) -> str | None:
    """Read the number of partitions that Spark wrote down in a checkpoint."""
    jvm: Any = spark._jvm  # noqa: SLF001 - the only way to Hadoop's file systems
    folder = jvm.org.apache.hadoop.fs.Path(f"{checkpoint}/offsets")
    conf = spark._jsparkSession.sparkContext().hadoopConfiguration()  # noqa: SLF001
    files = folder.getFileSystem(conf)
    if not files.exists(folder):
        return None
    batches = [
        int(name) for one in files.listStatus(folder) if (name := one.getPath().getName()).isdigit()
    ]
    if not batches:
        return None
    stream = files.open(jvm.org.apache.hadoop.fs.Path(folder, str(max(batches))))
    try:
        text = jvm.org.apache.commons.io.IOUtils.toString(stream, "UTF-8")
    finally:
        stream.close()
    # A line with the format's version, one with metadata, then one for each source.
    written: str = json.loads(text.splitlines()[1])["conf"][_PARTITIONS]
    return written
