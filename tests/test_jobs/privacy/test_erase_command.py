"""careerstream erase: found everywhere beforehand, nowhere outside the receipt afterwards."""

import orjson
import pytest

from jobs import archive, hot_path, index_postings
from jobs.operations.dead_letter_browser import DeadLetterFilter
from jobs.operations.dead_letter_replay import ReplayOutcome, replay
from jobs.privacy.erase import erase, search
from jobs.privacy.person_traces import Traces
from jobs.privacy.receipt import concerns, read_receipt, sign, write_receipt
from streaming.contract.topics import CANDIDATES, EVENTS, POSTINGS
from streaming.errors import InputError
from streaming.lake.erasures import read_fences
from training.registry.registration import ensure_champion

pytestmark = [pytest.mark.spark, pytest.mark.kafka]

ERASED, OTHER = "anna", "ben"
BACKGROUND = "twelve years of bridges between Bern and Basel"


def click(candidate, number):
    return orjson.dumps(
        {
            "schema_version": 1,
            "event_id": f"event{number}",
            "candidate_id": candidate,
            "posting_id": f"p{number}",
            "kind": "view",
            "event_time": f"2026-03-01T08:{number:02}:00.000000Z",
        }
    )


def stated(candidate):
    said = {"schema_version": 1, "candidate_id": candidate, "background": BACKGROUND + candidate}
    return orjson.dumps(said | {"updated_at": "2026-02-01T00:00:00.000000Z"})


@pytest.fixture(scope="module")
def erased(make_settings, send, started, spark):
    """What a search finds before, the receipt, and what it finds after the stream has gone on."""
    settings = make_settings()
    people = (ERASED, OTHER)
    posting = {"schema_version": 1, "title": "Work"}
    ids = [f"p{n}" for n in range(9)]
    send(settings, POSTINGS, [(i.encode(), orjson.dumps(posting | {"posting_id": i})) for i in ids])
    send(settings, CANDIDATES, [(one.encode(), stated(one)) for one in people])
    clicks = [(one.encode(), click(one, n)) for one in people for n in range(4)]
    send(settings, EVENTS, [*clicks, (ERASED.encode(), b"{" + ERASED.encode())])
    (settings.home / "logs").mkdir(parents=True, exist_ok=True)
    (settings.home / "logs" / "old.log").write_text(f"something about {ERASED} here\n")
    (settings.home / "rejected").mkdir()
    (settings.home / "rejected" / "rows.jsonl").write_text(f"{ERASED},x\n{OTHER},x\n")
    ensure_champion(settings)
    traces = Traces(people)
    with (
        started(index_postings, settings) as index,
        started(hot_path, settings) as hot,
        started(archive, settings) as lake,
    ):
        for job in (index, hot, lake):
            job.drain()
        before = {place.label: place for place in search(spark, settings, traces)}
        receipt = erase(lambda: spark, settings, [ERASED])
        again = erase(lambda: spark, settings, [ERASED])
        hot.drain()
        lake.drain()
    after = {place.label: place for place in search(spark, settings, traces)}
    return settings, before, (receipt, again), after


EVERYWHERE = (
    "topic events", "topic candidates", "topic profiles", "topic recommendations",
    "topic dead-letters", "table events", "table profiles", "table decisions",
    "files of table events", "files of table profiles", "log of table events",
    "table state of update_profiles", "file logs/old.log", "file rejected/rows.jsonl",
)  # fmt: skip


def test_the_search_finds_them_wherever_they_are_beforehand(erased):
    _, before, _, _ = erased
    missing = [label for label in EVERYWHERE if not before[label].found[ERASED]]
    assert missing == []


def test_afterwards_they_are_nowhere_but_where_the_receipt_says(erased):
    _, _, (_, receipt), after = erased
    dated = {row["place"] for row in receipt["places"] if "stays_because" in row}
    left = {label for label, place in after.items() if place.found[ERASED]}
    assert left <= dated
    assert not {label for label in left if label.startswith("table ")}
    assert after["fences erasures"].found[ERASED]


def test_others_are_found_where_they_were(erased):
    _, before, _, after = erased
    for label in EVERYWHERE:
        if label.startswith(("topic", "table")):
            assert after[label].found[OTHER] == before[label].found[OTHER], label
    assert after["file rejected/rows.jsonl"].found[OTHER]


def test_a_second_run_ends_the_same(erased):
    _, _, (first, second), _ = erased
    assert [row["place"] for row in second["places"] if row["place"].startswith("table")] == [
        row["place"] for row in first["places"] if row["place"].startswith("table")
    ]
    found = {row["place"]: row["found"] for row in second["places"]}
    assert [found[f"table {name}"] for name in ("events", "profiles", "decisions")] == [0, 0, 0]


def test_a_receipt_is_signed_and_names_nobody(erased, tmp_path):
    settings, _, (receipt, _), _ = erased
    file = tmp_path / "receipt.json"
    write_receipt(file, sign(settings, receipt))
    assert ERASED.encode() not in file.read_bytes()
    assert read_receipt(file) == receipt
    assert concerns(receipt, ERASED)
    assert not concerns(receipt, OTHER)
    file.write_bytes(file.read_bytes().replace(b'"found": 4', b'"found": 0', 1))
    with pytest.raises(InputError, match="does not fit"):
        read_receipt(file)


def test_no_dead_letter_of_theirs_is_replayed(erased, spark):
    settings, *_ = erased
    outcomes = replay(settings, DeadLetterFilter())
    assert set(outcomes.values()) == {ReplayOutcome.ERASED}
    kept = {(fence.topic, fence.candidate_id) for fence in read_fences(spark, settings)}
    assert (CANDIDATES.name, ERASED) in kept
