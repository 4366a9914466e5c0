import csv
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streaming.contract.records import Candidate, Event, Posting
from streaming.errors import InputError
from streaming.importing import (
    ReadOptions,
    RejectedRow,
    RejectionReason,
    Row,
    SourceFile,
    read_rows,
)
from streaming.importing.source_file import LINE_LIMIT

VIEWS = ("candidate_id=who", "posting_id=what", "kind:=view", "event_time=when")


def read(tmp_path, content, kind, *mapping, encoding="utf-8-sig", **options):
    file = tmp_path / "rows.csv"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    chosen = ReadOptions(mapping=mapping, encoding=encoding, **options)
    return list(read_rows(kind, SourceFile(file, encoding), chosen))


def test_columns_become_fields(tmp_path):
    content = (
        "id,job,boss,town,low,high,text,extra,C++*2\r\n"
        '7,Java工程师,某公司,北京,20,#N/A,"<p>一</p>\n<p>二</p>",五险一金,"Java, SQL"\r\n'
    )
    (row,) = read(
        tmp_path, content, Posting,
        "posting_id=id", "title=job", "employer=boss", "place.locality=town", "place.country:=CN",
        "salary.minimum=low*1000", "salary.maximum=high*1000", "salary.currency:=CNY",
        "salary.unit:=month", "description=text+extra", "skills=C++*2", "valid_through:=2026-01-31",
    )  # fmt: skip
    assert json.loads(row.value) == {
        "schema_version": 1,
        "posting_id": "7",
        "title": "Java工程师",
        "description": "一\n\n二\n\n五险一金",
        "employer": "某公司",
        "skills": ["Java", "SQL"],
        "place": {"locality": "北京", "country": "CN"},
        "salary": {"currency": "CNY", "minimum": 20000.0, "unit": "MONTH"},
        "language": "zh",
        "valid_through": "2026-01-31T23:59:59.999999Z",
    }


def test_columns_named_like_fields_need_no_mapping(tmp_path):
    content = "candidate_id;updated_at;skills;other\nc;2026-01-01;Java|Go;x\n"
    (row,) = read(tmp_path, content, Candidate)
    assert row.record.skills == ["Java", "Go"]
    (row,) = read(tmp_path, "posting_id\ttitle\tplace.locality\n1\tNurse\tYork\n", Posting)
    assert row.record.place.locality == "York"


def test_a_salary_without_amount_is_none(tmp_path):
    mapping = ("posting_id=id", "title=id", "salary.minimum=low", "salary.currency:=CNY")
    (row,) = read(tmp_path, "id,low\n7,N/A\n", Posting, *mapping)
    assert row.record.salary is None


def test_every_fault_has_line_field_column_value_and_row(tmp_path):
    rows = [
        "who,what,when",
        "c,p,2026-01-31",
        "c,p",
        'c,"p',
        'q",soon',
        "NA,p,2026-01-31",
        'c,"p"x,y',
    ]
    results = read(tmp_path, "\n".join(rows), Event, *VIEWS)
    assert [(type(result), result.line) for result in results] == [
        (Row, 2), (RejectedRow, 3), (RejectedRow, 4), (RejectedRow, 6), (RejectedRow, 7)
    ]  # fmt: skip
    assert [result.reason for result in results[1:]] == [
        RejectionReason.NOT_CSV,
        RejectionReason.WRONG_VALUE,
        RejectionReason.MISSING_FIELD,
        RejectionReason.NOT_CSV,
    ]
    assert "2 columns, the header 3" in results[1].text
    assert "event_time (column when): 'soon'" in results[2].text
    assert results[2].raw == 'c,"p\nq",soon\n'
    assert "candidate_id (column who) is missing" in results[3].text


def test_a_quote_that_never_closes(tmp_path):
    good = "c,p,2026-01-31\n"
    results = read(tmp_path, f'who,what,when\n{good}c,"p,x\n{good}{good}', Event, *VIEWS)
    assert [type(result) for result in results] == [Row, RejectedRow]
    assert results[1].raw == f'c,"p,x\n{good}{good}'


def test_a_cell_without_end_does_not_fill_the_memory(tmp_path):
    good = "c,p,2026-01-31\n"
    content = f'who,what,when\n{good}c,"{"x" * 2 * LINE_LIMIT}\n,y\n{good}'
    results = read(tmp_path, content, Event, *VIEWS)
    assert results[0].line == 2
    assert isinstance(results[-1], Row)
    assert {result.reason for result in results[1:-1]} == {RejectionReason.NOT_CSV}
    assert all(len(result.raw) <= LINE_LIMIT for result in results[1:-1])


def test_chinese_encodings_and_undecodable_rows(tmp_path):
    mapping = ("posting_id=编号", "title=职位")
    content = "编号,职位\n1,会计\n".encode("gb18030")
    (row,) = read(tmp_path, content, Posting, *mapping, encoding="gb18030")
    assert row.record.title == "会计"
    mixed = "编号,职位\n1,会计\n".encode() + b"2,\xff\n"
    row, reject = read(tmp_path, mixed, Posting, *mapping)
    assert (reject.line, reject.reason) == (3, RejectionReason.NOT_DECODABLE)


@pytest.mark.parametrize(
    ("flag", "words"),
    [
        ("title", "is not field=Column or field:=constant"),
        ("title=", "is not field=Column or field:=constant"),
        ("titel=id", "a posting has no field titel; did you mean title"),
        ("title=idd", "no column idd; did you mean id"),
        ("title=id*3", "title is no number"),
        ("salary.unit:=fortnight", "no period of a salary"),
        ("employer=id", "no column is mapped to title; rename a column, or add `--map title="),
    ],
)
def test_wrong_mappings_are_one_line(tmp_path, flag, words):
    with pytest.raises(InputError, match=words) as error:
        read(tmp_path, "id\n1\n", Posting, "posting_id=id", flag)
    assert "\n" not in str(error.value)


def test_a_header_without_rows_and_other_empty_markers(tmp_path):
    assert read(tmp_path, "who,what,when\n", Event, *VIEWS) == []
    mapping = ("posting_id=id", "title=title", "employer=boss")
    content = "id,title,boss\n1,NA,-\n"
    (row,) = read(tmp_path, content, Posting, *mapping, empty=frozenset({"", "-"}))
    assert (row.record.title, row.record.employer) == ("NA", None)


def test_the_layout_of_job_views_needs_no_mapping(tmp_path):
    header = (
        "Applicant.ID,Job.ID,Title,Position,Company,City,State.Name,State.Code,Industry,"
        "View.Start,View.End,View.Duration\n"
    )
    first = "1,9,Cook @ Inn,Cook,Inn,Erie,Ohio,OH,NA,2014-11-06 11:15:51 UTC,NA,76\n"
    second = "2,9,Chef @ Inn,Chef,Inn,Erie,Ohio,OH,NA,2014-11-07 11:15:51 UTC,NA,NA\n"
    events = read(tmp_path, header + first + second, Event)
    assert [row.record.duration_seconds for row in events] == [76, None]
    assert [row.key for row in events] == ["1", "2"]
    posting, repeat = read(tmp_path, header + first + second, Posting)
    assert (posting.record.title, posting.record.employer) == ("Cook", "Inn")
    assert posting.record.place.model_dump() == {
        "locality": "Erie", "region": "Ohio", "country": "US"
    }  # fmt: skip
    assert posting.record.date_posted is None
    assert repeat.line == 3


def test_the_delimiter_is_given_named_by_the_file_or_seen_in_the_header(tmp_path):
    for content, options in [
        ("posting_id;title\n1;Nurse, night\n", {}),
        ("sep=;\r\nposting_id;title\r\n1;Nurse, night\r\n", {}),
        ('\n"sep=^"\nposting_id^title\n1^Nurse, night\n', {}),
        ("sep=\t\nposting_id\ttitle\n1\tNurse, night\n", {}),
        ('posting_id\t"title, of, it"\ttitle\n1\tx\tNurse, night\n', {}),
        ("posting_id#title\n1#Nurse, night\n", {"delimiter": "#"}),
    ]:
        [row] = read(tmp_path, content, Posting, **options)
        assert (row.key, row.record.title) == ("1", "Nurse, night")
        assert row.line == 1 + content.count("\n", 0, content.index("Nurse"))
    file = tmp_path / "rows.csv"
    file.write_text("sep=;\nposting_id;title\n1;Nurse\n")
    source = SourceFile(file)
    list(read_rows(Posting, source, ReadOptions()))
    assert source.read_as == "CSV with the delimiter semicolon"


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        ("编号,职位名称\n1,会计\n".encode("gb18030"), "gb18030"),
        ("Nr,Straße,Größe\n1,Köln,ä\n".encode("cp1252"), "cp1252"),
        ("posting_id,title\n1,Nurse\n".encode("utf-16-le"), "utf-16-le"),
        ("posting_id,title\n1,会计\n".encode("utf-16"), "utf-16"),
    ],
)
def test_a_header_in_another_encoding_names_the_flag(tmp_path, content, encoding):
    with pytest.raises(InputError, match=f"is not utf-8-sig; .*--encoding {encoding}$"):
        read(tmp_path, content, Posting, "posting_id=编号", "title=职位名称")


def test_a_mark_of_the_byte_order_and_blanks_before_quotes_are_no_text(tmp_path):
    content = '\ufeff\ufeffposting_id, "title"\n1, "Nurse, night"\n'.encode()
    [row] = read(tmp_path, content, Posting)
    assert (row.key, row.record.title) == ("1", "Nurse, night")
    [row] = read(tmp_path, content[3:], Posting, encoding="utf-8")
    assert row.key == "1"


def test_a_column_that_stands_twice_cannot_be_mapped(tmp_path):
    content = "posting_id,title,title,note,note\n1,Nurse,Pfleger,x,y\n"
    with pytest.raises(InputError, match="has 2 columns title; rename all but one"):
        read(tmp_path, content, Posting)
    with pytest.raises(InputError, match="has 2 columns note"):
        read(tmp_path, content, Posting, "posting_id=posting_id", "title=note")


def test_a_country_may_be_namibia(tmp_path):
    content = "posting_id,title,place.country,employer\n1,Guide,NA,NA\n2,Guide,N/A,Etosha\n"
    there, nowhere = read(tmp_path, content, Posting)
    assert (there.record.place.country, there.record.employer) == ("NA", None)
    assert nowhere.record.place is None


def test_what_a_candidate_blocks_may_hold_commas(tmp_path):
    content = (
        "candidate_id,updated_at,skills,blocked_employers\n"
        '1,2025-01-01,"Go, Rust","Ada, Ltd."\n'
        "2,2025-01-01,\"['Go', 'Rust']\",\"Ada, Ltd.; Bob & Sons\"\n"
        '3,2025-01-01,"[""Go"", ""Rust""]","[""Ada, Ltd."", ""Bob""]"\n'
    )
    records = [row.record for row in read(tmp_path, content, Candidate)]
    assert [record.skills for record in records] == [["Go", "Rust"]] * 3
    assert [record.blocked_employers for record in records] == [
        ["Ada, Ltd."],
        ["Ada, Ltd.", "Bob & Sons"],
        ["Ada, Ltd.", "Bob"],
    ]


def test_stated_parts_that_a_stream_refuses_are_not_sent(tmp_path):
    content = "candidate_id,updated_at\n*,2025-01-01\nlater,2031-01-01\nok,2025-01-01\n"
    latest = datetime(2026, 1, 1, tzinfo=UTC)
    nobody, later, row = read(tmp_path, content, Candidate, max_time=latest)
    assert (nobody.reason, later.reason) == (
        RejectionReason.WRONG_VALUE,
        RejectionReason.FUTURE_TIME,
    )
    assert row.key == "ok"


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        ("38.500", "41.000", (38500, 41000)),
        ("41,000", "38,500", (38500, 41000)),
        ("17,25", "", (17.25, None)),
        ("0", "30000", (None, 30000)),
        ("2500", "3200", (2500, 3200)),
    ],
)
def test_amounts_of_money_in_cells(tmp_path, low, high, expected):
    content = f"posting_id;title;salary.minimum;salary.maximum\n1;Nurse;{low};{high}\n"
    [row] = read(tmp_path, content, Posting)
    assert (row.record.salary.minimum, row.record.salary.maximum) == expected


CELLS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=9)


@given(rows=st.lists(st.tuples(CELLS, CELLS, CELLS), max_size=9))
def test_each_row_comes_out_once_and_texts_unchanged(rows, tmp_path_factory):
    file = tmp_path_factory.mktemp("csv") / "rows.csv"
    with file.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows([("posting_id", "title", "source"), *rows])
    results = list(read_rows(Posting, SourceFile(file), ReadOptions(empty=frozenset({""}))))
    assert len(results) == len(rows)
    for result, cells in zip(results, rows, strict=True):
        if isinstance(result, Row):
            assert result.key == cells[0].strip()
        else:
            assert any(not cell.strip() for cell in cells) or "title" in result.text
