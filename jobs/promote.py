"""Job: Δ groups + challenger → champion, through the gate, which measures both on later events.

Run: spark-submit jobs/promote.py --config careerstream.toml
"""

from pyspark.sql import SparkSession

from jobs.runtime.current_taxonomy import current_taxonomy
from jobs.runtime.entrypoint import run_once
from streaming.lake import tables
from streaming.lake.group_table import read_groups
from streaming.settings import Settings
from streaming.spark.internals.delta_versions import current_version
from training.data.dataset import Dataset, add_taxonomy
from training.data.lake_export import export_dataset
from training.fairness.check import FairnessCheck
from training.fairness.groups import Groups
from training.registry.model_registry import CHALLENGER, resolve
from training.registry.promotion import Promotion, compare, promote
from training.registry.promotion_gate import Report
from training.registry.training_run import create_run_folder


def run(
    spark: SparkSession, settings: Settings, *, force: bool = False
) -> tuple[Report, Promotion]:
    """Compare the challenger with champion and baseline; promote it if the gate allows it.

    With `force` it is promoted even if the gate refuses.

    Raises:
        ModelError: there is no challenger or no champion.
    """
    resolve(settings, CHALLENGER)  # fails before the lake is read, which takes a minute
    folder = create_run_folder(settings) / "dataset"
    export_dataset(spark, settings, folder)
    add_taxonomy(folder, current_taxonomy(spark, settings))
    report = compare(settings, Dataset.read(folder), fairness=_fairness(spark, settings))
    return report, promote(settings, report, force=force)


def _fairness(spark: SparkSession, settings: Settings) -> FairnessCheck | None:
    """Return for whom fairness is measured; None where there are no audit groups."""
    groups = Groups.of(read_groups(spark, settings))
    matched = current_version(spark, tables.REACHES.path(settings)) is not None
    match = settings.match if matched else None
    return FairnessCheck(groups=groups, settings=settings.fairness, match=match) if groups else None


if __name__ == "__main__":
    run_once("promote", run)
