"""The protocol `sequences`: users with their items in order, and attributes of items.

A line holds a user and the user's items, oldest first, separated by blanks. The last item of each
user is the test target, the one before it the validation target. Neither is ever trained on; at
test time the validation item is part of the input. All items outside the input compete.

Items become postings without texts or times. Their attributes are their skills, a word each. Steps
are an hour apart, and all users take their last step at the same moment, so that nothing of a
training part is later than a target.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson

from streaming.contract.records import EventKind
from streaming.errors import InputError
from streaming.importing import SourceFile
from streaming.importing.source_file import check_decoded
from training.benchmark.protocols.leave_last_out import leave_last_out
from training.benchmark.protocols.question import Question

_END = datetime(2000, 1, 1, tzinfo=UTC)
_STEP = timedelta(hours=1)
_QUOTED = 40
"""Characters of the input that an error message quotes at most."""
_OTHER_FORMATS = (",", "{", "[", "<", "\0")
_ATTRIBUTES_REMEDY = 'give one object such as {"4": [1, 2, 3]}: item to attribute numbers'


def load(file: Path, attributes: Path | None, folder: Path) -> Question:
    """Read a file of one user a line and, where there is one, a JSON object of items' attributes.

    The training part is written into `folder`.

    Raises:
        InputError: a file is missing, empty or of another layout, or nobody has two items.
    """
    sequences = dict(_lines(SourceFile(file)))
    if not any(len(items) > 1 for items in sequences.values()):
        raise InputError(
            f"no user of {file} has two items: there is nothing to predict; give longer sequences"
        )
    by_item = {} if attributes is None else _attributes(attributes)
    names = {item for items in sequences.values() for item in items}
    postings = [
        {
            "posting_id": name,
            "title": "",
            "skills": [f"attribute{n}" for n in by_item.get(name, ())],
        }
        for name in names
    ]
    events = [
        {
            "candidate_id": user,
            "posting_id": item,
            "kind": EventKind.VIEW,
            "event_time": _END - later * _STEP,
            "event_id": f"{user}-{later}",
        }
        for user, items in sequences.items()
        for later, item in enumerate(reversed(items))
    ]
    question = leave_last_out(folder, postings, events, by_status=False, refit=False, timed=False)
    counts = {"rows": len(sequences), **question.counts}
    if attributes is not None:
        counts["items_with_attributes"] = len(names & by_item.keys())
    return replace(question, counts=counts)


def _lines(source: SourceFile) -> Iterator[tuple[str, list[str]]]:
    """Yield users and their items."""
    known: set[str] = set()
    number = 0
    try:
        for number, line in enumerate(source.lines(), start=1):
            check_decoded(line, source.encoding)
            user, *items = line.split() or [""]
            if user and (fault := _fault(user, items, known)):
                raise _wrong(source.path, number, fault)
            if user:
                known.add(user)
                yield user, items
    except ValueError as error:
        raise _wrong(source.path, number + 1, f"it cannot be read ({error})") from error
    if not known:
        raise InputError(
            f"{source.path} is empty; give a file with one user and their items a line"
        )


def _fault(user: str, items: list[str], known: set[str]) -> str | None:
    if any(mark in user for mark in _OTHER_FORMATS):
        return f"{user[:_QUOTED]!r} is the start of another format"
    if user in known:
        return f"user {user[:_QUOTED]!r} has a line already"
    return None if items else f"user {user[:_QUOTED]!r} has no items"


def _wrong(file: Path, number: int, fault: str) -> InputError:
    return InputError(
        f"{file} is no file of sequences: line {number}: {fault}; give one line a user, the user "
        "and the items between blanks, oldest first, or another --protocol"
    )


def _attributes(file: Path) -> dict[str, tuple[int, ...]]:
    """Read attribute numbers by item, each number once and ascending."""
    source = SourceFile(file)
    try:
        by_item = orjson.loads("".join(source.lines()))
    except ValueError as error:
        raise InputError(f"{file} is no JSON: {error}; {_ATTRIBUTES_REMEDY}") from error
    if not isinstance(by_item, dict):
        raise InputError(f"{file} holds no JSON object; {_ATTRIBUTES_REMEDY}")
    for item, numbers in by_item.items():
        if not (isinstance(numbers, list) and all(type(number) is int for number in numbers)):
            wrong = f"of item {item[:_QUOTED]!r} {str(numbers)[:_QUOTED]}"
            raise InputError(f"{file} says {wrong}; {_ATTRIBUTES_REMEDY}")
    return {item: tuple(sorted(set(numbers))) for item, numbers in by_item.items()}
