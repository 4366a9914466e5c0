"""The command: report, page and MLflow run of a small world; whatever is wrong is one line."""

import json
import re
from collections.abc import Mapping, Sequence
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from mlflow import MlflowClient

from jobs.benchmark.quality import page
from jobs.cli.app import main
from training.benchmark import contenders, run
from training.benchmark.protocols.training_view import (
    History,
    OnProgress,
    TrainingSummary,
    TrainingView,
)
from training.benchmark.run import Request, digest
from training.evaluation.ranking_metrics import METRICS


class Neighbours:
    """A scorer that a test can look into: what is near on the ring."""

    def __init__(self, items: int) -> None:
        self.items = items
        self.summary = TrainingSummary(
            {"search": 1.5, "train": 0.5},
            {"model": {"reach": 2}, "seeds": [1, 2]},
            {"train_loss": [2.0, 1.0], "validation_ndcg@10": [0.1, 0.3]},
        )

    def scores(self, histories: Sequence[History]) -> np.ndarray:
        newest = np.array([history.items[-1] for history in histories])
        ahead = (np.arange(self.items)[None, :] - newest[:, None]) % self.items
        return (-ahead).astype(np.float32)

    def weights(self) -> Mapping[str, np.ndarray]:
        return {"items": np.array(self.items)}


def fit(training: TrainingView, *, seed: int, on_progress: OnProgress) -> Neighbours:
    on_progress(f"seed {seed}", 1.0)
    return Neighbours(training.items)


@pytest.fixture
def ring_preset(monkeypatch: pytest.MonkeyPatch) -> str:
    """This module as one more preset, so that no test here waits for torch."""
    monkeypatch.setattr(contenders, "PRESETS", {**contenders.PRESETS, "ring": __name__})
    return "ring"


def request_of(file: Path, preset: str, attributes: Path | None = None) -> Request:
    return Request(protocol="sequences", data=file, attributes=attributes, preset=preset, seed=3)


def test_the_report_repeats_and_is_complete(
    sequences_file: Path, attributes_file: Path, ring_preset: str
) -> None:
    told: list[tuple[str, float]] = []
    asked = request_of(sequences_file, ring_preset, attributes_file)
    report = run.run(asked, lambda words, share: told.append((words, share)))
    again = run.run(asked, lambda *_: None)
    assert json.loads(json.dumps(report)) == report
    varying = re.compile(r"seconds/|made_at|memory/")
    assert {k: v for k, v in report.items() if not varying.search(k)} == {
        k: v for k, v in again.items() if not varying.search(k)
    }
    assert report["users"] == report["seen/users"] + report["unseen/users"] == 150
    for metric in METRICS:
        for prefix in ("", "seen/", "baselines/item-knn/", "difference/baselines/als/"):
            key = f"{prefix}{metric}"
            assert report[f"{key}/low"] <= report[key] <= report[f"{key}/high"], key
    assert report["hr@5"] > 0.9
    assert report["difference/baselines/als/mrr"] == pytest.approx(
        report["mrr"] - report["baselines/als/mrr"]
    )
    assert report["choices/model/reach"] == 2
    assert report["curves/validation_ndcg@10"] == [0.1, 0.3]
    assert (report["seconds/search"], report["seconds/train"]) == (1.5, 0.5)
    assert report["memory/peak_mib"] > 10
    assert {"coverage", "seconds/evaluate", "weights/sha256", "file/data_sha256"} <= set(report)
    assert report["baselines/item-knn/choices/decay"] >= 0
    assert report["versions/numpy"] == np.__version__
    assert ("preset: seed 3", 1.0) in told
    assert all(0 <= share <= 1 for _, share in told)


def test_several_seeds_are_averaged(tmp_path: Path, views_file: Path) -> None:
    asked = Request(protocol="job-views", data=views_file, preset="published", seed=3, seeds=2)
    report = run.run(asked, lambda *_: None)
    for metric in METRICS:
        one, other = (report[f"seeds/{seed}/{metric}"] for seed in (3, 4))
        assert report[metric] == pytest.approx((one + other) / 2)
        assert report[f"{metric}/deviation"] == pytest.approx(abs(one - other) / 2**0.5)
    assert report["weights/sha256"] == report["seeds/3/weights/sha256"]
    assert report["weights/sha256"] != report["seeds/4/weights/sha256"]
    file = tmp_path / "report.html"
    page.write(report, file)
    text = file.read_text(encoding="utf-8")
    assert "means of seeds 3 to 4" in text
    assert "--seeds 2" in text


def test_a_digest_tells_any_two_weights_apart() -> None:
    assert digest(Neighbours(3)) == digest(Neighbours(3)) != digest(Neighbours(4))


def test_the_command_writes_report_page_and_run(
    tmp_path: Path,
    views_file: Path,
    ring_preset: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    home, out = tmp_path / "home", tmp_path / "report.json"
    with pytest.raises(SystemExit) as ended:
        main([
            f"--set=home={home}", "benchmark", "quality", "--protocol=job-views",
            f"--data={views_file}", f"--preset={ring_preset}", "--seed=5", f"--out={out}",
        ])  # fmt: skip
    assert ended.value.code == 0
    report = json.loads(out.read_text(encoding="utf-8"))
    said = capsys.readouterr().out
    assert f"{report['hr@10']:.4f}/{report['ndcg@10']:.4f}" in said
    assert "fields" in said
    (run_id,) = re.findall(r"MLflow run (\w+)", said)
    logged = MlflowClient(f"sqlite:///{home.absolute()}/mlflow/mlflow.db").get_run(run_id)
    assert logged.data.metrics["baselines/fields/ndcg_at_10"] == pytest.approx(
        report["baselines/fields/ndcg@10"]
    )
    assert logged.data.params["protocol"] == "job-views"
    assert logged.data.params["seed"] == "5"
    assert logged.info.status == "FINISHED"
    text = out.with_suffix(".html").read_text(encoding="utf-8")
    assert "careerstream benchmark quality --protocol job-views --data views.csv" in text
    assert f"{report['capped/ndcg@10']:.4f}" in text
    assert f"{report['baselines/fields/similarity@10']:.3f}" in text


def test_the_page_stands_alone_and_escapes_what_it_is_given(
    tmp_path: Path, sequences_file: Path, ring_preset: str
) -> None:
    report = run.run(request_of(sequences_file, ring_preset), lambda *_: None)
    hostile = '<script>alert("1")</script>'
    file = tmp_path / "page.html"
    page.write({**report, "file/data": hostile, "choices/x": hostile}, file)
    text = file.read_text(encoding="utf-8")
    assert "<script" not in text
    assert text.count("<svg ") == 4  # all rankers, those of the seen targets, cut-offs, curves
    assert not re.findall(r"""(?:src|href)=["'](?!#)""", text)
    ids = re.findall(r'\bid="([^"]+)"', text)
    assert len(ids) == len(set(ids))
    parser = HTMLParser()
    parser.feed(text)
    parser.close()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--protocol=views", "--data={file}"], "there is no protocol 'views'"),
        (["--protocol=sequences", "--data=nowhere.txt"], "nowhere.txt does not exist"),
        (["--protocol=sequences", "--data=empty.txt"], "empty.txt is empty"),
        (["--protocol=job-views", "--data={file}"], "is no file of job views"),
        (["--protocol=sequences", "--data={file}", "--attributes=no.json"], "no.json does not"),
        (["--protocol=sequences", "--data={file}", "--preset=x"], "there is no preset 'x'"),
        (["--protocol=sequences", "--data={file}", "--out=a/b.json"], "a/b.json does not exist"),
        (["--protocol=sequences", "--data={file}", "--out=b.html"], "the name of the page"),
    ],
)
def test_whatever_is_wrong_is_one_line(
    sequences_file: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    words: str,
) -> None:
    tmp_path = sequences_file.parent
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty.txt").touch()
    given = [argument.format(file=sequences_file) for argument in arguments]
    with pytest.raises(SystemExit) as ended:
        main(["benchmark", "quality", *given])
    said = capsys.readouterr().err.strip()
    assert ended.value.code == 2
    assert words in said
    assert len(said.splitlines()) == 1
    assert not (tmp_path / "quality.json").exists()
