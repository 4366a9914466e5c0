"""The parts of the console that need neither Kafka nor a browser."""

import re
import string
import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.console import views
from jobs.console.live.newest_values import NewestValues
from jobs.console.market_clock import MarketClock
from jobs.console.sessions import MAX_LISTS, MAX_SESSIONS, Session, Sessions
from jobs.console.texts import LANGUAGES, TEXTS, preferred_language, texts
from streaming.loopback import is_loopback
from streaming.timestamps import format_timestamp

RECOMMENDATION = {
    "recommendation_id": "r1", "profile_version": 7, "model_name": "m", "model_version": "2",
    "catalogue_version": 3, "as_of": "2025-03-01T00:00:00.000000Z",
    "triggered_by": {"event_id": "e7", "produced_at": "2026-01-01T00:00:00.000000Z"},
    "items": [
        {"posting_id": "p1", "rank": 1, "score": 1.0, "reasons": [{"kind": "fresh", "text": "new"}],
         "valid_through": "2025-03-02T00:00:00.000000Z"},
        {"posting_id": "p2", "rank": 2, "score": 0.5, "reasons": []},
    ],
}  # fmt: skip
PROFILE = {
    "version": 7, "as_of": "2025-03-01T00:00:00.000000Z", "applied": [], "dismissed": [],
    "events": [
        {"event_id": f"e{n}", "posting_id": "p1", "kind": "view",
         "event_time": "2025-03-01T00:00:00.000000Z"}
        for n in range(30)
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        " javascript:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "vbscript:x",
        "file:///etc/passwd",
        "//example.org/a",
        "/relative",
        "http://",
        "http://[broken",
        "",
        None,
    ],
)
def test_a_link_that_does_not_lead_to_the_web_is_none(url):
    assert views.safe_link(url) is None


@pytest.mark.parametrize("url", ["https://example.org/a?b=c", "HTTP://example.org"])
def test_a_link_to_the_web_stays(url):
    assert views.safe_link(url) == url


def test_an_item_is_shown_with_its_posting_and_only_until_it_expires():
    postings = {
        "p2": {
            "title": "Java", "employer": "E", "place": {"locality": "Wien", "country": "AT"},
            "salary": {"minimum": 1000, "maximum": 2000, "currency": "EUR", "unit": "MONTH"},
            "url": "javascript:alert(1)",
        }
    }  # fmt: skip
    view = views.list_view(RECOMMENDATION, postings.get, "2025-03-03T00:00:00.000000Z")
    (item,) = view["items"]
    assert (item["posting_id"], item["rank"], item["title"]) == ("p2", 1, "Java")
    assert (item["place"], item["salary"]) == ("Wien, AT", "1,000 - 2,000 EUR / month")
    assert item["link"] is None
    earlier = views.list_view(RECOMMENDATION, postings.get, RECOMMENDATION["as_of"])
    assert [item["known"] for item in earlier["items"]] == [False, True]


def test_a_profile_is_shown_newest_event_first():
    view = views.profile_view(PROFILE, {}.get)
    assert [view["events"][0]["event_id"], view["more_events"]] == ["e29", 10]


def test_a_list_answers_its_event_and_all_that_its_profile_holds():
    assert views.answered(["e7", "e8", "x"], RECOMMENDATION, None) == ["e7"]
    assert views.answered(["e8", "x"], RECOMMENDATION, PROFILE) == ["e8"]
    newer = PROFILE | {"version": 8}
    assert views.answered(["e8"], RECOMMENDATION, newer) == []
    assert views.answered(["e7"], None, PROFILE) == []


def test_an_older_version_does_not_replace_a_newer_one():
    values = NewestValues(10_000)
    assert [values.put("a", b"2", 2), values.put("a", b"1", 1), values.put("a", b"3", 2)] == [
        True, False, True,
    ]  # fmt: skip
    assert values.get("a") == b"3"


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.binary(max_size=400)), max_size=60))
def test_values_stay_within_their_memory_and_the_newest_is_kept(puts):
    values = NewestValues(2_000)
    for key, value in puts:
        values.put(key, value)
    assert len(values) <= 2_000 // 300
    if puts:
        key, value = puts[-1]
        assert values.get(key) == value
        assert values.newest_keys(1) == [key]
    assert values.complete or len({key for key, _ in puts}) > len(values)


def test_a_market_of_another_time_has_a_time_of_its_own():
    clock = MarketClock()
    assert abs(clock.now() - datetime.now(tz=UTC)) < timedelta(seconds=5)
    clock.see("2025-03-01T00:00:00.000000Z")
    clock.see("2025-02-01T00:00:00.000000Z")
    first, _, second = clock.now(), time.sleep(0.002), clock.now()
    assert datetime(2025, 3, 1, tzinfo=UTC) < first < second < datetime(2025, 3, 2, tzinfo=UTC)
    assert clock.moment_of("2025-03-01T00:00:00.000000Z") == "2025-03-01T00:00:00.000000Z"


def test_a_market_of_the_present_has_the_present_time():
    clock, recent = MarketClock(), datetime.now(tz=UTC) - timedelta(hours=3)
    clock.see(format_timestamp(recent))
    assert clock.now() > recent + timedelta(hours=2)
    assert clock.moment_of(format_timestamp(recent)) > format_timestamp(recent)


def test_a_session_knows_the_items_of_its_newest_lists_and_of_nobody_else():
    session = Session()
    for number in range(MAX_LISTS + 1):
        session.remember(f"r{number}", ["p1", "p2"])
    assert session.shown_item("r0", "p1") is None
    assert session.shown_item("r1", "p2").rank == 2
    assert session.shown_item("r1", "p3") is None
    session.choose("somebody")
    assert session.shown_item("r1", "p2") is None


def test_the_number_of_sessions_is_bounded_and_the_one_in_use_stays():
    sessions = Sessions()
    used = sessions.open()
    for _ in range(2 * MAX_SESSIONS):
        sessions.open()
        assert sessions.find(used.id) is used
    assert sessions.find("") is None


def test_every_text_has_the_same_names_in_both_languages():
    def names(text):
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    for key, both in TEXTS.items():
        assert len(both) == len(LANGUAGES)
        assert names(both[0]) == names(both[1]), key


def test_the_page_names_no_text_that_does_not_exist():
    from jobs.console import app  # noqa: PLC0415

    scripts = (app.FOLDER / "static").glob("*.js")
    script = "".join(file.read_text("utf-8") for file in scripts)
    named = set(re.findall(r'text\(\s*"([^"]+)"', script))
    assert len(named) > 30
    assert named <= set(texts("en"))


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("de-AT,en;q=0.5,zh;q=0.9", "zh"),
        ("en-GB", "en"),
        ("fr, *;q=0.5", "en"),
        ("zh;q=x,en;q=0.1", "en"),
    ],
)
def test_the_browser_says_which_language_it_prefers(header, language):
    assert preferred_language(header) == language


def test_a_host_of_this_machine_alone_is_recognised():
    assert [is_loopback(host) for host in ("127.0.0.1", "::1", "localhost", "0.0.0.0")] == [  # noqa: S104
        True, True, True, False,
    ]  # fmt: skip
