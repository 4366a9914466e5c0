import gzip
import hashlib
import json
import tracemalloc
from datetime import UTC, datetime

import pytest

from streaming.contract.records import Candidate, Event, Posting
from streaming.contract.topics import MAX_VALUE_BYTES
from streaming.errors import InputError
from streaming.importing import (
    DuplicateRow,
    ReadOptions,
    RejectedRow,
    RejectionReason,
    Row,
    SourceFile,
    read_rows,
)
from streaming.importing.json_rows import json_results
from streaming.importing.source_file import LINE_LIMIT

EVENT = {
    "schema_version": 1,
    "event_id": "e1",
    "candidate_id": "c1",
    "posting_id": "p1",
    "kind": "view",
    "event_time": "2026-01-31T09:30:00Z",
}


def read(tmp_path, content, kind=Event, encoding="utf-8-sig", **options):
    file = tmp_path / "rows.jsonl"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    source = SourceFile(file, encoding)
    results = list(read_rows(kind, source, ReadOptions(encoding=encoding, **options)))
    assert source.bytes_read == source.size
    return results


def test_values_are_made_canonical(tmp_path):
    (row,) = read(tmp_path, json.dumps({**EVENT, "unknown": 1, "rank": None}))
    assert json.loads(row.value) == {**EVENT, "event_time": "2026-01-31T09:30:00.000000Z"}
    assert row.key == "c1"


def test_an_absent_event_id_is_a_stable_hash_of_the_row(tmp_path):
    bare = {name: value for name, value in EVENT.items() if name != "event_id"}
    same_time = {**bare, "event_time": "2026-01-31T10:30:00+01:00"}
    lines = [bare, same_time, {**bare, "kind": "apply"}, {**bare, "duration_seconds": 3}]
    ids = [row.record.event_id for row in read(tmp_path, "\n".join(map(json.dumps, lines)))]
    assert ids[0] == ids[1] == ids[3] != ids[2]
    identity = b'["c1","p1","view","2026-01-31T09:30:00.000000Z"]'
    assert ids[0] == hashlib.sha256(identity).hexdigest()[:24]


@pytest.mark.parametrize(
    ("change", "reason", "words"),
    [
        ({"posting_id": None}, RejectionReason.MISSING_FIELD, "field posting_id is missing"),
        ({"posting_id": 7}, RejectionReason.WRONG_TYPE, "field posting_id is 7"),
        ({"posting_id": ""}, RejectionReason.WRONG_VALUE, "field posting_id is ''"),
        ({"kind": "look"}, RejectionReason.WRONG_VALUE, "field kind: 'look' is no kind"),
        ({"event_time": "soon"}, RejectionReason.WRONG_VALUE, "event_time: 'soon' is no time"),
        (
            {"event_time": "0001-01-01T00:00:00+05:00"},
            RejectionReason.WRONG_VALUE,
            "years 1 to 9999",
        ),
        ({"event_time": "9999-01-01T00:00:00Z"}, RejectionReason.FUTURE_TIME, "later than 2027"),
        ({"schema_version": 2}, RejectionReason.SCHEMA_VERSION, "schema_version is 2"),
        ({"source": "x" * MAX_VALUE_BYTES}, RejectionReason.TOO_LARGE, "shorten its texts"),
    ],
)
def test_faults_name_field_value_and_remedy(tmp_path, change, reason, words):
    line = json.dumps({**EVENT, **change})
    latest = datetime(2027, 1, 1, tzinfo=UTC)
    (reject,) = read(tmp_path, line, max_time=latest)
    assert (reject.line, reject.reason, reject.raw) == (1, reason, line)
    assert words in reject.text
    assert "\n" not in reject.text


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ({"date_posted": "20240229"}, {"date_posted": "2024-02-29T00:00:00.000000Z"}),
        ({"valid_through": "2024-02-29"}, {"valid_through": "2024-02-29T23:59:59.999999Z"}),
        ({"valid_through": 1709164800}, {"valid_through": "2024-02-29T00:00:00.000000Z"}),
        ({"date_posted": "2024-02-29T09:00:00"}, {"date_posted": "2024-02-29T09:00:00.000000Z"}),
        ({"salary": {"minimum": "38.500"}}, {"salary": {"minimum": 38500.0}}),
        ({"salary": {"minimum": 9, "maximum": 7}}, {"salary": {"minimum": 7.0, "maximum": 9.0}}),
        ({"salary": {"minimum": 0, "unit": "YEAR"}}, {}),
        ({"salary": {"minimum": "30", "maximum": "40k"}}, {}),
    ],
)
def test_times_and_amounts_are_read_as_in_other_formats(tmp_path, written, read_as):
    posting = {"schema_version": 1, "posting_id": "1", "title": "Nurse"}
    (row,) = read(tmp_path, json.dumps(posting | written), Posting)
    assert json.loads(row.value) == posting | {"skills": []} | read_as


@pytest.mark.parametrize("time", [202402290930, 7, 1e300, True, "2024-02-30", ["2024"], {}, ""])
def test_a_time_that_is_none_is_rejected(tmp_path, time):
    (reject,) = read(tmp_path, json.dumps({**EVENT, "event_time": time}))
    assert "event_time" in reject.text


def test_null_is_absent_and_a_number_is_no_truth(tmp_path):
    posting = {"posting_id": "1", "title": "Nurse", "skills": None, "salary": None}
    (row,) = read(tmp_path, json.dumps(posting), Posting)
    assert row.record.skills == []
    (reject,) = read(tmp_path, json.dumps(EVENT | {"duration_seconds": True}))
    assert (reject.reason, reject.text) == (
        RejectionReason.WRONG_TYPE,
        "field duration_seconds is true; write no true or false there",
    )


def test_an_event_without_a_zone_can_be_compared(tmp_path):
    latest = datetime(2027, 1, 1, tzinfo=UTC)
    line = json.dumps({**EVENT, "event_time": "2026-01-31T09:30:00"})
    (row,) = read(tmp_path, line, max_time=latest)
    assert row.record.event_time == datetime(2026, 1, 31, 9, 30, tzinfo=UTC)


def test_broken_lines_stop_nothing_and_keep_their_numbers(tmp_path):
    good = json.dumps(EVENT).encode()
    content = b"\r\n".join([b"\xef\xbb\xbf" + good, b"", b"\xff\xfe", b"[1]", b'{"a":', good[:-9]])
    results = read(tmp_path, content)
    assert [(result.line, getattr(result, "reason", None)) for result in results] == [
        (1, None),
        (3, RejectionReason.NOT_DECODABLE),
        (4, RejectionReason.WRONG_TYPE),
        (5, RejectionReason.NOT_JSON),
        (6, RejectionReason.NOT_JSON),
    ]
    assert "--encoding" in results[1].text
    assert json.loads(results[1].to_json())["raw"] == "\\udcff\\udcfe"


@pytest.mark.parametrize("field", ["candidate_id", "unknown"])
@pytest.mark.parametrize("depth", [200, 1000, 5000])
def test_deep_nesting_is_one_reject(tmp_path, field, depth):
    deep = "[" * depth + "]" * depth
    good = json.dumps(EVENT)
    line = f'{good[:-1]}, "{field}": {deep}}}'
    rejected, row = read(tmp_path, f"{line}\n{good}")
    assert (type(rejected), rejected.line, type(row)) == (RejectedRow, 1, Row)
    assert rejected.reason in {RejectionReason.TOO_LARGE, RejectionReason.NOT_JSON}


@pytest.mark.parametrize("content", ["[]", "[[], []]", "[null]", "null", "7"])
def test_a_line_without_objects_is_rejected(content):
    (result,) = json_results(Event, content, 1)
    assert result.reason == RejectionReason.WRONG_TYPE


def test_a_list_is_several_rows(tmp_path):
    content = json.dumps([EVENT, 5, {**EVENT, "kind": "look"}, [EVENT]])
    types = [Row, RejectedRow, RejectedRow, Row]
    assert [type(result) for result in read(tmp_path, content)] == types


def test_a_line_without_end_is_one_reject(tmp_path):
    good = json.dumps(EVENT)
    results = read(tmp_path, "{" + "x" * (2 * LINE_LIMIT) + "\n" + good + "\n")
    assert [(type(result), result.line) for result in results] == [(RejectedRow, 1), (Row, 2)]
    assert results[0].reason == RejectionReason.TOO_LARGE
    assert len(results[0].raw) <= 1000


@pytest.mark.parametrize("encoding", ["utf-16", "gb18030", "utf-8"])
def test_other_encodings(tmp_path, encoding):
    posting = {"schema_version": 1, "posting_id": "1", "title": "软件开发"}
    content = json.dumps(posting, ensure_ascii=False).encode(encoding)
    (row,) = read(tmp_path, content, Posting, encoding)
    assert row.record.title == "软件开发"


def test_an_undecodable_character_of_utf_16_is_one_reject(tmp_path):
    text = "\n".join(json.dumps(EVENT) for _ in range(3)) + "\n"
    data = text.encode("utf-16-le")
    middle = len(data) // 2 // 2 * 2
    broken = data[:middle] + b"\x00\xdc" + data[middle + 2 :]
    results = read(tmp_path, broken, encoding="utf-16-le")
    assert [type(result) for result in results] == [Row, RejectedRow, Row]
    assert results[1].reason == RejectionReason.NOT_DECODABLE


def test_gzip_whole_and_broken_off(tmp_path):
    lines = "".join(json.dumps({**EVENT, "event_id": f"e{n}"}) + "\n" for n in range(2000))
    packed = gzip.compress(lines.encode())
    assert len(read(tmp_path, packed)) == 2000
    file = tmp_path / "half.gz"
    file.write_bytes(packed[: len(packed) // 2])
    *rows, last = read_rows(Event, SourceFile(file), ReadOptions())
    assert 0 < len(rows) < 2000
    assert (last.reason, last.line) == (RejectionReason.TRUNCATED, len(rows) + 1)


def test_only_the_first_of_an_id_where_asked(tmp_path):
    texts = ["First", "Second"]
    postings = [{"schema_version": 1, "posting_id": "1", "title": title} for title in texts]
    content = "\n".join(map(json.dumps, postings))
    row, repeat = read(tmp_path, content, Posting, first_only=True)
    assert row.record.title == "First"
    assert repeat == DuplicateRow(2)
    assert len(read(tmp_path, content, Posting)) == 2


def test_candidates(tmp_path):
    stated = {"candidate_id": "c", "updated_at": "2026-01-01T00:00:00Z", "skills": ["Java"]}
    (row,) = read(tmp_path, json.dumps(stated), Candidate)
    assert (row.key, row.record.skills) == ("c", ["Java"])


@pytest.mark.parametrize("content", ["", "\n \n", '{\n  "a": 1\n}', "[\n{}\n]"])
def test_files_that_hold_no_lines_of_json(tmp_path, content):
    with pytest.raises(InputError, match=r"is empty|one object a line"):
        read(tmp_path, content)


def test_no_such_file_folder_or_encoding(tmp_path):
    for path, encoding, words in [
        (tmp_path / "none", "utf-8", "does not exist"),
        (tmp_path, "utf-8", "is not a file"),
    ]:
        with pytest.raises(InputError, match=words):
            SourceFile(path, encoding)
    (tmp_path / "x").write_text("{}", encoding="utf-8")
    with pytest.raises(InputError, match="no encoding 'klingon'"):
        SourceFile(tmp_path / "x", "klingon")


def peak_memory(file):
    tracemalloc.start()
    for _ in read_rows(Event, SourceFile(file), ReadOptions()):
        pass
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak


def test_memory_does_not_grow_with_the_file(tmp_path):
    peaks = []
    for rows in (2_000, 20_000):
        file = tmp_path / f"{rows}.jsonl"
        lines = (json.dumps({**EVENT, "event_id": f"e{n}"}) + "\n" for n in range(rows))
        file.write_text("".join(lines), encoding="utf-8")
        peaks.append(peak_memory(file))
    assert peaks[1] < 1.2 * peaks[0]
