"""The protocol `sequences`: users with their items in order, and attributes of items.

A line holds a user and the user's items, oldest first, separated by blanks. The last item of each
user is the test target, the one before it the validation target. Neither is ever trained on; at
test time the validation item is part of the input. All items outside the input compete.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import orjson

from streaming.errors import InputError
from streaming.importing import SourceFile
from streaming.importing.source_file import check_decoded
from training.benchmark.protocols.leave_last_out import hold_out
from training.benchmark.protocols.training_view import History, Split, TrainingView

_QUOTED = 40
"""Characters of the input that an error message quotes at most."""
_OTHER_FORMATS = (",", "{", "[", "<", "\0")
_ATTRIBUTES_REMEDY = 'give one object such as {"4": [1, 2, 3]}: item to attribute numbers'
_AFTER_NUMBERS = 1 << 62


def load(file: Path, attributes: Path | None = None) -> Split:
    """Read a file of one user a line and, where there is one, a JSON object of items' attributes.

    Raises:
        InputError: a file is missing, empty or of another layout, or nobody has two items.
    """
    sequences = dict(_lines(SourceFile(file)))
    names = tuple(sorted({item for items in sequences.values() for item in items}, key=_by_number))
    rows = {name: row for row, name in enumerate(names)}
    users = tuple(sorted(sequences, key=_by_number))
    histories = [
        History(np.array([rows[item] for item in sequences[user]], dtype=np.int64))
        for user in users
    ]
    test = hold_out(users, histories, len(names), single_items=False, by_status=False)
    if not len(test.cases):
        raise InputError(
            f"no user of {file} has two items: there is nothing to predict; give longer sequences"
        )
    validation = hold_out(test.users, test.rest, len(names), single_items=False, by_status=False)
    by_item = None if attributes is None else _attributes(attributes)
    training = TrainingView(
        protocol="sequences",
        item_names=names,
        postings=None,
        attributes=None if by_item is None else tuple(by_item.get(name, ()) for name in names),
        users=validation.users,
        histories=validation.rest,
        final_histories=validation.rest,
        validation=validation.cases,
    )
    counts = {"rows": len(users), "users": len(users), "items": len(names)}
    if by_item is not None:
        counts["items_with_attributes"] = sum(name in by_item for name in names)
    return Split(training, replace(test.cases, seen=validation.cases.seen), counts)


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


def _by_number(name: str) -> tuple[int, str]:
    """Order numbers by value and before other names, without int(), which refuses long ones."""
    digits = name.lstrip("0")
    return (len(digits), name) if name.isascii() and name.isdecimal() else (_AFTER_NUMBERS, name)
