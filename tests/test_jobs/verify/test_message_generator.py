"""Messages are equal for equal seeds, of every kind, and break as their reason says."""

from itertools import islice

import orjson
import pytest
from pydantic import ValidationError

from jobs.verify.broken_messages import KINDS
from jobs.verify.message_generator import SHARES, messages, postings
from streaming.contract.records import Candidate, Event, Posting
from streaming.contract.rejection_reasons import RejectionReason
from streaming.contract.topics import EVENTS

MANY = 4_000


@pytest.fixture(scope="module")
def made():
    return list(islice(messages(3), MANY))


def test_the_same_seed_makes_the_same_messages(made):
    assert list(islice(messages(3), 300)) == made[:300]
    assert list(islice(messages(4), 300)) != made[:300]


def test_every_kind_and_every_reason_occurs(made):
    assert {message.kind for message in made} == set(SHARES)
    reasons = {message.reason for message in made} - {None}
    assert reasons == {kind.reason.value for kind in KINDS.values()}


def test_what_is_said_to_be_readable_fits_the_contract(made):
    good = [m for m in made if m.reason is None and m.value is not None]
    for message in good:
        model = Event if message.topic is EVENTS else Candidate
        assert model.model_validate_json(message.value).candidate_id == message.key.decode()


def test_what_python_can_tell_to_be_broken_does_not_fit(made):
    plain = {RejectionReason.MISSING_FIELD, RejectionReason.WRONG_TYPE, RejectionReason.WRONG_VALUE}
    told = [m for m in made if m.reason in plain]
    assert told
    for message in told:
        with pytest.raises(ValidationError):
            Event.model_validate_json(message.value)


def test_some_candidates_do_more_than_a_profile_holds(made):
    held = [m.key for m in made if m.kind == "event"]
    assert min(held.count(key) for key in set(held)) > 20
    late = [orjson.loads(m.value)["event_time"] for m in made if m.kind == "late"]
    assert late != sorted(late)


def test_postings_fit_the_contract():
    for posting_id, value in postings():
        assert Posting.model_validate_json(value).posting_id == posting_id
