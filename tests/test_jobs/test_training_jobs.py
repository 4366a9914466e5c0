"""The jobs train, retrain and sweep over a real lake and a real MLflow store."""

import json
from pathlib import Path

import optuna
import pytest
import torch

from infra.simulator import Market, MarketConfig
from jobs import retrain, sweep, train
from streaming.errors import InputError, ModelError
from streaming.lake import tables as lake
from streaming.settings import Settings, TrainingSettings
from training.registry.model_registry import set_champion
from training.registry.registration import ensure_champion
from training.registry.tracking import setup

pytestmark = [pytest.mark.spark, pytest.mark.slow]

MARKET = MarketConfig(
    candidates=60, postings=200, events_per_candidate=8, days=20, occupations=6, seed=3
)
LATER = 60
"""Events that come after the first training."""


@pytest.fixture(scope="module")
def home(tmp_path_factory, spark) -> Path:
    folder = tmp_path_factory.mktemp("home")
    settings, market = Settings(home=folder), Market(MARKET)
    events = [event for event in market.events() if event["kind"] != "impression"]
    lake.create(spark, settings, lake.EVENTS, lake.POSTINGS, lake.PROFILES)
    stated = [
        {
            "candidate_id": one["candidate_id"],
            "version": 1,
            "stated": {n: v for n, v in one.items() if n != "candidate_id"},
        }
        for one in market.candidates()
    ]
    append(spark, settings, lake.EVENTS, events[:-LATER])
    append(spark, settings, lake.POSTINGS, [p | {"open": True} for p in market.postings()])
    append(spark, settings, lake.PROFILES, stated)
    return folder


def append(spark, settings: Settings, table: lake.Table, rows: list[dict]) -> None:
    file = settings.home / "rows.jsonl"
    file.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    read = spark.read.schema(table.schema()).json(str(file))
    read.write.format("delta").mode("append").save(table.path(settings))


@pytest.fixture(scope="module")
def settings(home) -> Settings:
    training = TrainingSettings(preset="published", processes=1, epochs=2, seed=5)
    return Settings(home=home, training=training)


@pytest.fixture(scope="module")
def trained(spark, settings) -> train.Trained:
    ensure_champion(settings)
    with pytest.raises(ModelError, match="never trained; run `careerstream train` first"):
        retrain.run(spark, settings)
    with pytest.MonkeyPatch.context() as patch:
        # MLflow measures the machine every 10 seconds; this training may be over by then.
        patch.setenv("MLFLOW_SYSTEM_METRICS_SAMPLING_INTERVAL", "0.2")
        result = train.run(spark, settings)
    set_champion(settings, result.reference, reason="test", forced=True)
    return result


def test_the_run_says_what_was_trained_on(settings, trained):
    run = setup(settings).get_run(trained.reference.run_id)
    versions = {
        own.dataset.name: json.loads(own.dataset.source)["delta_table_version"]
        for own in run.inputs.dataset_inputs
    }
    assert versions == {"events": 1, "postings": 1, "profiles": 1}
    assert {own.dataset.digest for own in run.inputs.dataset_inputs} == {
        run.data.params["data.digest"]
    }
    assert run.data.tags["mlflow.note.content"].startswith("published: ")
    assert any(name.startswith("system/") for name in run.data.metrics)


def test_a_run_is_repeated_from_what_mlflow_holds(spark, settings, trained):
    other = settings.training.model_copy(update={"preset": "best", "seed": 1, "epochs": 9})
    changed = settings.model_copy(update={"training": other})
    again = train.run(spark, changed, from_run=trained.reference.run_id)
    weights, same = (result.fitted.ranker.model.state_dict() for result in (trained, again))
    assert all(torch.equal(weights[name], same[name]) for name in weights)
    with pytest.raises(ModelError, match="no-such-run"):
        train.run(spark, settings, from_run="no-such-run")


def test_retraining_waits_for_new_events_and_then_goes_on_from_the_champion(
    spark, settings, trained
):
    waiting = retrain.run(spark, settings)
    assert waiting.trained is None
    assert waiting.decision.text.startswith("0 new events, 0.0% of those trained on")
    events = [event for event in Market(MARKET).events() if event["kind"] != "impression"]
    new = {"posting_id": "new", "title": "Zymurgist zymurgy", "open": True}
    turn = events[-1] | {"posting_id": "new", "event_id": "turn-to-new"}
    append(spark, settings, lake.EVENTS, [*events[-LATER:], turn])
    append(spark, settings, lake.POSTINGS, [new])
    kept = settings.model_copy(
        update={"training": settings.training.model_copy(update={"gate_share": 0.0})}
    )
    outcome = retrain.run(spark, kept)
    assert outcome.decision.needed
    assert "training.retrain_share" in outcome.decision.text
    earlier, ranker = trained.fitted.ranker, outcome.trained.fitted.ranker
    assert set(earlier.embedder.encoder.words) < set(ranker.embedder.encoder.words)
    assert "zymurgy" in ranker.embedder.encoder.rows
    assert "new" in ranker.ids
    run = setup(settings).get_run(outcome.trained.reference.run_id)
    version = trained.reference.version
    assert run.data.params["continues"] == f"{settings.mlflow.model_name}/{version}"
    again = train.run(spark, settings, from_run=run.info.run_id)
    weights, same = ranker.model.state_dict(), again.fitted.ranker.model.state_dict()
    assert all(torch.equal(weights[name], same[name]) for name in weights)


def test_a_version_that_was_vacuumed_is_one_line(spark, settings, trained):
    path = lake.EVENTS.path(settings)
    spark.read.format("delta").load(path).write.format("delta").mode("overwrite").save(path)
    at_once = {
        "spark.databricks.delta.retentionDurationCheck.enabled": "false",
        "spark.sql.sources.parallelPartitionDiscovery.parallelism": "2",
    }
    for name, value in at_once.items():
        spark.conf.set(name, value)
    try:
        spark.sql(f"VACUUM delta.`{path}` RETAIN 0 HOURS")
    finally:
        for name in at_once:
            spark.conf.unset(name)
    with pytest.raises(InputError, match="the lake no longer holds events_version 1") as raised:
        train.run(spark, settings, from_run=trained.reference.run_id)
    assert "\n" not in str(raised.value)


def test_a_sweep_that_was_interrupted_goes_on(spark, settings):
    seen: list[optuna.trial.FrozenTrial] = []

    def interrupt(record: dict) -> None:
        if len(seen) == 1 and record["epoch"] == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sweep.run(spark, settings, seen.append, interrupt, trials=3)
    [folder] = (settings.home / "sweep").iterdir()
    found = sweep.run(spark, settings, trials=3, resume=Path(folder.name))
    states = [trial.state.name for trial in found.trials]
    assert states[:2] == ["COMPLETE", "FAIL"]
    assert len(states) == 4
    assert found.trials[2].params == found.trials[1].params
    assert found.best.value == min(trial.value for trial in found.trials if trial.value)
    client = setup(settings)
    parent = json.loads((folder / "mlflow.json").read_text())["run_id"]
    experiment = client.get_run(parent).info.experiment_id
    nested = client.search_runs([experiment], f"tags.`mlflow.parentRunId` = '{parent}'")
    assert sorted(run.info.run_name for run in nested) == [f"trial {n}" for n in range(4)]
    again = settings.model_copy(
        update={"training": TrainingSettings(preset=str(found.preset), processes=1, seed=5)}
    )
    assert train.run(spark, again).fitted.records[-1]["validation_loss"] == pytest.approx(
        found.best.value
    )
    with pytest.raises(InputError, match="no sweep that can be resumed"):
        sweep.run(spark, settings, resume=Path("none"))
