"""Erases people: fences first, then everything that is at rest, and a receipt of it.

The order makes an interruption harmless. After the fences the stream removes profiles, lists and
matches by itself, and the archive what it still writes. All that follows may be repeated: whoever
runs the same again ends where an uninterrupted run does. Nothing is waited for.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

import orjson
from pyspark.sql import SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the field's usual name

from jobs.privacy.file_search import search_files
from jobs.privacy.findings import Place, PlaceKind
from jobs.privacy.lake_search import PERSONAL, search_state, search_tables
from jobs.privacy.local_files import remove_from
from jobs.privacy.person_traces import Traces
from jobs.privacy.receipt import VERSION, hashed, new_salt
from jobs.privacy.send_fences import send_fences
from jobs.privacy.stays import stay_of
from jobs.privacy.topic_search import search_segments, search_topics
from jobs.privacy.trained_models import TrainedOn, models_trained_on, retire
from jobs.upkeep.maintain import maintain
from streaming.contract.erasures import TopicFence
from streaming.contract.records import ANONYMOUS, MAX_ID_LENGTH
from streaming.contract.topics import CANDIDATES, EVENTS
from streaming.errors import InputError, quote
from streaming.kafka.topic_reader import read_messages
from streaming.lake import tables
from streaming.lake.erasures import delete_behind, delete_matching, record_fences
from streaming.privacy.personal_values import without_personal_data
from streaming.privacy.pseudonyms import is_pseudonym, known_as, pseudonyms_of
from streaming.profiles.moved_state import moved_state
from streaming.profiles.profile_operator import JOB
from streaming.settings import Settings
from streaming.spark.internals.delta_versions import current_version
from streaming.timestamps import format_timestamp

Models = Literal["keep", "retire"]
OnStage = Callable[[str], None]
HOW = {
    PlaceKind.TOPIC: "null values were sent on candidates and events; the stream sends them on "
    "profiles, recommendations and plans, and matches without the candidate",
    PlaceKind.SEGMENT: "as of the topic; Kafka removes the bytes",
    PlaceKind.STATE: "the fence replaces the newest state; older batches go with new ones",
    PlaceKind.TABLE: "rows were deleted; the stream replaces the state, and the archive deletes "
    "what it still writes, as soon as they read the fences",
    PlaceKind.TABLE_FILES: "rewritten without the rows; the replaced files go with `maintain`",
    PlaceKind.TABLE_LOG: "no new entry names the candidate",
    PlaceKind.FENCES: "kept: by it nobody who was erased returns",
}


def require_ids(candidate_ids: Sequence[str]) -> None:
    """Check that ids can be those of candidates.

    Raises:
        InputError: one cannot.
    """
    for candidate_id in candidate_ids:
        if candidate_id == ANONYMOUS or not 1 <= len(candidate_id) <= MAX_ID_LENGTH:
            raise InputError(
                f"{quote(candidate_id)} is no id of a candidate; an id has 1 to {MAX_ID_LENGTH} "
                f"characters, and {ANONYMOUS} stands for anonymous visitors"
            )


def erase(
    open_spark: Callable[[], SparkSession],
    settings: Settings,
    candidate_ids: Sequence[str],
    models: Models = "keep",
    on_stage: OnStage = lambda _: None,
) -> dict[str, Any]:
    """Erase some people everywhere, and return the receipt, which is not signed yet.

    Args:
        open_spark: starts a session; called once the fences are sent, so that the stream need not
            wait for it.
        settings: say where everything is.
        candidate_ids: whom.
        models: what becomes of models that were trained on them.
        on_stage: called with what is done next.

    Raises:
        InputError: an id cannot be one, or is a pseudonym.
        SettingsError: the key of the pseudonyms cannot be read.
        BrokerError: no broker answers, or a topic is missing.
        ModelError: MLflow cannot be reached.
    """
    require_ids(candidate_ids)
    _refuse_pseudonyms(settings, candidate_ids)
    on_stage("sending the fences")
    fences = send_fences(settings.kafka, candidate_ids)
    erased_at = max(fence.at for fence in fences)
    pseudonyms = pseudonyms_of(settings.privacy)
    traces = Traces(candidate_ids, _stated_texts(settings, set(candidate_ids)), pseudonyms)
    people = _people(candidate_ids, fences)
    fences = [_as_known(fence, settings) for fence in fences]
    spark = open_spark()
    if moved_state(spark, f"{settings.checkpoints}/{JOB}") is not None:
        raise InputError(
            "the state of profiles is on its way to a new checkpoint (`careerstream reshard`); "
            "the fences are sent: start update_profiles or hot_path, and run this again"
        )
    on_stage("recording the fences")
    record_fences(spark, settings, fences)
    on_stage("searching")
    places = list(search(spark, settings, traces))
    trained_on = models_trained_on(settings, places)
    on_stage("deleting")
    _delete_rows(spark, settings, fences)
    done = {
        place.label: remove_from(settings, place, traces)
        for place in places
        if place.kind is PlaceKind.FILE and place.found
    }
    maintain(spark, settings)
    serving = None
    if models == "retire" and trained_on:
        on_stage("training without them")
        serving = retire(spark, settings, trained_on)
    return {
        "version": VERSION,
        "erased_at": format_timestamp(erased_at),
        **people,
        "places": [_row(place, settings, erased_at, done) for place in places],
        "models": _model_rows(trained_on, models, serving),
    }


def search(spark: SparkSession, settings: Settings, traces: Traces) -> Iterator[Place]:
    """Search every place, each through its own format.

    Raises:
        BrokerError: no broker answers, or a topic is missing.
    """
    yield from search_topics(settings, traces)
    yield from search_segments(settings, traces)
    yield from search_state(spark, settings, traces)
    yield from search_tables(spark, settings, traces)
    yield from search_files(settings, traces)


def _refuse_pseudonyms(settings: Settings, candidate_ids: Iterable[str]) -> None:
    for candidate_id in candidate_ids:
        if settings.privacy.pseudonyms == "yes" and is_pseudonym(candidate_id):
            raise InputError(
                f"{candidate_id} is a pseudonym; give the candidate's own id, under which the "
                "fences must stand on events and candidates"
            )


def _as_known(fence: TopicFence, settings: Settings) -> TopicFence:
    """Return a fence as the lake keeps it."""
    known = known_as(settings.privacy, fence.candidate_id)
    return fence.model_copy(update={"candidate_id": known})


def _stated_texts(settings: Settings, candidate_ids: set[str]) -> dict[str, list[str]]:
    """Return the longer texts that some people stated, by which files without ids are found."""
    texts: dict[str, list[str]] = {}
    for record in read_messages(settings.kafka, CANDIDATES):
        candidate_id = (record.key or b"").decode(errors="replace")
        if candidate_id in candidate_ids and record.value is not None:
            try:
                background = orjson.loads(record.value).get("background")
            except (ValueError, AttributeError):  # a dead letter tells of it
                continue
            if isinstance(background, str):
                masked = without_personal_data(background)
                texts.setdefault(candidate_id, []).extend({background, masked})
    return texts


def _delete_rows(spark: SparkSession, settings: Settings, fences: Sequence[TopicFence]) -> None:
    """Delete the rows from before the fences; the archive deletes what it writes afterwards."""
    at = [(fence.candidate_id, fence.at) for fence in fences if fence.topic == EVENTS.name]
    erased = spark.createDataFrame(at, "candidate_id string, erased_at timestamp")
    for table in PERSONAL:
        if current_version(spark, table.path(settings)) is None:
            continue
        if table is tables.EVENTS:
            delete_behind(spark, settings, table, [f for f in fences if f.topic == EVENTS.name])
        elif table in {tables.REACHES, tables.GROUPS}:
            delete_matching(spark, settings, table, erased)
        else:
            before = F.col("old.produced_at") <= F.col("new.erased_at")
            delete_matching(spark, settings, table, erased, before)


def _people(candidate_ids: Sequence[str], fences: Iterable[TopicFence]) -> dict[str, Any]:
    salt, places = new_salt(), Counter[str]()
    own: dict[str, dict[str, str]] = {}
    for fence in fences:
        place = f"{fence.topic}/{fence.partition}/{fence.offset}"
        own.setdefault(fence.candidate_id, {})[fence.topic] = place
        places[fence.topic] += 1
    people = [{"candidate": hashed(one, salt), "fences": own[one]} for one in candidate_ids]
    return {"salt": salt, "people": people}


def _row(
    place: Place, settings: Settings, erased_at: datetime, done: dict[str, str]
) -> dict[str, Any]:
    row: dict[str, Any] = {
        "place": place.label,
        "searched": place.searched,
        "found": sum(place.found.values()),
        "people": len(place.found),
    }
    if place.found:
        row["removed"] = done.get(place.label) or HOW[place.kind]
    stay = stay_of(place, settings, erased_at)
    if stay is not None:
        until = stay.until and format_timestamp(stay.until.astimezone(UTC))
        row |= {"stays_until": until, "stays_because": stay.why}
    return row


def _model_rows(
    trained_on: Iterable[TrainedOn], models: Models, serving: str | None
) -> list[dict[str, Any]]:
    return [
        {
            "model": model.reference.name,
            "version": model.reference.version,
            "was_champion": model.serving,
            "became": "deleted" if models == "retire" else "kept: it was trained on them",
            "replaced_by": serving if model.serving else None,
        }
        for model in trained_on
    ]
