"""Résumés → a real broker → the topic candidates; files that are no good are rejected by name."""

# ruff: noqa: RUF001 - a Chinese colon

import json
import os
import threading

import pytest

from jobs.operations.resume_import import (
    ResumeOptions,
    SpanFile,
    are_resumes,
    import_resumes,
    read_resumes,
)
from streaming.contract.topics import CANDIDATES
from streaming.errors import InputError
from streaming.kafka.topic_reader import read_messages
from streaming.timestamps import parse_timestamp

RESUME = "Skills\nWelding, TIG\nExperience\nWelder at Globex, 2019 - 2021\n"
CHINESE = "专业技能\n焊接、钳工\n工作经历\n2019.01-至今 长河机械有限公司 焊工\n期望城市：成都\n"
CHANGED = parse_timestamp("2026-01-31T09:30:00Z")


@pytest.fixture
def files(tmp_path):
    """Two résumés, and one without text."""
    texts = {"ada.txt": RESUME, "林.md": CHINESE, "blank.txt": "\n"}
    for name, text in texts.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
        os.utime(tmp_path / name, (CHANGED.timestamp(), CHANGED.timestamp()))
    return [tmp_path / name for name in texts]


@pytest.mark.kafka
def test_resumes_arrive_under_their_candidates(settings, create_topics, files, tmp_path):
    create_topics(CANDIDATES)
    with SpanFile(tmp_path / "spans.jsonl") as spans:
        done = import_resumes(settings, files, spans=spans)
    assert (done.topic, done.read, done.produced, done.unsent) == ("candidates", 3, 2, 0)
    assert done.rejected == {"no-text": 1}
    assert done.read_as == "résumés (2 text in utf-8-sig)"
    [reject] = map(json.loads, done.rejects.read_text(encoding="utf-8").splitlines())
    assert reject["text"].startswith("blank.txt has no text; ")
    sent = {m.key.decode(): json.loads(m.value) for m in read_messages(settings.kafka, CANDIDATES)}
    assert sent["ada"]["updated_at"] == "2026-01-31T09:30:00.000000Z"
    assert sent["ada"]["skills"] == ["Welding", "TIG"]
    assert sent["ada"]["experience"] == [
        {
            "title": "Welder",
            "employer": "Globex",
            "start_date": "2019-01-01T00:00:00.000000Z",
            "end_date": "2021-12-31T00:00:00.000000Z",
        }
    ]
    assert (sent["林"]["places"], sent["林"]["language"]) == (["成都"], "zh")
    lines = map(json.loads, (tmp_path / "spans.jsonl").read_text(encoding="utf-8").splitlines())
    texts = {"ada": RESUME, "林": CHINESE}
    for line in lines:
        assert texts[line["candidate_id"]][line["start"] : line["end"]] == line["text"]


@pytest.mark.kafka
def test_a_second_import_repeats_the_same_bytes(settings, create_topics, files):
    create_topics(CANDIDATES)
    import_resumes(settings, files[:1])
    import_resumes(settings, files[:1])
    first, second = read_messages(settings.kafka, CANDIDATES)
    assert first.value == second.value


@pytest.mark.kafka
def test_asked_to_stop_before_it_began(settings, create_topics, files):
    create_topics(CANDIDATES)
    stop = threading.Event()
    stop.set()
    done = import_resumes(settings, files, stop=stop)
    assert (done.stopped, done.read, done.produced) == (True, 0, 0)


def test_one_resume_may_name_its_candidate_and_time(files):
    options = ResumeOptions(candidate_id="c-1", updated_at=CHANGED)
    [read] = read_resumes(files[:1], options)
    assert (read.candidate_id, read.result.key, read.result.record.updated_at) == (
        "c-1",
        "c-1",
        CHANGED,
    )


@pytest.mark.parametrize(
    ("candidate", "reason"), [("*", "wrong-value"), ("x" * 201, "wrong-value"), ("", "wrong-value")]
)
def test_an_id_that_no_candidate_can_have(files, candidate, reason):
    [read] = read_resumes(files[:1], ResumeOptions(candidate_id=candidate))
    assert (read.result.reason, read.resume) == (reason, None)
    assert read.result.text.startswith("ada.txt: field candidate_id")


def test_a_time_of_the_future(files):
    options = ResumeOptions(updated_at=parse_timestamp("2990-01-01T00:00:00Z"))
    [read] = read_resumes(files[:1], options)
    assert read.result.reason == "future-time"


def test_a_record_that_is_too_large(tmp_path):
    file = tmp_path / "long.txt"
    file.write_text("Summary\nCooks " + '"' * 900_000, encoding="utf-8")  # two bytes each in JSON
    [read] = read_resumes([file])
    assert read.result.reason == "too-large"
    assert read.result.raw == ""


def test_what_concerns_all_files_is_checked_before_the_first(files, tmp_path):
    same = tmp_path / "ada.docx"
    same.touch()
    with pytest.raises(InputError, match="both of the candidate ada; give one of them"):
        list(read_resumes([*files, same]))
    with pytest.raises(InputError, match="--candidate c names one candidate for 3 résumés"):
        list(read_resumes(files, ResumeOptions(candidate_id="c")))
    with pytest.raises(InputError, match=r"absent.txt is no file"):
        list(read_resumes([*files, tmp_path / "absent.txt"]))
    with pytest.raises(InputError, match="no encoding 'utf-99'"):
        list(read_resumes(files, ResumeOptions(encoding="utf-99")))


def test_resumes_and_rows_are_two_commands(files, tmp_path):
    assert are_resumes([*files, tmp_path / "B.PDF", tmp_path / "c.Docx"])
    assert not are_resumes([tmp_path / "rows.csv", tmp_path / "rows.jsonl"])
    with pytest.raises(InputError, match=r"ada.txt is a résumé .* and rows.csv is not"):
        are_resumes([*files, tmp_path / "rows.csv"])
    with pytest.raises(InputError, match=r"old.DOC is not read; save it as .docx, .pdf or .txt"):
        are_resumes([tmp_path / "old.DOC"])


def test_a_file_for_spans_that_cannot_be_written(tmp_path):
    with pytest.raises(InputError, match="give another file to --spans"):
        SpanFile(tmp_path / "absent" / "spans.jsonl")
