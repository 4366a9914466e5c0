"""Values of topics and tables as the fold takes them, and profiles as they can be compared."""

from streaming.profiles.fold import Document, ReceivedEvent, ReceivedStatedPart


def received_event(value: Document, offset: int, produced_at: str = "") -> ReceivedEvent:
    """Return the value of an event as the fold takes it."""
    return ReceivedEvent(
        event_id=value["event_id"],
        posting_id=value["posting_id"],
        kind=value["kind"],
        event_time=value["event_time"],
        offset=offset,
        produced_at=produced_at,
        duration_seconds=value.get("duration_seconds"),
        withdrawn=bool(value.get("withdrawn")),
    )


def received_stated_part(
    value: Document, offset: int, produced_at: str | None = None
) -> ReceivedStatedPart:
    """Return the value of a stated part as the fold takes it.

    Without the time of its message, it was produced when it was stated.
    """
    stated = {k: v for k, v in value.items() if k not in {"candidate_id", "schema_version"}}
    return ReceivedStatedPart(stated, offset, produced_at or stated["updated_at"])


def without_trigger(profile: Document) -> Document:
    """Leave out `triggered_by`, which depends on where a batch of the stream ended."""
    return {part: value for part, value in profile.items() if part != "triggered_by"}
