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
            "--set=training.processes=1", "benchmark", "scoring", "--postings=40", "--postings=30",
            "--profiles=20", "--processes=1", "--rounds=1", "--epochs=1", f"--out={out}",
        ])  # fmt: skip
    assert ended.value.code == 0
    return json.loads(out.read_text("utf-8")), out.with_suffix(".html").read_text("utf-8"), folder


def test_all_ways_make_the_same_lists(ran):
    report, _, _ = ran
    for postings in (40, 30):
        assert report[f"{postings}/profiles"] > 0
        for name in WAYS:
            own = f"{postings}/{name}"
            assert report[f"{own}/same"] is True, own
            assert report[f"{own}/per_second"] > 0, own
            assert report[f"{own}/memory_mib"] > 100, own  # the interpreter alone needs as much
        assert report[f"{postings}/bare Python/ratio"] == 1


def test_the_page_shows_them_and_how_to_repeat_the_run(ran):
    report, page, _ = ran
    for name in WAYS:
        assert name in page
    sizes = f"--profiles {report['size/profiles']} --processes 1 --rounds 1"
    assert f"--postings 40 --postings 30 {sizes}" in page


def test_nothing_is_left_behind(ran):
    _, _, folder = ran
    assert list((folder / "home").iterdir()) == []
