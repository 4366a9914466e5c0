"""Processes of jobs: their settings, their checkpoints, their end."""

from collections import deque

import pytest

from jobs.runtime.sandbox import Sandbox, settings_environment
from jobs.verify import job_process
from jobs.verify.chaos import lag
from jobs.verify.job_process import JobProcess, read_progress
from streaming.errors import CareerstreamError
from streaming.settings import KafkaSettings, MetricsSettings, Settings, SparkSettings, load
from streaming.spark.internals.hadoop_files import HadoopFiles


def test_settings_travel_whole_as_variables(tmp_path, monkeypatch):
    given = Settings(
        home=tmp_path / "home",
        kafka=KafkaSettings(
            bootstrap_servers="kafka-1:9092,kafka-2:9092",
            topic_prefix="a.b.",
            security_protocol="SASL_SSL",
            username="7",
            password='pa"ss word',  # noqa: S106 - of nobody
        ),
        spark=SparkSettings(conf={"spark.ui.enabled": "false", "x": "1=2, 3"}),
        metrics=MetricsSettings(port="off"),
    )
    monkeypatch.setenv("CAREERSTREAM_KAFKA__FETCH_MAX_WAIT_MS", "77")
    monkeypatch.setenv("CAREERSTREAM_CONFIG", str(tmp_path / "none.toml"))
    monkeypatch.setenv("CAREERSTREAM_TRAINING", '{"seed": 3}')
    made = settings_environment(given)
    assert "CAREERSTREAM_CONFIG" not in made
    for name in list(made):
        monkeypatch.setenv(name, made[name])
    for name in ("CAREERSTREAM_CONFIG", "CAREERSTREAM_TRAINING"):
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    assert load() == given


def write(folder, number, text="v1\n{}\n"):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / str(number)).write_text(text)


@pytest.mark.spark
def test_a_checkpoint_says_how_far_it_is(tmp_path, spark):
    files, place = HadoopFiles(spark), str(tmp_path)
    assert read_progress(files, place).committed == -1
    assert not read_progress(files, place).in_flight
    write(tmp_path / "offsets", 0, 'v1\n{"batchId":0}\n{"t.events":{"0":5,"1":7}}')
    assert read_progress(files, place).in_flight
    write(tmp_path / "commits", 0)
    (tmp_path / "commits" / ".1.crc").write_text("")
    found = read_progress(files, place)
    assert (found.committed, found.planned, found.in_flight) == (0, 0, False)
    assert found.offsets == {("t.events", 0): 5, ("t.events", 1): 7}
    ends = {("t.events", 0): 6, ("t.events", 1): 7, ("t.events", 2): 3, ("t.profiles", 0): 100}
    assert lag(found, ends, {"t.events"}) == 1 + 0 + 3
    write(tmp_path / "offsets", 1)
    assert read_progress(files, place).in_flight


@pytest.mark.spark
def test_a_job_that_ends_again_and_again_is_given_up(tmp_path, monkeypatch, spark):
    monkeypatch.setattr(job_process, "RETRY_SECONDS", 0.0)
    monkeypatch.setenv("PYTHONHOME", str(tmp_path / "nowhere"))  # with that no Python starts
    home = tmp_path / "home"
    home.mkdir()
    job = JobProcess("update_profiles", Sandbox(Settings(home=home)), HadoopFiles(spark))
    job.start()
    try:
        with pytest.raises(CareerstreamError, match="update_profiles ended 5 times in a row"):
            deque(iter(job.supervise, "never"))
    finally:
        job.kill()
    assert len(job.restarts) == job_process.MOST_FAILURES
    assert not job.working()
