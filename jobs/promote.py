"""Job: challenger → champion, only through the gate, which measures both on later events.

Run: spark-submit jobs/promote.py --config careerstream.toml
"""

from pyspark.sql import SparkSession

from jobs.runtime.current_taxonomy import current_taxonomy
from jobs.runtime.entrypoint import run_once
from streaming.settings import Settings
from training.data.dataset import Dataset, add_taxonomy
from training.data.lake_export import export_dataset
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
    report = compare(settings, Dataset.read(folder))
    return report, promote(settings, report, force=force)


if __name__ == "__main__":
    run_once("promote", run)
