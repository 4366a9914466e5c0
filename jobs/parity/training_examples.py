"""What training makes of history against what the stream knew: the steps before an event.

For a recent event, training's side is the profile of `Dataset.case_before`: the candidate's events
that happened before. The stream's side is the newest profile version in Δ profiles that was made
without the event, and what reached the topic after that version and before the event, which came
in the same batch. Both sides show the same events, applications and dismissals.

They differ by right where order of arrival and order of time disagree (`late`): an event that
happened before and arrived after, or was taken back afterwards. Stated parts are not compared:
training takes the newest one that was stated before the event.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
import pyarrow as pa
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the field's usual name

from jobs.explaining.recorded_inputs import profile_text
from jobs.parity import outcome
from jobs.parity.outcome import Difference, Outcome
from jobs.parity.sampling import in_drawn_order, recent
from streaming.errors import quote
from streaming.lake import tables
from streaming.profiles.fold import Document, fold
from streaming.profiles.fold_inputs import received_event
from streaming.profiles.rebuild import events_to_fold
from streaming.serving.bundles import load_catalogue
from streaming.settings import Settings
from training.data.dataset import Dataset, build_dataset
from training.data.lake_export import training_events

_PARTS = ("events", "applied", "dismissed")
_STEP = ("event_id", "posting_id", "kind", "event_time")
_DRAWN = "candidate_id string, event_id string, event_time string, offset long"
_NOBODY = pa.table({"candidate_id": pa.array([], pa.string())})

Moment = tuple[str, str]
"""Time and id of an event: training's order."""


@dataclass(frozen=True, eq=False)
class _Histories:
    """What is recorded of the candidates of the drawn events."""

    drawn: Sequence[Row]
    """As `_DRAWN`."""
    rows: Mapping[str, Sequence[Row]]
    """By candidate all events, as the fold takes them, in the order of their offsets."""
    published: Mapping[tuple[str, int], Document]
    """By candidate and offset of the drawn event: the version before it."""
    dataset: Dataset
    """Training's, of the same events."""

    def index(self) -> dict[tuple[str, Moment], int]:
        """Return where training's events stand in the data set."""
        data = self.dataset
        owners = (data.candidate_ids[one] for one in data.candidate_of_events().tolist())
        keys = zip(owners, data.moments(), strict=True)
        return {key: event for event, key in enumerate(keys)}

    def known(self, event: Row) -> Document | None:
        """Return the profile that the stream knew when an event reached it."""
        profile = self.published.get((event.candidate_id, event.offset))
        last = -1 if profile is None else profile["offsets"].get("events", -1)
        between = [
            received_event(row.asDict(), row.offset)
            for row in self.rows[event.candidate_id]
            if last < row.offset < event.offset
        ]
        return fold(profile, between, event.candidate_id).profile

    def arrived(self, event: Row) -> dict[Moment, str]:
        """Return the events that had arrived before one and stood then, with their postings."""
        rows = [row for row in self.rows[event.candidate_id] if row.offset < event.offset]
        withdrawn = {_moment(row) for row in rows if row.asDict().get("withdrawn")}
        return {_moment(row): row.posting_id for row in rows if _moment(row) not in withdrawn}


def check_examples(spark: SparkSession, settings: Settings, number: int) -> Outcome:
    """Compare the histories before the events that a round draws.

    Raises:
        InputError: there is no Δ events, Δ profiles or Δ postings.
    """
    histories = _read(spark, settings, number)
    at, equal, apart = histories.index(), 0, Counter[str]()
    differences: list[Difference] = []
    for event in histories.drawn:
        index = at.get((event.candidate_id, _moment(event)))
        if index is None:
            apart["unknown_posting"] += 1
            continue
        trained, known = histories.dataset.case_before(index).profile, histories.known(event)
        if not trained["events"] and not (known or {}).get("events"):
            apart["nothing_before"] += 1
        elif _steps(trained) == _steps(known):
            equal += 1
        elif reason := _reason(histories, event, at):
            apart[reason] += 1
        else:
            differences.append(Difference(event.candidate_id, _text(event, trained, known)))
    return Outcome(kind=outcome.EXAMPLES, equal=equal, differences=tuple(differences), apart=apart)


def _reason(histories: _Histories, event: Row, at: Mapping[tuple[str, Moment], int]) -> str | None:
    """Say why both sides differ by right; None where they do not."""
    arrived, catalogue = histories.arrived(event), histories.dataset.catalogue.rows
    known = {moment for moment, posting_id in arrived.items() if posting_id in catalogue}
    before = {
        moment
        for candidate_id, moment in at
        if candidate_id == event.candidate_id and moment < _moment(event)
    }
    if known != before:
        return "late"
    return "unknown_posting" if len(known) < len(arrived) else None


def _read(spark: SparkSession, settings: Settings, number: int) -> _Histories:
    # Profiles first: what they hold is in the later version of Δ events, or is not drawn.
    made, events, postings = (
        tables.version(spark, settings, table)
        for table in (tables.PROFILES, tables.EVENTS, tables.POSTINGS)
    )
    whole = tables.read(spark, settings, tables.EVENTS, events)
    drawn = _draw(whole, settings, number)
    asked = spark.createDataFrame(drawn, _DRAWN)
    own = whole.join(F.broadcast(asked.select("candidate_id")), "candidate_id", "left_semi")
    rows: defaultdict[str, list[Row]] = defaultdict(list)
    for row in events_to_fold(own).orderBy("offset").collect():
        rows[row.candidate_id].append(row)
    profiles = tables.read(spark, settings, tables.PROFILES, made)
    wanted = own.select("posting_id").distinct()
    return _Histories(
        drawn=drawn,
        rows=rows,
        published=_published(profiles, asked),
        dataset=build_dataset(
            load_catalogue(spark, settings, postings, wanted),
            training_events(own).toArrow(),
            _NOBODY,
            {},
        ),
    )


def _draw(events: DataFrame, settings: Settings, number: int) -> list[Row]:
    rows = recent(events, settings.parity.recent_hours)
    clicks = events_to_fold(rows)
    if "withdrawn" in clicks.columns:
        clicks = clicks.where(~F.coalesce("withdrawn", F.lit(False)))  # noqa: FBT003 - SQL's false
    drawn = in_drawn_order(clicks, number, "candidate_id", "event_id")
    columns = ("candidate_id", "event_id", "event_time", "offset")
    return drawn.select(*columns).limit(settings.parity.sample).collect()


def _published(profiles: DataFrame, asked: DataFrame) -> dict[tuple[str, int], Document]:
    """Return the newest version before each event that is asked for."""
    events = F.broadcast(asked.select("candidate_id", F.col("offset").alias("asked")))
    last = F.coalesce(F.col("offsets.events"), F.lit(-1))
    before = profiles.join(events, "candidate_id").where(last < F.col("asked"))
    newest = before.groupBy("candidate_id", "asked").agg(
        F.max_by(profile_text(profiles), "version").alias("text")
    )
    return {(row.candidate_id, row.asked): orjson.loads(row.text) for row in newest.collect()}


def _steps(profile: Document | None) -> list[list[tuple[Any, ...]]]:
    entries: Iterable[list[Document]] = ((profile or {}).get(part, []) for part in _PARTS)
    return [[tuple(entry.get(name) for name in _STEP) for entry in part] for part in entries]


def _moment(row: Row) -> Moment:
    return row.event_time, row.event_id


def _text(event: Row, trained: Document, known: Document | None) -> str:
    parts = zip(_PARTS, _steps(trained), _steps(known), strict=True)
    names = [name for name, one, other in parts if one != other]
    return (
        f"before event {quote(event.event_id)} of candidate {quote(event.candidate_id)} the stream "
        f"knew other {' and '.join(names)} than training does"
    )
