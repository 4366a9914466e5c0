"""Small worlds with a pattern to learn."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from training.benchmark.protocols.protocols import load
from training.benchmark.protocols.question import Question, QuestionFiles

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
def events_file(tmp_path: Path) -> Path:
    """The candidates of `views_file` as events, one a day, as `careerstream import` reads them."""
    chance = np.random.default_rng(5)
    lines = []
    for candidate in range(40):
        near = [
            p for p in range(120) if p % 4 == candidate % 4 and p // 4 % 4 == candidate // 4 % 4
        ]
        for place, posting in enumerate(chance.permutation(near)[:5].tolist()):
            time = f"2026-01-{1 + 5 * place + candidate % 5:02}T10:{candidate:02}:00Z"
            event = {"event_id": f"{candidate}-{place}", "candidate_id": f"c{candidate}"}
            event |= {"posting_id": f"p{posting}", "kind": "view", "event_time": time}
            lines.append(json.dumps(event))
    file = tmp_path / "events.jsonl"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


@pytest.fixture
def postings_file(tmp_path: Path) -> Path:
    """The postings of `events_file`."""
    lines = []
    for posting in range(120):
        said = {"posting_id": f"p{posting}", "title": f"{TRADES[posting % 4]} number {posting}"}
        said |= {"employer": f"A{posting % 40}"}
        lines.append(json.dumps(said | {"place": {"locality": TOWNS[posting // 4 % 4]}}))
    file = tmp_path / "postings.jsonl"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


@pytest.fixture
def candidates_file(tmp_path: Path) -> Path:
    """What somebody states who does something only at the end, and somebody who does a lot."""
    said = {"updated_at": "2026-01-01T00:00:00Z", "wishes": ["Cook"], "places": ["Akron"]}
    lines = [json.dumps({"candidate_id": name, **said}) for name in ("c0", "nobody")]
    file = tmp_path / "candidates.jsonl"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


@pytest.fixture
def ask(tmp_path: Path) -> Callable[..., Question]:
    """A function that loads a question: protocol, data, further files by name."""

    def load_question(protocol: str, data: Path, **files: Path) -> Question:
        folder = tmp_path / "datasets" / f"{protocol}-{data.stem}"
        own = {name: [file] if name == "candidates" else file for name, file in files.items()}
        [question] = load(protocol, QuestionFiles(data=data, **own), folder)
        return question

    return load_question


@pytest.fixture
def small_views(views_file: Path, ask: Callable[..., Question]) -> Question:
    """The candidates under job-views."""
    return ask("job-views", views_file)


@pytest.fixture
def small_sequences(
    sequences_file: Path, attributes_file: Path, ask: Callable[..., Question]
) -> Question:
    """The ring under sequences."""
    return ask("sequences", sequences_file, attributes=attributes_file)


@pytest.fixture
def other_targets() -> Callable[[Path, Question], Path]:
    """A function that writes a file of views again, every target exchanged for another posting."""

    def exchange(file: Path, question: Question) -> Path:
        header, *rows = file.read_text(encoding="utf-8").splitlines()
        said = {row.split(",")[1]: row.split(",") for row in rows}
        profiles = {case.profile["candidate_id"]: case for case in question.test.cases}
        known = {
            user: {event["posting_id"] for event in case.profile["events"]}
            for user, case in profiles.items()
        }
        targets = {user: case.targets[0] for user, case in profiles.items()}
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
