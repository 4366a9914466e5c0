"""What stood on the topic matches and when, from the broker's timestamps."""

import random
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

import orjson

from jobs.benchmark.stream.harness.topic_ends import Offsets
from streaming.contract.topics import EVENTS, MATCHES, PROFILES
from streaming.kafka.topic_reader import read_latest, read_messages
from streaming.market.match_values import opaque_id, opaque_key
from streaming.settings import KafkaSettings, Settings

_SAMPLED = 10
"""Candidates that are looked for in the matches, for each that is wanted."""


class Click(NamedTuple):
    """An event of a measurement."""

    candidate_id: str
    event_id: str
    produced: float
    """Kafka's timestamp, in seconds since 1970."""


class Shown(NamedTuple):
    """A message of the topic matches."""

    appended: float
    """When the broker had it, in seconds since 1970."""
    versions: Mapping[str, int]
    """By the id that stands for a candidate: the version of their profile."""


@dataclass(frozen=True)
class MatchHistory:
    """All messages of the topic matches by posting, in order."""

    settings: Settings
    key: bytes
    by_posting: Mapping[str, Sequence[Shown]]

    @classmethod
    def read(cls, settings: Settings) -> Self:
        """Read the topic from its beginning."""
        found: defaultdict[str, list[Shown]] = defaultdict(list)
        for record in read_messages(settings.kafka, MATCHES):
            value = orjson.loads(record.value) if record.value is not None else {"candidates": []}
            versions = {one["candidate"]: one["profile_version"] for one in value["candidates"]}
            found[record.key.decode()].append(Shown(record.timestamp / 1000, versions))
        return cls(settings, opaque_key(settings), found)

    def seconds_to_matches(self, clicks: Iterable[Click]) -> list[float]:
        """Return for each click that a match counts how long the first such match took.

        A match counts a click when it shows its candidate by a profile that holds it.
        """
        wanted = {click.event_id: click for click in clicks}
        versions = _versions_with(self.settings.kafka, wanted)
        seconds = []
        for event_id, click in wanted.items():
            least = versions.get(event_id)
            if least is None:
                continue
            times = [
                shown.appended
                for posting_id, messages in self.by_posting.items()
                if messages[-1].appended >= click.produced
                for names in [self._names(posting_id, click.candidate_id)]
                for shown in messages
                if shown.appended >= click.produced
                and any(shown.versions.get(name, -1) >= least for name in names)
            ]
            if times:
                seconds.append(min(times) - click.produced)
        return seconds

    def seconds_to_disappear(self, withdrawn: Mapping[str, float]) -> list[float | None]:
        """Return how long after each withdrawal the last match showed them; None: still shown.

        `withdrawn` maps a candidate to Kafka's timestamp, in seconds since 1970.
        """
        return [self._gone(candidate_id, at) for candidate_id, at in withdrawn.items()]

    def _gone(self, candidate_id: str, at: float) -> float | None:
        latest = at
        for posting_id, messages in self.by_posting.items():
            names = self._names(posting_id, candidate_id)
            held = [any(name in shown.versions for name in names) for shown in messages]
            if held[-1]:
                return None
            if any(held):
                last = max(number for number, is_held in enumerate(held) if is_held)
                latest = max(latest, messages[last + 1].appended)
        return latest - at

    def _names(self, posting_id: str, candidate_id: str) -> tuple[str, str]:
        return opaque_id(self.key, posting_id, candidate_id), candidate_id


def shown_candidates(settings: Settings, candidates: Sequence[str], count: int) -> list[str]:
    """Return some candidates whom a match shows now, at most `count`."""
    key, newest = opaque_key(settings), read_latest(settings.kafka, MATCHES)
    shown = {
        posting_id: {one["candidate"] for one in orjson.loads(record.value)["candidates"]}
        for posting_id, record in newest.items()
    }
    drawn = random.Random("shown").sample(candidates, min(len(candidates), _SAMPLED * count))
    found = (
        one
        for one in drawn
        if any(opaque_id(key, posting_id, one) in ids for posting_id, ids in shown.items())
    )
    return [one for one, _ in zip(found, range(count), strict=False)]


def read_clicks(kafka: KafkaSettings, since: Offsets, name: str, first: int) -> list[Click]:
    """Return the clicks of a measurement's name that count: from the number `first` on."""
    clicks = []
    for record in read_messages(kafka, EVENTS, since):
        value = orjson.loads(record.value)
        prefix, _, number = value["event_id"].rpartition("-")
        if prefix == name and int(number) >= first:
            click = Click(value["candidate_id"], value["event_id"], record.timestamp / 1000)
            clicks.append(click)
    return clicks


def _versions_with(kafka: KafkaSettings, wanted: Mapping[str, Click]) -> dict[str, int]:
    """Return by event the first version of the profile that holds it, of contactable people."""
    candidates = {click.candidate_id for click in wanted.values()}
    versions: dict[str, int] = {}
    for record in read_messages(kafka, PROFILES):
        if record.value is None or record.key.decode() not in candidates:
            continue
        profile = orjson.loads(record.value)
        if not (profile.get("stated") or {}).get("contactable"):
            continue
        for event in profile["events"]:
            if event["event_id"] in wanted:
                versions.setdefault(event["event_id"], profile["version"])
    return versions
