"""The command: report, page and MLflow run of a small world; whatever is wrong is one line."""

import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from mlflow import MlflowClient
from mlflow.pyfunc.model import PythonModelContext

from jobs.benchmark.quality import page
from jobs.cli.app import main
from streaming.settings import TrainingSettings
from training.benchmark import run
from training.benchmark.protocols.question import Question, QuestionFiles
from training.benchmark.run import Request
from training.evaluation.ranking_metrics import METRICS, metrics_of_ranks
from training.fitting.fit import fit
from training.registry.packaging import pack
from training.registry.pyfunc import ARTIFACT, RankerModel


def request_of(
    protocol: str, preset: str = "published", *, seeds: int = 1, **files: Path
) -> Request:
    settings = TrainingSettings(preset=preset, processes=1, epochs=1, seed=3)
    return Request(protocol=protocol, files=QuestionFiles(**files), training=settings, seeds=seeds)


def test_the_report_repeats_and_is_complete(sequences_file: Path, attributes_file: Path) -> None:
    told: list[tuple[str, float]] = []
    asked = request_of("sequences", data=sequences_file, attributes=attributes_file)
    report = run.run(asked, lambda words, share: told.append((words, share)))
    again = run.run(asked, lambda *_: None)
    assert json.loads(json.dumps(report)) == report
    varying = re.compile(r"second|made_at|memory/|curves/waiting")
    assert {k: v for k, v in report.items() if not varying.search(k)} == {
        k: v for k, v in again.items() if not varying.search(k)
    }
    assert report["users"] == report["turns"] == 150
    for metric in METRICS:
        for prefix in ("", "baselines/item-knn/", "difference/baselines/als/"):
            key = f"{prefix}{metric}"
            assert report[f"{key}/low"] <= report[key] <= report[f"{key}/high"], key
    assert report["difference/baselines/als/mrr"] == pytest.approx(
        report["mrr"] - report["baselines/als/mrr"]
    )
    assert report["choices/training/epochs"] == 1
    assert len(report["curves/loss"]) == 1
    assert report["memory/peak_mib"] > 10
    assert {"coverage", "seconds/train", "seconds/evaluate", "seconds/total"} <= set(report)
    assert {"weights/sha256", "file/data_sha256", "file/attributes"} <= set(report)
    assert report["baselines/item-knn/choices/decay"] >= 0
    assert report["versions/numpy"] == np.__version__
    assert any(words.startswith("preset: epoch 1") for words, _ in told)
    assert all(0 <= share <= 1 for _, share in told)


@pytest.mark.parametrize("preset", ["published", "best"])
def test_what_is_measured_is_what_the_registered_model_answers(
    preset: str, views_file: Path, tmp_path: Path, ask: Callable[..., Question]
) -> None:
    asked = request_of("job-views", preset, data=views_file)
    report = run.run(asked, lambda *_: None)
    question = ask("job-views", views_file)
    fitted = fit(question.dataset, tmp_path / "run", asked.training, split=question.split)
    packed = tmp_path / "packed"
    packed.mkdir()
    pack(fitted.ranker, question.catalogue, packed)
    model, context = RankerModel(), PythonModelContext({ARTIFACT: str(packed)}, {})
    model.load_context(context)
    cases = [question.test.case(turn) for turn in range(len(question.test))]
    rows = [{"profile": json.dumps(case.profile), "as_of": case.as_of} for case in cases]
    lists = model.predict(context, pd.DataFrame(rows), {"size": 20})["items"]
    places = []
    for items, case in zip(lists, cases, strict=True):
        ids = [item["posting_id"] for item in items]
        places.append(ids.index(case.targets[0]) + 1 if case.targets[0] in ids else 0)
    for metric, value in zip(METRICS, metrics_of_ranks(np.array(places)).T, strict=True):
        assert report[metric] == pytest.approx(value.mean(), abs=1e-12)
    assert report["hr@20"] > 0
    assert ("calibration/error" in report) == (preset == "best")
    if preset == "best":
        assert 0 <= report["reasons/keeps"] <= 1


@pytest.mark.parametrize("preset", ["published", "best"])
def test_other_targets_change_no_bit_of_the_weights(
    preset: str,
    small_views: Question,
    views_file: Path,
    other_targets: Callable[[Path, Question], Path],
) -> None:
    one, other = (
        run.run(request_of("job-views", preset, data=file), lambda *_: None)
        for file in (views_file, other_targets(views_file, small_views))
    )
    assert one["file/data_sha256"] != other["file/data_sha256"]
    assert one["weights/sha256"] == other["weights/sha256"]


def test_several_seeds_are_averaged(tmp_path: Path, views_file: Path) -> None:
    asked = request_of("job-views", data=views_file, seeds=2)
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


def test_the_command_writes_report_page_and_run(
    tmp_path: Path,
    *,
    events_file: Path,
    postings_file: Path,
    candidates_file: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    home, out = tmp_path / "home", tmp_path / "report.json"
    with pytest.raises(SystemExit) as ended:
        main([
            f"--set=home={home}", "--set=training.processes=1", "--set=training.epochs=1",
            "benchmark", "quality", f"--data={events_file}", f"--postings={postings_file}",
            f"--candidates={candidates_file}", "--seed=5", f"--out={out}",
        ])  # fmt: skip
    assert ended.value.code == 0
    report = json.loads(out.read_text(encoding="utf-8"))
    said = capsys.readouterr().out
    assert f"{report['hr@10']:.4f}/{report['ndcg@10']:.4f}" in said
    assert "20 turns of 20 candidates" in said
    assert "fields" in said
    (run_id,) = re.findall(r"MLflow run (\w+)", said)
    logged = MlflowClient(f"sqlite:///{home.absolute()}/mlflow/mlflow.db").get_run(run_id)
    assert logged.data.metrics["baselines/fields/ndcg_at_10"] == pytest.approx(
        report["baselines/fields/ndcg@10"]
    )
    assert logged.data.params["protocol"] == "prequential"
    assert logged.data.params["preset"] == "best"
    assert logged.data.params["seed"] == "5"
    assert logged.info.status == "FINISHED"
    text = out.with_suffix(".html").read_text(encoding="utf-8")
    assert "careerstream benchmark quality --protocol prequential --data events.jsonl" in text
    assert "--postings postings.jsonl --candidates candidates.jsonl" in text
    assert f"{report['baselines/fields/similarity@10']:.3f}" in text


def test_the_page_stands_alone_and_escapes_what_it_is_given(
    tmp_path: Path, views_file: Path
) -> None:
    report = run.run(request_of("job-views", "best", data=views_file), lambda *_: None)
    hostile = '<script>alert("1")</script>'
    file = tmp_path / "page.html"
    page.write({**report, "file/data": hostile, "choices/x": hostile}, file)
    text = file.read_text(encoding="utf-8")
    assert "<script" not in text
    # All rankers, those of seen and of unseen targets, cut-offs, reliability, curves.
    assert text.count("<svg ") == 6
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
        (["--data={file}"], "map"),
        (["--protocol=sequences", "--data={file}", "--postings={file}"], "--postings"),
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
