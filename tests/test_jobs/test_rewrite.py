"""rewrite from end to end, with a model that writes, answers nonsense, hangs and comes back."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import orjson
import pytest

from jobs.writing import rewrite
from jobs.writing.rewriter import Rewriter
from streaming.contract.rewrite import Rewrite
from streaming.contract.topics import POSTINGS, REWRITES
from streaming.kafka.topic_reader import read_latest, read_messages
from streaming.metrics.exposition_parser import parse_samples
from streaming.metrics.registry import REGISTRY
from streaming.settings import LanguageSettings, RewriteSettings

pytestmark = [pytest.mark.spark, pytest.mark.kafka]


class Endpoint(BaseHTTPRequestHandler):
    """A model: it repeats the sections that it is given, answers nonsense, or does not answer."""

    behaviour = "repeats"
    ended = threading.Event()

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.behaviour == "hangs":
            self.ended.wait(20)
            return
        text = body["messages"][1]["content"] if self.behaviour == "repeats" else "Sorry, 7 cats."
        content = json.dumps({"choices": [{"message": {"content": text}}]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *arguments) -> None:
        del arguments


@pytest.fixture
def endpoint():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Endpoint)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/v1"
    Endpoint.ended.set()
    server.shutdown()
    thread.join()
    server.server_close()


def posting(posting_id, **changes):
    value = {
        "schema_version": 1,
        "posting_id": posting_id,
        "title": "Developer",
        "employer": "Acme",
        "description": f"Requirements:\n- at least 3 years of Java for {posting_id}\n- a rockstar",
    }
    return posting_id.encode(), orjson.dumps(value | changes)


def published(settings):
    records = read_latest(settings.kafka, REWRITES)
    return {key: Rewrite.model_validate_json(record.value) for key, record in records.items()}


def outcomes():
    samples = parse_samples(REGISTRY.exposition().decode())
    return {
        dict(labels)["outcome"]: value
        for (name, labels), value in samples.items()
        if name == "careerstream_rewrites_total"
    }


def test_rewrites_follow_postings_whatever_the_model_does(
    make_settings, send, started, spark, endpoint
):
    model = LanguageSettings(model=endpoint, name="small", timeout_seconds=0.5, retries=0)
    changes = {"language": model, "rewrite": RewriteSettings(interval_seconds=0.1)}
    settings = make_settings().model_copy(update=changes)
    before = outcomes()

    with started(rewrite, settings) as job:
        for behaviour in ("repeats", "talks nonsense", "hangs"):
            Endpoint.behaviour = behaviour
            send(settings, POSTINGS, [posting(behaviour)])
            job.drain()
        send(settings, POSTINGS, [(b"broken", b"{"), (b"key", posting("other")[1])])
        send(settings, POSTINGS, [posting("closed"), (b"closed", None)])
        job.drain()
    made = published(settings)
    assert {key: own.model for key, own in made.items()} == {
        "repeats": "written", "talks nonsense": "refused", "hangs": "unanswered",
    }  # fmt: skip
    assert {key: own.author for key, own in made.items()} == {
        "repeats": "small", "talks nonsense": "rules", "hangs": "rules",
    }  # fmt: skip
    assert "invented" in " ".join(made["talks nonsense"].refused)
    assert "did not answer" in made["hangs"].notice
    for own in made.values():
        must = next(section for section in own.sections if section.kind == "must")
        assert f"at least 3 years of Java for {own.posting_id}" in must.lines[0].replace("At", "at")
        assert own.remarks[0].replacement
    counted = {name: value - before.get(name, 0) for name, value in outcomes().items()}
    assert {name: value for name, value in counted.items() if value} == {
        "model_written": 1, "model_refused": 1, "model_unanswered": 1,
    }  # fmt: skip

    # A batch that is repeated publishes nothing, even where the model would answer by now.
    Endpoint.behaviour = "repeats"
    messages = list(read_messages(settings.kafka, REWRITES))
    rows = [(m.key, m.value, m.offset) for m in read_messages(settings.kafka, POSTINGS)]
    again = Rewriter(spark, settings)
    again.handle(spark.createDataFrame(rows, "key binary, value binary, offset long"), 7)
    again.rewrite_all(retries=False)
    assert len(list(read_messages(settings.kafka, REWRITES))) == len(messages)

    # The model is asked again for what it owes, and a closed posting loses its text.
    again.rewrite_all(retries=True)
    assert published(settings)["hangs"].model == "written"
    send(settings, POSTINGS, [(b"repeats", None)])
    with started(rewrite, settings) as job:
        job.drain()
    assert published(settings).keys() == {"talks nonsense", "hangs"}

    # Another writer writes all again.
    english = settings.model_copy(update={"rewrite": RewriteSettings(language="zh")})
    english = english.model_copy(update={"language": LanguageSettings()})
    Rewriter(spark, english).rewrite_all(retries=False)
    assert {(own.language, own.model) for own in published(settings).values()} == {("zh", None)}
