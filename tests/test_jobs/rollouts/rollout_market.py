"""A market with a challenger, as the tests of rollouts use it."""

import io
import time
from contextlib import redirect_stdout

import mlflow
import orjson
import pytest

from jobs.cli.app import main
from streaming.contract.records import ANONYMOUS
from streaming.contract.topics import EVENTS, POSTINGS, RECOMMENDATIONS
from streaming.kafka.topic_reader import read_latest, read_messages
from streaming.serving.champion import read_current_versions
from streaming.serving.rollouts.rollout import read_rollouts
from streaming.settings import RolloutSettings
from training.registry.model_registry import CHALLENGER
from training.registry.registration import ensure_champion
from training.registry.tracking import setup

PATIENCE = 90.0
PEOPLE = [f"c{n:03}" for n in range(120)]
FATAL = "p05"
"""A model below fails for whoever has viewed it."""
MODEL = '''
"""Ranks open postings by the end of their ids; fails for whoever has viewed p05."""
from pathlib import Path

from mlflow.models import set_model
from mlflow.pyfunc import PythonModel

from streaming.serving.catalogue import Catalogue


class Model(PythonModel):
    def predict(self, context, model_input, params=None):
        return model_input

    def prepare(self, catalogue, folder):
        catalogue.write(folder / "postings.parquet")

    def rank(self, profiles, as_of, folder, size):
        return [self.ranked(one, when, folder, size) for one, when in zip(profiles, as_of)]

    def ranked(self, profile, as_of, folder, size):
        if any(event["posting_id"] == "p05" for event in profile["events"]):
            raise ValueError("it cannot rank for this person")
        catalogue = Catalogue.read(folder / "postings.parquet")
        allowed = catalogue.eligible(profile, as_of)
        ids = [one for one, own in zip(catalogue.posting_ids, allowed) if own]
        best = sorted(ids, reverse=True)[:size]
        return [
            {"rank": n, "posting_id": one, "score": -float(n),
             "reasons": [{"kind": "popular", "text": "It is one of the last."}]}
            for n, one in enumerate(best, start=1)
        ]


set_model(Model())
'''


def posting(number):
    return {
        "schema_version": 1,
        "posting_id": f"p{number:02}",
        "title": f"Developer {number}",
        "employer": f"Employer {number}",
        "date_posted": "2026-02-01T00:00:00.000000Z",
    }


def event(candidate, number, posting_id="p00", **more):
    return {
        "schema_version": 1,
        "event_id": f"{candidate}-{number}",
        "candidate_id": candidate,
        "posting_id": posting_id,
        "kind": "view",
        "event_time": f"2026-03-01T08:{number:02}:00.000000Z",
    } | more


class Market:
    """The stream of one home, with what a test sends and reads."""

    def __init__(self, settings, send):
        self.settings, self._send = settings, send

    def clicks(self, *events):
        pairs = [(one["candidate_id"].encode(), orjson.dumps(one)) for one in events]
        self._send(self.settings, EVENTS, pairs)

    def newest(self, topic=RECOMMENDATIONS):
        found = read_latest(self.settings.kafka, topic)
        return {k: orjson.loads(m.value) for k, m in found.items() if k != ANONYMOUS and m.value}

    def ends(self):
        """How much stands on the topic, by partition."""
        messages = read_messages(self.settings.kafka, RECOMMENDATIONS)
        return {message.partition: message.offset + 1 for message in messages}

    def since(self, ends):
        """The personal lists after those, as they were published."""
        found = [
            message.value
            for message in read_messages(self.settings.kafka, RECOMMENDATIONS)
            if message.value and message.offset >= ends.get(message.partition, 0)
        ]
        return [value for value in found if orjson.loads(value)["personal"]]

    def command(self, *words, code="0"):
        kafka = self.settings.kafka
        options = [
            f"--set=home={self.settings.home}",
            f"--set=kafka.bootstrap_servers={kafka.bootstrap_servers}",
            f"--set=kafka.topic_prefix={kafka.topic_prefix}",
        ]
        output = io.StringIO()
        with redirect_stdout(output), pytest.raises(SystemExit, match=code):
            main([*options, "rollout", *words])
        return output.getvalue()

    def start(self, *words):
        self.command("start", *words)
        return read_rollouts(self.settings).current

    def wait(self, holds, running):
        deadline = time.monotonic() + PATIENCE
        while not holds():
            running.check()
            assert time.monotonic() < deadline
            time.sleep(0.1)

    def wait_until_served(self, rollout, running):
        self.wait(lambda: read_current_versions(self.settings).rollout == rollout, running)


SETTINGS = RolloutSettings(check_seconds=1, max_error_share=0.5, max_time_ratio=1000)


def fill(settings, send, script):
    """Register the baseline as champion and the model above as challenger; send the postings."""
    ensure_champion(settings)
    script.write_text(MODEL)
    client = setup(settings)
    with mlflow.start_run():
        logged = mlflow.pyfunc.log_model(name="model", python_model=str(script))
    name = settings.mlflow.model_name
    version = client.create_model_version(name, logged.model_uri).version
    client.set_registered_model_alias(name, CHALLENGER, version)
    pairs = [(f"p{n:02}".encode(), orjson.dumps(posting(n))) for n in range(20)]
    send(settings, POSTINGS, pairs)
