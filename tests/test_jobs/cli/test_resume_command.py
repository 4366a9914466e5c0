"""careerstream import candidates with résumés, as a user types it."""

import json

import pytest
from typer.testing import CliRunner

from jobs.cli.app import app
from jobs.cli.commands.invocation import Invocation

RESUME = "Skills\nWelding, TIG [2G]\nExperience\nWelder at Globex, 2019 - 2021\n"


@pytest.fixture
def file(tmp_path):
    (tmp_path / "ada.txt").write_text(RESUME, encoding="utf-8")
    return tmp_path / "ada.txt"


def run(*arguments):
    command = ["import", "candidates", *map(str, arguments)]
    return CliRunner().invoke(app, command, obj=Invocation(None, (), debug=True))


def test_a_dry_run_shows_values_and_spans_and_sends_nothing(file, tmp_path):
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(b"no PDF")
    result = run(file, broken, "--dry-run", "--spans", tmp_path / "spans.jsonl")
    assert result.exit_code == 0
    assert "ada, from ada.txt" in result.stdout
    assert "experience.0.employer" in result.stdout
    assert "7-14" in result.stdout
    assert "rejected: broken.pdf cannot be read as a PDF" in result.stdout
    lines = (tmp_path / "spans.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(lines[0]) == {
        "candidate_id": "ada",
        "field": "skills",
        "value": "Welding",
        "start": 7,
        "end": 14,
        "text": "Welding",
    }


def test_a_dry_run_as_json(file):
    result = run(file, "--dry-run", "--json", "--candidate", "c-1")
    [resume] = json.loads(result.stdout)["resumes"]
    assert (resume["candidate_id"], resume["rejected"]) == ("c-1", None)
    assert resume["values"][0]["text"] == "Welding"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("rows.csv",), "is a résumé"),
        (("--candidate", "c", "--format", "csv"), "--candidate is for résumés"),
        (("--dry-run", "--entries"), "--dry-run is for résumés"),
        (("--updated-at", "03/04/2020", "--dry-run"), "--updated-at: '03/04/2020' is no time"),
    ],
)
def test_flags_that_do_not_fit(file, arguments, message):
    result = run(file, *arguments)
    assert message in str(result.exception)
