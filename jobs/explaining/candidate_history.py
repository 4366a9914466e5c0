"""A candidate's records up to a profile version, as the fold takes them, and what if they differed.

Every profile that is made here is folded anew from all records. So an event that had been pushed
out comes back where one of the newer ones is taken away.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from streaming.errors import InputError, quote
from streaming.profiles.fold import (
    MAX_EVENTS,
    Document,
    Received,
    ReceivedEvent,
    ReceivedStatedPart,
    fold,
)
from streaming.profiles.fold_inputs import received_event, received_stated_part, without_trigger

ADDED = "~added"
"""Id of an event that a candidate never sent."""


@dataclass(frozen=True)
class CandidateHistory:
    """The records that a profile version is folded from."""

    candidate_id: str
    events: tuple[ReceivedEvent, ...] = ()
    """In the order of their offsets, without impressions."""
    stated: ReceivedStatedPart | None = None
    """The stated part that counts."""
    passed_over: Mapping[str, str] | None = None
    """Ids of events that did not count for this version, and why."""

    @classmethod
    def of(cls, profile: Document, rows: Iterable[Mapping[str, Any]]) -> "CandidateHistory":
        """Select what a profile version is folded from.

        Args:
            profile: the version.
            rows: all events of the candidate, as in Δ events, with their offsets.
        """
        last = profile["offsets"].get("events", -1)
        events, passed_over = [], {}
        for row in sorted(rows, key=lambda row: int(row["offset"])):
            if row["kind"] == "impression":
                passed_over[row["event_id"]] = "an impression is in no profile"
            elif row["offset"] > last:
                passed_over[row["event_id"]] = "it came after this version"
            else:
                events.append(received_event(dict(row), row["offset"]))
        stated = profile.get("stated")
        part = received_stated_part(stated, profile["offsets"]["candidates"]) if stated else None
        return cls(profile["candidate_id"], tuple(events), part, passed_over)

    def profile(self) -> Document | None:
        """Fold the records; None where nothing is left that counts."""
        received: list[Received] = [*self.events, *([self.stated] if self.stated else [])]
        folded = fold(None, received, self.candidate_id).profile
        return None if folded is None else without_trigger(folded)

    def gives(self, profile: Document) -> bool:
        """Return whether the records fold into a profile."""
        return self.profile() == without_trigger(profile)

    def without_event(self, event_id: str) -> "CandidateHistory":
        """Leave out an event.

        Raises:
            InputError: the profile would be the same without it.
        """
        left = tuple(event for event in self.events if event.event_id != event_id)
        changed = replace(self, events=left)
        if len(left) < len(self.events):
            if changed.profile() != self.profile():
                return changed
            reason = f"{MAX_EVENTS} newer events have pushed it out"
        else:
            reason = (self.passed_over or {}).get(
                event_id, f"Δ events holds no such event of candidate {self.candidate_id}"
            )
        raise InputError(f"event {quote(event_id)} is not in the profile: {reason}")

    def without_posting(self, posting_id: str) -> "CandidateHistory":
        """Leave out all events with a posting."""
        left = tuple(event for event in self.events if event.posting_id != posting_id)
        return replace(self, events=left)

    def with_event(self, kind: str, posting_id: str, event_time: str) -> "CandidateHistory":
        """Add an event after all others."""
        offset = self.events[-1].offset + 1 if self.events else 0
        event = ReceivedEvent(
            f"{ADDED}-{offset}", posting_id, kind, event_time, offset, produced_at=event_time
        )
        return replace(self, events=(*self.events, event))

    def with_stated(self, field: str, value: str, updated_at: str) -> "CandidateHistory":
        """Add an entry to one of the lists of the stated part."""
        before = self.stated.stated if self.stated else {}
        return self._restated({field: [*(before.get(field) or ()), value]}, updated_at)

    def without_stated(self, field: str, values: Iterable[str]) -> "CandidateHistory":
        """Take entries out of one of the lists of the stated part."""
        if self.stated is None:
            return self
        unwanted = set(values)
        left = [own for own in self.stated.stated.get(field) or () if own not in unwanted]
        return self._restated({field: left}, self.stated.stated["updated_at"])

    def _restated(self, changes: Mapping[str, Any], updated_at: str) -> "CandidateHistory":
        before = self.stated or ReceivedStatedPart({}, -1, updated_at)
        stated = {**before.stated, **changes, "updated_at": updated_at}
        # One that states nothing is no withdrawal here, but says nothing either.
        part = ReceivedStatedPart(stated, before.offset + 1, updated_at)
        return replace(self, stated=part)
