import random
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streaming.errors import InputError
from streaming.profiles.fold import ReceivedEvent, ReceivedStatedPart, fold
from streaming.timestamps import format_timestamp
from training.data.dataset import Dataset

START = datetime(2026, 1, 1, tzinfo=UTC)


def moment(days):
    return format_timestamp(START + timedelta(days=days))


def event(candidate, posting, days, kind="view", event_id=None):
    return {
        "candidate_id": candidate,
        "posting_id": posting,
        "kind": kind,
        "event_id": event_id or f"{candidate}-{posting}-{days}-{kind}",
        "event_time": moment(days),
        "duration_seconds": None,
    }


EVENTS = [
    event("a", "p1", 0),
    event("a", "p2", 1, "apply"),
    event("b", "p1", 2),
    event("b", "p9", 2.5),  # a posting nobody knows
    event("b", "p3", 3, "dismiss"),
    event("b", "p3", 3, "impression"),
    event("a", "p2", 6),
    event("a", "p3", 7),
    event("c", "p1", 8, "dismiss"),
    event("c", "p2", 9),
]
POSTINGS = [{"posting_id": f"p{n}", "title": f"posting {n}"} for n in (3, 1, 2)]
STATED = [
    {"candidate_id": "c", "updated_at": moment(0), "skills": ["Java"], "language": "zh"},
    {"candidate_id": "b", "updated_at": moment(9), "skills": ["SQL"]},
    {"candidate_id": "d", "updated_at": moment(0), "skills": ["Go"]},
]


@pytest.fixture
def dataset(tmp_path, dataset_writer):
    events = random.Random(1).sample(EVENTS, len(EVENTS))
    return Dataset.read(dataset_writer(tmp_path, postings=POSTINGS, events=events, stated=STATED))


def test_events_stand_by_candidate_time_and_id(dataset):
    assert dataset.candidate_ids == ("a", "b", "c", "d")
    assert dataset.starts.tolist() == [0, 4, 6, 8, 8]
    ids = [dataset.catalogue.posting_ids[row] for row in dataset.postings]
    assert ids == ["p1", "p2", "p2", "p3", "p1", "p3", "p1", "p2"]
    assert dataset.catalogue.version == 5
    assert dataset.version["events_of_unknown_postings"] == 1


def test_a_profile_is_the_fold_of_the_events(dataset):
    profile = dataset.profile(0)
    assert [e["posting_id"] for e in profile["events"]] == ["p1", "p2", "p2", "p3"]
    assert [m["posting_id"] for m in profile["applied"]] == ["p2"]
    assert profile["as_of"] == moment(7)
    assert dataset.profile(2)["stated"]["skills"] == ["Java"]
    assert dataset.profile(3)["as_of"] == moment(0)


RECORDS = st.lists(
    st.tuples(
        st.sampled_from(["p1", "p2", "p3"]),
        st.sampled_from(["view", "view", "view", "save", "apply", "hire", "dismiss"]),
        st.integers(0, 40),
        st.one_of(st.none(), st.integers(0, 90)),
    ),
    max_size=130,
)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(drawn=RECORDS, stated_at=st.one_of(st.none(), st.integers(0, 40)), rng=st.randoms())
def test_training_reads_the_profile_that_the_stream_folds(
    tmp_path, dataset_writer, drawn, stated_at, rng
):
    events = [
        {**event("a", posting, days, kind, event_id=f"e{n}"), "duration_seconds": seconds}
        for n, (posting, kind, days, seconds) in enumerate(drawn)
    ]
    stated = [] if stated_at is None else [{"updated_at": moment(stated_at), "skills": ["Java"]}]
    folder = dataset_writer(
        tmp_path,
        postings=POSTINGS,
        events=events,
        stated=[{"candidate_id": "a", **part} for part in stated],
    )
    received = [
        ReceivedEvent(
            offset=n, produced_at="", **{k: v for k, v in one.items() if k != "candidate_id"}
        )
        for n, one in enumerate(rng.sample(events, len(events)))
    ]
    parts = [ReceivedStatedPart(part, 0, part["updated_at"]) for part in stated]
    streamed = fold(None, [*parts, *received], "a").profile
    read = Dataset.read(folder)
    if streamed is None:
        assert len(read) == 0
        return
    assert without_offsets(read.profile(0)) == without_offsets(streamed)


def without_offsets(profile):
    """The parts of a profile that do not depend on places in a topic."""
    marks = ("events", "applied", "dismissed")
    kept = {name: profile[name] for name in ("candidate_id", "as_of", "schema_version")}
    kept["stated"] = profile.get("stated")
    for part in marks:
        kept[part] = [{k: v for k, v in entry.items() if k != "offset"} for entry in profile[part]]
    return kept


def test_nothing_after_the_cut_is_trained_on(dataset):
    train, held_out = dataset.split(0.5)
    cut = train.times.max()
    assert len(train.times) == 4
    assert all(np.sort(dataset.times)[4:] > cut)
    assert train.stated[1] is None  # said after the cut
    found = {held.profile["candidate_id"]: held for held in held_out}
    assert found["a"].targets == ("p3",)  # p2 was known
    assert found["a"].as_of == moment(7)
    assert [e["posting_id"] for e in found["a"].profile["events"]] == ["p1", "p2"]
    assert found["c"].targets == ("p2",)  # p1 was dismissed at first
    assert set(found) == {"a", "c"}


@pytest.mark.parametrize("fraction", [0.01, 0.3, 0.8, 0.99])
def test_training_and_held_out_events_are_all_events(dataset, fraction):
    train, held_out = dataset.split(fraction)
    after = dataset.times[dataset.times > train.times.max()]
    assert len(train.times) + len(after) == len(dataset.times)
    assert all(held.as_of > format_timestamp(START) for held in held_out)


def test_counts_look_at_training_events_alone(dataset):
    train, _ = dataset.split(0.5)
    assert set(train.counts.weights.index) == {"p1", "p2"}


def test_an_empty_dataset_is_read_and_split(tmp_path, dataset_writer):
    empty = Dataset.read(dataset_writer(tmp_path, postings=[], events=[], stated=[]))
    assert len(empty) == 0
    assert empty.split(0.2) == (empty, ())
    assert empty.counts.made_at is None


def test_a_missing_folder_is_one_line(tmp_path):
    with pytest.raises(InputError, match=r"cannot be read.*let the train job write it"):
        Dataset.read(tmp_path / "none")


def test_a_broken_file_is_one_line(tmp_path, dataset_writer):
    folder = dataset_writer(tmp_path, postings=POSTINGS, events=EVENTS, stated=STATED)
    (folder / "events.parquet").write_bytes(b"no parquet")
    with pytest.raises(InputError, match="cannot be read"):
        Dataset.read(folder)


def test_an_event_of_another_century_does_no_harm(tmp_path, dataset_writer):
    long_ago = event("z", "p1", -155_000)
    folder = dataset_writer(tmp_path, postings=POSTINGS, events=[*EVENTS, long_ago], stated=STATED)
    read = Dataset.read(folder)
    assert read.counts.weights["p1"] > 0
    train, _ = read.split(0.3)
    assert len(train.times) > 1
