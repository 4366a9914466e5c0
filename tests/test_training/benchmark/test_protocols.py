"""How files become splits, recounted by hand and on real files; what cannot be read is one line."""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streaming.errors import InputError
from training.benchmark.protocols.leave_last_out import SEEN, UNSEEN, hold_out
from training.benchmark.protocols.protocols import load
from training.benchmark.protocols.training_view import NO_POOL, Cases, History, Split

DATA = Path(os.environ.get("CAREERSTREAM_DATA", Path(__file__).parents[4] / "shared" / "data"))
HEADER = (
    "Applicant.ID,Job.ID,Title,Position,Company,City,State.Name,State.Code,Industry,"
    "View.Start,View.End,View.Duration,Created.At,Updated.At"
)


def real(protocol: str, name: str, attributes: str | None = None) -> Split:
    file = DATA / name
    if not file.exists():
        pytest.skip(f"{file} is not here; it is no part of the project")
    return load(protocol, file, DATA / attributes if attributes else None)


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


def named(split: Split, rows: Sequence[int] | np.ndarray) -> list[str]:
    return [split.training.item_names[row] for row in rows]


def test_the_views_recounted() -> None:
    split = real("job-views", "job-views/job_views.csv")
    test, seen = split.test, split.test.seen[split.test.targets]
    assert (len(test), int(seen.sum()), int((~seen).sum())) == (1_427, 337, 1_090)
    assert (split.training.items, int((~test.seen).sum())) == (5_828, 1_062)
    assert split.counts["rows"] == 9_896
    assert split.counts["rejected"] == 0
    assert len(split.training.users) == 2_738
    assert sum(len(history) > 1 for history in test.histories) == len(split.training.validation)


@pytest.mark.parametrize(("name", "users"), [("Beauty", 22_363), ("LastFM", 1_090)])
def test_the_sequences_recounted(name: str, users: int) -> None:
    attributes = f"sequences/{name}_item2attributes.json"
    split = real("sequences", f"sequences/{name}.txt", attributes)
    assert len(split.test) == len(split.training.validation) == len(split.training.users) == users
    lines = [
        line.split() for line in (DATA / f"sequences/{name}.txt").read_text("utf-8").splitlines()
    ]
    by_user = {user: items for user, *items in lines}
    assert named(split, split.test.targets) == [by_user[user][-1] for user in split.test.users]
    validation = split.training.validation
    assert named(split, validation.targets) == [by_user[user][-2] for user in validation.users]
    assert sum(map(len, split.training.histories)) == sum(len(i) - 2 for i in by_user.values())
    assert split.training.final_histories is split.training.histories
    assert split.training.attributes is not None
    assert all(numbers == tuple(sorted(set(numbers))) for numbers in split.training.attributes)


def test_a_stream_of_views_is_cut_as_the_protocol_says(tmp_path: Path) -> None:
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
    split = load("job-views", file)
    training, test = split.training, split.test
    assert training.item_names == ("p1", "p2", "p3", "p4")
    assert training.users == ("a", "b", "c")
    assert test.users == ("a", "c")
    assert named(split, test.targets) == ["p3", "p2"]
    assert [named(split, history.items) for history in test.histories] == [["p1", "p2"], ["p4"]]
    assert [named(split, h.items) for h in training.final_histories] == [
        ["p1", "p2"],
        ["p2"],
        ["p4"],
    ]
    assert [named(split, h.items) for h in training.histories] == [["p1"], ["p2"], ["p4"]]
    assert training.validation.users == ("a",)
    assert named(split, training.validation.targets) == ["p2"]
    assert test.pools.tolist() == [SEEN, SEEN, UNSEEN, SEEN]
    assert training.validation.pools.tolist() == [SEEN, SEEN, NO_POOL, SEEN]
    assert training.postings is not None
    assert [posting["title"] for posting in training.postings] == ["Cook", "Baker", "Late", "Cook"]
    assert training.postings[0]["place"] == {"locality": "Leeds", "region": "Ohio", "country": "US"}
    first = test.histories[0]
    assert first.durations is not None
    assert first.times is not None
    assert first.durations.tolist() == [7, 7]
    assert np.diff(first.times).tolist() == [60_000_000]


def test_sequences_are_cut_as_the_protocol_says(tmp_path: Path) -> None:
    file = sequences(tmp_path, "2 30 4 5\n\n10 4 5\n1 30 5 4 5 30\n3 9\n")
    attributes = tmp_path / "attributes.json"
    attributes.write_text('{"5": [7, 1, 7], "30": [], "99": [3]}')
    split = load("sequences", file, attributes)
    training, test = split.training, split.test
    assert training.item_names == ("4", "5", "9", "30")
    assert training.attributes == ((), (1, 7), (), ())
    assert test.users == ("1", "2", "10")
    assert named(split, test.targets) == ["30", "5", "5"]
    assert [named(split, history.items) for history in test.histories] == [
        ["30", "5", "4", "5"], ["30", "4"], ["4"],
    ]  # fmt: skip
    assert training.users == training.validation.users == ("1", "2")
    assert [named(split, history.items) for history in training.histories] == [
        ["30", "5", "4"], ["30"],
    ]  # fmt: skip
    assert named(split, training.validation.targets) == ["5", "4"]
    assert set(test.pools.tolist()) == {0}
    assert test.seen.tolist() == [True, True, False, True]


@given(
    st.lists(
        st.lists(st.integers(0, 8), min_size=1, max_size=6, unique=True), min_size=1, max_size=9
    )
)
def test_what_is_held_out_is_in_no_rest_and_nothing_is_lost(journeys: list[list[int]]) -> None:
    users = [str(place) for place in range(len(journeys))]
    histories = [History(np.array(items, dtype=np.int64)) for items in journeys]
    held = hold_out(users, histories, 9)
    rest = dict(zip(held.users, held.rest, strict=True))
    targets = dict(zip(held.cases.users, held.cases.targets.tolist(), strict=True))
    for user, items in zip(users, journeys, strict=True):
        assert [*rest[user].items.tolist(), *([targets[user]] if len(items) > 1 else [])] == items
    left = {row for history in held.rest for row in history.items.tolist()}
    assert np.flatnonzero(held.cases.seen).tolist() == sorted(left)
    present = {row for items in journeys for row in items}
    assert np.flatnonzero(held.cases.pools != NO_POOL).tolist() == sorted(present)
    assert np.array_equal(held.cases.pools == SEEN, held.cases.seen)


def test_other_targets_leave_the_training_view_as_it_is(tmp_path: Path) -> None:
    rows = [view("a", "p1", 1), view("a", "p2", 2), view("b", "p2", 1), view("b", "p3", 2)]
    swapped = [rows[0], view("a", "p3", 2), rows[2], view("b", "p1", 2)]
    extra = [view("c", f"p{number}", number) for number in (2, 3, 1)]
    one, other = (load("job-views", views(tmp_path, *part, *extra)) for part in (rows, swapped))
    assert one.test.targets.tolist() != other.test.targets.tolist()
    assert one.training.item_names == other.training.item_names
    assert one.training.postings == other.training.postings
    assert _rows(one.training.final_histories) == _rows(other.training.final_histories)
    assert _cases(one.training.validation) == _cases(other.training.validation)


def _rows(histories: Sequence[History]) -> list[list[int]]:
    return [history.items.tolist() for history in histories]


def _cases(cases: Cases) -> list[object]:
    return [_rows(cases.histories), cases.targets.tolist(), cases.pools.tolist()]


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
def test_what_is_no_file_of_sequences_is_one_line(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "broken.txt"
    file.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(InputError, match=words) as caught:
        load("sequences", file)
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
def test_what_is_no_file_of_views_is_one_line(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "broken.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=words) as caught:
        load("job-views", file)
    assert "\n" not in str(caught.value)


def test_a_broken_row_is_counted_not_hidden(tmp_path: Path) -> None:
    broken = view("a", "p3", 3).replace("2015-01-01 10:03:00 UTC", "yesterday")
    file = views(tmp_path, view("a", "p1", 1), view("a", "p2", 2), broken)
    split = load("job-views", file)
    assert (split.counts["rows"], split.counts["rejected"]) == (2, 1)


def test_what_does_not_fit_together_is_one_line(tmp_path: Path) -> None:
    file = sequences(tmp_path, "1 2 3\n")
    with pytest.raises(InputError, match="there is no protocol 'views'"):
        load("views", file)
    with pytest.raises(InputError, match="--attributes"):
        load("job-views", views(tmp_path, view("a", "p1", 1)), file)
    for text, words in (("{", "no JSON"), ("[]", "no JSON object"), ('{"2": "x"}', "of item '2'")):
        attributes = tmp_path / "attributes.json"
        attributes.write_text(text)
        with pytest.raises(InputError, match=words):
            load("sequences", file, attributes)
    with pytest.raises(InputError, match="does not exist"):
        load("sequences", tmp_path / "nowhere.txt")
