"""Fences: the fold of a person who was erased.

A null value under a candidate's key on `candidates`, and then one on `events`, erase the candidate.
The second is the fence: what has a lower offset on its topic counts no more. The offset of the
first is known as soon as it is read, which may be after the fence. A stated part that was stated
before the fence does not count either, however often it is sent.

A fence stays in the state, beside what its candidate did afterwards, so that it is obeyed in
whatever order the two topics are read. `fold` itself knows nothing of fences: without one, nothing
is checked.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from streaming.profiles.fold import COUNTS, Document, Received, ReceivedEvent, fold
from streaming.profiles.stated_parts import StatedParts

KEY = "fence"
"""Of a fence in the document that the state keeps of a candidate."""


@dataclass(frozen=True, slots=True)
class Fence:
    """Where a candidate was erased."""

    events: int
    """Offset of the null value on `events`."""
    at: str
    """Time of that message, canonical."""
    candidates: int | None = None
    """Offset of the null value on `candidates`; None: it has not been read."""


@dataclass(frozen=True, slots=True)
class FencedFold:
    """The outcome of a fold behind a fence."""

    profile: Document | None
    """To be published; None where nothing is left, which is a null value on the topic."""
    fence: Fence
    changed: bool
    """Whether the topic must hear of it."""
    counts: Mapping[str, int] = field(default_factory=dict)
    """As in `fold.Folded`; what the fence drops is too old."""

    def document(self) -> Document:
        """Return what the state keeps."""
        return {KEY: asdict(self.fence), **(self.profile or {})}


def fold_behind(
    document: Document | None,
    received: Iterable[Received],
    candidate_id: str,
    fence: Fence | None = None,
) -> FencedFold:
    """Fold a candidate's records, in the order of their offsets, behind a fence.

    Args:
        document: what the state keeps; with a fence, unless `fence` is given.
        received: as `fold` takes it; the arguments stay as they are.
        candidate_id: whose.
        fence: one that came with these records.
    """
    received = list(received)
    before = {name: part for name, part in (document or {}).items() if name != KEY}
    newest = _newest(_fence_of(document), fence)
    newest = replace(newest, candidates=_last_withdrawal(newest, before, received))
    held = _held_behind(newest, before)
    kept = [_behind(newest, one) for one in received if _counts(newest, one)]
    folded = fold(held or None, kept, candidate_id)
    profile = folded.profile or None
    counts = Counter({**dict.fromkeys(COUNTS, 0), **folded.counts})
    counts["too_old"] += len(received) - len(kept)
    erased = profile is None and (fence is not None or bool(before))
    return FencedFold(profile, newest, folded.changed or erased, counts)


def is_fenced(document: Document | None) -> bool:
    """Return whether what the state keeps of a candidate has a fence."""
    return document is not None and KEY in document


def _fence_of(document: Document | None) -> Fence | None:
    return Fence(**document[KEY]) if document is not None and is_fenced(document) else None


def _newest(known: Fence | None, fence: Fence | None) -> Fence:
    fences = [one for one in (known, fence) if one is not None]
    offsets = [one.candidates for one in fences if one.candidates is not None]
    last = max(fences, key=lambda one: one.events)
    return replace(last, candidates=max(offsets, default=None))


def _last_withdrawal(fence: Fence, before: Document, received: Iterable[Received]) -> int | None:
    """Return the highest offset of a null value on `candidates` that is known."""
    offsets = [] if fence.candidates is None else [fence.candidates]
    offsets += [
        one.offset
        for one in received
        if not isinstance(one, ReceivedEvent) and one.stated == {"updated_at": one.produced_at}
    ]
    if _is_withdrawal(before.get("stated")):
        offsets.append(before["offsets"]["candidates"])
    return max(offsets, default=None)


def _held_behind(fence: Fence, before: Document) -> Document:
    """Return what a profile holds behind a fence; empty where that is nothing."""
    held = dict(before)
    for part in ("events", "applied", "dismissed", "withdrawn"):
        if part in before:
            held[part] = [one for one in before[part] if one["offset"] > fence.events]
    stated: Mapping[str, Any] | None = before.get("stated")
    if stated is not None and not _is_later(
        fence, before["offsets"]["candidates"], stated["updated_at"]
    ):
        del held["stated"]
    parts = ("events", "applied", "dismissed", "withdrawn", "stated")
    some_held = any(held.get(part) for part in parts)
    return held if some_held else {}


def _counts(fence: Fence, received: Received) -> bool:
    if isinstance(received, ReceivedEvent):
        return received.offset > fence.events
    stated_at = min(received.stated["updated_at"], received.produced_at)
    return _is_later(fence, received.offset, stated_at)


def _behind(fence: Fence, received: Received) -> Received:
    """Leave out of a stated part what was saved and said before a fence: a message may copy it."""
    if isinstance(received, ReceivedEvent) or not received.stated.get("said"):
        return received
    stated = StatedParts.of(received.stated).after(fence.at).document()
    return replace(received, stated=stated or {"updated_at": fence.at})


def _is_later(fence: Fence, offset: int, stated_at: str) -> bool:
    """Return whether a stated part is from after a fence."""
    return (fence.candidates is None or offset > fence.candidates) and stated_at > fence.at


def _is_withdrawal(stated: Mapping[str, Any] | None) -> bool:
    return stated is not None and stated.keys() == {"updated_at"}
