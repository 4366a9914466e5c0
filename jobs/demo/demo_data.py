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
MOST_LIVE = 300
FULL = MarketConfig(candidates=600, postings=6_000)
QUICK = MarketConfig(candidates=200, postings=3_000)
SHOWN = {
    "demo-java": ("软件开发", "Java开发", "Spring框架"),
    "demo-accounting": ("会计", "财务报表", "税务"),
}
"""Candidates who only state skills: the demo shows what the model makes of that."""

_SHORTEST_MISSPELT = 4
_SOUNDS_LIKE = dict(
    zip(
        "发件计务程理试据设报表财管护师售销客品电机安工学网端营运统装修料教采练",
        "法建记物成里式具社抱标才馆户施受消克频店鸡按公雪往短赢云同庄休聊交彩炼",
        strict=True,
    )
)
"""Characters and what is typed for them by mistake."""


@dataclass(frozen=True, kw_only=True)
class Data:
    """What is replayed."""

    events: Path
    postings: Path
    candidates: Path | None
    simulated: bool
    live_from: datetime
    """Events from then on are replayed at a steady rate, after training."""


def simulated(folder: Path, *, quick: bool) -> Data:
    """Write a simulated market and the candidates that the demo shows."""
    write(Market(QUICK if quick else FULL), folder)
    events, candidates = folder / "events.jsonl", folder / "candidates.jsonl"
    live_from = live_moment(events)
    with candidates.open("ab") as lines:
        lines.writelines(_shown(live_from))
    return Data(
        events=events,
        postings=folder / "postings.jsonl",
        candidates=candidates,
        simulated=True,
        live_from=live_from,
    )


def real(events: Path) -> Data:
    """Take a real stream; the postings are derived from the same file."""
    return Data(
        events=events,
        postings=events,
        candidates=None,
        simulated=False,
        live_from=live_moment(events),
    )


def live_moment(events: Path) -> datetime:
    """Find the moment after which the newest few events lie."""
    times = sorted(_times(events))
    live = min(MOST_LIVE, int(len(times) * LIVE_SHARE))
    return times[-live] if live else times[-1] + timedelta(microseconds=1)


def misspelt(skill: str) -> str:
    """Write a skill with one typing error.

    In Chinese a character that sounds like another stands for it; else the longest word loses a
    letter in its middle. What offers neither stays as it is.
    """
    places = [place for place, character in enumerate(skill) if character in _SOUNDS_LIKE]
    if places:
        place = places[-1]
        return skill[:place] + _SOUNDS_LIKE[skill[place]] + skill[place + 1 :]
    longest = max(re.findall(r"[A-Za-z]+", skill), key=len, default="")
    if len(longest) < _SHORTEST_MISSPELT:
        return skill
    middle = len(longest) // 2
    return skill.replace(longest, longest[:middle] + longest[middle + 1 :])


def stated_profiles(
    as_of: str, written: Callable[[str], str] = lambda skill: skill
) -> list[dict[str, Any]]:
    """Make a profile for each occupation that states its three characteristic skills and no more.

    Args:
        as_of: when.
        written: how a skill is spelt, such as `misspelt`.

    Returns:
        Values of the topic profiles; the candidate id is the occupation's key and the language.
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
                "skills": list(map(written, occupation.stated(language))),
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
    """Name each occupation in both languages, by its key."""
    return {
        occupation.key: {occupation.wording(language).name for language in ("zh", "en")}
        for occupation in occupations()
    }


def _times(events: Path) -> Iterator[datetime]:
    for row in read_rows(Event, SourceFile(events), ReadOptions()):
        if isinstance(row, Row) and isinstance(row.record, Event):
            yield row.record.event_time.astimezone(UTC)


def _shown(moment: datetime) -> Iterator[bytes]:
    for candidate_id, skills in SHOWN.items():
        value = {
            "schema_version": SCHEMA_VERSION,
            "candidate_id": candidate_id,
            "updated_at": format_timestamp(moment),
            "skills": skills,
            "language": "zh",
            "source": "simulator",
        }
        yield orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE)
