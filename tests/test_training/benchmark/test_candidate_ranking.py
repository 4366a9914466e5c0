"""The reverse task: its cases by hand, and the activity that matches count."""

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from streaming.errors import InputError
from streaming.importing.known_layouts import JOB_VIEWS
from streaming.market.activity import log2_activity
from streaming.settings import MatchSettings, TrainingSettings
from training.benchmark.candidate_ranking import RANKINGS, measure_candidates
from training.benchmark.protocols.reverse_views import load

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


def write_views(file: Path, views: list[tuple[int, int, float]]) -> Path:
    """Write views: candidate, posting, days after the start."""
    columns = [*sorted(JOB_VIEWS.columns)]
    with file.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, columns, restval="NA")
        writer.writeheader()
        for candidate, posting, days in views:
            moment = f"{START + timedelta(days=days):%Y-%m-%d %H:%M:%S} UTC"
            row = dict.fromkeys(columns, "NA") | {
                "Applicant.ID": candidate,
                "Job.ID": posting,
                "Title": f"Cook {posting}",
                "Position": f"Cook {posting}",
                "Company": f"Inn {posting % 3}",
                "View.Start": moment,
            }
            writer.writerow({name: row[name] for name in columns})
    return file


def test_cases_and_who_competes_in_them(tmp_path: Path) -> None:
    views = [(1, 1, 0), (2, 2, 0), (3, 3, 0), (1, 4, 1), (2, 4, 2), (3, 5, 20), (1, 6, 3)]
    views += [(2, 7, 4), (1, 8, 5), (1, 8, 6), (2, 9, 5.1)]
    task = load(write_views(tmp_path / "views.csv", views), (), tmp_path / "data")

    found = [
        (day.as_of[:10], int(day.candidates[place]), task.catalogue.posting_ids[row], len(pool))
        for block in task.blocks
        for day in block.days
        for pool in [day.profiles]
        for place, row in zip(day.targets, day.postings, strict=True)
    ]
    numbers = {name: number for number, name in enumerate(task.views.candidate_ids)}
    # Candidate 3 had done nothing for 14 days, and 1 had viewed posting 8 before.
    expected = [("2026-03-02", 1, "4"), ("2026-03-03", 2, "4"), ("2026-03-04", 1, "6")]
    expected += [("2026-03-05", 2, "7"), ("2026-03-06", 1, "8"), ("2026-03-06", 2, "9")]
    names = {posting: task.catalogue.posting_ids.index(posting) for _, _, posting in expected}
    assert [(day, who, names[posting]) for day, who, posting, _ in found] == [
        (day, numbers[str(who)], names[posting]) for day, who, posting in expected
    ]
    assert {pool for *_, pool in found} == {3}
    first = task.blocks[0].days[0].profiles[0]
    assert {one["posting_id"] for one in first["dismissed"]} == {"5", "6", "7", "8", "9"}
    assert first["as_of"] < task.blocks[0].days[0].as_of


def test_too_few_cases_are_one_line(tmp_path: Path) -> None:
    file = write_views(tmp_path / "views.csv", [(1, 1, 0), (1, 2, 1)])
    with pytest.raises(InputError, match="has 1 views by candidates with another one"):
        load(file, (), tmp_path / "data")


def test_all_rankings_are_measured(tmp_path: Path) -> None:
    chance = np.random.default_rng(3)
    views = [
        (candidate, int(chance.integers(12)) * 3 + candidate % 3, day + 0.01 * candidate)
        for day in range(10)
        for candidate in range(12)
    ]
    task = load(write_views(tmp_path / "views.csv", views), (), tmp_path / "data")
    training = TrainingSettings(preset="published", processes=1, epochs=1)

    report = measure_candidates(task, training, MatchSettings(), tmp_path, lambda *_: None)

    assert report["cases"] > 20
    for name in RANKINGS:
        assert 0 <= report[f"{name}/hr@10/low"] <= report[f"{name}/hr@10"] <= 1


def test_an_order_of_activities_outlasts_time() -> None:
    def active(*days: float) -> dict:
        times = [f"{START + timedelta(days=day):%Y-%m-%dT%H:%M:%S}Z" for day in days]
        return {"events": [{"event_time": time} for time in times]}

    one, two, three = (log2_activity(active(*days), 2.0) for days in ((4,), (0, 0), (4, 4)))
    assert (one - two, three - one) == pytest.approx((1.0, 1.0))
    stated = {"events": [], "stated": {"updated_at": "2026-03-05T12:00:00Z"}}
    assert log2_activity(stated, 2.0) == pytest.approx(one)
    assert log2_activity({}, 2.0) == -np.inf
