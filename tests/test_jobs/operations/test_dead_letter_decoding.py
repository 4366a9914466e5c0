"""How far the bytes of a dead letter can be read: always to some stage, never to an error."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.operations.dead_letter_browser import DeadLetterFilter, decode_value
from streaming.contract.topics import BY_NAME
from streaming.errors import InputError

GOOD = {
    "schema_version": 1,
    "event_id": "e1",
    "candidate_id": "c1",
    "posting_id": "p1",
    "kind": "view",
    "event_time": "2026-03-01T08:00:00Z",
}
DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.text() | st.integers(-(2**53), 2**53),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@pytest.mark.parametrize(
    ("value", "stage", "problem"),
    [
        (None, "null", "no value"),
        (b"", "text", "not JSON"),
        (b"ab\xff", "bytes", "byte 2 is not UTF-8"),
        (b'{"a": ', "text", "not JSON"),
        (b"[" * 1_000_000, "text", "not JSON"),
        (b"[" * 400_000 + b"]" * 400_000, "text", "not JSON"),
        (b"3", "json", "should be"),
        (orjson.dumps(GOOD | {"kind": "stare"}), "json", "kind: "),
        (orjson.dumps({k: v for k, v in GOOD.items() if k != "event_id"}), "json", "event_id: "),
        (orjson.dumps(GOOD), "record", ""),
    ],
)
def test_each_stage_says_why_it_is_not_the_next(value, stage, problem):
    decoded = decode_value(value, "events")
    assert decoded.stage == stage
    assert problem in "; ".join(decoded.problems)
    assert bool(decoded.problems) == (stage != "record")


@given(value=st.none() | st.binary(), topic=st.sampled_from(sorted(BY_NAME)))
def test_any_bytes_are_read_to_some_stage(value, topic):
    decoded = decode_value(value, topic)
    assert decoded.stage in {"null", "bytes", "text", "json", "record"}
    orjson.dumps(decoded.value)


@given(document=DOCUMENTS)
def test_a_document_comes_back_as_it_was(document):
    assert decode_value(orjson.dumps(document), "events").value == document


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({"reason": "typo"}, "there is no reason typo; give one of null-value, "),
        ({"topic": "event"}, "there is no topic event; give one of postings, "),
        ({"topic": "dead-letters"}, "there is no topic dead-letters; "),
        ({"keys": frozenset({"events-0-1"})}, "events-0-1 is no key of a dead letter; "),
    ],
)
def test_a_choice_that_matches_nothing_is_refused(options, line):
    with pytest.raises(InputError, match="^" + line) as raised:
        DeadLetterFilter(**options)
    assert "\n" not in str(raised.value)
