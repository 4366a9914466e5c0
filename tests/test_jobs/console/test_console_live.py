"""The console and the topics: what stands there is shown, and what is done there is sent."""

import socket
import threading
import time
from datetime import UTC, datetime

import orjson
import pytest

from infra.broker import provisioning
from infra.broker.embedded import Broker
from jobs.console.live import live_topics
from streaming.contract.topics import (
    CANDIDATES,
    CONVERSATIONS,
    DEAD_LETTERS,
    EVENTS,
    MATCHES,
    PLANS,
    POSTINGS,
    PROFILES,
    RECOMMENDATIONS,
    TOPICS,
)
from streaming.contract.value_decoder import read_value
from streaming.kafka.topic_reader import read_messages
from streaming.settings import KafkaSettings, Settings
from streaming.timestamps import format_timestamp

pytestmark = pytest.mark.kafka

AS_OF = "2025-03-01T00:00:00.000000Z"
MARKUP = "<img src=x onerror=alert(1)><script>alert(1)</script>"


def posting(number, **changes):
    return {
        "schema_version": 1, "posting_id": f"p{number}", "title": f"Title {number} {MARKUP}",
        "employer": "A & B", "url": "https://example.org/p",
    } | changes  # fmt: skip


def profile(candidate, version, *event_ids):
    events = [
        {"event_id": each, "posting_id": "p1", "kind": "view", "event_time": AS_OF, "offset": n}
        for n, each in enumerate(event_ids)
    ]
    return {
        "schema_version": 1, "candidate_id": candidate, "version": version, "offsets": {},
        "as_of": AS_OF, "events": events, "applied": [], "dismissed": [],
    }  # fmt: skip


def made_list(candidate, version, *numbers, event_id=None):
    return {
        "schema_version": 1, "recommendation_id": f"{candidate}-{version}-{numbers}",
        "candidate_id": candidate, "personal": True, "profile_version": version,
        "model_name": "m", "model_version": "1", "catalogue_version": 1, "as_of": AS_OF,
        "items": [
            {"posting_id": f"p{n}", "rank": rank, "score": 1.0,
             "reasons": [{"kind": "fresh", "text": f"Reason {MARKUP}"}]}
            for rank, n in enumerate(numbers, start=1)
        ],
        "triggered_by": {"event_id": event_id, "produced_at": AS_OF},
    }  # fmt: skip


def match(number, *candidates):
    return {
        "schema_version": 1, "match_id": f"p{number}-{candidates}", "posting_id": f"p{number}",
        "model_name": "m", "model_version": "1", "catalogue_version": 1, "as_of": AS_OF,
        "candidates": [
            {"rank": rank, "candidate": each, "disclosed": False, "score": 0.1, "activity": 1.0,
             "probability": 0.2, "requirement": 0.5, "met": ["SQL"],
             "reasons": [{"kind": "stated", "text": f"Reason {MARKUP}"}],
             "profile_version": 3, "as_of": AS_OF}
            for rank, each in enumerate(candidates, start=1)
        ],
    }  # fmt: skip


@pytest.fixture
def put(send):
    """Send values under the key that their topic wants."""

    def sent(settings, topic, *values):
        name = "posting_id" if topic in {POSTINGS, MATCHES} else "candidate_id"
        send(settings, topic, [(value[name].encode(), orjson.dumps(value)) for value in values])

    return sent


@pytest.fixture
def filled(make_settings, put):
    """Settings of topics that hold two candidates' lists."""
    settings = make_settings()
    put(settings, POSTINGS, *(posting(n) for n in range(1, 6)))
    for candidate in ("c1", "c2"):
        put(settings, PROFILES, profile(candidate, 3, "old"))
        put(settings, RECOMMENDATIONS, made_list(candidate, 3, 1, 2, 3))
    return settings


def shows(*posting_ids):
    return lambda state: (
        state.get("list")
        and [item["posting_id"] for item in state["list"]["items"]] == list(posting_ids)
    )


def test_a_click_is_an_ordinary_event_and_its_list_comes_to_the_page(filled, console_for, put):
    with console_for(filled) as client:
        assert client.post("/candidate", {"candidate_id": "c1"}) == (200, {"candidate_id": "c1"})
        state = client.state(shows("p1", "p2", "p3"))
        click = {
            "kind": "save", "posting_id": "p2",
            "recommendation_id": state["list"]["recommendation_id"],
        }  # fmt: skip
        status, answer = client.post("/events", click | {"candidate_id": "c2", "rank": 99})
        assert status == 200
        (message,) = read_messages(filled.kafka, EVENTS)
        event = read_value(message.value, EVENTS, format_timestamp_of(message))
        assert message.key == b"c1"
        assert event | {"event_time": ""} == {
            "schema_version": 1, "event_id": answer["event_id"], "candidate_id": "c1",
            "posting_id": "p2", "kind": "save", "event_time": "", "rank": 2, "source": "console",
            "recommendation_id": click["recommendation_id"],
        }  # fmt: skip
        assert AS_OF < event["event_time"] < "2025-03-02"

        put(filled, PROFILES, profile("c1", 4, "old", answer["event_id"]))
        put(filled, RECOMMENDATIONS, made_list("c1", 4, 4, 1, event_id="another"))
        state = client.state(shows("p4", "p1"))
        assert state["answered"] == [answer["event_id"]]
        assert state["profile"]["events"][0]["event_id"] == answer["event_id"]


def format_timestamp_of(message):
    return format_timestamp(datetime.fromtimestamp(message.timestamp / 1000, tz=UTC))


def test_an_older_list_that_comes_again_changes_nothing(filled, console_for, put):
    with console_for(filled) as client:
        client.post("/candidate", {"candidate_id": "c1"})
        put(filled, RECOMMENDATIONS, made_list("c1", 5, 5), made_list("c1", 4, 4))
        put(filled, PROFILES, profile("c1", 6))
        state = client.state(lambda s: s["profile"] and s["profile"]["version"] == 6)
        assert shows("p5")(state)


def test_what_is_no_record_of_its_topic_is_not_shown(filled, console_for, put):
    with console_for(filled) as client:
        client.post("/candidate", {"candidate_id": "c1"})
        put(filled, POSTINGS, {"posting_id": "p1", "title": ["no", "text"]})
        put(filled, PROFILES, profile("c1", 8) | {"events": 7})
        put(filled, RECOMMENDATIONS, made_list("c1", 9, 1, 4))
        state = client.state(shows("p1", "p4"))
        assert [item["known"] for item in state["list"]["items"]] == [False, True]
        assert client.state()["profile"] is None


def test_a_posting_that_was_not_shown_takes_no_event(filled, console_for):
    with console_for(filled) as client:
        client.post("/candidate", {"candidate_id": "c1"})
        shown = client.state(shows("p1", "p2", "p3"))["list"]["recommendation_id"]
        for changes in ({"posting_id": "p5"}, {"recommendation_id": "x"}, {"kind": "hire"}):
            click = {"kind": "view", "posting_id": "p1", "recommendation_id": shown} | changes
            assert client.post("/events", click)[0] == 422
        assert list(read_messages(filled.kafka, EVENTS)) == []


def test_each_session_sees_the_candidate_that_it_chose(filled, console_for, put):
    with console_for(filled) as first:
        second = type(first)(f"http://{first.host}/?token={first.token}")
        second.sign_in()
        assert second.cookie != first.cookie
        first.post("/candidate", {"candidate_id": "c1"})
        assert second.state(lambda s: not s["status"]["trouble"])["list"] is None
        second.post("/candidate", {"candidate_id": "c2"})
        put(filled, RECOMMENDATIONS, made_list("c2", 9, 5))
        assert second.state(shows("p5"))["candidate"]["id"] == "c2"
        state = first.state(shows("p1", "p2", "p3"))
        assert state["candidate"]["id"] == "c1"
        for path in ("/?candidate_id=c2", "/stream?candidate_id=c2"):
            assert first.request("GET", path.replace("/stream", "/"))[0] == 200
        assert first.state()["candidate"]["id"] == "c1"


def matched(*candidates):
    return lambda state: (
        (state.get("matches") or {}).get("match")
        and [one["candidate"] for one in state["matches"]["match"]["candidates"]]
        == list(candidates)
    )


def test_the_matches_of_a_posting_follow_their_topic(filled, console_for, put, send):
    with console_for(filled) as client:
        assert client.state(lambda s: not s["status"]["trouble"])["matches"] is None
        assert client.post("/posting", {"posting_id": "p2"}) == (200, {"posting_id": "p2"})
        state = client.state(lambda s: s["matches"])["matches"]
        assert (state["match"], state["none_published"]) == (None, True)
        assert state["posting"]["title"] == f"Title 2 {MARKUP}"
        put(filled, MATCHES, match(2, "x1", "x2"), match(3, "x9"))
        (one, _) = client.state(matched("x1", "x2"))["matches"]["match"]["candidates"]
        assert one == {
            "rank": 1, "candidate": "x1", "disclosed": False, "score": 0.1, "probability": 0.2,
            "requirement": 0.5, "met": ["SQL"], "missing": [], "reasons": [f"Reason {MARKUP}"],
        }  # fmt: skip
        put(filled, MATCHES, match(2, "x2"))
        client.state(matched("x2"))
        send(filled, MATCHES, [(b"p2", None)])
        state = client.state(lambda s: s["matches"]["match"] is None)["matches"]
        assert not state["none_published"]


def test_each_session_sees_the_matches_of_its_own_posting(filled, console_for, put):
    put(filled, MATCHES, match(1, "x1"), match(2, "x2"))
    with console_for(filled) as first:
        second = type(first)(f"http://{first.host}/?token={first.token}")
        second.sign_in()
        first.post("/posting", {"posting_id": "p1"})
        second.post("/posting", {"posting_id": "p2"})
        first.state(matched("x1"))
        second.state(matched("x2"))
        assert first.state()["matches"]["posting_id"] == "p1"


def turns(count):
    return lambda state: len(state["conversation"]["turns"]) == count


def test_a_turn_is_about_the_list_that_is_shown_and_its_answer_follows(filled, console_for, put):
    with console_for(filled) as client:
        client.post("/candidate", {"candidate_id": "c1"})
        shown = client.state(shows("p1", "p2", "p3"))["list"]["recommendation_id"]
        status, sent = client.post("/say", {"text": f"not the second {MARKUP}"})
        assert status == 200
        [record] = read_messages(filled.kafka, CONVERSATIONS)
        turn = read_value(record.value, CONVERSATIONS, format_timestamp(datetime.now(tz=UTC)))
        assert record.key == b"c1"
        assert (turn["turn_id"], turn["speaker"]) == (sent["turn_id"], "candidate")
        assert (turn["recommendation_id"], turn["shown"]) == (shown, ["p1", "p2", "p3"])
        answer = {
            "schema_version": 1, "turn_id": "a1", "candidate_id": "c1", "speaker": "careerstream",
            "said_at": AS_OF, "text": "Fine.", "answers": turn["turn_id"],
        }  # fmt: skip
        put(filled, CONVERSATIONS, answer, answer, answer | {"candidate_id": "c2"})
        said = client.state(turns(2))["conversation"]["turns"]
        assert [one["text"] for one in said] == [f"not the second {MARKUP}", "Fine."]
        client.post("/candidate", {"candidate_id": "c2"})
        assert client.state(turns(1))["conversation"]["candidate_id"] == "c2"


def test_a_forgotten_conversation_is_shown_no_more(filled, console_for, send):
    with console_for(filled) as client:
        client.post("/candidate", {"candidate_id": "c1"})
        client.post("/say", {"text": "hello"})
        client.state(turns(1))
        send(filled, CONVERSATIONS, [(b"c1", None)])
        client.state(turns(0))


def test_what_nobody_says_is_not_sent(filled, console_for):
    with console_for(filled) as client:
        client.state(lambda s: not s["status"]["trouble"])
        assert "nobody is chosen" in client.post("/say", {"text": "hello"})[1]["error"]
        client.post("/candidate", {"candidate_id": "c1"})
        for text, trouble in (("  ", "say something"), ("x" * 4_001, "4,001 characters")):
            status, answer = client.post("/say", {"text": text})
            assert (status, trouble in answer["error"]) == (422, True)
        assert list(read_messages(filled.kafka, CONVERSATIONS)) == []


def plan(candidate, **fields):
    return {
        "schema_version": 1, "plan_id": "h", "candidate_id": candidate, "goal": "Baker",
        "versions": {"postings": 1, "taxonomy": "own", "taxonomy_version": "v"}, "as_of": AS_OF,
    } | fields  # fmt: skip


def test_a_goal_is_stated_beside_all_else_and_its_plan_follows(filled, console_for, put, send):
    with console_for(filled) as client:
        client.state(lambda s: not s["status"]["trouble"])
        assert "nobody is chosen" in client.post("/goal", {"goal": "Baker"})[1]["error"]
        said = {
            "turn_id": "t", "said_at": AS_OF, "field": "skills", "value": "cake",
        }  # fmt: skip
        stated = {
            "updated_at": AS_OF, "skills": ["bread", "cake"], "background": "bakery",
            "said": [said], "saved": {"updated_at": AS_OF, "skills": ["bread"]},
        }  # fmt: skip
        put(filled, PROFILES, profile("c1", 4, "old") | {"stated": stated})
        client.post("/candidate", {"candidate_id": "c1"})
        client.state(lambda s: (s.get("profile") or {}).get("version") == 4)
        status, answer = client.post("/goal", {"goal": " Baker ", "candidate_id": "c2"})
        assert (status, answer) == (200, {"goal": "Baker"})
        [record] = read_messages(filled.kafka, CANDIDATES)
        value = orjson.loads(record.value)
        assert (record.key, value["goal"]) == (b"c1", "Baker")
        assert (value["skills"], value["background"]) == (["bread"], "bakery")
        assert value["updated_at"] > AS_OF
        assert not value["said"]

        step = {"title": MARKUP, "course_id": "k", "url": "javascript:1", "in_reach": 3, "more": 2}
        put(filled, PLANS, plan("c2", goal="Cook"), plan("c1", steps=[step]))
        shown = client.state(lambda s: s["plan"]["plan"])["plan"]["plan"]
        assert (shown["goal"], shown["steps"][0]["title"]) == ("Baker", MARKUP)
        assert shown["steps"][0]["link"] is None
        send(filled, PLANS, [(b"c1", None)])
        assert client.state(lambda s: s["plan"]["plan"] is None)["plan"]["none_published"] is False
        assert client.post("/goal", {"goal": "x" * 201})[0] == 422


def test_a_posting_that_is_not_on_the_topic_is_not_chosen(filled, console_for):
    with console_for(filled) as client:
        client.state(lambda s: not s["status"]["trouble"])
        for posting_id in ("nothing", "", MARKUP):
            status, answer = client.post("/posting", {"posting_id": posting_id})
            assert (status, "there is no open posting" in answer["error"]) == (422, True)
        assert client.state()["matches"] is None


def test_somebody_unknown_is_not_chosen(filled, console_for):
    with console_for(filled) as client:
        client.state(lambda s: not s["status"]["trouble"])
        for candidate in ("nobody", "", "*", MARKUP):
            status, answer = client.post("/candidate", {"candidate_id": candidate})
            assert (status, "there is no profile" in answer["error"]) == (422, True)


def test_a_candidate_is_made_up_with_what_is_stated(filled, console_for):
    with console_for(filled) as client:
        client.state(lambda s: not s["status"]["trouble"])
        stated = {
            "skills": "SQL, 会计\uff0c Excel ", "background": " ten years ", "language": "zh",
            "places": "", "candidate_id": "c1",
        }  # fmt: skip
        status, answer = client.post("/candidate/new", stated)
        assert status == 200
        (message,) = read_messages(filled.kafka, CANDIDATES)
        record = read_value(message.value, CANDIDATES, format_timestamp_of(message))
        assert message.key.decode() == answer["candidate_id"] != "c1"
        assert record["skills"] == ["SQL", "会计", "Excel"]
        assert (record["background"], record["language"]) == ("ten years", "zh")
        assert client.state()["candidate"]["id"] == answer["candidate_id"]


@pytest.mark.parametrize("stated", [{}, {"skills": " , "}, {"skills": ",".join("x" * 60)}])
def test_nothing_stated_or_too_much_is_refused(filled, console_for, stated):
    with console_for(filled) as client:
        client.state(lambda s: not s["status"]["trouble"])
        assert client.post("/candidate/new", stated)[0] == 422


def test_a_candidate_and_postings_older_than_what_is_read_first_are_looked_up(
    filled, console_for, monkeypatch
):
    monkeypatch.setattr(live_topics, "RECENT_MESSAGES", 0)
    with console_for(filled) as client:
        client.state(lambda s: not s["status"]["trouble"])
        assert client.post("/candidate", {"candidate_id": "c1"})[0] == 200
        state = client.state(lambda s: s["list"] and s["list"]["items"][0]["known"])
        assert state["list"]["items"][0]["title"] == f"Title 1 {MARKUP}"


def test_a_browser_that_reads_nothing_holds_up_nobody(filled, console_for, put):
    with console_for(filled) as client:
        client.post("/candidate", {"candidate_id": "c1"})
        head = f"GET /stream HTTP/1.1\r\nHost: {client.host}\r\nCookie: {client.cookie}\r\n\r\n"
        stuck = [socket.create_connection(client.host.split(":")) for _ in range(5)]
        for each in stuck:
            each.sendall(head.encode())
        lists = (made_list("c1", version, *range(1, 6)) for version in range(10, 1010))
        put(filled, RECOMMENDATIONS, *lists)
        put(filled, RECOMMENDATIONS, made_list("c1", 3000, 4))
        assert client.state(shows("p4"))
        for each in stuck:
            each.close()


def test_dead_letters_are_listed_and_replayed(make_settings, console_for, send):
    settings = make_settings()
    ((place),) = send(settings, EVENTS, [(b"c1", b"no json")])
    key = f"events/{place.partition}/{place.offset}"
    headers = [
        (name, value.encode())
        for name, value in {
            "reason": "not-json", "text": MARKUP, "topic": "events", "job": "update_profiles",
            "partition": str(place.partition), "offset": str(place.offset), "key": "c1",
        }.items()
    ]  # fmt: skip
    send_with_headers(settings, key, headers)
    with console_for(settings) as client:
        letters = client.get("/operator/dead-letters")
        assert (letters["letters"], letters["newest"][0]["key"]) == (1, key)
        for path, outcome in (("replay", "replay"), ("again", "already replayed")):
            status, answer = client.post("/operator/replay", {"keys": [key]})
            assert (status, answer["outcomes"][outcome], path) == (200, 1, path)
        assert client.post("/operator/replay", {"keys": []})[0] == 422
        assert client.post("/operator/replay", {"keys": ["x"]})[0] == 422
    values = [message.value for message in read_messages(settings.kafka, EVENTS)]
    assert values == [b"no json"] * 2


def send_with_headers(settings, key, headers):
    from streaming.kafka.clients import producer  # noqa: PLC0415

    client = producer(settings.kafka)
    name = settings.kafka.topic_prefix + DEAD_LETTERS.name
    client.send(name, key=key.encode(), value=b"no json", headers=headers).get(60)
    client.close()


def test_missing_topics_are_one_line_until_they_are_there(broker, tmp_path, console_for):
    kafka = KafkaSettings(
        bootstrap_servers=broker.bootstrap_servers, topic_prefix=f"test-{tmp_path.name[:20]}."
    )
    with console_for(Settings(home=tmp_path, kafka=kafka)) as client:
        client.state(lambda s: "does not exist" in s["status"]["trouble"])
        provisioning.create(kafka, TOPICS)
        state = client.state(lambda s: not s["status"]["trouble"])
        assert state["status"]["no_lists"]


def test_a_lost_broker_is_one_line_and_the_page_recovers(tmp_path, console_for, put):
    with Broker(tmp_path / "kafka") as broker:
        settings = Settings(
            home=tmp_path, kafka=KafkaSettings(bootstrap_servers=broker.bootstrap_servers)
        )
        provisioning.create(settings.kafka, TOPICS)
        put(settings, POSTINGS, posting(1))
        put(settings, PROFILES, profile("c1", 3))
        put(settings, RECOMMENDATIONS, made_list("c1", 3, 1))
        with console_for(settings) as client:
            client.post("/candidate", {"candidate_id": "c1"})
            shown = client.state(shows("p1"))["list"]["recommendation_id"]
            broker.stop()
            lost = client.state(lambda s: s["status"]["trouble"])
            assert "\n" not in lost["status"]["trouble"]
            assert shows("p1")(lost)
            click = {"kind": "view", "posting_id": "p1", "recommendation_id": shown}
            began = time.monotonic()
            assert client.post("/events", click)[0] == 503
            assert time.monotonic() - began < 2
            broker.start()
            client.state(lambda s: not s["status"]["trouble"])
            put(settings, RECOMMENDATIONS, made_list("c1", 4, 1))
            client.state(lambda s: s["list"]["profile_version"] == 4)
            status, _ = client.post("/events", click)
            assert status == 200
        assert len(list(read_messages(settings.kafka, EVENTS))) == 1
    names = {thread.name for thread in threading.enumerate()}
    assert not {name for name in names if name.startswith("console")}
