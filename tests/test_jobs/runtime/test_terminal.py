"""The console prints data as it is, whole, and without what steers a terminal."""

import io
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Group
from rich.live import Live

from jobs.cli.app import main
from jobs.runtime.progress import StageProgress, import_progress
from jobs.runtime.tables import Table
from jobs.runtime.terminal import (
    PlainConsole,
    errors_as_exit_codes,
    json_text,
    printable,
    styled,
)
from streaming.errors import InputError

DATA = [
    "Koch [m/w/d]",
    "[/i] after nothing",
    "[blue]sea[/blue]",
    "[link=https://example.org]a[/link]",
    "\\[kept]",
    ":rocket: start",
    "[bold",
]
"""Texts that Rich could read as markup or as the code of an emoji."""
PATH = "/srv/imports/" + "a-long-folder/" * 8 + "jobs [spring].csv"


def screen() -> PlainConsole:
    return PlainConsole(file=io.StringIO(), force_terminal=True, color_system=None, width=60)


def pipe() -> PlainConsole:
    return PlainConsole(file=io.StringIO())


def said(console: PlainConsole) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\x1b[31mb", r"a\x1b[31mb"),
        ("over\rwritten", r"over\rwritten"),
        ("rub\bout\x7f", r"rub\x08out\x7f"),
        ("bell\x07 \x0b\x0c", r"bell\x07 \x0b\x0c"),
        ("\x9b2J\x85", r"\x9b2J\x85"),
        ("a\tb", r"a\tb"),
        ("exe\u202egpj\u2066x", r"exe\u202egpj\u2066x"),
        ("one\u2028two", r"one\u2028two"),
        ("bad\udcff.csv", r"bad\udcff.csv"),
    ],
)
def test_what_steers_a_terminal_is_written_as_an_escape(text, expected):
    assert printable(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "软件　开发\n工程师",
        "Ko\u0308ch\u00a0in",
        "👩\u200d🍳 🫨",
        "\u200fרמת גן",
        "Bäcker\u00adei",
    ],
)
def test_other_texts_stay_as_they_are(text):
    assert printable(text) == text


@given(st.text(st.characters()))
def test_printing_never_fails_and_sends_no_control_character(text):
    console = pipe()
    console.print(text)
    said(console).encode()
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f]", said(console))


@pytest.mark.parametrize("text", DATA)
def test_a_printed_string_is_printed_as_it_is(text):
    console = screen()
    console.print(text)
    console.print(styled("!", "red"), text)
    assert said(console) == f"{text}\n! {text}\n"


@pytest.mark.parametrize("text", DATA)
def test_every_part_of_a_table_is_printed_as_it_is(text):
    table, console = Table(text, title=text, caption=text), screen()
    table.add_row(text)
    table.add_row(styled(text, "red"))
    console.print(Group(table, text))
    assert said(console).count(text) == 6


@pytest.mark.parametrize("text", DATA)
def test_a_spinner_shows_its_text_as_it_is(text):
    console = screen()
    with console.status(f"reading {text}") as status:
        console.print("begun")
        status.update(f"read {text}")
    assert f"reading {text}" in said(console)
    assert f"read {text}" in said(console)


@pytest.mark.parametrize("text", [*DATA, "{task}"])
def test_a_bar_shows_its_label_as_it_is(text):
    console = pipe()
    with import_progress(console) as progress:
        progress.add_task(text, total=1, completed=1, rows=1)
    assert text in said(console)


def test_a_long_label_of_a_bar_is_folded():
    console = screen()
    with import_progress(console) as progress:
        progress.add_task(PATH, total=1, completed=1, rows=1)
    assert "g].csv" in said(console)
    assert "…" not in said(console)


def test_the_stages_of_a_benchmark_are_shown_as_they_are(capsys):
    with StageProgress() as progress:
        progress.show("[/i]: :rocket: [m/w/d]", 1.0)
    shown = capsys.readouterr().out
    assert "[/i]" in shown
    assert ":rocket: [m/w/d]" in shown


def test_something_else_than_a_string_is_printed_like_its_string():
    class Named:
        def __str__(self):
            return "[b]\x1b[2J"

    console = pipe()
    console.print(Named(), 7)
    assert said(console) == "[b]\\x1b[2J 7\n"


@pytest.mark.parametrize("where", [screen, pipe])
def test_a_long_path_stays_on_one_line(where):
    console = where()
    console.print(f"the rejected rows: {PATH}")
    assert said(console) == f"the rejected rows: {PATH}\n"


@pytest.mark.parametrize("length", [5, 40, 200])
def test_an_id_in_a_table_stays_whole_and_the_texts_beside_it_too(length):
    key, title = "k" * length, "测试工程师" * 20
    table, console = Table("id", "title", "why", whole=("id",)), screen()
    table.add_row(key, title, "a reason of some words")
    console.print(table)
    assert key in said(console)
    assert said(console).count("测试") == pytest.approx(20, abs=10)
    assert re.sub(r"[^一-龥]", "", said(console)) == title
    assert "…" not in said(console)
    assert max(map(len, said(console).splitlines())) <= max(60, length + 40)


def test_a_table_for_a_program_has_one_line_a_row():
    table, console = Table("id", "title"), pipe()
    for number in range(3):
        table.add_row(str(number), "many words " * 30)
    console.print(table)
    assert len(said(console).splitlines()) == 3 + 4


def test_a_table_that_fills_the_screen_is_no_wider():
    table, console = Table("id", "title", whole=("id",)), screen()
    table.add_row("k" * 70 + "end", "last")
    with Live(table, console=console, screen=True, auto_refresh=False) as live:
        live.refresh()
    assert "end" in said(console)
    assert "last" in said(console)


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (InputError("no [/b].csv:\x1b[2J\nsecond\r"), 2, r"p: no [/b].csv:\x1b[2J\nsecond\r"),
        (
            ValueError("[m]\x1b]0;title\x07"),
            70,
            r"p: ValueError: [m]\x1b]0;title\x07; --debug shows where",
        ),
    ],
)
def test_an_error_is_one_line_without_control_characters(error, code, line, capsys):
    with pytest.raises(SystemExit) as ended, errors_as_exit_codes("p", debug=False):
        raise error
    assert ended.value.code == code
    assert capsys.readouterr().err == f"{line}\n"


@pytest.mark.parametrize(
    "arguments",
    [("[/i]",), ("kafka", "--[/i]"), ("settings", "[/i]"), ("import", "events", "a.csv", "[/i]")],
)
def test_a_usage_error_shows_the_argument_as_it_is(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    assert ended.value.code == 2
    assert "[/i]" in capsys.readouterr().err


def test_a_usage_error_sends_no_control_character(capsys):
    with pytest.raises(SystemExit):
        main(["kafka", "\x1b[2J\x9b"])
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f]", capsys.readouterr().err)


def test_json_of_a_terminal_is_json_without_what_steers_it():
    value = {"title": "\x9b31m \u202e \x7f [/b]\n", "名": "\ud800"}
    text = json_text(value)
    assert json.loads(text) == value
    assert text.replace("\n", "").isprintable()
    assert "[/b]" in text
