"""Shards: one for each partition of the state, the same for ever."""

import json
import zlib

import pytest
from pyspark.sql import functions as F  # noqa: N812 - the field's usual name
from pyspark.sql.types import IntegerType

from streaming.reading import sharded
from streaming.shards import Shards, shards

TWO = Shards(((0, 2, 4), (1, 3, 5)))
KEYS = [*(f"c{number}".encode() for number in range(500)), "张三".encode(), b"", b"\xff"]


@pytest.fixture
def begun_with(spark, tmp_path):
    """Give the shards of a checkpoint that was begun with some partitions."""

    def found(partitions):
        offsets = tmp_path / "offsets"
        offsets.mkdir()
        begun = {"conf": {"spark.sql.shuffle.partitions": str(partitions)}}
        (offsets / "7").write_text(f"v1\n{json.dumps(begun)}\n{{}}\n")
        (offsets / ".7.crc").write_bytes(b"crc")
        return shards(spark, str(tmp_path))

    return found


@pytest.mark.spark
@pytest.mark.parametrize("partitions", [1, 2, 3, 16])
def test_each_partition_of_the_state_has_one(spark, begun_with, partitions):
    made = begun_with(partitions)
    rows = spark.createDataFrame([(bytearray(key),) for key in KEYS], "key binary")
    # As Spark spreads keys over the partitions of a shuffle.
    place = F.pmod(F.hash("shard"), F.lit(partitions)).alias("place")
    found = rows.select("key", made.column(F.col("key"))).select("key", "shard", place).collect()
    # Checkpoints hold each candidate under the shard of its key's CRC-32.
    assert {bytes(row["key"]): row["shard"] for row in found} == {
        key: made.numbers[zlib.crc32(key) % partitions][0] for key in KEYS
    }
    assert {(row["shard"], row["place"]) for row in found} == {
        (first, place) for place, (first, *_) in enumerate(made.numbers)
    }
    every = [number for of_one in made.numbers for number in of_one]
    assert len(every) == len(set(every)) <= 30 + partitions
    placed = spark.createDataFrame([(number,) for number in every], "shard int").select(place)
    assert [row.place for row in placed.collect()] == [
        of for of, of_one in enumerate(made.numbers) for _ in of_one
    ]


@pytest.mark.spark
@pytest.mark.parametrize("partitions", [1, 2, 40])
def test_what_has_waited_comes_in_portions(spark, begun_with, partitions):
    made = begun_with(partitions)
    rows = spark.createDataFrame([(bytearray(key),) for key in KEYS], "key binary")
    own = [made.numbers[zlib.crc32(key) % partitions] for key in KEYS]

    def portions(seconds):
        produced = F.current_timestamp() - F.make_dt_interval(secs=F.lit(seconds))
        return [row.shard for row in rows.select(made.portion(F.col("key"), produced)).collect()]

    assert portions(5) == portions(-5) == [first for first, *_ in own]
    waited = portions(15)
    assert all(number in of_one for number, of_one in zip(waited, own, strict=True))
    assert len(set(waited)) == sum(max(1, len(of_one) - 1) for of_one in made.numbers)
    shard_of = made.shard_of()
    assert [shard_of[number] for number in waited] == [first for first, *_ in own]


@pytest.mark.spark
def test_without_a_checkpoint_there_are_as_many_as_the_session_says(spark, tmp_path):
    wanted = int(spark.conf.get("spark.sql.shuffle.partitions"))
    assert len(shards(spark, f"{tmp_path}/none").numbers) == wanted
    assert len(shards(spark, f"file:{tmp_path}/none").numbers) == wanted


@pytest.mark.spark
def test_state_that_was_kept_fits_what_is_selected(spark):
    """Checkpoints hold the type of a shard, and that it may be null."""
    columns = "topic string, partition int, offset long, timestamp timestamp, key binary"
    messages = spark.createDataFrame([], f"{columns}, value binary")
    shard = sharded(messages, TWO).schema["shard"]
    assert (shard.dataType, shard.nullable) == (IntegerType(), True)
    unnamed = spark.createDataFrame([(None,)], "key binary")
    assert unnamed.select(TWO.column(F.col("key"))).first().shard is None
    assert unnamed.select(TWO.portion(F.col("key"), F.current_timestamp())).first().shard is None
