import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streaming.contract.records import Posting
from streaming.importing import (
    ReadOptions,
    RejectedRow,
    RejectionReason,
    Row,
    SourceFile,
    read_rows,
)
from streaming.importing.rows import RowError
from streaming.importing.schema_org import find_postings, posting_values

FULL = {
    "@context": "https://schema.org",
    "@type": "JobPosting",
    "title": "Trainee&nbsp;Radiographer",
    "description": "&lt;p&gt;Work with us.&lt;/p&gt;&lt;ul&gt;&lt;li&gt;CT&lt;/li&gt;&lt;/ul&gt;",
    "identifier": {"@type": "PropertyValue", "name": "InHealth", "value": 17},
    "datePosted": "2020-09-08T16:30:24+0100",
    "validThrough": "2020-11-30",
    "employmentType": ["FULL_TIME", "TEMPORARY"],
    "hiringOrganization": {"@type": "Organization", "name": "InHealth Ltd"},
    "industry": "Healthcare",
    "skills": "CT, X-ray",
    "experienceRequirements": {"monthsOfExperience": 24},
    "educationRequirements": [{"credentialCategory": "bachelor degree"}],
    "occupationalCategory": {"@type": "CategoryCode", "codeValue": "29-2034", "name": "Radiology"},
    "jobLocation": [
        {"@type": "Place"},
        {
            "address": {
                "addressLocality": "Devon",
                "addressRegion": "England",
                "addressCountry": {"@type": "Country", "name": "GB"},
            }
        },
    ],
    "baseSalary": {
        "currency": "GBP",
        "value": {"minValue": "25000", "maxValue": 30000.0, "unitText": "year"},
    },
    "url": "https://example.org/17",
}


def read(tmp_path, *lines, **options):
    file = tmp_path / "postings.jsonl"
    file.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    return list(read_rows(Posting, SourceFile(file), ReadOptions(**options)))


def test_a_full_posting(tmp_path):
    (row,) = read(tmp_path, FULL)
    assert row.key == "InHealth/17"
    assert json.loads(row.value) == {
        "schema_version": 1,
        "posting_id": "InHealth/17",
        "title": "Trainee Radiographer",
        "description": "Work with us.\n\n- CT",
        "employer": "InHealth Ltd",
        "industry": "Healthcare",
        "occupation": "Radiology",
        "skills": ["CT", "X-ray"],
        "employment_type": "FULL_TIME, TEMPORARY",
        "education": "bachelor degree",
        "experience": "24 months",
        "place": {"locality": "Devon", "region": "England", "country": "GB"},
        "salary": {"currency": "GBP", "minimum": 25000.0, "maximum": 30000.0, "unit": "YEAR"},
        "language": "en",
        "date_posted": "2020-09-08T15:30:24.000000Z",
        "valid_through": "2020-11-30T23:59:59.999999Z",
        "url": "https://example.org/17",
    }


def test_a_list_and_a_graph_hold_several(tmp_path):
    organisation = {"@type": "Organization", "@id": "#us", "name": "Us Ltd"}
    graph = {
        "@context": "https://schema.org",
        "@graph": [
            organisation,
            {"@type": ["JobPosting"], "title": "A", "hiringOrganization": {"@id": "#us"}},
            {"@type": "http://schema.org/JobPosting", "title": "B"},
        ],
    }
    rows = read(tmp_path, graph, [FULL, {**FULL, "identifier": "x"}])
    assert [row.line for row in rows] == [1, 1, 2, 2]
    assert [row.record.title for row in rows[:2]] == ["A", "B"]
    assert rows[0].record.employer == "Us Ltd"
    assert [row.key for row in rows[2:]] == ["InHealth/17", "x"]


def test_ids_without_an_identifier_are_stable():
    bare = {"@type": "JobPosting", "title": "Nurse"}
    first, again, other = (
        posting_values(node)["posting_id"] for node in (bare, bare, {**bare, "title": "Cook"})
    )
    assert first == again != other
    assert posting_values({**bare, "url": "https://x.org/1"})["posting_id"] == "https://x.org/1"
    assert len(posting_values({**bare, "url": "https://x.org/" + "y" * 300})["posting_id"]) == 24


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ({"jobLocation": {"address": "Halifax"}}, {"locality": "Halifax"}),
        ({"jobLocation": {"name": "Head office"}}, {"locality": "Head office"}),
        (
            {"applicantLocationRequirements": {"@type": "Country", "name": "France"}},
            {"country": "France"},
        ),
        ({"jobLocation": []}, None),
    ],
)
def test_places(place, expected):
    assert posting_values({"title": "x", **place}).get("place") == expected


def test_what_is_no_posting_is_set_aside(tmp_path):
    results = read(
        tmp_path,
        {"@type": "Event", "title": "Fair"},
        {**FULL, "datePosted": "soon"},
        {**FULL, "title": "<b></b>"},
        FULL,
        ["text"],
    )
    assert [type(result) for result in results] == [
        RejectedRow,
        RejectedRow,
        RejectedRow,
        Row,
        RejectedRow,
    ]
    assert [result.reason for result in results if isinstance(result, RejectedRow)] == [
        RejectionReason.NOT_A_POSTING,
        RejectionReason.WRONG_VALUE,
        RejectionReason.MISSING_FIELD,
        RejectionReason.WRONG_TYPE,
    ]
    assert "@type: Event" in results[0].text
    assert "datePosted" in results[1].text
    assert "'soon'" in results[1].text
    assert json.loads(results[2].raw)["title"] == "<b></b>"


def test_format_jsonld_needs_no_marks(tmp_path):
    plain = {"@type": "JobPosting", "title": "Nurse", "url": "u"}
    (row,) = read(tmp_path, plain, format="jsonld")
    assert row.key == "u"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*FULL, "name", "address", "value", "@id"]), inner)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(list(FULL)), JSON))
def test_no_shape_of_json_breaks_the_reader(node):
    for posting in find_postings({**node, "@type": "JobPosting"}):
        with suppress(RowError):
            values = posting_values(posting)
            assert Posting.model_validate(values).title == values["title"]
