"""The benchmark of plans: its files, its goals, its judgement."""

import json

import pytest

from streaming.errors import InputError
from training.benchmark.course_plans import GOALS, measure_plans, read_questions

COURSES = {
    "1": {"required": [], "to_acquire": [[10, "beginner to advanced"], [11, "unknown"]]},
    "2": {"required": [[10, "intermediate/advanced"]], "to_acquire": [[12, "beginner"]]},
}
PEOPLE = {"a": [[13, "unknown"]], "b": [[10, "expert"], [12, "unknown"], [14, "high"]]}


@pytest.fixture
def files(tmp_path):
    def write(courses=COURSES, people=PEOPLE, skills="unique_id,name\n10,x\n11,y\n12,z\n13,v\n"):
        paths = [tmp_path / name for name in ("courses.json", "resumes.json", "skills.csv")]
        texts = (json.dumps(courses), json.dumps(people), skills)
        for path, text in zip(paths, texts, strict=True):
            path.write_text(text)
        return paths

    return write


def test_plans_are_made_and_judged(files):
    questions = read_questions(*files())
    report = measure_plans(questions, goals=10, seed=1, on_progress=lambda *_: None)

    assert report["unnamed"] == 1
    for kind in GOALS:
        assert report[f"{kind}/plans"] == 2  # each has one other
        assert report[f"{kind}/needs met"] == 1.0
        assert report[f"{kind}/covered"] == 1.0
        assert report[f"{kind}/missing"] == 2.0  # a lacks three, b one
        assert report[f"{kind}/coverable"] == 1.0  # nothing gives 13 and 14
        assert report[f"{kind}/courses"] == report[f"{kind}/greedy"] == 1.0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"courses": []}, "no JSON object"),
        ({"courses": {"1": {"required": [[1]]}}}, "no lists of"),
        ({"people": {"a": [[1, 2]]}}, "no lists of"),
        ({"skills": "id,name\n1,x\n"}, "no column unique_id"),
    ],
)
def test_other_files_are_refused(files, changes, message):
    with pytest.raises(InputError, match=message):
        read_questions(*files(**changes))


def test_a_file_that_is_not_there_is_refused(files, tmp_path):
    courses, resumes, _ = files()
    with pytest.raises(InputError, match=r"skills-2\.csv cannot be read"):
        read_questions(courses, resumes, tmp_path / "skills-2.csv")
