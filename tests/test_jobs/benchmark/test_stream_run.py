"""A tiny run of the parts latency and backlog: real broker, real jobs, report and page."""

import json
import re

import pytest

from jobs.cli.app import main

pytestmark = [
    pytest.mark.spark,
    pytest.mark.kafka,
    pytest.mark.slow,
    pytest.mark.nightly,
    pytest.mark.usefixtures("quick_jvms"),
]

EVENTS = 600


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """Report and page of one run of both parts."""
    folder = tmp_path_factory.mktemp("stream")
    out = folder / "report.json"
    with pytest.raises(SystemExit) as ended:
        main([
            f"--set=home={folder / 'home'}", '--set=spark.conf={"spark.ui.enabled"="false"}',
            "--set=jobs.lake_interval_seconds=1",
            "benchmark", "stream", "--quick", "--untrained", "--part=latency", "--part=backlog",
            "--profiles=60", "--postings=20", "--rate=20", "--seconds=2", "--warm-up-seconds=1",
            "--beside-seconds=1", f"--backlog={EVENTS}", f"--out={out}",
        ])  # fmt: skip
    assert ended.value.code == 0
    return json.loads(out.read_text("utf-8")), out.with_suffix(".html").read_text("utf-8"), folder


def test_every_event_is_answered_and_timed(ran):
    report, _, _ = ran
    assert report["latency/profiles"] == 60
    assert report["latency/postings"] == 20
    assert report["latency/model/kind"] == "most-popular"
    for name in ("floor", "chain", "beside/floor", "beside/chain"):
        assert report[f"latency/{name}/answered"] > 0, name
        assert 0 < report[f"latency/{name}/p50_ms"] <= report[f"latency/{name}/p99_ms"], name
    assert report["latency/floor/answered"] == report["latency/floor/sent"] == 40
    assert report["latency/chain/answered"] == report["latency/chain/sent"] == 40
    assert report["latency/chain/followed"] is True
    assert report["latency/ratio_p50"] > 0
    # The first event may be a little more than a second before what counts.
    assert {*report["latency/curve/chain/second"]} >= {-1, 0, 1}


def test_both_contestants_made_the_right_thing(ran):
    report, _, _ = ran
    assert report["backlog/floor/messages"] == EVENTS
    assert report["backlog/floor/same"] is True
    assert report["backlog/ours/differences"] == 0
    assert report["backlog/candidates"] == 60
    for name in ("floor", "ours"):
        rates = report[f"backlog/{name}/per_second"], report[f"backlog/{name}/per_second_running"]
        assert 0 < rates[0] < rates[1], name
    assert report["backlog/ratio_floor"] > 0


def test_the_page_stands_alone_and_nothing_stays_but_logs(ran):
    _, text, folder = ran
    assert "careerstream benchmark stream --part latency --part backlog" in text
    assert text.count("<svg ") == 2
    assert not re.findall(r"""(?:src|href)=["'](?!#)""", text)
    left = {file.name for file in (folder / "home" / "benchmark-stream" / "backlog").iterdir()}
    assert left <= {"careerstream.toml", "logs", "pass_through.log", "update_profiles.log"}


def test_matches_follow_clicks_and_withdrawals(tmp_path):
    out = tmp_path / "report.json"
    with pytest.raises(SystemExit) as ended:
        main([
            f"--set=home={tmp_path / 'home'}", '--set=spark.conf={"spark.ui.enabled"="false"}',
            "--set=jobs.lake_interval_seconds=1", "--set=match.interval_seconds=1",
            "benchmark", "stream", "--quick", "--untrained", "--part=matches", "--profiles=60",
            "--postings=20", "--match-rate=10", "--seconds=4", "--warm-up-seconds=1",
            "--withdrawn=3", f"--out={out}",
        ])  # fmt: skip
    assert ended.value.code == 0
    report = json.loads(out.read_text("utf-8"))
    for name in ("alone", "beside", "again"):
        assert report[f"matches/{name}/answered"] == 40
        assert report[f"matches/{name}/followed"] is True
    assert report["matches/clicks/shown"] > 0
    assert report["matches/clicks/p50_seconds"] > 0
    assert report["matches/withdrawn/sent"] == 3
    assert report["matches/withdrawn/left"] == 0
    assert report["matches/withdrawn/max_seconds"] < 60


def test_each_turn_has_its_answer_and_its_list(tmp_path):
    out = tmp_path / "report.json"
    with pytest.raises(SystemExit) as ended:
        main([
            f"--set=home={tmp_path / 'home'}", '--set=spark.conf={"spark.ui.enabled"="false"}',
            "--set=jobs.lake_interval_seconds=1",
            "benchmark", "stream", "--quick", "--untrained", "--part=turns", "--profiles=60",
            "--postings=20", "--turn-rate=5", "--seconds=4", "--warm-up-seconds=1", f"--out={out}",
        ])  # fmt: skip
    assert ended.value.code == 0
    report = json.loads(out.read_text("utf-8"))
    assert report["turns/followed"] is True
    assert report["turns/sent"] == report["turns/answer/answered"] == 20
    assert report["turns/list/answered"] == report["turns/changing"] > 0
    assert 0 < report["turns/answer/p50_ms"] < report["turns/list/p50_ms"]


def test_pseudonyms_are_measured_in_pairs(tmp_path):
    out = tmp_path / "report.json"
    with pytest.raises(SystemExit) as ended:
        main([
            f"--set=home={tmp_path / 'home'}", '--set=spark.conf={"spark.ui.enabled"="false"}',
            "benchmark", "stream", "--quick", "--part=pseudonyms", "--pairs=2", "--postings=20",
            f"--out={out}",
        ])  # fmt: skip
    assert ended.value.code == 0
    report = json.loads(out.read_text("utf-8"))
    for of in ("p50", "backlog"):
        assert len(report[f"pseudonyms/{of}/ratios"]) == 2
        assert report[f"pseudonyms/{of}/low"] <= report[f"pseudonyms/{of}/slower"]
    assert len(report["pseudonyms/p50_ms"]) == 2
