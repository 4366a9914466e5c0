"""Retention by rule: people of whom nothing came for long, in event time, are erased."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import orjson

from streaming.contract.topics import PROFILES
from streaming.errors import InputError
from streaming.kafka.topic_reader import read_latest
from streaming.settings import Settings
from streaming.timestamps import parse_timestamp


@dataclass(frozen=True)
class IdlePeople:
    """Who has been idle for long."""

    now: datetime | None
    """The newest time of any profile: event time stands still when nothing comes."""
    people: int
    """That have a profile."""
    last_seen: dict[str, datetime]
    """By id of those who are idle the time of the last thing that came, oldest first."""


def idle_people(settings: Settings, idle_days: float) -> IdlePeople:
    """Find the people whose newest event and statement are older than some days.

    Days count back from the newest `as_of` of a profile, not from the wall clock. So a stream that
    stands still, or replays the past, makes nobody idle.

    Raises:
        InputError: ids are pseudonyms, under which nobody can be erased.
        BrokerError: no broker answers, or the topic is missing.
    """
    if settings.privacy.pseudonyms == "yes":
        raise InputError(
            "profiles have pseudonyms (privacy.pseudonyms), and fences need ids; have who owns the "
            "ids name those who are idle, and give them to `careerstream erase`"
        )
    newest = read_latest(settings.kafka, PROFILES)
    seen = {
        candidate_id: parse_timestamp(orjson.loads(message.value)["as_of"])
        for candidate_id, message in newest.items()
        if message.value is not None
    }
    now = max(seen.values(), default=None)
    if now is None:
        return IdlePeople(None, 0, {})
    limit = now - timedelta(days=idle_days)
    idle = sorted((at, who) for who, at in seen.items() if at < limit)
    return IdlePeople(now, len(seen), {who: at for at, who in idle})
