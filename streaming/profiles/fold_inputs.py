"""Values of the topics as the plain fold takes them, and its profiles as they can be compared."""

from streaming.profiles.fold import Document, EventSeen, StatedSeen


def event_seen(value: Document, offset: int) -> EventSeen:
    """Take the value of an event, without when it was produced."""
    return EventSeen(
        event_id=value["event_id"],
        posting_id=value["posting_id"],
        kind=value["kind"],
        event_time=value["event_time"],
        offset=offset,
        produced_at="",
        duration_seconds=value.get("duration_seconds"),
    )


def stated_seen(value: Document, offset: int) -> StatedSeen:
    """Take the value of a stated part, without when it was produced."""
    stated = {k: v for k, v in value.items() if k not in {"candidate_id", "schema_version"}}
    return StatedSeen(stated, offset, "")


def untriggered(profile: Document) -> Document:
    """Leave out what a version was made for: that depends on where a batch happened to end."""
    return {part: value for part, value in profile.items() if part != "triggered_by"}
