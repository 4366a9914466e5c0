"""The generated modules are what the contract makes, and agree with the models and the decoder."""

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
import schema_values
from careerstream_client import records as client_records
from careerstream_client.errors import ContractError
from careerstream_client.wire import TopicRecord
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.client_source.modules import FOLDER, modules
from streaming.contract import records
from streaming.contract.documents import json_schema
from streaming.contract.json_parser import DecodeError
from streaming.contract.topics import BY_NAME, SHADOW_RECOMMENDATIONS, TOPICS
from streaming.contract.value_decoder import read_document

NAMES = [topic.name for topic in TOPICS if topic.record and topic is not SHADOW_RECOMMENDATIONS]
SCHEMAS = {name: json_schema(BY_NAME[name]) for name in NAMES}
VALUES = {name: schema_values.values(schema) for name, schema in SCHEMAS.items()}
CHANGED = {name: schema_values.changed_values(schema) for name, schema in SCHEMAS.items()}
LATEST = "9999-12-31T23:59:59.999999Z"
"""The message's own time; nothing is ahead of it."""


def client_record(name: str) -> type[TopicRecord]:
    record = BY_NAME[name].record
    assert record is not None
    kind = getattr(client_records, record.__name__)
    assert issubclass(kind, TopicRecord)
    return kind


def test_the_files_are_what_the_contract_makes() -> None:
    for name, content in modules():
        assert (FOLDER / name).read_text("utf-8") == content, "run `python -m infra.client_source`"


@pytest.mark.parametrize("name", NAMES)
def test_each_topic_has_its_record_with_the_key_and_the_fields_in_order(name: str) -> None:
    kind = client_record(name)

    assert name == kind.TOPIC
    assert BY_NAME[name].key.startswith(kind.KEY)
    assert list(kind.__slots__) == list(BY_NAME[name].record.model_fields)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_it_reads_what_the_decoder_reads_and_refuses_the_same_field(
    name: str, data: st.DataObject
) -> None:
    drawn = data.draw(VALUES[name] | CHANGED[name])

    try:
        read, refused = client_record(name).from_document(drawn).to_document(), None
    except ContractError as error:
        read, refused = None, error.path
    expected, fault = decoded(drawn, name)
    assert (without_empty(read), refused) == (without_empty(expected), fault)


def decoded(drawn: Any, name: str) -> tuple[Any, str | None]:
    """Return what the jobs' decoder makes of a document, or the field that it refuses."""
    try:
        return read_document(drawn, BY_NAME[name], LATEST), None
    except DecodeError as error:
        return None, error.text.removeprefix("field ").partition(" ")[0]


def without_empty(value: Any) -> Any:
    """Leave out empty lists, which the client has for absent ones."""
    if isinstance(value, list):
        return [without_empty(item) for item in value]
    if isinstance(value, dict):
        return {name: without_empty(part) for name, part in value.items() if part != []}
    return value


def test_equal_records_are_the_same_bytes_on_both_sides() -> None:
    start = datetime(2020, 1, 1, 12, tzinfo=timezone(timedelta(hours=8)))
    past = records.Experience(title="Cook", start_date=start, place=records.Place(country="DE"))
    stated = records.Candidate(candidate_id="c1", updated_at=start, experience=[past])
    pay = records.Salary(minimum=12, unit=records.SalaryUnit.HOUR)
    posting = records.Posting(posting_id="p1", title="Köchin", salary=pay, valid_through=start)

    for record in (stated, posting):
        value = records.to_json(record)
        assert getattr(client_records, type(record).__name__).from_json(value).to_json() == value
