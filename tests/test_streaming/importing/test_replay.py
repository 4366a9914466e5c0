"""Files → a real broker → messages: complete, in order, accounted for, interruptible."""

import io
import json
import signal
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path

import pytest
from kafka import TopicPartition
from kafka.admin import NewTopic
from rich.console import Console

from jobs.operations.file_import import (
    ImportOptions,
    import_candidates,
    import_events,
    import_postings,
)
from jobs.runtime.progress import import_progress
from streaming.contract.topics import CANDIDATES, EVENTS, POSTINGS
from streaming.errors import BrokerError, InputError
from streaming.importing import ReadOptions
from streaming.importing.replay_rate import ReplayRate
from streaming.kafka import clients

pytestmark = pytest.mark.kafka


@pytest.fixture
def ready(settings, create_topics):
    """Settings whose topics exist."""
    create_topics(EVENTS, POSTINGS, CANDIDATES)
    return settings


def follow(kafka, topic, count):
    """Read `count` messages of a topic, by partition and offset."""
    name = kafka.topic_prefix + topic.name
    reader = clients.consumer(kafka, consumer_timeout_ms=30_000)
    try:
        reader.assign([TopicPartition(name, part) for part in range(topic.partitions)])
        found = [next(reader) for _ in range(count)]
    finally:
        reader.close()
    return sorted(found, key=lambda message: (message.partition, message.offset))


def event(number, minute, **changes):
    return {
        "schema_version": 1,
        "event_id": f"e{number}",
        "candidate_id": f"c{number % 3}",
        "posting_id": f"p{number}",
        "kind": "view",
        "event_time": f"2026-01-31T09:{minute:02d}:00Z",
    } | changes


def written(folder, *values):
    file = folder / "rows.jsonl"
    lines = (value if isinstance(value, str) else json.dumps(value) for value in values)
    file.write_text("\n".join(lines), encoding="utf-8")
    return file


def test_events_arrive_by_time_under_their_candidate(ready, tmp_path):
    minutes = [5, 3, 9, 3, 1, 7, 0, 3]
    file = written(tmp_path, *(event(number, minute) for number, minute in enumerate(minutes)))
    done = import_events(ready, file)
    assert (done.read, done.produced, done.rejected, done.unsent) == (8, 8, {}, 0)
    assert (done.first, done.last) == ("2026-01-31T09:00:00.000000Z", "2026-01-31T09:09:00.000000Z")
    found = follow(ready.kafka, EVENTS, 8)
    by_candidate = {}
    for message in found:
        value = json.loads(message.value)
        assert message.key.decode() == value["candidate_id"]
        by_candidate.setdefault(value["candidate_id"], []).append(
            (value["event_time"], int(value["event_id"][1:]))
        )
    assert all(times == sorted(times) for times in by_candidate.values())
    assert sum(map(len, by_candidate.values())) == 8
    assert not list(ready.home.glob("import-*"))


def test_a_second_import_repeats_the_same_bytes(ready, tmp_path):
    file = written(tmp_path, *(event(number, number, event_id=None) for number in range(5)))
    import_events(ready, file)
    import_events(ready, file)
    values = Counter(message.value for message in follow(ready.kafka, EVENTS, 10))
    assert set(values.values()) == {2}


def test_rejects_are_counted_and_written_aside(ready, tmp_path):
    broken = [event(1, 1, kind="look"), "not json", event(2, 2, event_time="9999-01-01T00:00:00Z")]
    done = import_events(ready, written(tmp_path, event(0, 0), *broken))
    assert (done.read, done.produced) == (4, 1)
    assert done.rejected == {"wrong-value": 1, "not-json": 1, "future-time": 1}
    assert done.rejects.parent == ready.home / "rejected"
    assert done.rejects.name.startswith("rows.jsonl-events-")
    rejects = [json.loads(line) for line in done.rejects.read_text(encoding="utf-8").splitlines()]
    assert [reject["line"] for reject in rejects] == [2, 3, 4]
    assert rejects[1]["raw"].strip() == "not json"


def test_postings_and_candidates(ready, tmp_path):
    posting = {"@type": "JobPosting", "title": "Nurse", "url": "https://example.org/1"}
    done = import_postings(ready, written(tmp_path, posting))
    assert (done.topic, done.produced, done.first, done.rejects) == ("postings", 1, None, None)
    (message,) = follow(ready.kafka, POSTINGS, 1)
    assert message.key == b"https://example.org/1"
    stated = {"candidate_id": "c", "updated_at": "2026-01-01T00:00:00Z"}
    done = import_candidates(ready, written(tmp_path, stated))
    assert (done.topic, done.produced) == ("candidates", 1)
    assert follow(ready.kafka, CANDIDATES, 1)[0].key == b"c"


def test_of_postings_beside_events_the_first_text_counts(ready, tmp_path):
    file = tmp_path / "views.csv"
    file.write_text("job,name\n1,First\n2,Other\n1,Second\n", encoding="utf-8")
    mapping = ("posting_id=job", "title=name")
    options = ImportOptions(read=ReadOptions(mapping=mapping, first_only=True))
    done = import_postings(ready, file, options)
    assert (done.read, done.produced, done.repeated, done.unsent) == (3, 2, 1, 0)
    titles = {json.loads(message.value)["title"] for message in follow(ready.kafka, POSTINGS, 2)}
    assert titles == {"First", "Other"}


def test_a_row_above_the_clusters_own_limit_is_a_reject(settings, tmp_path):
    admin = clients.admin(settings.kafka)
    name = settings.kafka.topic_prefix + EVENTS.name
    limit = {"max.message.bytes": "1000"}
    admin.create_topics([NewTopic(name, EVENTS.partitions, 1, topic_configs=limit)])
    admin.close()
    long = event(1, 1, source="x" * 5000)
    done = import_events(settings, written(tmp_path, event(0, 0), long, event(2, 2)))
    assert (done.produced, done.rejected, done.unsent) == (2, {"too-large": 1}, 0)
    assert json.loads(done.rejects.read_text(encoding="utf-8"))["line"] == 2


def test_asked_to_stop_before_it_began(ready, tmp_path):
    stop = threading.Event()
    stop.set()
    done = import_events(ready, written(tmp_path, event(0, 0)), stop=stop)
    assert (done.stopped, done.produced) == (True, 0)


REPLAY = """
import dataclasses, json, sys
from pathlib import Path
from jobs.runtime.streaming_query import until_signalled
from jobs.operations.file_import import ImportOptions, import_events
from streaming.importing.replay_rate import ReplayRate
from streaming.settings import Settings
settings = Settings.model_validate_json(sys.argv[1])
with until_signalled() as stop:
    options = ImportOptions(rate=ReplayRate.parse("1x"))
    done = import_events(settings, Path(sys.argv[2]), options, stop=stop)
print(json.dumps(dataclasses.asdict(done), default=str))
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_a_replay_with_an_account(ready, tmp_path, number):
    # The fourth event is an hour after the third, so the process is waiting when the signal comes.
    file = written(tmp_path, event(0, 0), event(1, 0), event(2, 0), event(3, 59), event(4, 59))
    command = [sys.executable, "-c", REPLAY, ready.model_dump_json(), str(file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert len(follow(ready.kafka, EVENTS, 3)) == 3
        process.send_signal(number)
        output, _ = process.communicate(timeout=60)
    done = json.loads(output)
    assert process.returncode == 0
    assert done["stopped"]
    assert (done["read"], done["produced"], done["unsent"]) == (5, 3, 2)


def test_a_missing_topic_is_one_line_with_the_remedy(settings, tmp_path):
    with pytest.raises(BrokerError, match="careerstream topics create") as error:
        import_events(settings, written(tmp_path, event(0, 0)))
    assert "\n" not in str(error.value)


def test_a_wrong_file_sends_nothing(ready, tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        import_events(ready, Path("none.csv"))
    with pytest.raises(InputError, match="no column is mapped to"):
        import_events(ready, written(tmp_path, "a,b\n1,2\n"))
    assert not list(ready.home.glob("*"))


def test_the_bar_ends_full(ready, tmp_path):
    screen = Console(file=io.StringIO(), force_terminal=True, width=100)
    file = written(tmp_path, *(event(number, 0) for number in range(20)))
    with import_progress(screen) as bar:
        import_events(ready, file, ImportOptions(rate=ReplayRate(rate=1e6)), bar)
    assert all(task.finished for task in bar.tasks)
    assert [task.description for task in bar.tasks] == ["reading rows.jsonl", "sending events"]
    assert "20 rows" in screen.file.getvalue()
