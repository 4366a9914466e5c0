"""The state of profiles on its way to a checkpoint with another number of partitions.

`take_out` writes the state beside the checkpoint, with the offsets up to which the topics are in
it, and moves the checkpoint away. The next start of `update_profiles` or `hot_path` begins a new
checkpoint with both, in `spark.state_partitions` partitions. Nothing is folded or read again.
"""

from dataclasses import dataclass

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the field's usual name

from streaming.errors import InputError
from streaming.profiles.documents import read_documents
from streaming.profiles.rebuild import REBUILT
from streaming.profiles.state_shards import partitions_of
from streaming.spark.internals.hadoop_files import HadoopFiles

MOVED, BEFORE = ".moved", ".before"
"""Beside the checkpoint: the state that was taken out, and the checkpoint that it was in."""
_ROWS, _OFFSETS = "rows", "offsets.json"


@dataclass(frozen=True)
class TakenOut:
    """What `take_out` has done."""

    profiles: int
    """Documents of the state: one for each candidate, and one for each who was erased."""
    partitions: int
    """Of the old checkpoint."""


def take_out(spark: SparkSession, checkpoint: str, partitions: int) -> TakenOut:
    """Take the state out of a checkpoint, for a new one with some number of partitions.

    The job must not run. Killed at any time and called again, it ends the same.

    Raises:
        InputError: there is nothing to do, or the job runs.
    """
    files = HadoopFiles(spark)
    batch = _newest(files, f"{checkpoint}/commits")
    if batch is None:
        if moved_state(spark, checkpoint) is not None:
            raise InputError(
                f"the state of {checkpoint} is taken out already; the next start of the job "
                "begins with it"
            )
        raise InputError(f"there is no state in {checkpoint}: no batch was committed")
    before = partitions_of(spark, checkpoint)
    if before == partitions:
        raise InputError(
            f"the state has {before} partitions already; say how many it shall have by "
            "spark.state_partitions"
        )
    folder = f"{checkpoint}{MOVED}"
    files.delete_folder(folder)
    rows = read_documents(spark, checkpoint, batch).select(
        "candidate_id", F.lit(0).cast("long").alias("version"), F.col("document").alias("profile")
    )
    rows.write.parquet(f"{folder}/{_ROWS}")
    if _newest(files, f"{checkpoint}/commits") != batch:
        files.delete_folder(folder)
        raise InputError(f"a job writes to {checkpoint}; stop it first (update_profiles, hot_path)")
    # The lines: version of the format, metadata, then one for each source.
    log = files.read_bytes(f"{checkpoint}/offsets/{batch}").decode().splitlines()
    files.write_bytes(f"{folder}/{_OFFSETS}", log[2].encode())
    files.delete_folder(f"{checkpoint}{BEFORE}")
    files.rename(checkpoint, f"{checkpoint}{BEFORE}")
    return TakenOut(spark.read.parquet(f"{folder}/{_ROWS}").count(), before)


def moved_state(spark: SparkSession, checkpoint: str) -> tuple[DataFrame, str] | None:
    """Return what a new checkpoint begins with; None where nothing was taken out, or it has begun.

    Returns:
        Rows of `rebuild.REBUILT`, and Spark's option `startingOffsets`.
    """
    files, folder = HadoopFiles(spark), f"{checkpoint}{MOVED}"
    if _newest(files, f"{checkpoint}/commits") is not None:
        return None
    if not files.exists(f"{folder}/{_OFFSETS}"):
        return None
    rows = spark.read.schema(REBUILT).parquet(f"{folder}/{_ROWS}")
    return rows, files.read_bytes(f"{folder}/{_OFFSETS}").decode()


def remove_leftovers(spark: SparkSession, checkpoint: str) -> None:
    """Remove what a move has left behind, once the new checkpoint has a batch."""
    files = HadoopFiles(spark)
    if _newest(files, f"{checkpoint}/commits") is not None:
        files.delete_folder(f"{checkpoint}{MOVED}")
        files.delete_folder(f"{checkpoint}{BEFORE}")


def _newest(files: HadoopFiles, folder: str) -> int | None:
    return max((int(name) for name in files.list(folder) if name.isdigit()), default=None)
