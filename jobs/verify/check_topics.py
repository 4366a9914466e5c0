"""Compares the topics that jobs write with what they must hold.

By the contract a consumer that ignores older profile versions sees each thing once. So the same
bytes again under the same key are a repetition without effect. Anything else is a fault.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import orjson
from kafka.consumer.fetcher import ConsumerRecord

from jobs.verify.comparison import Comparison
from jobs.verify.expected import Expected
from streaming.contract.records import ANONYMOUS
from streaming.contract.topics import DEAD_LETTERS, PROFILES, RECOMMENDATIONS
from streaming.profiles.fold import Document, Received, fold
from streaming.profiles.fold_inputs import without_trigger

K = TypeVar("K")


@dataclass
class Published:
    """What stood on the topics that jobs write."""

    profiles: dict[tuple[str, int], bytes] = field(default_factory=dict)
    """By candidate and version: a hash of the value."""
    lists: dict[str, bytes] = field(default_factory=dict)
    """By recommendation id: a hash of the value."""
    newest: dict[str, int] = field(default_factory=dict)
    """The newest version of each candidate's profile."""


def check_profiles(
    expected: Expected, records: Iterable[ConsumerRecord], published: Published
) -> Comparison:
    """Compare every version of every profile with the fold up to the offsets that it names.

    The records come partition by partition. Profiles and newest versions are filled in `published`.
    """
    comparison = Comparison(PROFILES.name)
    histories: dict[str, _History] = {}
    for record in records:
        comparison.actual += 1
        candidate_id, value = (record.key or b"").decode(), orjson.loads(record.value)
        history = histories.setdefault(candidate_id, _History(candidate_id, expected))
        history.last = version = value["version"]
        name = f"{candidate_id} version {version}"
        if not _is_new(comparison, published.profiles, (candidate_id, version), name, record):
            continue
        if version < history.newest:
            comparison.out_of_order.append(f"{name} after {history.newest}")
        else:
            history.newest = version
            compare_profiles(comparison, name, history.fold_to(value["offsets"]), value)
    for candidate_id in expected.candidates() | histories.keys():
        _check_end(comparison, histories.get(candidate_id) or _History(candidate_id, expected))
    published.newest.update({key: history.newest for key, history in histories.items()})
    comparison.expected = len(published.profiles)
    return comparison


def check_recommendations(
    records: Iterable[ConsumerRecord], published: Published, size: int
) -> Comparison:
    """Compare the lists with the profiles: at most one for a version, and one for the newest.

    The records come partition by partition. `published` comes from `check_profiles`; the lists are
    filled in. A list has at most `size` postings.
    """
    comparison = Comparison(RECOMMENDATIONS.name)
    newest: Counter[str] = Counter()
    last: dict[str, int] = {}
    list_of: dict[tuple[str, int], str] = {}
    for record in records:
        comparison.actual += 1
        candidate_id, value = (record.key or b"").decode(), orjson.loads(record.value)
        version, list_id = value["profile_version"], value["recommendation_id"]
        last[candidate_id], name = version, f"{candidate_id} version {version}"
        if _is_new(comparison, published.lists, list_id, name, record):
            if list_of.setdefault((candidate_id, version), list_id) != list_id:
                comparison.duplicated.append(f"{name}: another list")
            elif version < newest[candidate_id]:
                comparison.out_of_order.append(f"{name} after {newest[candidate_id]}")
        if candidate_id != ANONYMOUS and (candidate_id, version) not in published.profiles:
            comparison.invented.append(f"{name}: there is no such profile")
        items = [item["posting_id"] for item in value["items"]]
        if len(items) != len(set(items)) or len(items) > size:
            comparison.duplicated.append(f"{name}: postings repeated in the list")
        newest[candidate_id] = max(newest[candidate_id], version)
    for candidate_id, version in published.newest.items():
        newest_list = newest[candidate_id]
        if newest_list < version:
            comparison.lost.append(f"{candidate_id}: no list for version {version}")
        elif last[candidate_id] < newest_list:
            comparison.out_of_order.append(
                f"{candidate_id}: version {last[candidate_id]} comes last, not {newest_list}"
            )
    comparison.expected = len(published.newest)
    return comparison


def check_dead_letters(expected: Expected, records: Iterable[ConsumerRecord]) -> Comparison:
    """Compare the dead letters with the broken messages: one for each, with its reason."""
    comparison = Comparison(DEAD_LETTERS.name, expected=len(expected.dead_letters))
    contents: dict[str, bytes] = {}
    for record in records:
        comparison.actual += 1
        key = (record.key or b"").decode()
        reason = dict(record.headers or ()).get("reason", b"").decode()
        if _is_new(comparison, contents, key, key, record):
            right = expected.dead_letters.get(key)
            if right != reason:
                comparison.invented.append(f"{key}: reason {reason}, expected {right or 'none'}")
    comparison.lost = sorted(expected.dead_letters.keys() - contents.keys())
    return comparison


def compare_profiles(
    comparison: Comparison, name: str, expected: Document | None, actual: Document
) -> None:
    """Compare a profile with the fold, and record what is lost, invented or there twice."""
    wanted, published = without_trigger(expected or {}), without_trigger(actual)
    if published == wanted:
        return
    actual_entries, entries = _entries(published), _entries(wanted)
    lost, more = entries - actual_entries, actual_entries - entries
    comparison.lost += [f"{name}: {entry}" for entry in lost]
    for entry in more:
        (comparison.duplicated if entry in entries else comparison.invented).append(
            f"{name}: {entry}"
        )
    if not lost and not more:
        parts = {part for part in {*wanted, *published} if wanted.get(part) != published.get(part)}
        comparison.invented.append(f"{name}: other {', '.join(sorted(parts))}")


@dataclass
class _History:
    """The versions of one candidate's profile, folded from version to version."""

    candidate_id: str
    expected: Expected
    newest: int = 0
    """The newest version published."""
    last: int = 0
    """The version that stands last on the topic."""
    folded: Document | None = None
    events: int = 0
    stated_parts: int = 0
    """How many of the records are in `folded`."""

    def fold_to(self, offsets: Mapping[str, int] | None) -> Document | None:
        """Fold on, up to some offsets by topic; None: all records."""
        events = self.expected.events.get(self.candidate_id, [])
        stated_parts = self.expected.stated_parts.get(self.candidate_id, [])
        end_events, end_stated = len(events), len(stated_parts)
        if offsets is not None:
            end_events = _end(events, self.events, offsets.get("events", -1))
            end_stated = _end(stated_parts, self.stated_parts, offsets.get("candidates", -1))
        new: list[Received] = [
            *events[self.events : end_events],
            *stated_parts[self.stated_parts : end_stated],
        ]
        self.folded = fold(self.folded, new, self.candidate_id).profile
        self.events, self.stated_parts = end_events, end_stated
        return self.folded


def _check_end(comparison: Comparison, history: _History) -> None:
    """Check that the newest version is the fold over everything, and stands last."""
    candidate_id, newest = history.candidate_id, history.newest
    before = history.folded or {}
    final = history.fold_to(None)
    if final is not None and final["version"] > newest:
        missing = _entries(final) - _entries(before)
        names = [f"{candidate_id}: {entry}" for entry in missing]
        comparison.lost += names or [f"{candidate_id}: version {final['version']}"]
    if history.last != newest:
        comparison.out_of_order.append(
            f"{candidate_id}: version {history.last} comes last, not {newest}"
        )


def _end(records: Sequence[Received], start: int, offset: int) -> int:
    """Count the records up to an offset; the first `start` of them are before it."""
    end = start
    while end < len(records) and records[end].offset <= offset:
        end += 1
    return end


def _entries(profile: Document) -> Counter[str]:
    """Name everything that a profile holds."""
    entries = Counter(
        f"event {event['event_id']} of {event['event_time']}" for event in profile.get("events", ())
    )
    for part in ("applied", "dismissed"):
        entries.update(f"{part} {entry['posting_id']}" for entry in profile.get(part, ()))
    if "stated" in profile:
        entries[f"stated part of {profile['stated'].get('updated_at')}"] += 1
    return entries


def _is_new(
    comparison: Comparison, contents: dict[K, bytes], key: K, name: str, record: ConsumerRecord
) -> bool:
    """Remember the content of a key; count it where the key was there before."""
    content = hashlib.blake2b(record.value or b"", digest_size=16).digest()
    if key not in contents:
        contents[key] = content
        return True
    if contents[key] == content:
        comparison.repeated += 1
    else:
        comparison.duplicated.append(f"{name}: other bytes")
    return False
