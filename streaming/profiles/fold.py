"""The fold: what a profile is.

A profile is a pure function of the events and stated parts, whatever their repetition or batching,
and of events whatever their order. It holds the newest 50 distinct events other than impressions,
the newest 500 postings applied to (a hire counts as an application), the newest 500 dismissed, and
the newest stated part.

Two events are the same when event id and event time agree. Where they differ in the rest, the one
that sorts first stands among the events, which needs no order of arrival; the postings that either
applied to or dismissed count. An event's offset is that of its first appearance.

A stated part counts as stated at its `updated_at`, but never after its own message. Of two with the
same time the later message counts, unless the first states nothing. A withdrawal holds against
everything before it on the topic, even where another clock was ahead.

Times are canonical strings (`streaming.timestamps`), so that comparing them compares the times.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from streaming.contract.records import SCHEMA_VERSION, EventKind

MAX_EVENTS = 50
MAX_MARKED = 500
APPLIED_KINDS = frozenset({EventKind.APPLY.value, EventKind.HIRE.value})
DISMISSED_KINDS = frozenset({EventKind.DISMISS.value})

COUNTS = ("entered", "impressions", "duplicates", "too_old")

Document = dict[str, Any]
"""A profile as parsed JSON, in the shape of `records.Profile`."""


@dataclass(slots=True)
class ReceivedEvent:
    """An event and its place on the topic `events`.

    Not frozen: a frozen one takes twice as long to make, and a backlog makes millions.
    """

    event_id: str
    posting_id: str
    kind: str
    event_time: str
    offset: int
    produced_at: str
    duration_seconds: float | None = None

    def entry(self) -> Document:
        """Return the event as a profile holds it (`records.ProfileEvent`)."""
        entry: Document = {
            "event_id": self.event_id,
            "posting_id": self.posting_id,
            "kind": self.kind,
            "event_time": self.event_time,
        }
        if self.duration_seconds is not None:
            entry["duration_seconds"] = self.duration_seconds
        return entry | {"offset": self.offset}


@dataclass(frozen=True, slots=True)
class ReceivedStatedPart:
    """A stated part and its place on the topic `candidates`.

    One that states nothing, at the very time of its message, is a withdrawal.
    """

    stated: Mapping[str, Any]
    offset: int
    produced_at: str


Received = ReceivedEvent | ReceivedStatedPart


@dataclass(frozen=True, slots=True)
class Folded:
    """The outcome of a fold."""

    profile: Document | None
    """The profile; None where nothing that counts was ever received."""
    changed: bool
    """Whether it differs from the profile before."""
    counts: Mapping[str, int] = field(default_factory=dict)
    """How many records entered, were impressions, duplicates, too old (`COUNTS`)."""


def fold(profile: Document | None, received: Iterable[Received], candidate_id: str) -> Folded:
    """Fold a candidate's records, in the order of their offsets, into the profile so far.

    The arguments stay as they are; `profile` is None for a new candidate.
    """
    received = list(received)
    before = profile or {}
    events = _events(
        before.get("events", ()), (r for r in received if isinstance(r, ReceivedEvent))
    )
    after = _profile(
        candidate_id,
        stated=_stated(before, (r for r in received if isinstance(r, ReceivedStatedPart))),
        events=events,
        applied=_marked(before.get("applied", ()), _of_kinds(received, APPLIED_KINDS)),
        dismissed=_marked(before.get("dismissed", ()), _of_kinds(received, DISMISSED_KINDS)),
    )
    if after is None:
        return Folded(None, changed=False, counts=_count(received, set(), set()))
    entered = _held(after) - _held(before)
    new = [r for r in received if _place(r) in entered]
    counts = _count(received, entered, {(e["event_time"], e["event_id"]) for e in after["events"]})
    if not new:
        return Folded(profile, changed=False, counts=counts)
    oldest = min(new, key=lambda r: (r.produced_at, r.offset))
    return Folded(after | {"triggered_by": _trigger(oldest)}, changed=True, counts=counts)


def _events(held: Iterable[Document], received: Iterable[ReceivedEvent]) -> list[Document]:
    """The newest distinct events, oldest first."""
    kept = {(e["event_time"], e["event_id"]): e for e in held}
    for event in received:
        if event.kind == EventKind.IMPRESSION.value:
            continue
        key, entry = (event.event_time, event.event_id), event.entry()
        if key not in kept or _content(entry) < _content(kept[key]):
            kept[key] = entry
    return [kept[key] for key in sorted(kept)[-MAX_EVENTS:]]


def _content(entry: Document) -> tuple[Any, ...]:
    # As text, so that an absent duration has a place among the numbers, too.
    return entry["kind"], entry["posting_id"], str(entry.get("duration_seconds"))


def _of_kinds(received: Iterable[Received], kinds: frozenset[str]) -> list[ReceivedEvent]:
    return [r for r in received if isinstance(r, ReceivedEvent) and r.kind in kinds]


def _marked(held: Iterable[Document], received: Iterable[ReceivedEvent]) -> list[Document]:
    """The newest distinct postings, oldest first, each with its newest time."""
    kept = {m["posting_id"]: m for m in held}
    for event in received:
        known = kept.get(event.posting_id)
        if known is None or known["event_time"] < event.event_time:
            kept[event.posting_id] = {
                "posting_id": event.posting_id,
                "event_time": event.event_time,
                "offset": event.offset,
            }
    newest = sorted(kept.values(), key=lambda m: (m["event_time"], m["posting_id"]))
    return newest[-MAX_MARKED:]


def _stated(
    before: Document, received: Iterable[ReceivedStatedPart]
) -> tuple[Document, int] | None:
    """The stated part that counts, and its offset."""
    best: tuple[Document, int] | None = None
    if before.get("stated"):
        best = before["stated"], before["offsets"]["candidates"]
    for r in received:
        stated = {key: value for key, value in r.stated.items() if value not in (None, [])}
        withdraws = stated == {"updated_at": r.produced_at}
        stated["updated_at"] = min(stated["updated_at"], r.produced_at)
        if best is not None:
            held, offset = best
            if withdraws and offset < r.offset:
                stated["updated_at"] = max(stated["updated_at"], held["updated_at"])
            later = (stated["updated_at"], r.offset) > (held["updated_at"], offset)
            holds = held.keys() == {"updated_at"} and stated["updated_at"] <= held["updated_at"]
            if stated == held or not later or (holds and not withdraws):
                continue
        best = stated, r.offset
    return best


def _profile(
    candidate_id: str,
    *,
    stated: tuple[Document, int] | None,
    events: list[Document],
    applied: list[Document],
    dismissed: list[Document],
) -> Document | None:
    held = [*events, *applied, *dismissed]
    if not held and stated is None:
        return None
    offsets: Document = {}
    times = [entry["event_time"] for entry in held]
    if held:
        offsets["events"] = max(entry["offset"] for entry in held)
    if stated is not None:
        offsets["candidates"] = stated[1]
        if len(stated[0]) > 1 or not times:  # a withdrawal does not move the moment of the list
            times.append(stated[0]["updated_at"])
    return {
        "schema_version": SCHEMA_VERSION,
        "candidate_id": candidate_id,
        # Each offset only grows, and every change raises one: the sum orders the versions.
        "version": sum(offset + 1 for offset in offsets.values()),
        "offsets": offsets,
        "as_of": max(times),
        **({} if stated is None else {"stated": stated[0]}),
        "events": events,
        "applied": applied,
        "dismissed": dismissed,
    }


def _place(received: Received) -> tuple[str, int]:
    topic = "events" if isinstance(received, ReceivedEvent) else "candidates"
    return topic, received.offset


def _held(profile: Document) -> set[tuple[str, int]]:
    """The records that a profile holds, by topic and offset."""
    held = {
        ("events", entry["offset"])
        for part in ("events", "applied", "dismissed")
        for entry in profile.get(part, ())
    }
    if profile.get("stated"):
        held.add(("candidates", profile["offsets"]["candidates"]))
    return held


def _trigger(received: Received) -> Document:
    trigger = {"event_id": received.event_id} if isinstance(received, ReceivedEvent) else {}
    return trigger | {"produced_at": received.produced_at}


def _count(
    received: list[Received], entered: set[tuple[str, int]], held: set[tuple[str, str]]
) -> dict[str, int]:
    counts = dict.fromkeys(COUNTS, 0)
    for r in received:
        if isinstance(r, ReceivedEvent) and r.kind == EventKind.IMPRESSION.value:
            counts["impressions"] += 1
        elif _place(r) in entered:
            counts["entered"] += 1
        elif isinstance(r, ReceivedEvent) and (r.event_time, r.event_id) in held:
            counts["duplicates"] += 1
        else:
            counts["too_old"] += 1
    return counts
