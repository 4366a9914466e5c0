"""Job beside the flow: compacts and vacuums the Delta tables, removes what a reshard left behind.

Run: spark-submit jobs/upkeep/maintain.py --config careerstream.toml
"""

from pyspark.sql import SparkSession

from jobs.runtime.entrypoint import run_once
from streaming.lake.maintenance import MaintenanceResult, maintain_tables
from streaming.profiles.moved_state import remove_leftovers
from streaming.profiles.profile_operator import JOB
from streaming.settings import Settings


def maintain(spark: SparkSession, settings: Settings) -> list[MaintenanceResult]:
    """Maintain the tables, and the place beside the checkpoint of profiles."""
    results = maintain_tables(spark, settings)
    remove_leftovers(spark, f"{settings.checkpoints}/{JOB}")
    return results


if __name__ == "__main__":
    run_once("maintain", maintain)
