"""The map of the house in ARCHITECTURE.md is true: every import follows one of its arrows.

A row may name only rooms above it, so that rooms cannot import each other in a circle.
"""

import house_map
import pytest

MAP = house_map.read_map()
ROOMS = [row.room for row in MAP]
SOURCES = {name: file.read_text("utf-8") for name, file in house_map.modules().items()}
MOST_FILES = 14


def arrows_of_code() -> dict[tuple[str, str], list[str]]:
    """List the imports between rooms, by importing and imported room."""
    files = house_map.modules()
    room = {
        name: house_map.room_of(house_map.folder_of(file), ROOMS) for name, file in files.items()
    }
    arrows: dict[tuple[str, str], list[str]] = {}
    for module, targets in house_map.imports_between(SOURCES).items():
        for target in sorted(targets):
            ends = (str(room[module]), str(room[target]))
            if ends[0] != ends[1]:
                arrows.setdefault(ends, []).append(f"{module} imports {target}")
    return arrows


def covers(name: str, room: str) -> bool:
    """Tell whether a name in a row's last column stands for a room."""
    package, star, _ = name.partition("/*")
    return f"{room}/".startswith(f"{package}/") if star else room == name


def forbidden(arrows: dict[tuple[str, str], list[str]]) -> list[str]:
    """List the imports that follow no arrow of the map."""
    allowed = {row.room: row.may_import for row in MAP}
    return [
        line
        for (source, target), lines in arrows.items()
        if not any(covers(name, target) for name in allowed.get(source, ()))
        for line in lines
    ]


def test_the_map_covers_every_folder() -> None:
    folders = {
        house_map.folder_of(file)
        for file in house_map.modules().values()
        if file.name != "__init__.py"
    }

    assert [f for f in sorted(folders) if not house_map.room_of(f, ROOMS)] == []


def test_every_room_is_a_folder_and_stands_in_the_map_once() -> None:
    folders = {house_map.folder_of(file) for file in house_map.modules().values()}

    assert [room for room in ROOMS if room not in folders] == []
    assert len(ROOMS) == len(set(ROOMS))


def test_a_row_names_only_rooms_above_it() -> None:
    for place, row in enumerate(MAP):
        above, below = ROOMS[:place], ROOMS[place:]
        for name in row.may_import:
            assert any(covers(name, room) for room in above), f"{row.room}: no room {name} above it"
            assert not any(covers(name, room) for room in below), f"{row.room}: {name} is below it"


def test_every_import_follows_an_arrow() -> None:
    assert forbidden(arrows_of_code()) == []


def test_every_arrow_is_used_by_an_import() -> None:
    used = set(arrows_of_code())
    unused = [
        f"{row.room}: {name}"
        for row in MAP
        for name in row.may_import
        if not any(source == row.room and covers(name, target) for source, target in used)
    ]

    assert unused == []


def test_no_modules_import_each_other_in_a_circle() -> None:
    assert house_map.circles(house_map.imports_between(SOURCES)) == []


@pytest.mark.parametrize(
    ("source", "target"),
    [("streaming", "training/model"), ("training/text", "jobs"), ("infra/broker", "training/data")],
)
def test_a_wrong_arrow_is_found(source: str, target: str) -> None:
    assert {source, target} <= set(ROOMS)
    assert forbidden({(source, target): ["a imports b"]}) == ["a imports b"]


def test_a_circle_through_a_function_is_found() -> None:
    sources = {
        "a": "import b",
        "b": "def f():\n    from c import name",
        "c": "import a, d",
        "d": "import json",
    }

    assert house_map.circles(house_map.imports_between(sources)) == [["a", "b", "c"]]


def test_no_folder_holds_too_many_files() -> None:
    counts: dict[str, int] = {}
    for file in house_map.modules().values():
        counts[house_map.folder_of(file)] = counts.get(house_map.folder_of(file), 0) + 1

    assert {folder: count for folder, count in counts.items() if count > MOST_FILES} == {}
