"""The topics that jobs write, held against what must stand there.

The contract is that a consumer which ignores older profile versions sees each thing once. So the
same bytes again under the same key are a repetition, without effect; anything else is a fault.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import orjson
from kafka.consumer.fetcher import ConsumerRecord

from jobs.verify.expected import Expected
from jobs.verify.findings import Findings
from streaming.contract.records import EVERYONE
from streaming.contract.topics import DEAD_LETTERS, PROFILES, RECOMMENDATIONS
from streaming.profiles.fold import Document, EventSeen, Seen, StatedSeen, fold
from streaming.profiles.fold_inputs import untriggered


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
) -> Findings:
    """Hold every version of every profile against the fold over what it says that it holds.

    Args:
        expected: from the source topics.
        records: messages of the topic profiles, partition by partition.
        published: profiles and the newest versions are filled in.
    """
    findings = Findings(PROFILES.name)
    followed: dict[str, _Followed] = {}
    for record in records:
        findings.found += 1
        who, value = (record.key or b"").decode(), orjson.loads(record.value)
        mine = followed.setdefault(who, _Followed(who, expected))
        mine.last = version = value["version"]
        mark, name = _mark(record), f"{who} version {version}"
        earlier = published.profiles.get((who, version))
        published.profiles[who, version] = earlier or mark
        if earlier == mark:
            findings.repeated += 1
        elif earlier is not None:
            findings.duplicated.append(f"{name}: other bytes")
        elif version < mine.newest:
            findings.out_of_order.append(f"{name} after {mine.newest}")
        else:
            mine.newest = version
            compare(findings, name, mine.up_to(value["offsets"]), value)
    for who in expected.candidates() | followed.keys():
        _judge_end(findings, followed.get(who) or _Followed(who, expected))
    published.newest.update({who: mine.newest for who, mine in followed.items()})
    findings.expected = len(published.profiles)
    return findings


def check_recommendations(
    records: Iterable[ConsumerRecord], published: Published, size: int
) -> Findings:
    """Hold the lists against the profiles: one each at most, the newest for the newest version.

    Args:
        records: messages of the topic recommendations, partition by partition.
        published: from `check_profiles`; the lists are filled in.
        size: most postings in a list.
    """
    findings = Findings(RECOMMENDATIONS.name)
    newest: Counter[str] = Counter()
    last: dict[str, int] = {}
    answered: dict[tuple[str, int], str] = {}
    for record in records:
        findings.found += 1
        who, value = (record.key or b"").decode(), orjson.loads(record.value)
        version, its_id = value["profile_version"], value["recommendation_id"]
        last[who], name = version, f"{who} version {version}"
        mark, earlier = _mark(record), published.lists.get(its_id)
        published.lists[its_id] = earlier or mark
        if earlier == mark:
            findings.repeated += 1
        elif earlier is not None or answered.setdefault((who, version), its_id) != its_id:
            findings.duplicated.append(f"{name}: another list")
        elif version < newest[who]:
            findings.out_of_order.append(f"{name} after {newest[who]}")
        if who != EVERYONE and (who, version) not in published.profiles:
            findings.invented.append(f"{name}: there is no such profile")
        items = [item["posting_id"] for item in value["items"]]
        if len(items) != len(set(items)) or len(items) > size:
            findings.duplicated.append(f"{name}: postings repeated in the list")
        newest[who] = max(newest[who], version)
    for who, version in published.newest.items():
        if newest[who] < version:
            findings.lost.append(f"{who}: no list for version {version}")
        elif last[who] < newest[who]:
            findings.out_of_order.append(f"{who}: {last[who]} stands last, not {newest[who]}")
    findings.expected = len(published.newest)
    return findings


def check_dead_letters(expected: Expected, records: Iterable[ConsumerRecord]) -> Findings:
    """Hold the dead letters against the broken messages: each one, with its reason."""
    findings = Findings(DEAD_LETTERS.name, expected=len(expected.letters))
    found: dict[str, bytes] = {}
    for record in records:
        findings.found += 1
        key = (record.key or b"").decode()
        mark, earlier = _mark(record), found.get(key)
        found[key] = earlier or mark
        reason = dict(record.headers or ()).get("reason", b"").decode()
        if earlier == mark:
            findings.repeated += 1
        elif earlier is not None:
            findings.duplicated.append(f"{key}: other bytes")
        elif expected.letters.get(key) != reason:
            wanted = expected.letters.get(key, "none")
            findings.invented.append(f"{key}: reason {reason}, expected {wanted}")
    findings.lost = sorted(expected.letters.keys() - found.keys())
    return findings


def compare(findings: Findings, name: str, wanted: Document | None, found: Document) -> None:
    """Hold one profile against the fold, and name what is lost, invented or there twice."""
    there, here = untriggered(wanted or {}), untriggered(found)
    if here == there:
        return
    held, due = _entries(found), _entries(there)
    lost, more = due - held, held - due
    findings.lost += [f"{name}: {entry}" for entry in lost]
    for entry in more:
        (findings.duplicated if entry in due else findings.invented).append(f"{name}: {entry}")
    if not lost and not more:
        parts = sorted(part for part in {*here, *there} if here.get(part) != there.get(part))
        findings.invented.append(f"{name}: other {', '.join(parts)}")


@dataclass
class _Followed:
    """One candidate's profile, followed from version to version."""

    candidate_id: str
    expected: Expected
    newest: int = 0
    last: int = 0
    """The newest version published, and the one that stands last on the topic."""
    folded: Document | None = None
    events: int = 0
    stated: int = 0
    """How many of the records seen are in `folded`."""

    def up_to(self, offsets: Mapping[str, int] | None) -> Document | None:
        """Fold on, up to some offsets by topic; None: all there is."""
        events = self.expected.events_seen.get(self.candidate_id, [])
        stated = self.expected.stated_seen.get(self.candidate_id, [])
        end_events, end_stated = len(events), len(stated)
        if offsets is not None:
            end_events = _end(events, self.events, offsets.get("events", -1))
            end_stated = _end(stated, self.stated, offsets.get("candidates", -1))
        new: list[Seen] = [*events[self.events : end_events], *stated[self.stated : end_stated]]
        self.folded = fold(self.folded, new, self.candidate_id).profile
        self.events, self.stated = end_events, end_stated
        return self.folded


def _judge_end(findings: Findings, mine: _Followed) -> None:
    """Whether the newest version is the fold over everything, and stands last."""
    who, newest = mine.candidate_id, mine.newest
    before = mine.folded or {}
    final = mine.up_to(None)
    if final is not None and final["version"] > newest:
        missing = _entries(final) - _entries(before)
        names = [f"{who}: {entry}" for entry in missing]
        findings.lost += names or [f"{who}: version {final['version']}"]
    if mine.last != newest:
        findings.out_of_order.append(f"{who}: version {mine.last} stands last, not {newest}")


def _end(seen: Sequence[EventSeen] | Sequence[StatedSeen], begin: int, offset: int) -> int:
    """Count the records up to an offset, from a place that is known to be before it."""
    end = begin
    while end < len(seen) and seen[end].offset <= offset:
        end += 1
    return end


def _entries(profile: Document) -> Counter[str]:
    """Everything a profile holds, by name."""
    held = Counter(f"event {e['event_id']} of {e['event_time']}" for e in profile.get("events", ()))
    for part in ("applied", "dismissed"):
        held.update(f"{part} {entry['posting_id']}" for entry in profile.get(part, ()))
    if "stated" in profile:
        held[f"stated part of {profile['stated'].get('updated_at')}"] += 1
    return held


def _mark(record: ConsumerRecord) -> bytes:
    return hashlib.blake2b(record.value or b"", digest_size=16).digest()
