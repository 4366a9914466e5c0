"""The demo's data: a simulated market, or a real stream whose postings are derived from it."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson

from infra.simulator import Market, MarketConfig, occupations, write
from streaming.contract.records import SCHEMA_VERSION, Event
from streaming.importing import ReadOptions, Row, SourceFile, read_rows
from streaming.timestamps import format_timestamp

LIVE_SHARE = 0.05
"""The share of the events, the newest, that is replayed live."""
MOST_LIVE_EVENTS = 300
FULL = MarketConfig(candidates=600, postings=6_000)
QUICK = MarketConfig(candidates=200, postings=3_000)
EXAMPLE_SKILLS = {
    "demo-java": ("软件开发", "Java开发", "Spring框架"),
    "demo-accounting": ("会计", "财务报表", "税务"),
}
"""Candidates who state skills and nothing else, whose recommendations the demo shows."""
EXAMPLE_GOALS = {"demo-java": "数据科学家"}
"""What they wish to become; lists ignore it, and the demo shows the plan."""

_SHORTEST_MISSPELT = 4
_SOUNDS_LIKE = dict(
    zip(
        "发件计务程理试据设报表财管护师售销客品电机安工学网端营运统装修料教采练",
        "法建记物成里式具社抱标才馆户施受消克频店鸡按公雪往短赢云同庄休聊交彩炼",
        strict=True,
    )
)
"""Characters and the similar ones that are typed by mistake."""


@dataclass(frozen=True, kw_only=True)
class DemoData:
    """The files that the demo replays."""

    events: Path
    postings: Path
    candidates: Path | None
    simulated: bool
    live_from: datetime
    """Events from this time on are replayed at a steady rate, after the training."""


def simulate(folder: Path, *, quick: bool) -> DemoData:
    """Write a simulated market and the candidates that the demo shows."""
    write(Market(QUICK if quick else FULL), folder)
    events, candidates = folder / "events.jsonl", folder / "candidates.jsonl"
    live_from = find_live_from(events)
    with candidates.open("ab") as lines:
        lines.writelines(_example_candidates(live_from))
    return DemoData(
        events=events,
        postings=folder / "postings.jsonl",
        candidates=candidates,
        simulated=True,
        live_from=live_from,
    )


def read_stream(events: Path) -> DemoData:
    """Use a real stream; the postings are derived from the same file."""
    return DemoData(
        events=events,
        postings=events,
        candidates=None,
        simulated=False,
        live_from=find_live_from(events),
    )


def find_live_from(events: Path) -> datetime:
    """Return the time from which events are replayed live."""
    times = sorted(_event_times(events))
    live = min(MOST_LIVE_EVENTS, int(len(times) * LIVE_SHARE))
    return times[-live] if live else times[-1] + timedelta(microseconds=1)


def misspell(skill: str) -> str:
    """Return a skill with one typing error.

    In Chinese the last character that has a similar one is replaced by it. Otherwise the longest
    word loses a letter in its middle, unless it is short.
    """
    similar = [index for index, character in enumerate(skill) if character in _SOUNDS_LIKE]
    if similar:
        index = similar[-1]
        return skill[:index] + _SOUNDS_LIKE[skill[index]] + skill[index + 1 :]
    longest = max(re.findall(r"[A-Za-z]+", skill), key=len, default="")
    if len(longest) < _SHORTEST_MISSPELT:
        return skill
    middle = len(longest) // 2
    return skill.replace(longest, longest[:middle] + longest[middle + 1 :])


def stated_profiles(
    as_of: str, spell: Callable[[str], str] = lambda skill: skill
) -> list[dict[str, Any]]:
    """Return a profile for each occupation and language that states its three typical skills.

    They are values of the topic profiles; the candidate id is the occupation's key and the
    language. `spell` spells a skill, such as `misspell`.
    """
    return [
        {
            "schema_version": SCHEMA_VERSION,
            "candidate_id": f"{occupation.key}/{language}",
            "version": 1,
            "offsets": {"candidates": 0},
            "as_of": as_of,
            "stated": {
                "updated_at": as_of,
                "skills": list(map(spell, occupation.stated(language))),
                "language": language,
            },
            "events": [],
            "applied": [],
            "dismissed": [],
        }
        for occupation in occupations()
        for language in ("zh", "en")
    ]


def occupation_names() -> dict[str, set[str]]:
    """Return the names of each occupation in both languages, by its key."""
    return {
        occupation.key: {occupation.wording(language).name for language in ("zh", "en")}
        for occupation in occupations()
    }


def _event_times(events: Path) -> Iterator[datetime]:
    for row in read_rows(Event, SourceFile(events), ReadOptions()):
        if isinstance(row, Row) and isinstance(row.record, Event):
            yield row.record.event_time.astimezone(UTC)


def _example_candidates(updated_at: datetime) -> Iterator[bytes]:
    for candidate_id, skills in EXAMPLE_SKILLS.items():
        value = {
            "schema_version": SCHEMA_VERSION,
            "candidate_id": candidate_id,
            "updated_at": format_timestamp(updated_at),
            "skills": skills,
            "goal": EXAMPLE_GOALS.get(candidate_id),
            "language": "zh",
            "source": "simulator",
        }
        yield orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE)
