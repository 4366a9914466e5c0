"""Whatever a message, a file or the broker says stands in a command's output as it is."""

import io
from pathlib import Path

import pytest
import typer
from typer.main import get_command

from jobs.cli.app import app
from jobs.cli.commands import dead_letters, imports, similarity, status, verify
from jobs.cli.commands.invocation import Invocation
from jobs.operations.file_import import ImportOptions, ImportSummary
from jobs.runtime.tables import comparison_table, recommendation_table
from jobs.runtime.terminal import PlainConsole

TEXT = "Pfleger [w/m/d] [/i] [red]x[/] :rocket: \x1b[2J"
SHOWN = TEXT.replace("\x1b", r"\x1b")
POSTING = {"posting_id": TEXT, "title": TEXT, "employer": TEXT, "rank": 1, "likeness": 0.5}
CANDIDATE = {"candidate_id": TEXT, "skills": [TEXT], "newest": TEXT, "rank": 1, "likeness": 0.5}
RECOMMENDATION = {
    "candidate_id": TEXT, "profile_version": 3, "model_name": TEXT, "model_version": "4",
    "catalogue_version": 5, "as_of": "2026-02-03T04:05:06.000000Z",
    "items": [{"posting_id": TEXT, "rank": 1, "score": 0.25, "reasons": [{"text": TEXT}] * 2}],
}  # fmt: skip
LETTER = {"key": TEXT, "at": "2026-02-03", "reason": TEXT, "text": TEXT, "size": 7, "letters": 2}
ROW = {"query": TEXT, "topic": TEXT, "reason": TEXT, "job": TEXT, "letters": 2, "messages": 9}
QUERY_NUMBERS = (
    "batch_id", "rows", "input_rows_per_second", "processed_rows_per_second", "state_rows",
    "mean_batch_seconds", "state_bytes", "seen_seconds_ago",
)  # fmt: skip
QUERY = dict.fromkeys(QUERY_NUMBERS, 1.0) | {"query": TEXT, "active": False, "lag": {TEXT: 2}}
JOB = {
    "job": TEXT, "healthy": False, "trouble": TEXT, "folded": {TEXT: 8}, "address": TEXT,
    "recommendations": 6, "latency_p50_seconds": 0.5, "latency_p99_seconds": None,
    "started_at": None, "dead_letters": [ROW],
}  # fmt: skip
FAULTS = {"comparisons": [{"name": TEXT} | dict.fromkeys(verify.COLUMNS, 1)]}


def rendered(table) -> str:
    console = PlainConsole(file=io.StringIO())
    console.print(table)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize(
    ("table", "times"),
    [
        (recommendation_table(RECOMMENDATION, {TEXT: POSTING}), 7),
        (similarity.posting_table(POSTING | {"metric": "cosine", "items": [POSTING]}), 5),
        (similarity.candidate_table(CANDIDATE | {"metric": "cosine", "items": [CANDIDATE]}), 5),
        (similarity.group_table({"groups": [{"name": TEXT, "size": 4, "typical": [POSTING]}]}), 2),
        (dead_letters._counts_table({"letters": 2, "counts": [ROW]}), 3),
        (dead_letters._newest_table([LETTER]), 3),
        (status._jobs_table([JOB]), 4),
        (status._queries_table([QUERY]), 2),
        (status._dead_letters_table([JOB]), 3),
        (status._topics_table([ROW]), 1),
        (verify.faults_table(FAULTS), 1),
    ],
)
def test_a_text_is_shown_as_it_is(table, times):
    assert rendered(table).count(SHOWN) == times
    assert "\x1b" not in rendered(table)


def test_a_broker_that_cannot_be_reached_is_named_as_it_is():
    report = {"jobs": [JOB], "queries": [], "broker": f"no Kafka broker answers at {TEXT}"}
    assert f"answers at {SHOWN}" in rendered(status._tables(report))


@pytest.mark.parametrize("name", ["staff [2026].csv", "[i]", ":rocket:.csv", "a b" * 70])
def test_an_import_names_the_file_of_rejected_rows_as_it_is_on_disk(name, capsys):
    rejects = Path("/srv/careerstream/rejected") / f"{name}-postings.jsonl"

    def summary(_settings, file, _options, progress, *, stop):
        progress.add_task(f"reading {file.name}", total=1, completed=1)
        return ImportSummary(
            topic="postings", read_as="CSV", read=1, produced=0, repeated=0, outside=0, joined=0,
            rejected={"not-json": 1}, rejects=rejects, unsent=0, stopped=stop.is_set(), first=None,
            last=None, seconds=0.1,
        )  # fmt: skip

    context = typer.Context(get_command(app), obj=Invocation(None, (), debug=False))
    imports._run(context, summary, Path(name), ImportOptions(), as_json=False)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(f"reading {name}")
    assert lines[-1] == f"  the rejected rows, with reasons: {rejects}"


def test_an_unknown_posting_shows_as_a_question_mark():
    assert rendered(recommendation_table(RECOMMENDATION, {})).count("?") == 1


def test_models_are_compared_for_each_segment_of_the_turns():
    report = {
        "turns": 1_234,
        "candidates": 567,
        "only-stated/turns": 60,
        "only-stated/candidates": 55,
    }
    for path in ("", "only-stated/"):
        for prefix, value in (("", 0.5), ("champion/", 0.25), ("baselines/most-popular/", 0.125)):
            report[f"{prefix}{path}ndcg@10"] = value
            for end, lead in (("", 0.25), ("/low", 0.2), ("/high", 0.3)):
                report[f"{prefix}{path}lead/ndcg@10{end}"] = lead
    shown = rendered(comparison_table(report))
    assert "only stated" in shown
    assert "1,234" in shown
    assert shown.count("+0.2500 [+0.2000, +0.3000]") == 4


def test_nothing_measured_is_an_empty_table():
    assert "NDCG@10" in rendered(comparison_table({"cut": "2026-01-31T00:00:00.000000Z"}))
