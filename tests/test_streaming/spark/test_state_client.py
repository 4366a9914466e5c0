"""Documents in Spark's keyed state, over batches and of any size."""

import json
from contextlib import suppress
from pathlib import Path

import pyarrow as pa
import pytest
from pyspark.errors import StreamingQueryException

from streaming.spark.internals.arrow_operator import ArrowProcessor
from streaming.spark.internals.state_client import Documents

pytestmark = pytest.mark.spark

LARGE, MANY = 100_000, 150
"""More in one go than sockets hold, and than are asked for at once."""


def keeper():
    """Make a processor of a class that workers can do without this module for."""

    class Keeper(ArrowProcessor):
        """Tells what it holds of some keys, and then keeps what it is given."""

        def init(self, handle):
            self.documents = Documents(handle, "kept")

        def handleInputRows(self, key, rows, timerValues):  # noqa: N802, N803 - Spark's names
            del key, timerValues
            rows = [row for batch in rows for row in batch.to_pylist()]
            given = {row["name"]: row["letter"] * row["size"] for row in rows}
            before = self.documents.get([*given, "nobody"])
            self.documents.put(given)
            after = self.documents.get(list(given))
            assert self.documents.get([]) == []
            told = json.dumps([text and [text[0], len(text)] for text in before])
            right = after == list(given.values())
            yield pa.RecordBatch.from_pylist([{"before": told, "right": right}])

        def close(self):
            self.documents.leave()

    return Keeper()


@pytest.fixture
def keep(spark, tmp_path):
    """Send batches of rows of name, letter and size through the state, by one query."""
    inputs = tmp_path / "inputs"
    inputs.mkdir()

    def kept(processor, *batches, shard="1"):
        for rows in batches:
            named = (dict(zip(("name", "letter", "size"), row, strict=True)) for row in rows)
            file = inputs / f"{len(list(inputs.iterdir()))}.json"
            file.write_text("\n".join(map(json.dumps, named)))
        told = []
        reader = spark.readStream.schema("name string, letter string, size int")
        stream = reader.option("maxFilesPerTrigger", 1).json(str(inputs))
        query = (
            stream.selectExpr("*", f"{shard} as shard")
            .groupBy("shard")
            .transformWithState(processor, "before string, right boolean", "update", "none")
            .writeStream.foreachBatch(lambda batch, _: told.extend(batch.collect()))
            .outputMode("update")
            .trigger(availableNow=True)
            .option("checkpointLocation", str(tmp_path / "checkpoint"))
            .start()
        )
        try:
            query.processAllAvailable()
        finally:
            query.stop()
        return told

    return kept


def test_documents_of_any_number_and_size_are_kept(keep):
    names = [f"张三-{number}" for number in range(MANY)]
    [first] = keep(keeper(), [(name, "a", LARGE) for name in names])
    assert first.right
    assert json.loads(first.before) == [None] * (MANY + 1)
    [second] = keep(keeper(), [(names[3], "é", 5), ("c1", "字", 2), (names[7], "b", 0)])
    assert second.right
    assert json.loads(second.before) == [["a", LARGE], None, ["a", LARGE], None]
    [third] = keep(keeper(), [("c1", "c", 1), (names[3], "c", 1), (names[7], "c", 1)])
    assert json.loads(third.before) == [["字", 2], ["é", 5], "", None]


def test_shards_that_share_a_task_keep_their_own(keep):
    """One name in more shards than there are partitions."""
    letters = "abcdefgh"
    told = keep(keeper(), [("c1", letter, 3) for letter in letters], shard="letter")
    assert [json.loads(one.before) for one in told] == [[None, None]] * len(letters)
    told = keep(keeper(), [("c1", letter, 1) for letter in letters], shard="letter")
    found = sorted(json.loads(one.before)[0] for one in told)
    assert found == [[letter, 3] for letter in letters]


def test_what_cannot_be_kept_fails_the_task(keep):
    def forgetful():
        class Forgetful(ArrowProcessor):
            """Keeps, in a state that is not there, and asks for nothing afterwards."""

            def init(self, handle):
                self.documents = Documents(handle, "kept")
                self.documents._name = "elsewhere"

            def handleInputRows(self, key, rows, timerValues):  # noqa: N802, N803 - Spark's names
                del key, timerValues
                [batch] = rows
                self.documents.put({row["name"]: row["letter"] for row in batch.to_pylist()})
                return iter(())

            def close(self):
                self.documents.leave()

        return Forgetful()

    with pytest.raises(StreamingQueryException, match="state elsewhere gave no answer"):
        keep(forgetful(), [("c1", "a", 1)])


def test_a_second_map_of_a_processor_is_refused(keep):
    def greedy():
        class Greedy(ArrowProcessor):
            """Would take the answers to the one for those to the other."""

            def init(self, handle):
                self.handle, self.documents = handle, Documents(handle, "kept")

            def handleInputRows(self, key, rows, timerValues):  # noqa: N802, N803 - Spark's names
                del key, rows, timerValues
                Documents(self.handle, "more")
                return iter(())

        return Greedy()

    with pytest.raises(StreamingQueryException, match="state more: a processor can have one map"):
        keep(greedy(), [("c1", "a", 1)])


def test_no_connection_is_left_open(spark, keep):
    jvm = int(spark._jvm.java.lang.ProcessHandle.current().pid())

    def connections():
        # The path of the JVM's end of each is that of a server which is gone.
        mine = {socket(file) for file in Path(f"/proc/{jvm}/fd").iterdir()}
        lines = Path("/proc/net/unix").read_text(encoding="utf-8").splitlines()[1:]
        return sum(f"socket:[{line.split()[6]}]" in mine for line in lines)

    def socket(file):
        with suppress(FileNotFoundError):  # it has been closed since
            return file.readlink().name
        return None

    keep(keeper(), [("c1", "a", 1)])  # workers, and what else stays
    before = connections()
    batches = [[(f"c{number}", "a", 1)] for number in range(8)]
    assert len(keep(keeper(), *batches)) == len(batches)
    assert connections() <= before + 2  # Spark's own, of a query's start
