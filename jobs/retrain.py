"""Job: champion, Δ events since its data → MLflow run → registry, alias challenger.

Run: spark-submit jobs/retrain.py --config careerstream.toml

An orchestrator schedules it. It trains only where there are enough new events or the drift is
large, and from the champion's weights, which takes a fraction of a training from the start.
"""

import logging
from dataclasses import dataclass

from pyspark.sql import SparkSession

from jobs.runtime.current_taxonomy import current_taxonomy
from jobs.runtime.entrypoint import run_once
from jobs.train import Trained, train_in
from streaming.errors import ModelError
from streaming.settings import Settings
from training.data.dataset import Dataset, add_taxonomy, hold_back
from training.data.drift import Drift
from training.data.lake_export import export_dataset
from training.fitting.continuation import Decision, continued, decide
from training.fitting.fit import OnEpoch
from training.registry.model_registry import champion, load_trained
from training.registry.training_run import create_run_folder

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Retraining:
    """The outcome of a retrain job."""

    decision: Decision
    trained: Trained | None
    """None where the decision was not to."""


def run(
    spark: SparkSession,
    settings: Settings,
    on_epoch: OnEpoch = lambda _: None,
    *,
    force: bool = False,
) -> Retraining:
    """Go on from the champion with the events since its data, if there is a reason to.

    With `force` it trains in any case. The newest events, a share of `training.gate_share`, are
    left to the gate, and do not count as new.

    Raises:
        InputError: there are no events or no postings.
        ModelError: there is no champion, or none that was trained; or MLflow cannot be reached.
        TrainingError: a training process died.
    """
    serving = champion(settings)
    if serving.cut is None:
        raise ModelError(
            f"champion {serving.version} of {serving.name} ({serving.kind}) was never trained;"
            " run `careerstream train` first"
        )
    folder = create_run_folder(settings)
    export_dataset(spark, settings, folder / "dataset")
    add_taxonomy(folder / "dataset", current_taxonomy(spark, settings))
    hold_back(folder / "dataset", settings.training.gate_share)
    decision = decide(Drift.since(Dataset.read(folder / "dataset"), serving.cut), settings.training)
    log.info("retrain: %s", decision.text)
    if not (decision.needed or force):
        return Retraining(decision, None)
    ranker = load_trained(serving.uri)
    trained = train_in(
        spark,
        settings,
        folder,
        on_epoch,
        name="retrain",
        preset=continued(ranker.preset),
        start=ranker,
        params={"continues": f"{serving.name}/{serving.version}", "reason": decision.text},
    )
    return Retraining(decision, trained)


if __name__ == "__main__":
    run_once("retrain", run)
