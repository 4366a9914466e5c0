"""For the tests of a service that uses careerstream: messages that try each rule of the contract.

No broker is needed. `client/examples/test_careerstream_contract.py` in careerstream's repository is
a test to copy.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import orjson

from careerstream_client.errors import ContractError
from careerstream_client.producer import checked
from careerstream_client.records import (
    ANONYMOUS,
    Candidate,
    Event,
    Item,
    Posting,
    Reason,
    ReasonKind,
    Recommendation,
)

NOW = datetime(2026, 1, 31, 9, 30, tzinfo=UTC)
"""The moment at which the samples are shown."""

Message = tuple[bytes, bytes | None]
"""Key and value of a message."""


@dataclass(frozen=True)
class Sample:
    """Messages in their order, and what must be shown to the candidate `c1` after them."""

    name: str
    rule: str
    messages: tuple[Message, ...]
    shown: tuple[str, ...] | None
    """Postings, best first; None where there is no list at all."""


def recommendation(
    version: int, *postings: str, candidate_id: str = "c1", model: str = "1"
) -> Recommendation:
    """Make a list of postings that do not expire, for tests."""
    reason = Reason(kind=ReasonKind.STATED, text="You state Python", words=("Python",))
    items = tuple(
        Item(rank=rank, posting_id=posting, score=1.0 / rank, reasons=(reason,))
        for rank, posting in enumerate(postings, 1)
    )
    return Recommendation(
        recommendation_id=f"{candidate_id}-{version}-{model}",
        candidate_id=candidate_id,
        personal=candidate_id != ANONYMOUS,
        profile_version=version,
        model_name="careerstream",
        model_version=model,
        catalogue_version=1,
        as_of=NOW,
        items=items,
    )


def message(shown: Recommendation) -> Message:
    """Return a list as a message."""
    return shown.key.encode(), shown.to_json()


def samples() -> tuple[Sample, ...]:
    """Return one sample for each rule."""
    first, second = message(recommendation(7, "p1")), message(recommendation(8, "p2"))
    popular = message(recommendation(1, "p9", candidate_id=ANONYMOUS))
    newer_model = message(recommendation(8, "p3", model="2"))
    return (
        Sample("newest", "The newest list is shown.", (first, second), ("p2",)),
        Sample("again", "A list that comes again changes nothing.", (second, second), ("p2",)),
        Sample("older", "An older profile version is ignored.", (second, first), ("p2",)),
        Sample("model", "An equal version replaces the list.", (second, newer_model), ("p3",)),
        Sample("expired", "An item is not shown after its end.", (_with_expired(),), ("p2",)),
        Sample("empty", "A list may be empty.", (first, message(recommendation(9))), ()),
        Sample("unknown", "Fields that nobody knows are ignored.", (_with_unknown(),), ("p1",)),
        Sample("anonymous", "Who has no list sees the one under *.", (popular,), ("p9",)),
        Sample("null", "A null value forgets a list.", (first, (b"c1", None)), None),
    )


def check_written(kind: type[Event] | type[Posting] | type[Candidate], message: Message) -> None:
    """Check a message that your service writes to careerstream.

    Raises:
        ContractError: careerstream would refuse it, or would find it under the wrong key.
    """
    key, value = message
    if value is None:
        raise ContractError("the value is null")
    record, _ = checked(kind.from_json(value))
    if record.key.encode() != key:
        raise ContractError(f"is {record.key!r}, and the key is {key!r}", kind.KEY)


def _with_expired() -> Message:
    shown = recommendation(7, "p1", "p2")
    first, second = shown.items
    ends = (NOW - timedelta(seconds=1), NOW + timedelta(seconds=1))
    items = (replace(first, valid_through=ends[0]), replace(second, valid_through=ends[1]))
    return message(replace(shown, items=items))


def _with_unknown() -> Message:
    shown = recommendation(7, "p1")
    document = {**shown.to_document(), "colour": "blue"}
    document["items"] = [{**item, "mood": ["good"]} for item in document["items"]]
    return shown.key.encode(), orjson.dumps(document)
