"""A tiny run of `careerstream benchmark scoring`: a trained model, real Spark, report and page."""

import json

import pytest

from jobs.benchmark.scoring.ways import WAYS
from jobs.cli.app import main

pytestmark = [pytest.mark.spark, pytest.mark.slow, pytest.mark.usefixtures("quick_jvms")]


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    folder = tmp_path_factory.mktemp("scoring")
    out = folder / "report.json"
    with pytest.raises(SystemExit) as ended:
        main([
            f"--set=home={folder / 'home'}", '--set=spark.conf={"spark.ui.enabled"="false"}',
            "--set=training.processes=1", "benchmark", "scoring", "--postings=40", "--profiles=20",
            "--preset=published", "--processes=1", "--rounds=1", "--epochs=1", f"--out={out}",
        ])  # fmt: skip
    assert ended.value.code == 0
    return json.loads(out.read_text("utf-8")), out.with_suffix(".html").read_text("utf-8"), folder


def test_all_ways_make_the_same_lists(ran):
    report, _, _ = ran
    assert report["40/profiles"] > 0
    for name in WAYS:
        assert report[f"40/{name}/same"] is True, name
        assert report[f"40/{name}/per_second"] > 0, name
        assert report[f"40/{name}/memory_mib"] > 100, name  # the interpreter alone needs as much
    assert report["40/bare Python/ratio"] == 1


def test_the_page_shows_them_and_how_to_repeat_the_run(ran):
    report, page, _ = ran
    for name in WAYS:
        assert name in page
    sizes = f"--profiles {report['size/profiles']} --processes 1 --rounds 1"
    assert f"--postings 40 {sizes}" in page


def test_nothing_is_left_behind(ran):
    _, _, folder = ran
    assert list((folder / "home").iterdir()) == []


@pytest.mark.parametrize(
    ("wrong", "line"),
    [("--preset=nest", "no preset 'nest'"), ("--out=nowhere/b.json", "does not exist")],
)
def test_whatever_is_wrong_is_one_line(wrong, line, tmp_path, capsys):
    with pytest.raises(SystemExit) as ended:
        main([f"--set=home={tmp_path}", "benchmark", "scoring", wrong])
    assert ended.value.code
    assert line in " ".join(capsys.readouterr().err.split())
