"""No file raises anything but the documented InputError, and no row is lost.

With `--hypothesis-profile=fuzz` ten thousand files are tried instead of hundreds.
"""

import csv
import io
import json

from hypothesis import given
from hypothesis import strategies as st

from streaming.contract.field_rules import field_rules
from streaming.contract.records import Candidate, Event, Posting
from streaming.errors import InputError
from streaming.importing import DuplicateRow, ReadOptions, RejectedRow, Row, SourceFile, read_rows
from tests.fuzzing import FUZZ

KINDS = st.sampled_from([Event, Posting, Candidate])
NAMES = sorted({rule.name for kind in (Event, Posting, Candidate) for rule in field_rules(kind)})
TEXTS = st.sampled_from([
    "2025-12-31", "0001-01-01T00:00:00+08:00", "9999-12-31T23:59:59-08:00", "20251231",
    "1735689600", "1e400", "-0", "nan", "٣", "45.000", "12,50", "₹12L", "8千-1.2万", "$", "HOUR",
    "view", "*", "NA",
    "en", "[]", "['a', \"b\"]", "[" * 99, "['\\ud800']", "<b>x</b>", "&lt;script&gt;", "&#xD800;",
    "&nbsp;" * 9, "Ada, Ltd.", "1", "true", "null", "\0", "\r", '"', "[/b]", "\u202e", "x" * 300,
])  # fmt: skip
CELLS = TEXTS | st.text(max_size=20)
SCALARS = (
    CELLS
    | st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([10**400, -1, 2**63, 1735689600, 1e308, 1.0])
    | st.floats()
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES) | CELLS, inner)
    ),
    max_leaves=8,
)


def check(file, kind, options):
    """Read a file; return its results."""
    try:
        results = list(read_rows(kind, SourceFile(file, options.encoding), options))
    except InputError:
        return None
    for result in results:
        assert isinstance(result, Row | RejectedRow | DuplicateRow)
        if isinstance(result, Row):
            value = json.loads(result.value)
            assert value[kind.__name__.lower() + "_id" if kind is not Event else "event_id"]
            salary = value.get("salary") or {}
            assert salary.get("minimum", 0) <= salary.get("maximum", float("inf"))
        if isinstance(result, RejectedRow):
            assert "\n" not in result.text
            json.loads(result.to_json())
    return results


@given(
    kind=KINDS,
    header=st.lists(st.sampled_from(NAMES) | CELLS, min_size=1, max_size=6),
    rows=st.lists(st.lists(CELLS, max_size=6), max_size=4),
    delimiter=st.sampled_from([None, ",", ";", "\t"]),
)
@FUZZ
def test_csv(tmp_path_factory, kind, header, rows, delimiter):
    required = ["candidate_id", "posting_id", "kind", "event_time", "title", "updated_at"]
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter or ",")
    writer.writerows([[*required, *header], *([*required, *cells] for cells in rows)])
    writer.writerows([(*cells[:1], *cells) for cells in rows])
    file = tmp_path_factory.getbasetemp() / "fuzz.csv"
    file.write_bytes(text.getvalue().encode("utf-8", "surrogatepass"))
    check(file, kind, ReadOptions(format="csv", delimiter=delimiter))


@given(kind=KINDS, lines=st.lists(st.dictionaries(st.sampled_from(NAMES), VALUES) | VALUES))
@FUZZ
def test_json(tmp_path_factory, kind, lines):
    required = {"candidate_id": "c", "posting_id": "p", "title": "t", "updated_at": "2025-01-01"}
    objects = [{**required, **line} if isinstance(line, dict) else line for line in lines]
    file = tmp_path_factory.getbasetemp() / "fuzz.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in [{}, *objects]), encoding="utf-8")
    results = check(file, kind, ReadOptions(format="jsonl"))
    assert {result.line for result in results} >= {
        number for number, line in enumerate([{}, *objects], 1) if line != []
    }


@given(
    kind=KINDS,
    content=st.binary(min_size=1, max_size=200),
    start=st.sampled_from([
        b"", b"\x1f\x8b", b"\xff\xfe", b"{", b"[", b"sep=;\n", b"posting_id,title\n",
    ]),
    encoding=st.sampled_from(["utf-8-sig", "utf-16", "gb18030", "latin-1"]),
)  # fmt: skip
@FUZZ
def test_bytes(tmp_path_factory, kind, content, start, encoding):
    file = tmp_path_factory.getbasetemp() / "fuzz.bin"
    file.write_bytes(start + content)
    check(file, kind, ReadOptions(encoding=encoding))
