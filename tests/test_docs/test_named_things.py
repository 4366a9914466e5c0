"""Whatever the pages name exists: commands, options, settings, files, topics, tables, targets."""

import re
from pathlib import Path
from typing import Any

import doc_pages
import pytest
import typer

from jobs.cli.app import app
from streaming.contract.documents import topic_table
from streaming.contract.topics import BY_NAME, MAX_VALUE_BYTES, TOPICS
from streaming.dependencies import CACHE_VARIABLE, CONNECTOR_VERSION, DELTA_VERSION
from streaming.importing import KNOWN_LAYOUTS
from streaming.lake.tables import TABLES
from streaming.profiles.fold import MAX_EVENTS, MAX_MARKED
from streaming.settings import CONFIG_VARIABLE, Settings, environment_name, names
from training.model.presets import PRESETS as MODEL_PRESETS

MAKEFILE = (doc_pages.ROOT / "Makefile").read_text("utf-8")
TARGETS = set(re.findall(r"^([a-z]+):", MAKEFILE, re.MULTILINE))
FOLDERS = (
    *("streaming", "training", "jobs", "infra", "client", "tests", "docs", "notebooks", ".ci"),
)
SECTIONS = tuple(name for name in Settings.model_fields if name != "home")
VARIABLES = {environment_name(name) for name in names()} | {CONFIG_VARIABLE, CACHE_VARIABLE}
FOREIGN = {"spark.jars.packages", "mlflow.pyfunc.spark_udf", "a.b"}
"""Dotted names that look like settings of ours and belong to others, or stand for any."""

MIB = 1024 * 1024
DECISION_PARTS = ["Context", "Decision", "Consequences", "What else was tried"]
MOST_DECISION_LINES = 45

each_page = pytest.mark.parametrize(
    "page", doc_pages.WRITTEN, ids=lambda page: str(page.relative_to(doc_pages.ROOT))
)


def judge(words: list[str], *, complete: bool) -> str | None:
    """Say what is wrong with the words of a `careerstream` command line, None for nothing.

    Args:
        words: from the program's name on.
        complete: whether a missing command or argument is wrong, too.
    """
    command: Any = typer.main.get_command(app)
    rest, given = words[1:], 0
    while rest:
        word = rest.pop(0)
        options = {name: p for p in command.params for name in [*p.opts, *p.secondary_opts]}
        if word.startswith("--") or word == "-h":
            name, has_value, _ = word.partition("=")
            if name not in {*options, "--help", "-h"}:
                return f"{' '.join(words)}: there is no {name}"
            if name in options and not options[name].is_flag and not has_value and rest:
                rest.pop(0)
        elif hasattr(command, "commands"):
            if word not in command.commands:
                return f"{' '.join(words)}: there is no command {word}"
            command = command.commands[word]
        else:
            given += 1
    arguments = [p for p in command.params if p.param_type_name == "argument"]
    takes_many = any(argument.nargs == -1 for argument in arguments)
    if given > len(arguments) and not takes_many:
        return f"{' '.join(words)}: too many arguments"
    runs_alone = len(words) > 1 and getattr(command, "invoke_without_command", False)
    needs_command = hasattr(command, "commands") and not runs_alone
    missing = needs_command or given < sum(p.required for p in arguments)
    only_help = {"--help", "-h", "--version"} & {*words}
    return f"{' '.join(words)}: incomplete" if complete and missing and not only_help else None


@pytest.mark.parametrize(
    "line",
    [
        "careerstream fly",
        "careerstream train --fast",
        "careerstream kafka restart",
        "careerstream import postings",
        "careerstream topics list all",
        "careerstream",
    ],
)
def test_a_wrong_command_is_found(line: str) -> None:
    assert judge(line.split(), complete=True)


def test_the_pages_are_read() -> None:
    readme = doc_pages.text_of(doc_pages.ROOT / "README.md")
    platform = doc_pages.text_of(doc_pages.ROOT / "docs" / "platform.md")
    programs = [words[0] for words in doc_pages.command_lines(readme)]

    assert programs.count("careerstream") > 8
    assert programs.count("make") == 2
    assert [words[0] for words in doc_pages.command_lines(platform)].count("spark-submit") == 1
    assert "kafka.topic_prefix" not in doc_pages.spans(platform)  # it stands in a block
    assert "docs/deployment.md" in doc_pages.links(readme)


@each_page
def test_commands_and_options_exist(page: Path) -> None:
    text = doc_pages.text_of(page)
    lines = [(words, True) for words in doc_pages.command_lines(text)]
    lines += [(span.split(), False) for span in doc_pages.spans(text)]

    faults = []
    for words, complete in lines:
        if words[0].rpartition("/")[2] == "careerstream":
            faults.append(judge(words, complete=complete))
        elif words[0].rpartition("/")[2] == "docker" and "careerstream" in words:
            faults.append(judge(words[words.index("careerstream") :], complete=complete))
    assert [reason for reason in faults if reason] == []


@each_page
def test_make_targets_and_variables_exist(page: Path) -> None:
    text = doc_pages.text_of(page)
    lines = [*doc_pages.command_lines(text), *(span.split() for span in doc_pages.spans(text))]

    for words in lines:
        if words[0] != "make" or len(words) == 1:
            continue
        targets = [word for word in words[1:] if re.fullmatch("[a-z]+", word)]
        assert targets, words
        assert targets[0] in TARGETS, words
        for variable in re.findall(r"\b([A-Z]+)=", " ".join(words)):
            assert f"$({variable})" in MAKEFILE or f"$(or $({variable})" in MAKEFILE, words
            assert re.search(rf"\b{variable}=", MAKEFILE), f"`make help` does not tell {variable}"


@each_page
def test_jobs_that_are_submitted_exist(page: Path) -> None:
    for words in doc_pages.command_lines(doc_pages.text_of(page)):
        if words[0] == "spark-submit":
            (script,) = (word for word in words if word.endswith(".py"))
            name = script.removeprefix("local:///opt/careerstream/")
            assert "run_" in doc_pages.text_of(doc_pages.ROOT / name), script
            assert words[words.index(script) + 1] == "--config"


@each_page
def test_settings_and_variables_exist(page: Path) -> None:
    text = doc_pages.text_of(page)
    dotted = rf"(?:{'|'.join(SECTIONS)})\.[a-z_.]+"
    named = {span for span in doc_pages.spans(text) if re.fullmatch(dotted, span)}
    named |= set(re.findall(r"--set '?([\w.]+)=", text))

    assert named - set(names()) - FOREIGN == set()
    assert set(re.findall(r"\bCAREERSTREAM_\w+", text)) - VARIABLES == set()


@each_page
def test_files_exist(page: Path) -> None:
    for span in doc_pages.spans(doc_pages.text_of(page)):
        folder, slash, _ = span.partition("/")
        if slash and folder in FOLDERS and not re.search(r"[A-Z]{2,}|[ *]", span):
            assert (doc_pages.ROOT / span).exists(), span


@each_page
def test_links_lead_somewhere(page: Path) -> None:
    for target in doc_pages.links(doc_pages.text_of(page)):
        name, _, anchor = target.partition("#")
        file = (page.parent / name) if name else page
        assert file.exists(), target
        if anchor:
            assert anchor in doc_pages.anchors(doc_pages.text_of(file)), target


@each_page
def test_topics_and_tables_exist(page: Path) -> None:
    text = doc_pages.text_of(page)
    for block in doc_pages.blocks(text):
        if block.language == "python":
            text = text.replace(block.text, "")

    assert set(re.findall(r"\[([a-z-]+)\](?!\()", text)) - set(BY_NAME) - set(SECTIONS) == set()
    assert set(re.findall(r"Δ (\w+)", text)) - {table.name for table in TABLES} == set()


def test_every_section_preset_and_public_topic_stands_on_its_page() -> None:
    docs = doc_pages.ROOT / "docs"
    platform, models, consuming = (
        doc_pages.text_of(docs / f"{name}.md") for name in ("platform", "models", "consuming")
    )

    assert [section for section in SECTIONS if f"[{section}]" not in platform] == []
    assert [preset for preset in MODEL_PRESETS if f"`{preset}`" not in models] == []
    assert [
        topic for topic in ("events", "recommendations", "dead-letters") if topic not in consuming
    ] == []


def test_the_columns_of_known_layouts_are_listed() -> None:
    spans = set(doc_pages.spans(doc_pages.text_of(doc_pages.ROOT / "docs" / "importing.md")))

    for preset in KNOWN_LAYOUTS:
        assert preset.columns <= spans


def test_limits_and_versions_are_those_of_the_code() -> None:
    docs = doc_pages.ROOT / "docs"
    architecture = doc_pages.text_of(doc_pages.ROOT / "ARCHITECTURE.md")
    (limits,) = (docs / "decisions").glob("0004-*.md")

    assert f"{MAX_EVENTS} events, {MAX_MARKED} postings applied to" in architecture
    largest, allowed = TOPICS[0].max_message_bytes // MIB, MAX_VALUE_BYTES // MIB
    assert f"The broker accepts {largest} MiB, the contract {allowed} MiB." in (
        doc_pages.text_of(limits)
    )
    dimensions = MODEL_PRESETS["published"]().model.word_dimensions
    assert f"{dimensions} dimensions" in doc_pages.text_of(docs / "models.md")
    for name in ("platform.md", "deployment.md"):
        text = doc_pages.text_of(docs / name)
        assert f"io.delta:delta-spark_4.2_2.13:{DELTA_VERSION}," in text
        assert f"org.apache.spark:spark-sql-kafka-0-10_2.13:{CONNECTOR_VERSION} " in text


def test_the_table_of_topics_is_in_the_contract() -> None:
    assert topic_table() in doc_pages.text_of(doc_pages.ROOT / "docs" / "contract" / "topics.md")


def test_decisions_are_numbered_without_a_gap() -> None:
    files = sorted((doc_pages.ROOT / "docs" / "decisions").glob("[0-9]*.md"))
    numbers = [int(file.name.partition("-")[0]) for file in files]

    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) > 20


def test_every_decision_has_the_usual_form_and_stands_in_the_index() -> None:
    folder = doc_pages.ROOT / "docs" / "decisions"
    index = doc_pages.text_of(folder / "README.md")

    for file in folder.glob("[0-9]*.md"):
        text = doc_pages.text_of(file)
        title = text.partition("\n")[0].removeprefix(f"# {file.name[:4]}. ")
        assert f"- [{file.name[:4]}]({file.name}) {title}\n" in index
        assert re.findall("^## (.*)$", text, re.MULTILINE) == DECISION_PARTS, file
        assert len(text.splitlines()) <= MOST_DECISION_LINES, file
