"""What a job needs and does not find is one line, and ends it."""

import subprocess
import sys
from pathlib import Path

import pytest

from jobs import archive, hot_path, index_postings, recommend, update_profiles
from jobs.runtime.streaming_query import RunningJob
from streaming.errors import BrokerError, ModelError
from streaming.settings import KafkaSettings, Settings

PROJECT = Path(__file__).parents[2]
JOBS = (index_postings, update_profiles, recommend, archive)
NOWHERE = "127.0.0.1:1"


def module_name(job):
    return job.__name__.rpartition(".")[2]


@pytest.mark.spark
def test_without_a_broker_a_job_ends_with_one_line(spark, tmp_path):
    settings = Settings(
        home=tmp_path, kafka=KafkaSettings(bootstrap_servers=NOWHERE, connect_timeout_seconds=1)
    )
    with pytest.raises(BrokerError, match=r"no Kafka broker answers at 127.0.0.1:1") as raised:
        update_profiles.start(spark, settings)
    assert "\n" not in str(raised.value)


@pytest.mark.spark
@pytest.mark.kafka
@pytest.mark.parametrize("job", JOBS, ids=module_name)
def test_without_its_topics_a_job_ends_with_one_line(spark, settings, job):
    with pytest.raises(BrokerError, match="`careerstream topics create` makes them") as raised:
        job.start(spark, settings)
    assert f"{settings.kafka.topic_prefix}" in str(raised.value)
    assert spark.streams.active == []


@pytest.mark.spark
def test_as_a_process_it_is_one_line_and_an_exit_code(tmp_path):
    command = [sys.executable, "jobs/update_profiles.py"]
    settings = (
        f"home={tmp_path}",
        f"kafka.bootstrap_servers={NOWHERE}",
        "kafka.connect_timeout_seconds=1",
    )
    for setting in settings:
        command += ["--set", setting]
    process = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert process.returncode == BrokerError.exit_code
    assert "Traceback" not in process.stderr
    assert process.stderr.splitlines()[-1].startswith(
        "careerstream update_profiles: no Kafka broker answers at 127.0.0.1:1"
    )


def test_what_cannot_be_stopped_keeps_nothing_else_from_being_stopped():
    stopped = []

    def refuse():
        raise OSError("no")

    with pytest.raises(OSError, match="no"):
        RunningJob(
            (), (lambda: stopped.append("first"), refuse, lambda: stopped.append("last"))
        ).stop(1)
    assert stopped == ["first", "last"]


@pytest.mark.spark
@pytest.mark.kafka
@pytest.mark.parametrize("job", [recommend, hot_path], ids=module_name)
def test_without_a_champion_a_job_ends_with_one_line(spark, settings, create_topics, job):
    create_topics()
    with pytest.raises(ModelError, match="has no champion: run `careerstream models init`"):
        job.start(spark, settings)
    assert spark.streams.active == []
