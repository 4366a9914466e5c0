"""What commands print is whole on a terminal of any width, and JSON where a program asks for it."""

import io
import json
from pathlib import Path

import pytest
from rich.cells import cell_len
from typer.main import get_command

from jobs.cli.app import app, main
from jobs.cli.commands import dead_letters, similarity, status, verify
from jobs.runtime.tables import Table, comparison_table, recommendation_table
from jobs.runtime.terminal import Paragraph, PlainConsole, console

WITHOUT_RESULT = {"up", "console"}
"""Commands that run until they are stopped."""
TITLE = "生物实验员-生物技术研发工程师·急聘·双休·包吃住"
EMPLOYER = "北京生物科技有限责任公司海淀分公司"
REASON = "你浏览过类似的职位·生物实验员-生物技术工程师-高级"
POSTING_ID = "5f4dcc3b5aa765d61d8327deb882cf99"
RECOMMENDATION = {
    "candidate_id": "c000017", "profile_version": 123_456, "model_name": "careerstream",
    "model_version": "12", "catalogue_version": 345, "as_of": "2026-02-03T04:05:06.000000Z",
    "items": [
        {"posting_id": POSTING_ID, "rank": rank, "score": 0.25,
         "reasons": [{"text": REASON}, {"text": "similar to what you viewed"}]}
        for rank in range(1, 11)
    ],
}  # fmt: skip
NUMBERS = dict.fromkeys(
    (
        "batch_id", "rows", "input_rows_per_second", "processed_rows_per_second", "state_rows",
        "mean_batch_seconds", "state_bytes", "seen_seconds_ago",
    ),
    1_234_567.0,
)  # fmt: skip
JOB = {
    "job": "up", "healthy": False, "trouble": "查询 recommend 停止了: " + REASON,
    "folded": {"changed": 1_234_567, "duplicate": 89}, "address": "http://127.0.0.1:40123",
    "recommendations": 1_234_567, "latency_p50_seconds": 0.5, "latency_p99_seconds": 12.5,
    "started_at": "2026-02-03T04:05:06.000000Z",
    "dead_letters": [
        {"query": "index_postings", "topic": "postings", "reason": "missing-field", "letters": 9}
    ],
}  # fmt: skip
QUERIES = [
    {"query": name, "active": True, "lag": {"candidates": 12, "events": 1_234_567}} | NUMBERS
    for name in ("index_postings", "update_profiles", "recommend", "archive_events")
]
REPORT = {
    "jobs": [JOB], "queries": QUERIES, "broker": "ok",
    "topics": [{"topic": "recommendations", "messages": 1_234_567}],
}  # fmt: skip
NEIGHBOUR = {
    "posting_id": POSTING_ID, "title": TITLE, "employer": EMPLOYER, "rank": 1, "likeness": 0.5,
    "candidate_id": "c000017", "skills": ["细胞培养", "流式细胞术", "PCR"] * 4, "newest": TITLE,
}  # fmt: skip
LETTER = {
    "key": "recommendations/3/1234567", "at": "2026-02-03T04:05:06", "reason": "missing-field",
    "text": f"field title is missing; {REASON}", "size": 1_234_567,
}  # fmt: skip


def quality() -> dict[str, float]:
    """The report of a promotion with every segment."""
    report: dict[str, float] = {}
    for path in ("", "with-events/", "only-stated/", "seen/", "unseen/"):
        report |= {f"{path}turns": 12_345, f"{path}candidates": 6_789}
        for prefix in ("", "champion/", "baselines/most-popular/"):
            report[f"{prefix}{path}ndcg@10"] = 0.1234
            report |= {f"{prefix}{path}lead/ndcg@10{end}": -0.0123 for end in ("", "/low", "/high")}
    return report


SHOWN = {
    "recommendations": recommendation_table(
        RECOMMENDATION, {POSTING_ID: {"title": TITLE, "employer": EMPLOYER}}
    ),
    "status": status._tables(REPORT),
    "models": comparison_table(quality()),
    "doctor": Paragraph("✗", f" Kafka: nothing answers at {REASON}; `careerstream kafka start`"),
    "similar": similarity.posting_table(NEIGHBOUR | {"metric": "cosine", "items": [NEIGHBOUR]}),
    "dead letters": dead_letters._newest_table([LETTER]),
    "verify": verify.faults_table(
        {"comparisons": [{"name": "recommendations"} | dict.fromkeys(verify.COLUMNS, 1_234_567)]}
    ),
}


@pytest.mark.parametrize("width", [80, 200])
@pytest.mark.parametrize("name", SHOWN)
def test_nothing_is_cut_and_no_line_is_wider_than_the_terminal(name, width):
    screen = PlainConsole(file=io.StringIO(), force_terminal=True, color_system=None, width=width)
    screen.print(SHOWN[name])
    assert isinstance(screen.file, io.StringIO)
    lines = screen.file.getvalue().splitlines()
    assert "…" not in "".join(lines)
    assert max(map(cell_len, lines)) <= width


def test_a_wide_terminal_shows_a_row_on_a_line():
    wide = PlainConsole(file=io.StringIO(), force_terminal=True, color_system=None, width=200)
    wide.print(SHOWN["recommendations"])
    assert isinstance(wide.file, io.StringIO)
    assert wide.file.getvalue().count(f"{TITLE} │ {EMPLOYER}") == 10


def test_a_row_becomes_a_paragraph_where_its_columns_do_not_fit():
    narrow = PlainConsole(file=io.StringIO(), force_terminal=True, color_system=None, width=40)
    table = Table("key", *"abcdef", whole=("key",), title="rows", caption="all of them")
    table.add_row("k" * 12, *(["生物实验员"] * 6))
    narrow.print(table)
    assert isinstance(narrow.file, io.StringIO)
    text = narrow.file.getvalue()
    assert text.startswith(f"rows\nall of them\nkey {'k' * 12}\n")
    assert [f"{name} 生物实验员" in " ".join(text.split()) for name in "abcdef"] == [True] * 6


def test_every_command_with_a_result_prints_it_as_json():
    def commands(command, path):
        subcommands = getattr(command, "commands", {})
        for name, each in subcommands.items():
            yield from commands(each, f"{path} {name}".strip())
        if not subcommands or command.invoke_without_command:
            yield path, {option for parameter in command.params for option in parameter.opts}

    root = get_command(app)
    lacking = {name for name, options in commands(root, "") if "--json" not in options} - {""}
    assert lacking <= WITHOUT_RESULT, lacking


@pytest.mark.parametrize(
    "arguments",
    [
        ("settings",),
        ("doctor",),
        ("docs", "pages"),
        ("kafka", "stop"),
        ("simulate", "market", "--candidates=3", "--postings=5", "--days=2"),
    ],
)
def test_json_is_all_that_stands_on_standard_output(
    arguments, capsys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main([*arguments, "--json"])
    assert ended.value.code in {0, None}
    assert json.loads(capsys.readouterr().out)
    console.print("afterwards")
    assert capsys.readouterr().out == "afterwards\n"


def test_models_are_listed_as_json(capsys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    printed = []
    for arguments in (["models", "init", "--json"], ["models", "--json"]):
        with pytest.raises(SystemExit):
            main(arguments)
        printed.append(json.loads(capsys.readouterr().out))
    champion, listed = printed
    assert listed["versions"] == [champion]
    assert listed["aliases"] == {"champion": "1"}
    assert [entry["version"] for entry in listed["champions"]] == ["1"]
