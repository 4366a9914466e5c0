"""How files become questions, recounted by hand and on real files; bad files are one line."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from streaming.errors import InputError
from training.benchmark.protocols.protocols import load
from training.benchmark.protocols.question import Question, QuestionFiles
from training.data.dataset import Dataset
from training.evaluation.prequential import HeldOutTurns

DATA = Path(os.environ.get("CAREERSTREAM_DATA", Path(__file__).parents[4] / "shared" / "data"))
HEADER = (
    "Applicant.ID,Job.ID,Title,Position,Company,City,State.Name,State.Code,Industry,"
    "View.Start,View.End,View.Duration,Created.At,Updated.At"
)


def real(protocol: str, folder: Path, name: str, attributes: str | None = None) -> Question:
    file = DATA / name
    if not file.exists():
        pytest.skip(f"{file} is not here; it is no part of the project")
    files = QuestionFiles(data=file, attributes=DATA / attributes if attributes else None)
    [question] = load(protocol, files, folder)
    return question


def view(candidate: str, posting: str, minute: int, title: str = "Cook") -> str:
    start = f"2015-01-01 10:{minute:02}:00 UTC"
    place = "Leeds,Ohio,OH,NA"
    return f"{candidate},{posting},{title} @ A,{title},A,{place},{start},NA,7,{start},{start}"


def views(tmp_path: Path, *rows: str) -> Path:
    file = tmp_path / "views.csv"
    file.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    return file


def sequences(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "sequences.txt"
    file.write_text(text, encoding="utf-8")
    return file


def targets(turns: HeldOutTurns) -> dict[str, str]:
    """Return the target of each candidate."""
    return {case.profile["candidate_id"]: case.targets[0] for case in turns.cases}


def known(turns: HeldOutTurns) -> dict[str, list[str]]:
    """Return what the profile of each candidate holds before the turn."""
    return {
        case.profile["candidate_id"]: [event["posting_id"] for event in case.profile["events"]]
        for case in turns.cases
    }


def competitors(question: Question, turns: HeldOutTurns) -> dict[str, set[str]]:
    """Return the postings that the list of each candidate may hold."""
    catalogue, found = question.catalogue, {}
    for turn in range(len(turns)):
        case = turns.case(turn)
        rows = np.flatnonzero(catalogue.eligible(case.profile, case.as_of)).tolist()
        found[case.profile["candidate_id"]] = {catalogue.posting_ids[row] for row in rows}
    return found


def histories(dataset: Dataset) -> dict[str, list[str]]:
    """Return the postings of the events of each candidate."""
    ids = dataset.catalogue.posting_ids
    return {
        name: [ids[row] for row in dataset.postings[first:last].tolist()]
        for name, first, last in zip(
            dataset.candidate_ids, dataset.starts, dataset.starts[1:], strict=False
        )
    }


def test_the_views_recounted(tmp_path: Path) -> None:
    question = real("job-views", tmp_path, "job-views/job_views.csv")
    test, split = question.test, question.split
    assert split is not None
    assert (len(test), int(test.seen.sum()), int((~test.seen).sum())) == (1_427, 337, 1_090)
    assert len(question.catalogue) == 5_828
    assert len(np.unique(split.final.postings)) == 5_828 - 1_062
    assert (question.counts["rows"], question.counts["rejected"]) == (9_896, 0)
    assert len(split.final) == 2_738
    assert sum(len(own) > 1 for own in histories(split.final).values()) == len(split.validation)
    marked = test.own_status
    assert {tuple(own) for own in marked.tolist()} == {(0, 4_766), (4_766, 5_828)}


@pytest.mark.parametrize(("name", "users"), [("Beauty", 22_363), ("LastFM", 1_090)])
def test_the_sequences_recounted(name: str, users: int, tmp_path: Path) -> None:
    attributes = f"sequences/{name}_item2attributes.json"
    question = real("sequences", tmp_path, f"sequences/{name}.txt", attributes)
    split = question.split
    assert split is not None
    assert len(question.test) == len(split.validation) == len(split.training) == users
    lines = [
        line.split() for line in (DATA / f"sequences/{name}.txt").read_text("utf-8").splitlines()
    ]
    by_user = {user: items for user, *items in lines}
    assert targets(question.test) == {user: items[-1] for user, items in by_user.items()}
    assert targets(split.validation) == {user: items[-2] for user, items in by_user.items()}
    assert histories(split.training) == {user: items[:-2] for user, items in by_user.items()}
    assert split.final is split.training


def test_a_stream_of_views_is_cut_as_the_protocol_says(
    tmp_path: Path, ask: Callable[..., Question]
) -> None:
    file = views(
        tmp_path,
        view("a", "p3", 5, "Late"),  # the rows are not in the order of time
        view("a", "p1", 1),
        view("a", "p2", 2, "Baker"),
        view("a", "p1", 9),  # looked at again
        view("b", "p2", 3, "Renamed"),
        view("c", "p4", 4),
        view("c", "p2", 4),  # at the same moment: the order of the file
    )
    question = ask("job-views", file)
    split = question.split
    assert split is not None
    assert targets(question.test) == {"a": "p3", "c": "p2"}
    assert known(question.test) == {"a": ["p1", "p2"], "c": ["p4"]}
    assert histories(split.final) == {"a": ["p1", "p2"], "b": ["p2"], "c": ["p4"]}
    assert histories(split.training) == {"a": ["p1"], "b": ["p2"], "c": ["p4"]}
    assert histories(Dataset.read(question.dataset)) == histories(split.training)
    assert targets(split.validation) == {"a": "p2"}
    assert known(split.validation) == {"a": ["p1"]}
    assert question.test.seen.tolist() == [False, True]
    assert competitors(question, question.test) == {"a": {"p3"}, "c": {"p1", "p2"}}
    # p3 is only a test target: it competes with no validation target.
    assert competitors(question, split.validation) == {"a": {"p2", "p4"}}
    said = {row["posting_id"]: row for row in question.catalogue.table.to_pylist()}
    assert {name: row["title"] for name, row in said.items()} == {
        "p1": "Cook",
        "p2": "Baker",
        "p3": "Late",
        "p4": "Cook",
    }
    assert said["p1"]["place"] == {"locality": "Leeds", "region": "Ohio", "country": "US"}
    profile = question.test.cases[0].profile
    assert [event["duration_seconds"] for event in profile["events"]] == [7, 7]
    assert question.test.cases[0].as_of == "2015-01-01T10:05:00.000000Z"


def test_sequences_are_cut_as_the_protocol_says(
    tmp_path: Path, ask: Callable[..., Question]
) -> None:
    file = sequences(tmp_path, "2 30 4 5\n\n10 4 5\n1 30 5 4 5 30\n3 9\n")
    attributes = tmp_path / "attributes.json"
    attributes.write_text('{"5": [7, 1, 7], "30": [], "99": [3]}')
    question = ask("sequences", file, attributes=attributes)
    split = question.split
    assert split is not None
    skills = {row["posting_id"]: row["skills"] for row in question.catalogue.table.to_pylist()}
    assert skills == {"4": [], "5": ["attribute1", "attribute7"], "9": [], "30": []}
    assert targets(question.test) == {"1": "30", "2": "5", "10": "5"}
    assert known(question.test) == {"1": ["30", "5", "4", "5"], "2": ["30", "4"], "10": ["4"]}
    assert histories(split.training) == {"1": ["30", "5", "4"], "2": ["30"]}
    assert targets(split.validation) == {"1": "5", "2": "4"}
    assert competitors(question, question.test) == {
        "1": {"9"},
        "2": {"5", "9"},
        "10": {"30", "5", "9"},
    }
    assert len({case.as_of for case in question.test.cases}) == 1
    assert not question.timed


def test_what_a_profile_no_longer_holds_is_hidden(
    tmp_path: Path, ask: Callable[..., Question]
) -> None:
    items = [str(item) for item in range(100, 180)]
    question = ask("sequences", sequences(tmp_path, " ".join(["1", *items]) + "\n2 5 6 7\n"))
    profile = known(question.test)["1"]
    assert profile == items[-51:-1]
    assert competitors(question, question.test)["1"] == {items[-1], "5", "6", "7"}


def test_the_newest_events_are_asked_for_and_held_back(
    events_file: Path,
    postings_file: Path,
    candidates_file: Path,
    ask: Callable[..., Question],
) -> None:
    files = {"postings": postings_file, "candidates": candidates_file}
    question = ask("prequential", events_file, **files)
    assert question.split is None
    assert (len(question.test), question.counts["events"], len(question.catalogue)) == (
        20,
        200,
        120,
    )
    data = Dataset.read(question.dataset)
    assert len(data.times) == 180
    cut = data.counts.made_at
    assert cut is not None
    assert all(case.as_of > cut for case in question.test.cases)
    known_then = known(question.test)
    assert all(len(own) == 4 for own in known_then.values())
    assert sum(part is not None for part in data.stated) == 2
    parts = question.parts(0.2, seed=1)
    assert len(parts.validation)
    assert parts.training.counts.made_at < cut


def test_other_targets_leave_what_is_trained_on_as_it_is(
    tmp_path: Path, ask: Callable[..., Question]
) -> None:
    rows = [view("a", "p1", 1), view("a", "p2", 2), view("b", "p2", 1), view("b", "p3", 2)]
    swapped = [rows[0], view("a", "p3", 2), rows[2], view("b", "p1", 2)]
    extra = [view("c", f"p{number}", number) for number in (2, 3, 1)]
    one = ask("job-views", views(tmp_path, *rows, *extra))
    other = ask("job-views", views(tmp_path, *swapped, *extra).rename(tmp_path / "other.csv"))
    assert one.split is not None
    assert other.split is not None
    assert targets(one.test) != targets(other.test)
    assert one.catalogue.table.equals(other.catalogue.table)
    assert histories(one.split.final) == histories(other.split.final)
    assert histories(one.split.training) == histories(other.split.training)
    assert targets(one.split.validation) == targets(other.split.validation)
    assert competitors(one, one.split.validation) == competitors(other, other.split.validation)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("\n \n", "is empty"),
        ("a,b,c\n1,2,3\n", "line 1"),
        ('{"1": [2]}\n', "another format"),
        ("1 2 3\n2\n", "line 2: user '2' has no items"),
        ("1 2 3\n1 4 5\n", "line 2: user '1' has a line already"),
        ("1 2\n2 3\n", "nothing to predict"),
        ("1 \udcff\n", "cannot be read"),
    ],
)
def test_what_is_no_file_of_sequences_is_one_line(
    tmp_path: Path, text: str, words: str, ask: Callable[..., Question]
) -> None:
    file = tmp_path / "broken.txt"
    file.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(InputError, match=words) as caught:
        ask("sequences", file)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("1 2 3 4\n", "header lacks"),
        ("a,b\n1,2\n", "header lacks"),
        (HEADER + "\n", "nothing to predict"),
        (f"{HEADER}\n{view('a', 'p1', 1)}\n", "nothing to predict"),
        (f"{HEADER}\n1,2,3\n", "nothing to predict"),
    ],
)
def test_what_is_no_file_of_views_is_one_line(
    tmp_path: Path, text: str, words: str, ask: Callable[..., Question]
) -> None:
    file = tmp_path / "broken.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=words) as caught:
        ask("job-views", file)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("a,b\n1,2\n", "no column is mapped"),
        ("{}\n", "0 events"),
        (f"{HEADER}\n{view('a', 'p1', 1)}\n", "nothing to predict"),
    ],
)
def test_what_is_no_file_of_events_is_one_line(
    tmp_path: Path, text: str, words: str, ask: Callable[..., Question]
) -> None:
    file = tmp_path / "broken.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=words) as caught:
        ask("prequential", file)
    assert "\n" not in str(caught.value)


def test_a_broken_row_is_counted_not_hidden(tmp_path: Path, ask: Callable[..., Question]) -> None:
    broken = view("a", "p3", 3).replace("2015-01-01 10:03:00 UTC", "yesterday")
    file = views(tmp_path, view("a", "p1", 1), view("a", "p2", 2), broken)
    question = ask("job-views", file)
    assert (question.counts["rows"], question.counts["rejected"]) == (2, 1)


def test_what_does_not_fit_together_is_one_line(
    tmp_path: Path, ask: Callable[..., Question]
) -> None:
    file = sequences(tmp_path, "1 2 3\n")
    with pytest.raises(InputError, match="there is no protocol 'views'"):
        ask("views", file)
    own = views(tmp_path, view("a", "p1", 1))
    for protocol, data, name in (
        ("job-views", own, "attributes"),
        ("prequential", own, "attributes"),
        ("job-views", own, "postings"),
        ("sequences", file, "candidates"),
    ):
        with pytest.raises(InputError, match=f"--{name} .* belongs to the protocol"):
            ask(protocol, data, **{name: file})
    for text, words in (("{", "no JSON"), ("[]", "no JSON object"), ('{"2": "x"}', "of item '2'")):
        attributes = tmp_path / "attributes.json"
        attributes.write_text(text)
        with pytest.raises(InputError, match=words):
            ask("sequences", file, attributes=attributes)
    with pytest.raises(InputError, match="does not exist"):
        ask("sequences", tmp_path / "nowhere.txt")


def test_first_views_of_people_who_had_stated_something(tmp_path: Path) -> None:
    """Ten cases in five blocks: what is known and what competes is that of the moment."""
    rows = [view(f"c{n}", f"p{n % 4}", n) for n in range(10)]
    file = views(tmp_path, *rows, view("silent", "p9", 20), view("late", "p0", 21))
    said = tmp_path / "wishes.csv"
    wishes = [f"c{n},Cook {n},2014-12-{n + 1:02} 10:00:00 UTC" for n in range(10)]
    wishes += ["c9,Baker,2015-06-01 10:00:00 UTC", "late,Cook,2015-06-01 10:00:00 UTC"]
    header = "Applicant.ID,Position.Of.Interest,Created.At"
    said.write_text("\n".join([header, *wishes]) + "\n", encoding="utf-8")

    blocks = load("stated", QuestionFiles(data=file, candidates=[said]), tmp_path / "data")

    assert [targets(block.test) for block in blocks] == [
        {"c2": "p2", "c3": "p3"},
        {"c4": "p0", "c5": "p1"},
        {"c6": "p2", "c7": "p3"},
        {"c8": "p0", "c9": "p1"},
    ]
    first, *_, last = blocks
    assert histories(Dataset.read(first.dataset)) == {"c0": ["p0"], "c1": ["p1"]} | {
        f"c{n}": [] for n in range(2, 10)
    }
    assert [case.profile["stated"]["wishes"] for case in last.test.cases] == [
        ["Cook 8"],
        ["Cook 9"],  # what came later is not known
    ]
    assert first.test.seen.tolist() == [False, False]
    assert competitors(first, first.test) == {"c2": {"p2", "p3", "p9"}, "c3": {"p3", "p9"}}
    assert last.test.seen.tolist() == [True, True]
    assert competitors(last, last.test)["c9"] == {"p0", "p1", "p2", "p3"}


def test_too_few_statements_are_one_line(tmp_path: Path) -> None:
    file = views(tmp_path, view("c0", "p0", 0))
    with pytest.raises(InputError, match=r"0 candidates of .* at least 5 are needed"):
        load("stated", QuestionFiles(data=file), tmp_path / "data")
