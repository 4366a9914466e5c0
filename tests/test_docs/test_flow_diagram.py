"""The diagram of the flow shows every topic, table and job, with the arrows that the jobs tell."""

import ast
import re
from collections.abc import Iterable

import doc_pages
import pytest

from streaming.contract.access.principals import (
    HOT_PATH,
    IMPORT,
    JOBS,
    PRINCIPALS,
    RECOMMEND,
    UP,
    UPDATE_PROFILES,
    Principal,
)
from streaming.contract.topics import TOPICS, Topic
from streaming.lake.tables import TABLES

PAGE = doc_pages.ROOT / "ARCHITECTURE.md"
ARROW = re.compile(r' (-->|<-->|-\.->|-- "[^"]+" -->) ')
BOXES = {"import": "replay"}
"""Boxes that are not called like their principals."""
THING = re.compile(r"\[[a-z-]+\]|Δ [a-z]+")


def diagram() -> str:
    (block,) = (b for b in doc_pages.blocks(doc_pages.text_of(PAGE)) if b.language == "mermaid")
    return block.text


def labels(text: str) -> dict[str, str]:
    """Map each node's id to its label."""
    found = re.findall(r'(\w+)(?:\["|\[/"|\[\("|\(\["|\{\{")([^"]+)"', text)
    return dict(found)


def edges(text: str) -> set[tuple[str, str]]:
    """List the arrows as pairs of labels; a two-headed one is two."""
    names = labels(text)
    found = set()
    for line in arrows(text):
        left, arrow, right = ARROW.split(line.strip())
        ends = [names[re.split(r"\W", node)[0]] for node in (left, right)]
        found.add((ends[0], ends[1]))
        if arrow.startswith("<"):
            found.add((ends[1], ends[0]))
    return found


def arrows(text: str) -> list[str]:
    return [line for line in text.splitlines() if "->" in line]


def jobs() -> dict[str, tuple[set[str], set[str]]]:
    """Read from each job's docstring what it reads and what it writes."""
    found = {}
    for file in sorted((doc_pages.ROOT / "jobs").rglob("*.py")):
        told = ast.get_docstring(ast.parse(file.read_text("utf-8"))) or ""
        if told.startswith("Job: "):
            reads, _, writes = told.partition("\n\n")[0].partition("→")
            found[file.stem] = (set(THING.findall(reads)), set(THING.findall(writes)))
    return found


def test_every_topic_table_and_job_is_shown_and_nothing_else() -> None:
    shown = set(labels(diagram()).values())
    topics = {f"[{topic.name}]" for topic in TOPICS}
    tables = {f"Δ {table.name}" for table in TABLES}

    assert topics | tables | set(jobs()) <= shown
    assert {label for label in shown if THING.fullmatch(label)} == topics | tables


@pytest.mark.parametrize("job", jobs())
def test_each_job_reads_and_writes_what_its_docstring_says(job: str) -> None:
    reads, writes = jobs()[job]
    drawn = edges(diagram())

    assert reads <= {source for source, target in drawn if target == job}
    assert writes <= {target for source, target in drawn if source == job}


def told(topics: Iterable[Topic]) -> set[str]:
    return {f"[{topic.name}]" for topic in topics}


@pytest.mark.parametrize(
    "principal", [each for each in (*JOBS, IMPORT) if each is not HOT_PATH], ids=lambda p: p.name
)
def test_the_rights_of_a_principal_are_its_arrows(principal: Principal) -> None:
    box, drawn = BOXES.get(principal.name, principal.name), edges(diagram())
    reads = {source for source, target in drawn if target == box} & told(TOPICS)
    writes = {target for source, target in drawn if source == box} & told(TOPICS)

    assert told(principal.writes) == writes
    assert reads <= told(principal.reads)
    assert told(principal.reads) - reads <= writes, "a job may read back what it has written only"


def test_whoever_uses_a_topic_in_the_diagram_is_a_principal() -> None:
    drawn = edges(diagram())
    boxes = {box for edge in drawn for box in edge if set(edge) & told(TOPICS)} - told(TOPICS)

    assert boxes == {BOXES.get(each.name, each.name) for each in (*JOBS, IMPORT)} - {HOT_PATH.name}


def test_jobs_that_stand_for_others_have_their_rights() -> None:
    assert set(HOT_PATH.reads) == {*UPDATE_PROFILES.reads, *RECOMMEND.reads}
    assert set(HOT_PATH.writes) == {*UPDATE_PROFILES.writes, *RECOMMEND.writes}
    assert set(UP.reads) == {topic for job in JOBS for topic in job.reads}
    assert set(UP.writes) == {topic for job in JOBS for topic in job.writes}


def test_every_topic_has_one_who_writes_and_one_who_reads_beside_the_operator() -> None:
    own = [each for each in PRINCIPALS if each.reads != TOPICS]
    assert {topic for each in own for topic in each.writes} == {*TOPICS}
    read = {topic for each in own for topic in each.reads}
    assert told(set(TOPICS) - read) == {"[dead-letters]"}
