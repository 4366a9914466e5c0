"""Shards: the groups of candidates that the keyed state is asked for.

Spark calls a Python operator once for each key of a batch, and each call costs as much as folding
a dozen events. So the operator is keyed by shard, one for each partition of the state, and keeps a
map of candidates.

Spark also writes all rows of a key into memory before Python reads the first. So of a backlog a
shard's messages come in portions, each under a number of its own that Spark gives to the same
partition.
"""

import json
from dataclasses import dataclass
from itertools import chain, count
from typing import Any

from pyspark.sql import Column, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the field's usual name

_PARTITIONS = "spark.sql.shuffle.partitions"
_SEED = 42
"""Of the hash by which Spark gives keys to partitions (`HashPartitioning`, Murmur3)."""
_PORTIONS = 30
"""Of all shards together."""
_FRESH_SECONDS = 10
"""A message that has waited for less comes undivided with all others of the kind, so that a small
batch is one call for each shard."""


@dataclass(frozen=True)
class Shards:
    """The shards of a query's state."""

    numbers: tuple[tuple[int, ...], ...]
    """For each partition the smallest numbers that Spark gives to it: its shard's, under which the
    state is kept, and those of the shard's portions."""

    def column(self, key: Column) -> Column:
        """Return the shard of a binary key, an int named `shard`; that of a null key is null.

        Spark's type of it stands in checkpoints: if it could not be null, they would not fit.
        """
        shards = F.array(*(F.lit(first) for first, *_ in self.numbers))
        return F.try_element_at(shards, self._place(key) + 1).alias("shard")

    def portion(self, key: Column, produced: Column) -> Column:
        """Return the portion in which a message comes, named as its `shard` is.

        All messages of a key that have waited are in one portion.

        Args:
            key: the message's, binary.
            produced: the message's own time, held against that of the batch, which a repeated batch
                keeps.
        """
        of_each = len(self.numbers[0])
        if of_each == 1:
            return self.column(key)
        waited = F.pmod(F.shiftright(F.crc32(key), 16), F.lit(of_each - 1)) + 1
        fresh = produced > F.current_timestamp() - F.make_dt_interval(secs=F.lit(_FRESH_SECONDS))
        place = self._place(key) * of_each + F.when(fresh, 0).otherwise(waited).cast("int")
        numbers = F.array(*map(F.lit, chain.from_iterable(self.numbers)))
        return F.try_element_at(numbers, place + 1).alias("shard")

    def shard_of(self) -> dict[int, int]:
        """Return the number of its shard for that of each portion."""
        return {number: first for first, *rest in self.numbers for number in (first, *rest)}

    def _place(self, key: Column) -> Column:
        return F.pmod(F.crc32(key), F.lit(len(self.numbers))).cast("int")


def shards(spark: SparkSession, checkpoint: str) -> Shards:
    """Return the shards of a query's state.

    What a checkpoint was begun with is fixed: another number of partitions in the settings is of no
    effect, to Spark nor here.

    Args:
        spark: session of the job.
        checkpoint: of the query, a path or URI; it may not be there yet.
    """
    partitions = int(_begun_with(spark, checkpoint) or spark.conf.get(_PARTITIONS) or 1)
    portions = _PORTIONS // partitions
    wanted = 1 + (portions if portions > 1 else 0)
    jvm: Any = spark._jvm  # noqa: SLF001 - a query would take seconds of every start
    murmur3 = jvm.org.apache.spark.unsafe.hash.Murmur3_x86_32(_SEED)
    found: list[list[int]] = [[] for _ in range(partitions)]
    numbers = count()
    while any(len(of_one) < wanted for of_one in found):
        number = next(numbers)
        found[murmur3.hashInt(number) % partitions].append(number)
    return Shards(tuple(tuple(of_one[:wanted]) for of_one in found))


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
