"""Registering, crowning, promoting and rolling back, on a real MLflow store."""

import shutil
import subprocess
import sys

import pytest

from streaming.errors import ModelError
from streaming.serving.champion import CHAMPION
from streaming.settings import MlflowSettings, Settings
from training.evaluation.prequential import EvaluationProtocol
from training.ranking.most_popular import MostPopularRanker
from training.registry import model_registry
from training.registry.model_registry import champion, history, resolve, rollback, set_champion
from training.registry.packaging import MOST_POPULAR
from training.registry.promotion import compare, promote
from training.registry.registration import TrainedModel, ensure_champion, register_model
from training.registry.tracking import draw_curves, setup

QUICK = EvaluationProtocol(draws=200)


@pytest.fixture
def trained(dataset, cut):
    """A ranker that cheats: it has counted the future, so it beats everything fair."""
    return TrainedModel(
        ranker=MostPopularRanker(dataset.counts),
        catalogue=dataset.catalogue,
        cut=cut,
        params={"preset": "published", "model": {"hidden": 128}, "seed": 7},
        data_version={"events_version": 4, "events": 300},
        curves={"train_loss": [3.0, 2.0], "validation_loss": [3.1, 2.5], "accuracy": [0.1, 0.2]},
        metrics={"seconds": 1.5},
        processes=2,
        device="cuda:0",
    )


@pytest.fixture
def fair(dataset, cut):
    """A ranker that knows the past alone: no better than the most-popular refit."""
    train, _ = dataset.split_at(cut)
    return TrainedModel(
        ranker=MostPopularRanker(train.counts), catalogue=dataset.catalogue, cut=cut
    )


def test_the_baseline_is_version_1_and_the_first_champion(store):
    first = ensure_champion(store)
    assert (first.version, first.kind, first.cut) == ("1", MOST_POPULAR, None)
    assert first.uri == "models:/careerstream/1"
    assert champion(store) == first == ensure_champion(store)
    assert [entry["version"] for entry in history(store)] == ["1"]


def test_a_run_holds_everything_about_the_training(store, trained):
    reference = register_model(store, trained)
    assert resolve(store, "challenger") == reference
    client = setup(store)
    run = client.get_run(reference.run_id)
    params = run.data.params
    assert params["preset"] == "published"
    assert params["model.hidden"] == "128"
    assert params["data.events_version"] == "4"
    assert params["environment.processes"] == "2"
    assert params["environment.device"] == "cuda:0"
    assert {"environment.python", "environment.torch", "environment.pyspark"} <= params.keys()
    assert params["cut"] == trained.cut == reference.cut
    losses = client.get_metric_history(reference.run_id, "validation_loss")
    assert [(point.step, point.value) for point in losses] == [(1, 3.1), (2, 2.5)]
    assert run.data.metrics["seconds"] == 1.5
    assert "curves.png" in {file.path for file in client.list_artifacts(reference.run_id)}
    version = client.get_model_version(reference.name, reference.version)
    assert version.tags["kind"] == MOST_POPULAR
    assert version.run_id == run.info.run_id
    assert run.info.status == "FINISHED"


def test_curves_of_one_quantity_share_a_panel(trained):
    figure = draw_curves(trained.curves)
    assert [axes.get_title() for axes in figure.axes] == ["accuracy", "loss"]
    assert [len(axes.lines) for axes in figure.axes] == [1, 2]


def test_promote_and_rollback(store, dataset, trained):
    first = ensure_champion(store, dataset.catalogue)
    second = register_model(store, trained)
    report = compare(store, dataset, QUICK)
    outcome = promote(store, report)
    assert outcome.verdict.passed, outcome.verdict.text
    assert outcome.promoted
    assert not outcome.forced
    assert champion(store) == second == outcome.champion
    with pytest.raises(ModelError, match="no challenger: run `careerstream train`"):
        resolve(store, "challenger")
    assert history(store)[-1]["reason"] == outcome.verdict.text

    client = setup(store)
    metrics = client.get_run(second.run_id).data.metrics
    assert metrics["evaluation/ndcg_at_10"] == report.to_dict()["ndcg@10"]
    assert metrics["evaluation/champion/lead/ndcg_at_10/low"] > 0
    tags = client.get_model_version(second.name, second.version).tags
    assert (tags["passed"], tags["forced"]) == ("true", "false")

    assert rollback(store) == first == champion(store)
    assert "rolled_back_at" in client.get_model_version(second.name, second.version).tags
    with pytest.raises(ModelError, match="champion 1 of careerstream has no predecessor"):
        rollback(store)


def test_the_gate_says_no_and_force_is_recorded(store, dataset, fair):
    first = ensure_champion(store, dataset.catalogue)
    second = register_model(store, fair)
    report = compare(store, dataset, QUICK)
    outcome = promote(store, report)
    assert not outcome.promoted
    assert "may be worse by more than" in outcome.verdict.text  # of its own kind
    assert outcome.champion == first == champion(store)
    assert resolve(store, "challenger") == second

    forced = promote(store, report, force=True)
    assert forced.promoted
    assert forced.forced
    assert champion(store) == second
    assert history(store)[-1]["forced"] is True
    assert rollback(store) == first


def test_a_report_is_not_applied_to_other_versions(store, dataset, fair):
    ensure_champion(store, dataset.catalogue)
    register_model(store, fair)
    report = compare(store, dataset, QUICK)
    register_model(store, fair)
    with pytest.raises(ModelError, match="challenger changed from version 2 to 3"):
        promote(store, report, force=True)


def test_rollback_walks_back_and_skips_deleted_versions(store, fair):
    ensure_champion(store)
    later = [register_model(store, fair) for _ in range(3)]
    for reference in later:
        set_champion(store, reference, reason="test", forced=False)
    setup(store).delete_model_version(later[1].name, later[1].version)
    assert rollback(store) == later[0]
    assert rollback(store).version == "1"


def test_rollback_from_an_alias_set_by_hand(store, fair):
    first = ensure_champion(store)
    second = register_model(store, fair)
    setup(store).set_registered_model_alias(second.name, CHAMPION, second.version)
    assert rollback(store) == first


def test_a_challenger_without_a_cut_cannot_be_compared(store, dataset):
    first = ensure_champion(store)
    setup(store).set_registered_model_alias(first.name, model_registry.CHALLENGER, first.version)
    with pytest.raises(ModelError, match="does not say what it was trained on"):
        compare(store, dataset, QUICK)


def test_no_model_and_no_registry_are_one_line(store, tmp_path):
    with pytest.raises(ModelError, match="has no champion"):
        champion(store)
    with pytest.raises(ModelError, match="has no champion"):
        rollback(store)
    with pytest.raises(ModelError, match="has no challenger: run `careerstream train`"):
        resolve(store, "challenger")
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    for settings in (
        Settings(home=in_the_way),
        Settings(mlflow=MlflowSettings(tracking_uri="http://user:hidden@127.0.0.1:9")),
    ):
        with pytest.raises(ModelError, match=r"check mlflow\.tracking_uri") as caught:
            champion(settings)
        assert "\n" not in str(caught.value)
        assert "hidden" not in str(caught.value)


def test_a_version_whose_files_are_gone_is_one_line(store, fair):
    reference = register_model(store, fair)
    shutil.rmtree(store.home / "mlflow" / "artifacts")
    with pytest.raises(ModelError) as caught:
        model_registry.load(store, reference)
    assert "\n" not in str(caught.value)


def test_processes_that_start_at_once_agree_on_one_champion(tmp_path):
    """Also the first use of a store that does not exist yet."""
    code = (
        "from pathlib import Path\n"
        "from streaming.settings import Settings\n"
        "from training.registry.registration import ensure_champion\n"
        f"print(ensure_champion(Settings(home=Path({str(tmp_path / 'home')!r}))).version)\n"
    )
    started = [
        subprocess.Popen(
            [sys.executable, "-c", code],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    outputs = [process.communicate(timeout=240) for process in started]
    assert [process.returncode for process in started] == [0, 0], outputs
    store = Settings(home=tmp_path / "home")
    assert {out.strip() for out, _ in outputs} == {champion(store).version} == {"1"}
    assert {entry["version"] for entry in history(store)} == {"1"}
    assert len(setup(store).search_model_versions("name = 'careerstream'")) == 1
