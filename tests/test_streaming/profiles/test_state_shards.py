"""Shards: one for each partition of the state, the same for ever."""

import json
import zlib

import pytest
from pyspark.sql import functions as F  # noqa: N812 - the field's usual name
from pyspark.sql.types import IntegerType

from streaming.errors import CareerstreamError
from streaming.privacy.pseudonyms import Pseudonyms
from streaming.profiles.message_reader import with_shards
from streaming.profiles.state_shards import Shards, shards, spark_hash

KEYS = [*(f"c{number}".encode() for number in range(500)), "张三".encode(), b"", b"\xff"]


@pytest.mark.spark
@pytest.mark.parametrize("partitions", [1, 2, 3, 16])
def test_each_partition_of_the_state_has_one(spark, tmp_path, partitions):
    offsets = tmp_path / "offsets"
    offsets.mkdir()
    begun = {"conf": {"spark.sql.shuffle.partitions": str(partitions)}}
    (offsets / "7").write_text(f"v1\n{json.dumps(begun)}\n{{}}\n")
    (offsets / ".7.crc").write_bytes(b"crc")
    made = shards(spark, str(tmp_path))
    rows = spark.createDataFrame([(bytearray(key),) for key in KEYS], "key binary")
    # As Spark spreads keys over the partitions of a shuffle.
    place = F.pmod(F.hash("shard"), F.lit(partitions)).alias("place")
    found = rows.select("key", made.column(F.col("key"))).select("key", "shard", place).collect()
    # Checkpoints hold each candidate under the shard of its key's CRC-32.
    assert {bytes(row["key"]): row["shard"] for row in found} == {
        key: made.numbers[zlib.crc32(key) % partitions] for key in KEYS
    }
    assert {(row["shard"], row["place"]) for row in found} == {
        (number, place) for place, number in enumerate(made.numbers)
    }


@pytest.mark.spark
def test_numbers_are_hashed_as_spark_does(spark):
    numbers = [*range(2_000), 2**16, 2**31 - 1]
    rows = spark.createDataFrame([(number,) for number in numbers], "number int")
    hashes = {row[0]: row[1] for row in rows.select("number", F.hash("number")).collect()}
    assert {number: spark_hash(number) for number in numbers} == hashes


@pytest.mark.spark
def test_a_checkpoint_of_another_query_is_refused(spark, tmp_path):
    (tmp_path / "commits").mkdir()
    (tmp_path / "commits" / "0").write_text("v1\n{}\n")
    with pytest.raises(CareerstreamError, match="is not one of profiles"):
        shards(spark, str(tmp_path))


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
    shard = with_shards(messages, Shards((0, 1))).schema["shard"]
    assert (shard.dataType, shard.nullable) == (IntegerType(), True)
    unnamed = spark.createDataFrame([(None,)], "key binary")
    assert unnamed.select(Shards((0, 1)).column(F.col("key"))).first().shard is None


@pytest.mark.spark
def test_an_id_and_its_pseudonym_have_one_shard(spark):
    pseudonyms = Pseudonyms(b"k" * 32)
    made = Shards((5, 6, 7), pseudonyms.shard_key)
    ids = [f"candidate {number}" for number in range(300)] + ["汉娜"]
    rows = [(one.encode(), pseudonyms.of(one).encode()) for one in ids]
    table = spark.createDataFrame(rows, "own binary, known binary")
    shards_of = table.select(
        made.column(F.col("own")).alias("own"), made.column(F.col("known")).alias("known")
    ).collect()
    assert all(row.own == row.known for row in shards_of)
    assert {row.own for row in shards_of} == {5, 6, 7}
