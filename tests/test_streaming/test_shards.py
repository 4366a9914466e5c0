"""Shards: one for each partition of the state, the same in Python and in the JVM."""

import json

import pytest
from pyspark.sql import functions as F  # noqa: N812 - the field's usual name

from streaming import reading
from streaming.fold import EventSeen, StatedSeen
from streaming.shards import Shards, shards

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
    assert {bytes(row["key"]): row["shard"] for row in found} == {k: made.of(k) for k in KEYS}
    assert {(row["shard"], row["place"]) for row in found} == {
        (number, place) for place, number in enumerate(made.numbers)
    }


@pytest.mark.spark
def test_without_a_checkpoint_there_are_as_many_as_the_session_says(spark, tmp_path):
    wanted = int(spark.conf.get("spark.sql.shuffle.partitions"))
    assert len(shards(spark, f"{tmp_path}/none").numbers) == wanted
    assert len(shards(spark, f"file:{tmp_path}/none").numbers) == wanted


def test_shards_are_about_as_large():
    of_each = [Shards((0, 1)).of(key) for key in KEYS]
    assert 200 < sum(of_each) < 300


@pytest.mark.parametrize("held", [2**24, 100, 1])
def test_packs_of_any_size_give_all_that_they_hold_of_each(monkeypatch, held):
    monkeypatch.setattr(reading, "_HELD_BYTES", held)
    event = {
        "event_id": "e", "posting_id": "p", "kind": "view", "event_time": "t", "offset": 1,
        "produced_at": "t", "duration_seconds": None,
    }  # fmt: skip
    stated = {"stated": {"skills": ["Java"]}, "offset": 2, "produced_at": "t"}
    packs = [
        reading.pack({f"c{n}": [EventSeen(**(event | {"offset": n}))] for n in range(20)}),
        reading.pack({f"c{n}": [StatedSeen(**stated)] for n in range(0, 40, 2)}),
    ]
    given = list(reading.unpack(packs))
    assert len(given) == len({candidate for candidate, _ in given}) == 30
    found = dict(given)
    assert found["c1"] == [EventSeen(**event)]
    assert found["c4"] == [EventSeen(**(event | {"offset": 4})), StatedSeen(**stated)]
