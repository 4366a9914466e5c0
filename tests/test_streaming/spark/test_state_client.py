"""Documents in Spark's keyed state, over batches and of any size, on either path."""

import json
from contextlib import suppress
from pathlib import Path

import pyarrow as pa
import pytest
from pyspark.errors import StreamingQueryException

from streaming.profiles.documents import open_documents
from streaming.settings import Tuning
from streaming.spark.keyed_operator import stateful_processor

pytestmark = pytest.mark.spark

LARGE, MANY = 100_000, 150
"""More in one go than sockets hold, and than are asked for at once."""


ALL, NONE = frozenset(Tuning), frozenset[Tuning]()
PATHS = [ALL, NONE, ALL - {Tuning.ARROW_OPERATOR}, ALL - {Tuning.STATE_CLIENT}]
each_path = pytest.mark.parametrize("tuned", PATHS, ids=["all", "plain", "rows", "one-by-one"])


def keeper(tuned=ALL):
    """Make an operator of a class that workers can do without this module for."""

    class Keeper:
        """Tells what it holds of some keys, and then keeps what it is given."""

        def open(self, handle):
            self.documents = open_documents(handle, "kept", tuned)

        def process(self, batches):
            rows = [row for batch in batches for row in batch.to_pylist()]
            given = {row["name"]: row["letter"] * row["size"] for row in rows}
            before = self.documents.get([*given, "nobody"])
            self.documents.put(given)
            after = self.documents.get(list(given))
            assert self.documents.get([]) == []
            told = json.dumps([text and [text[0], len(text)] for text in before])
            right = after == list(given.values())
            yield pa.RecordBatch.from_pylist([{"before": told, "right": right}])

        def close(self):
            self.documents.close()

    return stateful_processor(Keeper(), tuned)


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


@each_path
def test_documents_of_any_number_and_size_are_kept(keep, tuned):
    names = [f"张三-{number}" for number in range(MANY)]
    [first] = keep(keeper(tuned), [(name, "a", LARGE) for name in names])
    assert first.right
    assert json.loads(first.before) == [None] * (MANY + 1)
    [second] = keep(keeper(tuned), [(names[3], "é", 5), ("c1", "字", 2), (names[7], "b", 0)])
    assert second.right
    assert json.loads(second.before) == [["a", LARGE], None, ["a", LARGE], None]
    [third] = keep(keeper(tuned), [("c1", "c", 1), (names[3], "c", 1), (names[7], "c", 1)])
    assert json.loads(third.before) == [["字", 2], ["é", 5], "", None]


@each_path
def test_small_requests_with_larger_answers_do_not_block_each_other(keep, tuned):
    """The kernel counts much more for a small request than its bytes."""
    names = [f"c{number}" for number in range(4_000)]
    assert keep(keeper(tuned), [(name, "a", 3_000) for name in names])[0].right
    [second] = keep(keeper(tuned), [(name, "b", 1) for name in names])
    assert second.right
    assert json.loads(second.before) == [*[["a", 3_000]] * len(names), None]


@pytest.mark.parametrize("order", [(ALL, NONE, ALL), (NONE, ALL, NONE)], ids=["all", "plain"])
def test_either_path_goes_on_from_the_checkpoint_of_the_other(keep, order):
    states = [
        keep(keeper(tuned), [("c1", letter, 1)]) for letter, tuned in zip("abc", order, strict=True)
    ]
    assert [json.loads(one.before)[0] for [one] in states] == [None, ["a", 1], ["b", 1]]


@each_path
def test_shards_that_share_a_task_keep_their_own(keep, tuned):
    """One name in more shards than there are partitions."""
    letters = "abcdefgh"
    told = keep(keeper(tuned), [("c1", letter, 3) for letter in letters], shard="letter")
    assert [json.loads(one.before) for one in told] == [[None, None]] * len(letters)
    told = keep(keeper(tuned), [("c1", letter, 1) for letter in letters], shard="letter")
    found = sorted(json.loads(one.before)[0] for one in told)
    assert found == [[letter, 3] for letter in letters]


def test_what_cannot_be_kept_fails_the_task(keep):
    def forgetful():
        class Forgetful:
            """Keeps, in a state that is not there, and asks for nothing afterwards."""

            def open(self, handle):
                self.documents = open_documents(handle, "kept", ALL)
                self.documents._name = "elsewhere"

            def process(self, batches):
                [batch] = batches
                self.documents.put({row["name"]: row["letter"] for row in batch.to_pylist()})
                return iter(())

            def close(self):
                self.documents.close()

        return stateful_processor(Forgetful(), ALL)

    with pytest.raises(StreamingQueryException, match="state elsewhere gave no answer"):
        keep(forgetful(), [("c1", "a", 1)])


def test_a_second_map_of_a_processor_is_refused(keep):
    def greedy():
        class Greedy:
            """Would take the answers to the one for those to the other."""

            def open(self, handle):
                self.handle, self.documents = handle, open_documents(handle, "kept", ALL)

            def process(self, batches):
                del batches
                open_documents(self.handle, "more", ALL)
                return iter(())

            def close(self):
                self.documents.close()

        return stateful_processor(Greedy(), ALL)

    with pytest.raises(StreamingQueryException, match="state more: a processor can have one map"):
        keep(greedy(), [("c1", "a", 1)])


@each_path
def test_no_connection_is_left_open(spark, keep, tuned):
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

    keep(keeper(tuned), [("c1", "a", 1)])  # workers, and what else stays
    before = connections()
    batches = [[(f"c{number}", "a", 1)] for number in range(8)]
    assert len(keep(keeper(tuned), *batches)) == len(batches)
    assert connections() <= before + 2  # Spark's own, of a query's start
