"""Shards: groups of candidates that share a key of the keyed state.

Spark calls a keyed operator once for each key of a batch, and each call costs as much as folding a
dozen events. So the operator is keyed by shard, one for each partition of the state, and keeps a
map of the shard's candidates.
"""

import json
from dataclasses import dataclass
from itertools import count

from pyspark.sql import Column, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the field's usual name

from streaming.errors import CareerstreamError
from streaming.spark.internals.hadoop_files import HadoopFiles

_MASK = 0xFFFFFFFF
_PARTITIONS = "spark.sql.shuffle.partitions"
_OPERATOR = "transformWithState"
"""How the operator's name begins in a checkpoint's metadata."""


@dataclass(frozen=True)
class Shards:
    """The shards of a query's state."""

    numbers: tuple[int, ...]
    """One for each partition: the smallest number that Spark's hash puts there."""

    def column(self, key: Column) -> Column:
        """Return the shard of a binary key, an int named `shard`; null for a null key.

        The column must be nullable: its type stands in checkpoints.
        """
        place = F.pmod(F.crc32(key), F.lit(len(self.numbers))).cast("int")
        numbers = F.array(*map(F.lit, self.numbers))
        return F.try_element_at(numbers, place + 1).alias("shard")


def shards(spark: SparkSession, checkpoint: str) -> Shards:
    """Return the shards of a query's state.

    The number of partitions is fixed when a checkpoint begins; a later setting changes nothing. The
    checkpoint, a path or URI, may not be there yet.

    Raises:
        CareerstreamError: the checkpoint is of another query.
    """
    partitions = _partitions(spark, checkpoint)
    numbers: dict[int, int] = {}
    for number in count():
        # `HashPartitioning` puts a key into the partition of its `hash`.
        numbers.setdefault(spark_hash(number) % partitions, number)
        if len(numbers) == partitions:
            break
    return Shards(tuple(numbers[place] for place in range(partitions)))


def spark_hash(number: int) -> int:
    """Return Spark's `hash` of a non-negative int: MurmurHash3 for 32 bits with the seed 42.

    To ask Spark itself takes two seconds of a start.
    """
    mixed = number * 0xCC9E2D51 & _MASK
    mixed = (mixed << 15 | mixed >> 17) * 0x1B873593 & _MASK
    mixed ^= 42
    mixed = (mixed << 13 | mixed >> 19) * 5 + 0xE6546B64 & _MASK
    mixed ^= 4  # the number's bytes
    mixed = (mixed ^ mixed >> 16) * 0x85EBCA6B & _MASK
    mixed = (mixed ^ mixed >> 13) * 0xC2B2AE35 & _MASK
    mixed ^= mixed >> 16
    return mixed - (mixed >> 31 << 32)  # signed


def _partitions(spark: SparkSession, checkpoint: str) -> int:
    """Return a checkpoint's number of partitions; without a checkpoint, the session's."""
    files = HadoopFiles(spark)
    if not any(name.isdigit() for name in files.list(f"{checkpoint}/commits")):
        first = _partitions_of_first_batch(files, checkpoint)
        return first or int(str(spark.conf.get(_PARTITIONS, "1")))
    metadata = spark.read.format("state-metadata").load(checkpoint).collect()
    if not metadata or [row for row in metadata if not row["operatorName"].startswith(_OPERATOR)]:
        raise CareerstreamError(
            f"the checkpoint {checkpoint} is not one of profiles; move it away, and "
            "`careerstream rebuild-profiles --checkpoint` makes another"
        )
    return int(metadata[0]["numPartitions"])


def _partitions_of_first_batch(files: HadoopFiles, checkpoint: str) -> int | None:
    """Read the number from the log of offsets; None where no batch has begun.

    The metadata of a query that was killed in its first batch may be missing or half written. Spark
    repeats the batch with the configuration that this log names.
    """
    batches = [name for name in files.list(f"{checkpoint}/offsets") if name.isdigit()]
    if not batches:
        return None
    log = files.read_bytes(f"{checkpoint}/offsets/{max(batches, key=int)}").decode()
    # The lines: version of the format, metadata, then one for each source.
    return int(json.loads(log.splitlines()[1])["conf"][_PARTITIONS])
