"""A tiny run of `careerstream benchmark training`: every way, both backends, report and page."""

import json

import pytest

from jobs.cli.app import main

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    folder = tmp_path_factory.mktemp("training")
    out = folder / "report.json"
    with pytest.raises(SystemExit) as ended:
        main([
            f"--set=home={folder / 'home'}", "benchmark", "training", "--postings=60",
            "--candidates=80", "--steps=1", "--rounds=1", "--growth=1", "--growth=3",
            f"--out={out}",
        ])  # fmt: skip
    assert ended.value.code == 0
    return json.loads(out.read_text("utf-8")), out.with_suffix(".html").read_text("utf-8"), folder


def test_every_way_takes_its_steps(ran):
    report, _, _ = ran
    assert {"our loop", "bare loop", "two processes of one thread, torch"} <= {*report["ways"]}
    for name in report["ways"]:
        assert report[f"{name}/targets_per_second"] > 0, name
        assert report[f"{name}/memory_mib"] > 100, name  # torch alone needs as much
    assert report["ratio/bare loop"] > 0


def test_growth_repeats_every_example(ran):
    report, _, _ = ran
    assert report["growth/1/read_examples"] == report["examples"]
    assert report["growth/3/read_examples"] == 3 * report["examples"]


def test_the_page_shows_them_and_how_to_repeat_the_run(ran):
    report, page, folder = ran
    assert all(name in page for name in report["ways"])
    assert "--postings 60 --candidates 80 --steps 1 --rounds 1 --growth 1 --growth 3" in page
    assert list((folder / "home").iterdir()) == []
