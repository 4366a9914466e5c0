"""Does our service keep careerstream's contract? Copy this file and connect the two functions.

It needs no broker. A new release of careerstream-client may bring more samples.
"""

from collections.abc import Sequence

import pytest
from careerstream_client import ListStore, NewestVersions, new_event
from careerstream_client.records import Candidate, Event, Posting
from careerstream_client.testing import NOW, Message, Sample, check_written, samples


def shown_by_our_service(messages: Sequence[Message]) -> list[str] | None:
    """Let your service read these messages; return the postings it shows to `c1` at `NOW`.

    Replace the body. As it stands it tries the client itself.
    """
    versions, store = NewestVersions(), ListStore()
    for key, value in messages:
        change = versions.read(key, value)
        if change is not None:
            store.apply(change)
    shown = store.get("c1", NOW)
    return None if shown is None else [item.posting_id for item in shown.items]


def written_by_our_service() -> list[tuple[type[Event] | type[Posting] | type[Candidate], Message]]:
    """Let your service write one of each kind of record that it sends; return keys and values."""
    event = new_event(candidate_id="c1", posting_id="p1", kind="view", duration_seconds=12.5)
    return [(Event, (event.key.encode(), event.to_json()))]


@pytest.mark.parametrize("sample", samples(), ids=lambda sample: sample.name)
def test_our_service_shows_what_the_contract_says(sample: Sample) -> None:
    """Each sample tries one rule."""
    shown = shown_by_our_service(sample.messages)

    expected = None if sample.shown is None else list(sample.shown)
    assert shown == expected, sample.rule


def test_careerstream_can_read_what_our_service_writes() -> None:
    """A wrong field or key is named in the error."""
    for kind, message in written_by_our_service():
        check_written(kind, message)
