"""The fold: what a profile is.

A profile is a pure function of the events and stated parts, whatever their repetition or batching,
and of events whatever their order. It holds the newest 50 distinct events other than impressions,
the newest 500 postings applied to (a hire counts as an application), the newest 500 dismissed, and
the newest stated part.

An event that says `withdrawn` takes the event of its id and time back, whichever comes first. The
event keeps its place among the newest, so that no order of arrival matters. A dismissal or an
application that was taken back takes the earlier ones of its posting with it.

Two events are the same when event id and event time agree. Where they differ in the rest, the one
that sorts first stands among the events, which needs no order of arrival; the postings that either
applied to or dismissed count. An event's offset is that of its first appearance.

A stated part counts as stated at its `updated_at`, but never after its own message. Of two with the
same time the later message counts, unless the first states nothing. A withdrawal holds against
everything before it on the topic, even where another clock was ahead. What was said in
conversations counts beside it (`stated_parts`).

Times are canonical strings (`streaming.timestamps`), so that comparing them compares the times.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from streaming.contract.records import SCHEMA_VERSION, EventKind
from streaming.profiles.stated_parts import StatedParts

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
    withdrawn: bool = False
    """Whether it takes an event back."""

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
    clicks = [
        r for r in received if isinstance(r, ReceivedEvent) and r.kind != EventKind.IMPRESSION.value
    ]
    withdrawn = _withdrawn(before.get("withdrawn", ()), clicks)
    done = [r for r in clicks if not r.withdrawn]
    after = _profile(
        candidate_id,
        stated=_stated(before, (r for r in received if isinstance(r, ReceivedStatedPart))),
        events=_events(before.get("events", ()), done, withdrawn),
        applied=_marked(before.get("applied", ()), done, withdrawn, APPLIED_KINDS),
        dismissed=_marked(before.get("dismissed", ()), done, withdrawn, DISMISSED_KINDS),
        withdrawn=withdrawn,
    )
    if after is None:
        return Folded(None, changed=False, counts=_count(received, set(), set()))
    entered = _held(after) - _held(before)
    new = [r for r in received if _place(r) in entered]
    known = {_key(entry) for part in ("events", "withdrawn") for entry in after.get(part, ())}
    counts = _count(received, entered, known)
    if not new:
        return Folded(profile, changed=False, counts=counts)
    oldest = min(new, key=lambda r: (r.produced_at, r.offset))
    return Folded(after | {"triggered_by": _trigger(oldest)}, changed=True, counts=counts)


def _withdrawn(held: Iterable[Document], received: Iterable[ReceivedEvent]) -> list[Document]:
    """The newest distinct withdrawals, oldest first."""
    kept = {(_key(w), _content(w)): w for w in held}
    for event in received:
        if event.withdrawn:
            entry = event.entry()
            entry.pop("duration_seconds", None)
            kept.setdefault((_key(entry), _content(entry)), entry)
    return [kept[key] for key in sorted(kept)[-MAX_MARKED:]]


def _events(
    held: Iterable[Document], received: Iterable[ReceivedEvent], withdrawn: Iterable[Document]
) -> list[Document]:
    """The newest distinct events without those that were withdrawn, oldest first."""
    kept = {_key(e): e for e in held}
    for event in received:
        entry = event.entry()
        key = _key(entry)
        if key not in kept or _content(entry) < _content(kept[key]):
            kept[key] = entry
    taken = {_key(w) for w in withdrawn}
    newest = sorted(kept.keys() | taken)[-MAX_EVENTS:]
    return [kept[key] for key in newest if key not in taken]


def _key(entry: Document) -> tuple[str, str]:
    return entry["event_time"], entry["event_id"]


def _content(entry: Document) -> tuple[Any, ...]:
    # As text, so that an absent duration has a place among the numbers, too.
    return entry["kind"], entry["posting_id"], str(entry.get("duration_seconds"))


def _marked(
    held: Iterable[Document],
    received: Iterable[ReceivedEvent],
    withdrawn: Iterable[Document],
    kinds: frozenset[str],
) -> list[Document]:
    """The newest distinct postings, oldest first, each with its newest time."""
    kept = {m["posting_id"]: m for m in held}
    for event in received:
        known = kept.get(event.posting_id)
        if event.kind in kinds and (known is None or known["event_time"] < event.event_time):
            kept[event.posting_id] = {
                "posting_id": event.posting_id,
                "event_time": event.event_time,
                "offset": event.offset,
            }
    taken: dict[str, str] = {}
    for w in withdrawn:  # oldest first
        if w["kind"] in kinds:
            taken[w["posting_id"]] = w["event_time"]
    # One that was taken back keeps its place, so that no order of arrival matters.
    times = taken | {
        posting: max(mark["event_time"], taken.get(posting, "")) for posting, mark in kept.items()
    }
    newest = sorted((time, posting) for posting, time in times.items())[-MAX_MARKED:]
    return [
        kept[posting]
        for _, posting in newest
        if posting in kept and kept[posting]["event_time"] > taken.get(posting, "")
    ]


def _stated(
    before: Document, received: Iterable[ReceivedStatedPart]
) -> tuple[Document, int] | None:
    """The stated part that counts, and the offset of the message that last changed it."""
    parts, offset = StatedParts(None), -1
    if before.get("stated"):
        parts, offset = StatedParts.of(before["stated"]), before["offsets"]["candidates"]
    for r in received:
        after = parts.with_message(
            StatedParts.of(r.stated, latest=r.produced_at), r.produced_at, later=offset < r.offset
        )
        if after != parts:
            parts, offset = after, r.offset
    document = parts.document()
    return None if document is None else (document, offset)


def _profile(
    candidate_id: str,
    *,
    stated: tuple[Document, int] | None,
    events: list[Document],
    applied: list[Document],
    dismissed: list[Document],
    withdrawn: list[Document],
) -> Document | None:
    held = [*events, *applied, *dismissed, *withdrawn]
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
        **({"withdrawn": withdrawn} if withdrawn else {}),
    }


def _place(received: Received) -> tuple[str, int]:
    topic = "events" if isinstance(received, ReceivedEvent) else "candidates"
    return topic, received.offset


def _held(profile: Document) -> set[tuple[str, int]]:
    """The records that a profile holds, by topic and offset."""
    held = {
        ("events", entry["offset"])
        for part in ("events", "applied", "dismissed", "withdrawn")
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
