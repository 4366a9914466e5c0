"""Shards: groups of candidates that share a key of the keyed state.

Spark calls a keyed operator once for each key of a batch, and each call costs as much as folding a
dozen events. So the operator is keyed by shard, one for each partition of the state, and keeps a
map of the shard's candidates.
"""

import json
from dataclasses import dataclass

from pyspark.sql import Column, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the field's usual name

from streaming.errors import CareerstreamError
from streaming.spark.internals.hadoop_files import HadoopFiles

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
    tried = 8
    while len(numbers) < partitions:
        tried *= 2
        # `HashPartitioning` puts a key into the partition of its `hash`. Literals: no Spark job.
        hashes = f"transform(sequence(0, {tried}), n -> pmod(hash(n), {partitions})) AS places"
        for number, place in enumerate(spark.sql(f"SELECT {hashes}").first().places):  # type: ignore[union-attr]
            numbers.setdefault(place, number)
    return Shards(tuple(numbers[place] for place in range(partitions)))


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
