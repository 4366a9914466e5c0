import json
import time

import pytest
from hypothesis import given, settings
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
from streaming.importing.json_rows import json_results
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


def nurse(**properties):
    return {"@type": "JobPosting", "title": "Nurse", **properties}


def values_of(posting, *other_nodes):
    (found,) = find_postings([posting, *other_nodes])
    return posting_values(found)


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
    first, again, other = (
        values_of(node)["posting_id"] for node in (nurse(), nurse(), nurse(title="Cook"))
    )
    assert first == again != other
    assert values_of(nurse(url="https://x.org/1"))["posting_id"] == "https://x.org/1"
    assert len(values_of(nurse(url="https://x.org/" + "y" * 300))["posting_id"]) == 24


@pytest.mark.parametrize(
    ("identity", "expected"),
    [
        ({"identifier": " 17a "}, "17a"),
        ({"identifier": 17}, "17"),
        ({"identifier": 17.0}, "17"),
        ({"identifier": 0}, "0"),
        ({"identifier": True, "url": "https://x.org/1"}, "https://x.org/1"),
        ({"identifier": {"name": "Acorn", "value": 5}}, "Acorn/5"),
        ({"identifier": {"name": "Acorn", "@id": "urn:job:5"}}, "Acorn/urn:job:5"),
        ({"identifier": {"@id": "#x"}, "url": "https://x.org/1"}, "https://x.org/1"),
        ({"identifier": {"@id": "_:x"}, "url": "https://x.org/1"}, "https://x.org/1"),
        ({"identifier": {"@id": "#i"}}, "Beech/9"),
        ({"identifier": [None, {"name": "Acorn"}, ["", 8], 9]}, "8"),
        ({"url": "https://x.org/1", "@id": "https://x.org/2"}, "https://x.org/1"),
        ({"@id": "https://x.org/2"}, "https://x.org/2"),
        ({"@id": "urn:uuid:1"}, "urn:uuid:1"),
    ],
)
def test_ids(identity, expected):
    other = {"@id": "#i", "name": "Beech", "value": "9"}
    assert values_of(nurse(**identity), other)["posting_id"] == expected


@pytest.mark.parametrize("name", ["_:b0", "#job", "jobs/1", "/jobs/1", 7, None])
def test_an_id_within_a_document_is_no_posting_id(name):
    posting_id = values_of(nurse(**{"@id": name}))["posting_id"]
    assert len(posting_id) == 24
    assert posting_id.isalnum()


def test_postings_told_apart_by_any_id_have_different_ids(tmp_path):
    names = ["https://x.org/1", "https://x.org/2", "#1", "#2", "jobs/1", "jobs/2"]
    rows = read(tmp_path, *(nurse(**{"@id": name}) for name in names))
    assert len({row.key for row in rows}) == len(names)
    blank = [values_of(nurse(**{"@id": name}))["posting_id"] for name in ("_:b0", "_:b1")]
    assert blank[0] == blank[1]  # a serialiser numbers blank nodes as it likes


@pytest.mark.parametrize("digits", [16, 19, 20, 40, 199])
def test_whole_numbers_of_any_length_are_kept(tmp_path, digits):
    numbers = [10 ** (digits - 1) + n for n in range(3)]
    rows = read(tmp_path, *({**FULL, "identifier": number} for number in numbers))
    assert [row.key for row in rows] == [str(number) for number in numbers]


def test_very_long_numbers_are_hashed_or_rejected():
    line = '{"@type": "JobPosting", "title": "Nurse", "identifier": 1%s}'
    first, second, endless = (
        result
        for end in ("0" * 300 + "1", "0" * 300 + "2", "0" * 5000)
        for result in json_results(Posting, line % end, 1)
    )
    assert len(first.key) == len(second.key) == 24
    assert first.key != second.key
    assert endless.reason == RejectionReason.NOT_JSON


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
        ({"jobLocation": {"@type": "Place", "address": {"@id": "#gone"}}}, None),
        ({"jobLocation": [None, 5.0, {"address": []}]}, {"locality": "5"}),
        ({"jobLocation": {"address": None, "name": "Leith"}}, {"locality": "Leith"}),
        ({"jobLocation": {"address": [{}, {"addressRegion": ["Fife"]}]}}, {"region": "Fife"}),
        ({"jobLocation": {"@id": "#p"}}, {"locality": "Oban", "country": "GB"}),
        (
            {
                "jobLocationType": "TELECOMMUTE",
                "jobLocation": {"@type": "Place"},
                "applicantLocationRequirements": [{"@type": "schema:Country", "name": "Peru"}],
            },
            {"country": "Peru"},
        ),
    ],
)
def test_places(place, expected):
    others = [
        {"@id": "#p", "@type": "Place", "address": {"@id": "#a"}},
        {"@id": "#a", "addressLocality": "Oban", "addressCountry": {"@id": "#c"}},
        {"@id": "#c", "@type": "Country", "name": "GB"},
    ]
    assert values_of(nurse(**place), *others).get("place") == expected


@pytest.mark.parametrize(
    ("properties", "field", "expected"),
    [
        ({"title": 123}, "title", "123"),
        ({"title": None, "name": ["Cook"]}, "title", "Cook"),
        ({"title": "<i></i>", "name": "Cook"}, "title", "Cook"),
        ({"title": [{"@value": "Cook", "@language": "en"}]}, "title", "Cook"),
        ({"employmentType": {"@list": ["INTERN", "X"]}}, "employment_type", "INTERN, X"),
        ({"employmentType": [[], {"@set": [{"@value": "INTERN"}]}]}, "employment_type", "INTERN"),
        ({"hiringOrganization": "Acorn"}, "employer", "Acorn"),
        ({"hiringOrganization": {"@id": "#gone"}}, "employer", None),
        ({"hiringOrganization": {"@id": "https://x.org/#o", "@type": "Thing"}}, "employer", None),
        ({"hiringOrganization": {"@id": "#o", "@type": "Organization"}}, "employer", "Beech"),
        ({"hiringOrganization": [False, {}, {"name": {"@id": "#o"}}]}, "employer", "Beech"),
        ({"hiringOrganization": {"@id": "#self", "name": {"@id": "#self"}}}, "employer", None),
        ({"skills": [{"@type": "DefinedTerm", "name": "CT"}, "MRI"]}, "skills", ["CT", "MRI"]),
        ({"experienceRequirements": {"monthsOfExperience": "24"}}, "experience", "24 months"),
        ({"experienceRequirements": {"monthsOfExperience": 6.0}}, "experience", "6 months"),
        ({"experienceRequirements": {"monthsOfExperience": "two"}}, "experience", "two"),
        ({"experienceRequirements": {"monthsOfExperience": 0}}, "experience", None),
        ({"experienceRequirements": ["Any", {"monthsOfExperience": 3}]}, "experience", "3 months"),
        ({"experienceRequirements": ["Some"]}, "experience", "Some"),
        ({"inLanguage": ["English", "de-AT"]}, "language", "de"),
        ({"inLanguage": {"name": "French", "alternateName": "fr"}}, "language", "fr"),
        ({"inLanguage": {"a": 1}}, "language", "en"),
        ({"url": ["/1", "https://x.org/1"]}, "url", "https://x.org/1"),
        ({"url": {"@id": "https://x.org/1"}}, "url", "https://x.org/1"),
        ({"url": {"@id": "#page", "url": ["https://x.org/1"]}}, "url", "https://x.org/1"),
        ({"@id": "https://x.org/1", "url": {"@id": "https://x.org/1"}}, "url", "https://x.org/1"),
        ({"url": {"@id": "#gone"}}, "url", None),
        ({"url": {}}, "url", None),
    ],
)  # fmt: skip
def test_values_of_many_shapes(properties, field, expected):
    other = {"@id": "#o", "@type": "Organization", "name": "Beech"}
    assert values_of(nurse(**properties), other).get(field) == expected


@pytest.mark.parametrize(
    "posted", [["2024-05-06"], 1714953600, 1714953600.0, {"@value": "2024-05-06"}]
)
def test_dates_of_many_shapes(posted):
    assert f"{values_of(nurse(datePosted=posted))['date_posted']:%F}" == "2024-05-06"


@pytest.mark.parametrize("posted", [["2024-05-06", "2024-05-07"], 3, {"name": "soon"}])
def test_unreadable_dates(posted):
    with pytest.raises(RowError, match="datePosted"):
        values_of(nurse(datePosted=posted))


def test_a_salary_may_stand_in_other_nodes():
    salary = {"@id": "#s", "currency": "EUR", "value": {"@id": "#v"}, "about": {"@id": "#s"}}
    amount = {"@id": "#v", "minValue": 40000, "maxValue": 50000, "unitText": "YEAR"}
    found = values_of(nurse(baseSalary={"@id": "#s"}), salary, amount)["salary"]
    assert found == {"currency": "EUR", "minimum": 40000.0, "maximum": 50000.0, "unit": "YEAR"}


@pytest.mark.parametrize("prefix", ["schema:", "http://schema.org/", "https://schema.org/"])
def test_names_may_have_a_prefix(prefix):
    posting = {
        "@type": ["Thing", None, f"{prefix}JobPosting"],
        f"{prefix}title": [{"@value": "Nurse"}],
        f"{prefix}identifier": {f"{prefix}value": {"@value": 5}},
        f"{prefix}hiringOrganization": {"@id": "#o"},
    }
    values = values_of(posting, {"@id": "#o", f"{prefix}name": "Beech"})
    assert (values["title"], values["posting_id"], values["employer"]) == ("Nurse", "5", "Beech")


@pytest.mark.parametrize(
    "wrap",
    [
        lambda node: {"@graph": node},
        lambda node: {"@graph": [{"@graph": [node]}, {"@type": "WebSite"}]},
        lambda node: {"@type": "WebPage", "mainEntity": node},
        lambda node: {"@type": "ItemList", "itemListElement": [{"position": 1, "item": node}]},
        lambda node: {"@type": "ItemList", "itemListElement": [node]},
        lambda node: {"@type": "CollectionPage", "hasPart": [[node]]},
        lambda node: {"@type": "WebPage", "@reverse": {"mainEntityOfPage": node}},
        lambda node: {"@id": "#x", "@included": [node]},
    ],
)  # fmt: skip
def test_a_posting_is_found_wherever_it_stands(tmp_path, wrap):
    (row,) = read(tmp_path, wrap(nurse(identifier="1")))
    assert row.key == "1"


def test_a_posting_within_a_posting_is_part_of_it():
    similar = nurse(title="Cook", hiringOrganization={"@id": "#o", "name": "Beech"})
    values = values_of(nurse(hiringOrganization={"@id": "#o"}, isSimilarTo=similar))
    assert (values["title"], values["employer"]) == ("Nurse", "Beech")


def test_nodes_with_one_id_are_one_node(tmp_path):
    document = [
        {"@type": "ItemList", "itemListElement": [{"@type": "JobPosting", "@id": "#1"}]},
        {"@type": "WebPage", "@id": "#1", "name": "Jobs", "description": "All jobs"},
        nurse(**{"@id": "#1", "industry": None, "description": "Days"}),
        nurse(**{"@id": "#1", "industry": "Health"}),
    ]
    (row,) = read(tmp_path, document[2:])
    assert (row.record.title, row.record.industry) == ("Nurse", "Health")
    (row,) = read(tmp_path, document)
    assert (row.record.title, row.record.industry) == ("Nurse", "Health")


def test_a_list_with_other_nodes_is_one_document(tmp_path):
    own = {"schema_version": 1, "posting_id": "p", "title": "Baker"}
    nodes = [
        {"@type": "BreadcrumbList"},
        nurse(identifier="1", hiringOrganization={"@id": "#o"}),
        own,
        [{"@type": "Organization", "@id": "#o", "name": "Beech"}, 5],
        nurse(identifier="2", datePosted="soon"),
    ]
    first, second, baker, number = read(tmp_path, nodes)
    assert (first.key, first.record.employer) == ("1", "Beech")
    assert (second.reason, number.reason) == ("wrong-value", "wrong-type")
    assert baker.key == "p"
    no_posting, baker = read(tmp_path, [nodes[0], own])
    assert (no_posting.reason, baker.key) == ("not-a-posting", "p")


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


@pytest.mark.parametrize("depth", [5, 50, 900, 5000])
@pytest.mark.parametrize(
    "line", ['"title": %s', '"hiringOrganization": %s', '"baseSalary": {"value": %s}', '"x": %s']
)
def test_deep_nesting_ends_no_import(line, depth):
    raw = f'{{"@type": "JobPosting", "title": "Nurse", {line}}}'
    for inner in ("[" * depth + "1" + "]" * depth, '{"name":' * depth + "1" + "}" * depth):
        (result,) = json_results(Posting, raw % inner, 1)
        is_read = depth == 5 or (depth <= 900 and '"x"' in line)
        assert isinstance(result, Row) == is_read


def test_references_that_grow_exponentially_are_too_large():
    nodes = [{"@id": f"#{n}", "name": [{"@id": f"#{n + 1}"}] * 2} for n in range(19)]
    bomb = nurse(hiringOrganization={"@id": "#1"})
    first, second = json_results(Posting, json.dumps([bomb, nurse(identifier="2"), *nodes]), 1)
    assert (first.reason, second.key) == (RejectionReason.TOO_LARGE, "2")


def shared(node, count, **reference):
    """Return postings that all refer to one large node."""
    return [{**node, "@id": "#x"}, *(nurse(identifier=n, **reference) for n in range(count))]


@pytest.mark.parametrize(
    ("node", "reference"),
    [({"address": [{}] * 300}, "jobLocation"), ({"name": [{"@id": "#x"}] * 1500}, "industry")],
)
def test_many_postings_may_not_all_read_one_large_node(node, reference):
    document = shared(node, 400, **{reference: {"@id": "#x"}})
    reasons = [getattr(r, "reason", None) for r in json_results(Posting, json.dumps(document), 1)]
    assert (reasons[0], reasons[-1]) == (None, RejectionReason.TOO_LARGE)


@pytest.mark.parametrize("count", [1, 500])
def test_small_postings_may_share_an_employer_and_a_place(count):
    address = {"addressLocality": "Kirkcaldy", "addressRegion": "Fife", "addressCountry": "GB"}
    nodes = shared(
        {"name": "The Royal and Ancient Company of Adventurers", "address": address},
        count,
        hiringOrganization={"@id": "#x"},
        jobLocation={"@id": "#x"},
    )
    assert all(isinstance(r, Row) for r in json_results(Posting, json.dumps(nodes), 1))


def test_the_rejected_rows_of_a_long_line_do_not_all_repeat_it():
    raw = json.dumps([nurse(datePosted="soon")] * 200)
    repeated = sum(len(result.raw) for result in json_results(Posting, raw, 1))
    assert len(raw) < repeated < 15 * len(raw)


MANY = {
    "empty nodes": lambda n: {"@graph": [{}] * n + [nurse()]},
    "nodes with one id": lambda n: [nurse(**{"@id": "#1", f"x{k}": 1}) for k in range(n)],
    "names with a prefix": lambda n: [{f"schema:{k}": 1 for k in range(n)}, nurse()],
    "types": lambda n: [{"@type": f"T{k}"} for k in range(n)],
    "a long name": lambda n: shared({"name": "x" * n * 30}, n, hiringOrganization={"@id": "#x"}),
    "types of a place": lambda n: shared({"@type": ["T"] * n}, n, jobLocation={"@id": "#x"}),
    "a chain": lambda n: [
        nurse(hiringOrganization={"@id": "#0"}),
        *({"@id": f"#{k}", "name": {"@id": f"#{k + 1}"}} for k in range(n)),
    ],
}


def seconds(document):
    raw = json.dumps(document)
    best = float("inf")
    for _ in range(3):
        start = time.process_time()
        for _ in json_results(Posting, raw, 1):
            pass
        best = min(best, time.process_time() - start)
    return best


@pytest.mark.parametrize("name", MANY)
def test_the_time_is_linear(name):
    small, large = (seconds(MANY[name](n)) for n in (100, 800))
    assert large < 20 * small


IDS = st.sampled_from(["#a", "#b", "_:c", "https://x.org/d", "", 5])
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(10**18, 10**25)
    | st.floats()
    | st.sampled_from(["JobPosting", "schema:JobPosting", "Country", "2024-05-06", "€9 p/h", "#a"])
    | st.text(max_size=5)
)
KEYS = st.sampled_from(
    [
        *FULL,
        *("name", "address", "value", "@value", "@list", "@graph", "@reverse", "mainEntity"),
        *(
            "minValue",
            "currency",
            "monthsOfExperience",
            "inLanguage",
            "alternateName",
            "schema:url",
        ),
        *("addressCountry", "http://schema.org/title", "salaryCurrency", "posting_id", "place"),
    ]
)
JSON = st.recursive(
    SCALARS | st.fixed_dictionaries({"@id": IDS}),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(KEYS, inner, max_size=4)
        | st.fixed_dictionaries({"@id": IDS}, optional={"name": inner, "address": inner})
        | st.fixed_dictionaries(
            {"@type": st.just("JobPosting") | inner, "title": st.just("Nurse") | inner},
            optional={"@id": IDS, "hiringOrganization": inner, "jobLocation": inner, "url": inner},
        )
    ),
    max_leaves=15,
)


@settings(max_examples=300, deadline=None)
@given(JSON, st.sampled_from([None, True, False]))
def test_no_shape_of_json_breaks_the_reader(document, jsonld):
    raw = json.dumps(document)
    results = list(json_results(Posting, raw, 1, jsonld=jsonld))
    assert results
    assert all(isinstance(result, Row | RejectedRow) for result in results)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.sampled_from([*FULL, "inLanguage"]), JSON))
def test_no_property_of_a_posting_breaks_the_reader(properties):
    (result, *_) = json_results(Posting, json.dumps({**properties, "@type": "JobPosting"}), 1)
    assert isinstance(result, Row | RejectedRow)


def lines_of(tmp_path, *documents):
    """Outcomes of documents, one a line: the id of a posting, or the reason of a reject."""
    results = read(tmp_path, *documents)
    return [result.key if isinstance(result, Row) else result.reason.value for result in results]


def test_an_object_whose_only_keyword_is_its_context_has_one_outcome(tmp_path):
    posting = {"@type": "JobPosting", "title": "Baker", "identifier": "b"}
    context = {"@context": "https://schema.org"}
    assert lines_of(tmp_path, context | {"type": "JobPosting"}) == ["not-a-posting"]
    assert lines_of(tmp_path, [context, posting]) == ["b"]


def test_pages_that_were_joined_keep_their_postings_apart(tmp_path):
    page = {"@type": "JobPosting", "@id": "#posting", "title": "Baker", "identifier": "1"}
    other = page | {"title": "Cook", "identifier": "2"}
    assert lines_of(tmp_path, [page, other, page]) == ["1", "2"]
    assert lines_of(tmp_path, [page | {"@id": ""}, other | {"@id": ""}]) == ["1", "2"]


def test_a_page_of_the_same_id_says_nothing_of_the_posting(tmp_path):
    page = {"@type": "WebPage", "@id": "https://x.test/1", "name": "x", "description": "cookies"}
    posting = {"@type": "JobPosting", "@id": "https://x.test/1", "title": "Baker"}
    for graph in ([page, posting], [posting, page]):
        [row] = read(tmp_path, {"@context": "https://schema.org", "@graph": graph})
        assert (row.record.title, row.record.description) == ("Baker", None)


def test_a_legal_name_is_a_name_and_bullets_are_no_skills(tmp_path):
    organization = {"@type": "Organization", "legalName": "Ada GmbH"}
    posting = FULL | {
        "hiringOrganization": organization,
        "skills": "<ul><li>Java</li><li>C++; -5</li></ul>",
    }
    [row] = read(tmp_path, posting)
    assert (row.record.employer, row.record.skills) == ("Ada GmbH", ["Java", "C++", "-5"])
