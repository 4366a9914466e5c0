"""Shards: groups of candidates that share a key of the keyed state.

Spark calls a keyed operator once for each key of a batch, and each call costs as much as folding a
dozen events. So the operator is keyed by shard, one for each partition of the state, and keeps a
map of the shard's candidates.
"""

import json
from dataclasses import dataclass, field
from itertools import count

from pyspark.sql import Column, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the field's usual name

from streaming.errors import CareerstreamError, SettingsError
from streaming.privacy.pseudonyms import PATTERN, PREFIX, TAG_DIGITS, Pseudonyms
from streaming.spark.internals.hadoop_files import HadoopFiles

_MASK = 0xFFFFFFFF
_PARTITIONS = "spark.sql.shuffle.partitions"
_KEY_FILE = "pseudonyms"
"""In a checkpoint's folder: the fingerprint of the key; there is none where ids are used."""
_OPERATOR = "transformWithState"
"""How the operator's name begins in a checkpoint's metadata."""


@dataclass(frozen=True)
class Shards:
    """The shards of a query's state."""

    numbers: tuple[int, ...]
    """One for each partition: the smallest number that Spark's hash puts there."""
    tag_key: bytes | None = field(default=None, repr=False)
    """With pseudonyms, the key of their tags (`privacy.pseudonyms`)."""

    def column(self, key: Column) -> Column:
        """Return the shard of a binary key, an int named `shard`; null for a null key.

        With pseudonyms, an id and its pseudonym have one shard. The column must be nullable: its
        type stands in checkpoints.
        """
        number = F.crc32(key) if self.tag_key is None else _tag(key, self.tag_key)
        place = F.pmod(number, F.lit(len(self.numbers))).cast("int")
        numbers = F.array(*map(F.lit, self.numbers))
        return F.try_element_at(numbers, place + 1).alias("shard")


def shards(spark: SparkSession, checkpoint: str, pseudonyms: Pseudonyms | None = None) -> Shards:
    """Return the shards of a query's state.

    The number of partitions is fixed when a checkpoint begins; a later setting changes nothing. The
    checkpoint, a path or URI, may not be there yet.

    Raises:
        CareerstreamError: the checkpoint is of another query.
        SettingsError: its state has ids where pseudonyms are wanted, or pseudonyms of another key.
    """
    _require_same_names(HadoopFiles(spark), checkpoint, pseudonyms)
    partitions = partitions_of(spark, checkpoint)
    numbers: dict[int, int] = {}
    for number in count():
        # `HashPartitioning` puts a key into the partition of its `hash`.
        numbers.setdefault(spark_hash(number) % partitions, number)
        if len(numbers) == partitions:
            break
    tag_key = None if pseudonyms is None else pseudonyms.shard_key
    return Shards(tuple(numbers[place] for place in range(partitions)), tag_key)


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


def _require_same_names(files: HadoopFiles, checkpoint: str, pseudonyms: Pseudonyms | None) -> None:
    """Keep beside a checkpoint with which key its state was begun, and compare it."""
    file, wanted = f"{checkpoint}/{_KEY_FILE}", "" if pseudonyms is None else pseudonyms.fingerprint
    known = files.read_bytes(file).decode() if files.exists(file) else ""
    has_begun = known or any(name.isdigit() for name in files.list(f"{checkpoint}/commits"))
    if known != wanted and has_begun:
        began = f"pseudonyms of the key {known}" if known else "the ids of candidates"
        now = f"pseudonyms of the key {wanted}" if wanted else "none (privacy.pseudonyms)"
        raise SettingsError(
            f"the state in {checkpoint} has {began}, and the settings ask for {now}; give the "
            "settings that it was begun with, or begin with another home"
        )
    if wanted and not known:
        files.write_bytes(file, wanted.encode())


def _tag(key: Column, tag_key: bytes) -> Column:
    """Return the tag of a pseudonym, or of the one that an id would have, as a number."""
    text = key.cast("string")
    hashed = F.sha2(F.concat(F.lit(bytearray(tag_key)), key), 256)
    known = F.substring(text, len(PREFIX) + 1, TAG_DIGITS)
    tag = F.when(text.rlike(f"^{PATTERN}$"), known).otherwise(F.substring(hashed, 1, TAG_DIGITS))
    return F.conv(tag, 16, 10).cast("long")


def partitions_of(spark: SparkSession, checkpoint: str) -> int:
    """Return a checkpoint's number of partitions; without a checkpoint, the session's.

    Raises:
        CareerstreamError: the checkpoint is of another query.
    """
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
