"""Profiles on their topic against the fold of the lake, version for version.

A round reads so many messages in a row as it may draw, from a place by its hash. Of each candidate
among them it takes the last, and folds what the lake holds up to that version (`rebuild`).
"""

from collections import Counter
from collections.abc import Mapping

import orjson
from kafka.consumer.fetcher import ConsumerRecord
from pyspark.sql import SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the field's usual name

from jobs.parity import outcome
from jobs.parity.outcome import Difference, Outcome
from jobs.parity.sampling import place
from streaming.contract import topics
from streaming.errors import quote
from streaming.kafka.topic_reader import read_around
from streaming.lake import tables
from streaming.profiles.fold import Document
from streaming.profiles.fold_inputs import without_trigger
from streaming.profiles.rebuild import ASKED, Streamed, compare, digest, rebuild
from streaming.settings import Settings

LAG_MS = 300_000
"""The lake is behind a profile until it holds messages that were produced so much later. The parts
of a topic may reach it at different times."""


def check_profiles(spark: SparkSession, settings: Settings, number: int) -> Outcome:
    """Compare profiles that a round draws."""
    records = _draw(settings, number)
    served, broken = _parse(records)
    if not served:
        return Outcome(kind=outcome.PROFILES, differences=tuple(broken))
    rows = [
        (candidate_id, profile["offsets"].get("events", -1), profile["version"])
        for candidate_id, profile in served.items()
    ]
    found = rebuild(spark, settings, asked=spark.createDataFrame(rows, ASKED)).collect()
    compared = compare(
        found, {key: Streamed(one["version"], digest(one)) for key, one in served.items()}
    )
    rebuilt = {row.candidate_id: orjson.loads(row.profile) for row in found}
    missing = [*compared.behind, *compared.unknown]
    until = _archived_until(spark, settings) if missing else 0
    lost = [name for name in missing if records[name].timestamp + LAG_MS < until]
    behind = len(missing) - len(lost)
    differences = [
        Difference(name, _text(served[name], rebuilt.get(name)))
        for name in (*compared.different, *compared.ahead, *lost)
    ]
    apart = Counter({"lake_behind": behind} if behind else {})
    return Outcome(
        kind=outcome.PROFILES,
        equal=compared.equal,
        differences=(*broken, *differences),
        apart=apart,
    )


def _draw(settings: Settings, number: int) -> dict[str, ConsumerRecord]:
    """Read messages in a row; of each candidate the last, none of those it erases."""
    last: dict[str, ConsumerRecord] = {}
    count = settings.parity.sample
    for record in read_around(settings.kafka, topics.PROFILES, place(number), count):
        key = (record.key or b"").decode(errors="replace")
        # The end of a topic may come before its beginning.
        if key not in last or last[key].offset < record.offset:
            last[key] = record
    return {key: record for key, record in last.items() if record.value is not None}


def _parse(records: Mapping[str, ConsumerRecord]) -> tuple[dict[str, Document], list[Difference]]:
    served: dict[str, Document] = {}
    broken: list[Difference] = []
    for key, record in records.items():
        profile = _profile(key, record.value)
        if profile is not None:
            served[key] = profile
            continue
        at = f"{record.partition}/{record.offset}"
        text = f"the message of candidate {quote(key)} at {at} of topic profiles is no profile"
        broken.append(Difference(key, text))
    return served, broken


def _profile(key: str, value: bytes) -> Document | None:
    """Return a message as far as a comparison needs it to be a profile; None: it is none."""
    try:
        profile: Document = orjson.loads(value)
        offset, version = profile["offsets"].get("events", -1), profile["version"]
        owner = profile["candidate_id"]
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
    whole = owner == key and isinstance(version, int) and isinstance(offset, int)
    return profile if whole else None


def _text(served: Document, rebuilt: Document | None) -> str:
    name = f"profile version {served['version']} of candidate {quote(served['candidate_id'])}"
    if rebuilt is None:
        return f"{name} is on the topic, and the lake holds nothing of it"
    mine = without_trigger(served)
    parts = [part for part in sorted({*mine, *rebuilt}) if mine.get(part) != rebuilt.get(part)]
    return f"{name} is not the fold of the lake in {', '.join(parts)}"


def _archived_until(spark: SparkSession, settings: Settings) -> int:
    """Return when the newest messages were produced that the lake holds, in ms since 1970.

    Of the tables that profiles are folded from, the one that is further behind counts.
    """
    newest: list[int | None] = []
    for table in (tables.EVENTS, tables.PROFILES):
        rows = tables.read(spark, settings, table, tables.version(spark, settings, table))
        newest += rows.select(F.unix_millis(F.max("produced_at"))).first() or ()
    return min((time for time in newest if time is not None), default=0)
