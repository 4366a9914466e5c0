"""Which parser reads which field, from a cell of a CSV file or a text in a JSON document."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import cache, partial
from typing import Any, get_args, get_origin

from pydantic import BaseModel

from streaming.contract.field_rules import FieldRule, field_rules
from streaming.contract.learning.course import SkillLevel
from streaming.contract.records import EventKind, SalaryUnit
from streaming.contract.rejection_reasons import RejectionReason
from streaming.importing.parsers import skill_levels
from streaming.importing.parsers import values as v
from streaming.importing.parsers.durations import parse_hours
from streaming.importing.parsers.html_text import plain_text, single_line
from streaming.importing.parsers.salary import parse_amount
from streaming.importing.parsers.salary_tokens import parse_currency
from streaming.importing.parsers.times import parse_time
from streaming.importing.rows import ImportedRecord, RowError

Parse = Callable[[str], Any]
"""Returns the value of a text, or raises a ValueError with the remedy."""

_OF_TYPE: dict[Any, Parse] = {
    float: v.parse_number,
    int: v.parse_integer,
    datetime: parse_time,
    EventKind: v.parse_event_kind,
    SalaryUnit: v.parse_salary_unit,
    SkillLevel: skill_levels.given_level,
    list[str]: lambda text: v.parse_list(plain_text(text)),
    str: single_line,
}


def _amount(text: str) -> float | None:
    """Parse an amount of money; 0 stands for unknown."""
    return parse_amount(text) if text.strip("0., ") else None


_LAST_MOMENT = partial(parse_time, end_of_day=True)
_TIME_PARSERS = (parse_time, _LAST_MOMENT)
_OF_FIELD: dict[str, Parse] = {
    # ids and URLs are not markup
    "candidate_id": str.strip,
    "posting_id": str.strip,
    "event_id": str.strip,
    "recommendation_id": str.strip,
    "course_id": str.strip,
    "url": str.strip,
    "description": plain_text,
    "background": plain_text,
    "language": v.parse_language,
    "salary.currency": parse_currency,
    "salary.minimum": _amount,
    "salary.maximum": _amount,
    "valid_through": _LAST_MOMENT,
    "needs": skill_levels.parse_needs,
    "gives": skill_levels.parse_gives,
    "duration_hours": parse_hours,
    # a comma is part of many names: "Acme, Inc."
    "blocked_employers": lambda text: v.parse_list(plain_text(text), commas=False),
}


@cache
def field_parsers(kind: type[ImportedRecord]) -> Mapping[str, Parse]:
    """Return the parser of each field of a record by its dotted name, without nested objects."""
    return {
        rule.name: _OF_FIELD.get(rule.name) or _OF_TYPE[rule.annotation]
        for rule in (*field_rules(kind), *_entry_rules(kind))
        if rule.name in _OF_FIELD or rule.annotation in _OF_TYPE
    }


def takes_any_field(kind: type[ImportedRecord]) -> bool:
    """Return whether every further field of a record is a text, as an audit group is."""
    return kind.model_config.get("extra") == "allow"


@cache
def entry_fields(kind: type[ImportedRecord]) -> frozenset[str]:
    """Return the names of a record's lists of objects: a row of a table holds one entry of them."""
    return frozenset(rule.name.partition(".")[0] for rule in _entry_rules(kind))


def _entry_rules(kind: type[ImportedRecord]) -> Iterator[FieldRule]:
    """Yield the rules of the objects in a record's lists, with dotted names."""
    for rule in field_rules(kind):
        if rule.name in _OF_FIELD:  # a cell holds the whole list
            continue
        if get_origin(rule.annotation) is list and issubclass(
            entry := get_args(rule.annotation)[0], BaseModel
        ):
            yield from field_rules(entry, f"{rule.name}.")


def parse_texts(kind: type[ImportedRecord], document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a JSON document of our own schema with its times and numbers read as in CSV.

    They may be texts, and a time may be a number. "45.000" would otherwise be 45 in one format and
    45000 in the other. A null is as good as absent. Everything else stays as it is.

    Raises:
        RowError: one of them cannot be read.
    """
    values = {name: value for name, value in document.items() if value is not None}
    for name, parse in _parsers_of_texts(kind):
        parent, _, last = name.rpartition(".")
        holder = values.get(parent) if parent else values
        value = holder.get(last) if isinstance(holder, dict) else None
        if isinstance(value, bool):
            text = f"field {name} is {str(value).lower()}; write no true or false there"
            raise RowError(RejectionReason.WRONG_TYPE, text)
        is_time = isinstance(value, int | float) and parse in _TIME_PARSERS
        if not isinstance(holder, dict) or not (isinstance(value, str) or is_time):
            continue
        try:
            parsed = {last: parse(str(value))}
        except ValueError as error:
            raise RowError(RejectionReason.WRONG_VALUE, f"field {name}: {error}") from error
        values |= {parent: holder | parsed} if parent else parsed
    return values


@cache
def _parsers_of_texts(kind: type[ImportedRecord]) -> tuple[tuple[str, Parse], ...]:
    """Return the parsers of the fields that are no texts and no lists."""
    return tuple(
        (rule.name, field_parsers(kind)[rule.name])
        for rule in field_rules(kind)
        if rule.annotation in (datetime, int, float, EventKind, SalaryUnit, SkillLevel)
    )
