"""The stated part: what a site saved, and what was said in conversations, each kept from the other.

A site saves the stated part whole; the newest one counts. What is said in a conversation comes as
entries (`records.Saying`), each with its turn and time; all of them count. The lists of the stated
part hold the effect of both, and `saved` holds them without what was said. So a site that saves
again does not undo what was said, and a message with what was said does not undo a newer save.

Times are canonical strings (`streaming.timestamps`), so that comparing them compares the times.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from streaming.contract.records import SaidField

MAX_SAID = 200
LISTS = tuple(field.value for field in SaidField)
"""The lists of the stated part that something said can change."""

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class StatedParts:
    """A stated part by its sources."""

    saved: Document | None
    """What the site saved, with its `updated_at`; None: nothing. Only a time: it was withdrawn."""
    said: tuple[Document, ...] = ()
    """What was said, the newest `MAX_SAID`, oldest first."""

    @classmethod
    def of(cls, stated: Mapping[str, Any], latest: str | None = None) -> "StatedParts":
        """Take a stated part apart (`records.Stated`); no time is later than `latest`."""
        filled = {key: value for key, value in stated.items() if value not in (None, [])}
        said = [
            {**one, "said_at": _earlier(one["said_at"], latest)} for one in filled.pop("said", ())
        ]
        lists = filled.pop("saved", None)
        if not said:
            return cls({**filled, "updated_at": _earlier(filled["updated_at"], latest)})
        if lists is None or "updated_at" not in lists:
            return cls(None, _newest(said))
        own = {key: value for key, value in filled.items() if key not in LISTS}
        own |= {key: value for key, value in lists.items() if value not in (None, [])}
        return cls({**own, "updated_at": _earlier(lists["updated_at"], latest)}, _newest(said))

    def with_message(self, new: "StatedParts", produced_at: str, *, later: bool) -> "StatedParts":
        """Return the stated part after a message.

        Args:
            new: what the message holds. One that states nothing, at the very time of the message,
                is a withdrawal: of what was said, too.
            produced_at: the time of the message.
            later: whether it stands after the one that last changed this, on its topic.
        """
        if new.saved == {"updated_at": produced_at} and not new.said:
            moment = (
                max(produced_at, (self.saved or {}).get("updated_at", "")) if later else produced_at
            )
            return StatedParts(
                self._newer({"updated_at": moment}, later), () if later else self.said
            )
        if self.saved is not None and self.saved.keys() == {"updated_at"}:
            # One that states nothing holds against later copies of what was before it, too.
            new = new.after(self.saved["updated_at"])
        return StatedParts(self._newer(new.saved, later), self.adding(new.said))

    def _newer(self, saved: Document | None, later: bool) -> Document | None:
        if saved is None or self.saved is None:
            return saved or self.saved
        times = saved["updated_at"], self.saved["updated_at"]
        return saved if times[0] > times[1] or (later and times[0] == times[1]) else self.saved

    def adding(self, said: Iterable[Document]) -> tuple[Document, ...]:
        """Return what was said, with more of it; an entry that was taken back stays taken back."""
        known = {_entry(one): one for one in self.said}
        for one in said:
            held = known.get(_entry(one))
            if held is None or (one.get("withdrawn") and not held.get("withdrawn")):
                known[_entry(one)] = one
        return _newest(known.values())

    def after(self, moment: str) -> "StatedParts":
        """Leave out what was saved and said at a time or before it."""
        saved = self.saved if self.saved and self.saved["updated_at"] > moment else None
        return StatedParts(saved, tuple(one for one in self.said if one["said_at"] > moment))

    def document(self) -> Document | None:
        """Return the stated part as a profile holds it; None where there is nothing."""
        if not self.said:
            return self.saved
        saved = self.saved or {}
        lists = {name: _merged(name, saved.get(name, ()), self.said) for name in LISTS}
        times = [one["said_at"] for one in self.said]
        before = {name: saved[name] for name in ("updated_at", *LISTS) if name in saved}
        return {
            **{name: value for name, value in saved.items() if name not in LISTS},
            **{name: entries for name, entries in lists.items() if entries},
            "updated_at": max([*times, saved.get("updated_at", "")]),
            "said": list(self.said),
            "saved": before,
        }


def entry_of(saying: Mapping[str, Any]) -> Any:
    """Return the entry of a list that something said is about."""
    return saying.get("must") if saying["field"] == SaidField.MUST.value else saying.get("value")


def _merged(name: str, saved: Sequence[Any], said: Iterable[Document]) -> list[Any]:
    entries = list(saved)
    for one in said:
        entry = entry_of(one)
        if one["field"] != name or one.get("withdrawn") or entry is None:
            continue
        if one.get("removes"):
            entries = [other for other in entries if other != entry]
        elif entry not in entries:
            entries.append(entry)
    return entries


def _newest(said: Iterable[Document]) -> tuple[Document, ...]:
    ordered = sorted(said, key=lambda one: (one["said_at"], one["turn_id"], _entry(one)))
    return tuple(ordered[-MAX_SAID:])


def _entry(one: Document) -> bytes:
    """Return what makes an entry that entry: all but whether it was taken back."""
    own = {key: value for key, value in one.items() if key != "withdrawn" and value is not None}
    return orjson.dumps(own, option=orjson.OPT_SORT_KEYS)


def _earlier(moment: str, latest: str | None) -> str:
    return moment if latest is None else min(moment, latest)
