"""The next title of a career: careers as they are read, and rankings by hand."""

from pathlib import Path

import numpy as np
import pytest

from streaming.errors import InputError
from training.benchmark.next_title_model import NextTitle
from training.benchmark.next_titles import RANKINGS, measure_titles, read_careers, successors

HEADER = (
    "Applicant.ID,Position.Name,Employer.Name,City,State.Name,State.Code,Start.Date,End.Date,"
    "Created.At\n"
)
ROWS = """1,Senior Cook,A,NA,NA,NA,2012-01-01,,2014-12-12 20:10:02 UTC
1,cook ,B,NA,NA,NA,2010-01-01,2012-01-01,2014-12-12 20:10:02 UTC
1,Kitchen hand,B,NA,NA,NA,NA,NA,2014-12-12 20:10:02 UTC
1,NA,B,NA,NA,NA,2013-01-01,NA,2014-12-12 20:10:02 UTC
2,Cook,C,NA,NA,NA,2013-01-01,NA,2014-12-12 20:10:02 UTC
"""


def test_careers_are_in_the_order_of_time(tmp_path: Path) -> None:
    file = tmp_path / "experience.csv"
    file.write_text(HEADER + ROWS, encoding="utf-8")

    titles, careers = read_careers([file])

    assert titles == ["cook", "kitchen hand", "senior cook"]
    assert careers == [[1, 0, 2], [0]]


def test_without_two_positions_nothing_comes_next(tmp_path: Path) -> None:
    file = tmp_path / "experience.csv"
    file.write_text(HEADER + ROWS.splitlines()[-1] + "\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"experience\.csv: nobody held two positions"):
        read_careers([file])


def test_likeness_and_popularity_are_learned() -> None:
    titles = [f"{level} {trade}" for trade in ("cook", "nurse", "driver") for level in "abcd"]
    careers = [[4 * (n % 3) + n % 2, 4 * (n % 3) + 2] for n in range(60)]
    ranker = NextTitle.fit(titles, np.eye(12, dtype=np.float32), careers, seed=1)

    assert titles[int(ranker.scores([5]).argmax())] == "c nurse"
    assert successors(careers, 12)[5][6] == 10


def test_every_ranking_is_measured() -> None:
    titles = [f"{level} {trade}" for trade in ("cook", "nurse", "driver") for level in "abcd"]
    careers = [[4 * (n % 3) + n % 2, 4 * (n % 3) + 2] for n in range(30)]

    report = measure_titles(titles, careers, 7, lambda *_: None)

    assert (report["cases"], report["titles"]) == (30, 12)
    assert all(0 <= report[name] <= 1 for name in RANKINGS)
    assert report["next title"] == 1.0
