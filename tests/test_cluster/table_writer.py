"""A driver that writes, compacts or reads a table on S3, for `test_object_store.py`."""

import json
import os
import sys
from pathlib import Path

from delta.tables import DeltaTable
from py4j.protocol import Py4JJavaError

from streaming.settings import Settings, SparkSettings, StorageSettings
from streaming.spark.session import logged_session

LAKE, NAME, ROLE, *ARGUMENTS = sys.argv[1:]
PLACE = f"{LAKE}/table"
SCHEMA = "writer string, number long"


def write(spark, count):
    for number in range(int(count)):
        rows = spark.createDataFrame([(NAME, number)], SCHEMA)
        rows.write.format("delta").mode("append").save(PLACE)
    return {"written": int(count)}


def compact(spark):
    table, done = DeltaTable.createIfNotExists(spark), 0
    table.location(PLACE).addColumns(spark.createDataFrame([], SCHEMA).schema).execute()
    Path("created").touch()
    while not Path("end").exists():
        [metrics] = DeltaTable.forPath(spark, PLACE).optimize().executeCompaction().collect()
        done += metrics.metrics.numFilesRemoved > 0
    return {"compacted": done}


def read(spark):
    rows = spark.read.format("delta").load(PLACE).collect()
    conf = spark._jsparkSession.sparkContext().hadoopConfiguration()
    jvm = spark._jvm
    name = spark.conf.get("spark.delta.logStore.s3a.impl")
    loaded = jvm.Thread.currentThread().getContextClassLoader().loadClass(name)
    kinds = jvm.java.lang.Class.forName("org.apache.hadoop.conf.Configuration")
    store = loaded.getConstructor(array(spark, "java.lang.Class", kinds)).newInstance(
        array(spark, "java.lang.Object", conf)
    )
    path = jvm.org.apache.hadoop.fs.Path(f"{LAKE}/commit.json")
    said = {}
    for asked, line in (("first", "{}"), ("again", "{}"), ("twice", "{other}")):
        lines = jvm.java.util.ArrayList()
        lines.add(line)
        try:
            store.write(path, lines.iterator(), False, conf)  # noqa: FBT003 - Java's overwrite
            said[asked] = "ours"
        except Py4JJavaError as error:
            said[asked] = error.java_exception.getClass().getSimpleName()
    return {"rows": sorted([row.writer, row.number] for row in rows), "store": name, **said}


def array(spark, kind, value):
    made = spark.sparkContext._gateway.new_array(
        getattr(spark._jvm.java.lang, kind.rpartition(".")[2]), 1
    )
    made[0] = value
    return made


if __name__ == "__main__":
    settings = Settings(
        home=Path(f"home-{NAME}"),
        storage=StorageSettings(lake=LAKE),
        spark=SparkSettings(
            conf=json.loads(os.environ["SPARK_CONF"]) | {"spark.ui.enabled": "false"},
            driver_memory="1g",
            master="local[1]",
        ),
    )
    with logged_session(settings, ROLE) as session:
        print(json.dumps(globals()[ROLE](session, *ARGUMENTS)))
