"""A training's MLflow run is there while it lasts, also where the server is lost meanwhile."""

import logging
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest

from streaming.errors import InputError
from streaming.settings import MlflowSettings, Settings
from training.ranking.most_popular import MostPopularRanker
from training.registry.registration import TrainedModel, register_model
from training.registry.tracking import LiveRun, setup
from training.registry.training_run import begin_run, find_run_folder

CURVES = {"loss": [3.0, 2.0], "validation_loss": [3.5, 2.5]}


def values(epoch: int) -> dict[str, float]:
    return {name: curve[epoch - 1] for name, curve in CURVES.items()}


def logged(client, run_id: str) -> dict[str, list[float]]:
    return {
        name: [metric.value for metric in client.get_metric_history(run_id, name)]
        for name in CURVES
    }


def test_a_run_is_watched_and_then_registered(store, dataset, tmp_path):
    run = begin_run(store, tmp_path, "train best")
    client = setup(store)
    assert client.get_run(run.id).info.status == "RUNNING"
    run.log_epoch(1, values(1))
    assert logged(client, run.id) == {"loss": [3.0], "validation_loss": [3.5]}
    run.end("FAILED")
    assert client.get_run(run.id).info.status == "FAILED"
    again = begin_run(store, tmp_path, "train best")
    assert again.id == run.id
    assert client.get_run(run.id).info.status == "RUNNING"
    ranker, catalogue = MostPopularRanker(dataset.counts), dataset.catalogue
    trained = TrainedModel(ranker=ranker, catalogue=catalogue, cut=None, curves=CURVES)
    assert register_model(store, trained, run.id).run_id == run.id
    assert client.get_run(run.id).info.status == "FINISHED"
    assert logged(client, run.id) == CURVES  # the first epoch was logged twice, and counts once


def test_only_a_prepared_run_can_be_resumed(tmp_path):
    settings = Settings(home=tmp_path)
    for name in ("20260101T000000", "20260102T000000"):
        (tmp_path / "training" / name).mkdir(parents=True)
    (tmp_path / "training" / "20260102T000000" / "spec.json").write_text("{}")
    found = find_run_folder(settings, Path("20260102T000000"))
    assert found == tmp_path / "training" / "20260102T000000"
    with pytest.raises(InputError, match=r"no training that can be resumed.*20260102T000000"):
        find_run_folder(settings, Path("20260101T000000"))


@pytest.mark.slow
def test_a_lost_server_does_not_stop_a_training(tmp_path, caplog):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    uri = f"http://127.0.0.1:{port}"
    settings = Settings(home=tmp_path, mlflow=MlflowSettings(tracking_uri=uri))
    with served(tmp_path, port):
        run = LiveRun(settings, "train best")
        run.log_epoch(1, values(1))
        assert logged(setup(settings), run.id)["loss"] == [3.0]
    with caplog.at_level(logging.WARNING, logger="training.registry.tracking"):
        run.log_epoch(2, values(2))
        run.log_epoch(2, values(2))
    lines = [record.getMessage() for record in caplog.records]
    assert len(lines) == 1
    assert uri in lines[0]
    assert lines[0].endswith("the training goes on, its curves are logged in the end")


@contextmanager
def served(folder: Path, port: int):
    """Run an MLflow server."""
    command = [sys.executable, "-m", "mlflow", "server", "--host=127.0.0.1", f"--port={port}"]
    command += [f"--backend-store-uri=sqlite:///{folder}/server.db", "--workers=1"]
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder)
    try:
        deadline = time.monotonic() + 120
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5).close()
                break
            except (urllib.error.URLError, ConnectionError):
                assert server.poll() is None, (folder / "server.log").read_text()
                assert time.monotonic() < deadline
                time.sleep(0.2)
        yield
    finally:
        server.terminate()
        server.wait(timeout=60)
