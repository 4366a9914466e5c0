"""Small worlds with a pattern to learn."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from training.benchmark.protocols.protocols import load
from training.benchmark.protocols.training_view import Split

HEADER = (
    "Applicant.ID,Job.ID,Title,Position,Company,City,State.Name,State.Code,Industry,"
    "View.Start,View.End,View.Duration,Created.At,Updated.At"
)
TRADES = ("Cook", "Nurse", "Driver", "Welder")
TOWNS = ("Akron", "Boise", "Camden", "Dover")


@pytest.fixture
def views_file(tmp_path: Path) -> Path:
    """Candidates who stay with one trade and mostly in one town; posting p is of trade p % 4."""
    chance = np.random.default_rng(5)
    rows = [HEADER]
    for candidate in range(60):
        trade, town = candidate % 4, candidate // 4 % 4
        mine = [posting for posting in range(160) if posting % 4 == trade]
        near = [posting for posting in mine if posting // 4 % 4 == town]
        for minute, posting in enumerate(chance.permutation(near)[: 2 + candidate % 4].tolist()):
            title = f"{TRADES[posting % 4]} number {posting}"
            place = f"{TOWNS[posting // 4 % 4]},Ohio,OH,NA"
            time = f"2015-01-{1 + candidate % 28:02} 10:{minute:02}:00 UTC"
            rows.append(
                f"c{candidate},p{posting},{title} @ A,{title},A{posting % 4},{place},{time},NA,NA,"
                f"{time},{time}"
            )
    file = tmp_path / "views.csv"
    file.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return file


@pytest.fixture
def sequences_file(tmp_path: Path) -> Path:
    """Users who walk along a ring of 40 items, one or two steps at a time."""
    chance = np.random.default_rng(6)
    lines = []
    for user in range(150):
        steps = chance.integers(1, 3, size=6).cumsum() + user
        lines.append(" ".join(map(str, [user + 1, *(1 + steps % 40).tolist()])))
    file = tmp_path / "ring.txt"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


@pytest.fixture
def attributes_file(tmp_path: Path) -> Path:
    """Items near each other on the ring share an attribute."""
    file = tmp_path / "attributes.json"
    said = ", ".join(f'"{item}": [{item // 8}, {100 + item % 3}]' for item in range(1, 41))
    file.write_text(f"{{{said}}}", encoding="utf-8")
    return file


@pytest.fixture
def small_views(views_file: Path) -> Split:
    """The candidates under job-views."""
    return load("job-views", views_file)


@pytest.fixture
def small_sequences(sequences_file: Path, attributes_file: Path) -> Split:
    """The ring under sequences."""
    return load("sequences", sequences_file, attributes_file)


@pytest.fixture
def other_targets() -> Callable[[Path, Split], Path]:
    """A function that writes a file of views again, every target exchanged for another posting."""

    def exchange(file: Path, split: Split) -> Path:
        header, *rows = file.read_text(encoding="utf-8").splitlines()
        names = split.training.item_names
        said = {row.split(",")[1]: row.split(",") for row in rows}
        known = {
            user: {names[item] for item in history.items}
            for user, history in zip(split.test.users, split.test.histories, strict=True)
        }
        targets = {
            user: names[target]
            for user, target in zip(split.test.users, split.test.targets, strict=True)
        }
        # Each gets the target of somebody else that is new to them, so that no posting is lost.
        waiting, given = list(targets.values()), dict[str, str]()
        for user, own in targets.items():
            new = next(p for p in reversed(waiting) if p not in {*known[user], own})
            waiting.remove(new)
            given[user] = new
        written = []
        for row in rows:
            cells = row.split(",")
            if targets.get(cells[0]) == cells[1]:
                cells[1:9] = said[given[cells[0]]][1:9]
            written.append(",".join(cells))
        changed = file.with_name("exchanged.csv")
        changed.write_text("\n".join([header, *written]) + "\n", encoding="utf-8")
        return changed

    return exchange
