"""Dataset folders made of files that `careerstream import` reads."""

import json

import pytest

from streaming.errors import InputError
from training.data.dataset import Dataset
from training.data.file_dataset import DatasetFiles, write_dataset


def write(file, *rows):
    file.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    return file


def look(candidate, posting, day, **more):
    event = {"event_id": f"{candidate}-{posting}-{day}", "kind": "view"} | more
    return event | {
        "candidate_id": candidate,
        "posting_id": posting,
        "event_time": f"2026-01-{day:02}T00:00:00Z",
    }


def test_what_counts_of_repeated_rows(tmp_path):
    events = write(
        tmp_path / "events.jsonl",
        look("a", "p1", 2, duration_seconds=4.5),
        look("a", "p1", 2, duration_seconds=4.5),  # sent twice
        look("a", "p2", 1),
        look("b", "p2", 3, kind="impression"),
        {"event_id": "no posting"},
    )
    postings = write(
        tmp_path / "postings.jsonl",
        {"posting_id": "p1", "title": "Baker", "date_posted": "2025-12-31T00:00:00Z"},
        {"posting_id": "p1", "title": "Later"},
        {"posting_id": "p2", "title": "Cook", "skills": ["Soup"]},
    )
    candidates = write(
        tmp_path / "candidates.jsonl",
        {"candidate_id": "a", "updated_at": "2026-01-05T00:00:00Z", "skills": ["Bread"]},
        {"candidate_id": "a", "updated_at": "2026-01-04T00:00:00Z", "skills": ["Soup"]},
    )
    counts = write_dataset(DatasetFiles(events, postings, [candidates]), tmp_path / "data")
    assert counts == {"events": 2, "items": 2, "rejected": 1}
    data = Dataset.read(tmp_path / "data")
    said = {row["posting_id"]: row for row in data.catalogue.table.to_pylist()}
    assert (said["p1"]["title"], said["p2"]["skills"]) == ("Baker", ["Soup"])
    assert said["p1"]["date_posted"].isoformat() == "2025-12-31T00:00:00+00:00"
    profile = data.profile(0)
    assert [event["posting_id"] for event in profile["events"]] == ["p2", "p1"]
    assert profile["events"][1]["duration_seconds"] == 4.5
    assert profile["stated"]["skills"] == ["Bread"]


def test_files_that_lack_something_are_one_line(tmp_path):
    events = write(tmp_path / "events.jsonl", look("a", "p1", 1))
    with pytest.raises(InputError, match="there are 0 postings; give files") as caught:
        write_dataset(DatasetFiles(events), tmp_path / "data")
    assert "\n" not in str(caught.value)
