"""What is found in résumés, in English and Chinese, and that each value stands where it says."""

# ruff: noqa: RUF001 - Chinese signs and dashes stand in texts

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from resume_files import SAMPLES, write_docx, write_pdf

from streaming.contract.records import Stated
from streaming.importing.parsers.html_text import single_line
from streaming.importing.resumes import ResumeText, parse_resume, read_resume

FILES = sorted(file for file in SAMPLES.iterdir() if file.suffix != ".json")
PERSONAL = (
    *("@", "example", "linkedin", "0117", "Holt", "Harbour", "1ZZ", "4ZZ", "138-", "13900", "微信"),
    *(
        "林晓",
        "赵明远",
        "孙小满",
        "陈默",
        "周雨桐",
        "王建国",
        "Pritchard",
        "Mill Lane",
        "1988",
        "汉",
    ),
    *("已婚", "31岁", "42岁", "Kranz", "Wendel", "Nwosu", "Flores", "912", "Sarah", "555", "西湖"),
    *("浦东", "1990", "1995", "薪", "20K", "35K"),
)
"""What the samples say about the persons behind them."""


def parsed(text):
    return parse_resume(ResumeText(text=text, read_as="text"))


def found(text, field):
    return [value.value for value in parsed(text).values if value.field == field]


def held(text):
    return parsed(text).stated().get("experience", [])


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_resume_gives_what_it_states(file):
    expected = json.loads(file.with_suffix(".json").read_text(encoding="utf-8"))
    stated = read_resume(file).stated()
    assert stated == expected
    Stated.model_validate({"updated_at": "2026-01-01T00:00:00Z", **stated})


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_personal_data_is_in_no_field(file):
    text = json.dumps(read_resume(file).stated(), ensure_ascii=False)
    assert [word for word in PERSONAL if word in text] == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
@pytest.mark.parametrize("write", [write_pdf, write_docx])
def test_pdf_and_docx_give_what_the_text_gives(file, write, tmp_path):
    written = write(tmp_path / f"r.{write.__name__[-4:].strip('_')}", file.read_text("utf-8"))
    of_text, of_file = read_resume(file).stated(), read_resume(written).stated()
    assert of_file == of_text


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_span_is_the_characters_of_the_file_itself(file):
    text = file.read_text(encoding="utf-8")
    for value in read_resume(file).values:
        own = text[value.span.start : value.span.end]
        assert own == value.span.text
        if not value.field.endswith("_date") and value.field != "language":
            assert value.value == single_line(own)


LINES = st.sampled_from(
    [line for file in FILES for line in file.read_text(encoding="utf-8").splitlines()]
)
ANY_LINE = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs"]) | st.sampled_from(" ,:|–-2019\t公司"),
    max_size=60,
)


@given(st.lists(LINES | ANY_LINE, max_size=25).map("\n".join))
def test_every_value_is_a_part_of_the_text(text):
    resume = parsed(text)
    for value in resume.values:
        span = value.span
        assert 0 <= span.start < span.end <= len(text)
        assert text[span.start : span.end] == span.text
        assert span.text.strip()
        if value.field.startswith(("skills", "wishes", "places")) or "title" in value.field:
            assert value.value == single_line(span.text)
    Stated.model_validate({"updated_at": "2026-01-01T00:00:00Z", **resume.stated()})


@pytest.mark.parametrize(
    ("line", "title", "employer"),
    [
        ("Nurse, City Hospital, 2019 - 2021", "Nurse", "City Hospital"),
        ("City Hospital, Nurse, 2019 - 2021", "Nurse", "City Hospital"),
        ("Nurse at Rosemount (2019 - 2021)", "Nurse", "Rosemount"),
        ("2019 - 2021: Nurse | City Hospital | Leeds", "Nurse", "City Hospital"),
        ("Globex — Process Engineer — 2019 to 2021", "Process Engineer", "Globex"),
        ("Barkeeper, Bean There, 2019–2021", "Barkeeper", "Bean There"),
        ("Sales Manager, Acme, Inc., 2019-2021", "Sales Manager", "Acme, Inc."),
        ("Head of Logistics, Bank of Leeds, since 2020", "Head of Logistics", "Bank of Leeds"),
        ("2019.01-2021.03 星河科技有限公司 Java开发工程师", "Java开发工程师", "星河科技有限公司"),
        ("星河科技有限公司Java开发工程师 2019.01-2021.03", "Java开发工程师", "星河科技有限公司"),
        ("2019年1月—至今 市第一医院 护士长", "护士长", "市第一医院"),
        ("谷雨（上海）公司 | 高级 Java 专员 | 2019-至今", "高级 Java 专员", "谷雨（上海）公司"),
        ("项目经理，东方银行，2015-2018", "项目经理", "东方银行"),
    ],
)  # fmt: skip
def test_title_and_employer_in_any_order(line, title, employer):
    [position] = held(f"Experience\n{line}\n- 5 years of work")
    assert (position["title"], position["employer"]) == (title, employer)
    assert position["start_date"]


def test_lines_around_the_dates_belong_to_them():
    above = "Experience\nGlobex Ltd\nWelder\n2019 - 2021\n- welds\nInitech Ltd\nFitter\n2015 - 2018"
    below = "Experience\n2019 - 2021\nWelder\nGlobex Ltd\n- welds\n2015 - 2018\nFitter\nInitech Ltd"
    for text in (above, below):
        assert [(p["title"], p["employer"]) for p in held(text)] == [
            ("Welder", "Globex Ltd"),
            ("Fitter", "Initech Ltd"),
        ]


def test_the_order_of_clear_entries_holds_for_the_others():
    text = "Experience\nAcme Ltd | Welder | 2019 - 2021\nQuux | Zymurgist | 2015 - 2018"
    assert held(text)[1]["employer"] == "Quux"


def test_positions_without_dates():
    [position] = held("Experience\nNurse, City Hospital\n- cares for patients")
    assert position == {"title": "Nurse", "employer": "City Hospital"}


def test_dates_in_items_are_of_what_was_done():
    text = "Experience\nNurse, City Hospital, 2015 - 2021\n- Led a ward 2019 - 2020, Leeds"
    assert len(held(text)) == 1
    assert (
        len(held("Experience\n- Nurse, City Hospital, 2015 - 2021\n- Nurse, Inn, 2012-2014")) == 2
    )


@pytest.mark.parametrize(
    ("line", "skills"),
    [
        ("Java, SQL; Kafka | Spark · dbt", ["Java", "SQL", "Kafka", "Spark", "dbt"]),
        ("Databases: PostgreSQL, Redis", ["PostgreSQL", "Redis"]),
        ("- Proficient in C++ (5 years), CI/CD, PL/SQL.", ["C++", "CI/CD", "PL/SQL"]),
        ("Java、Python，熟悉Spring Boot；了解Kafka等", ["Java", "Python", "Spring Boot", "Kafka"]),
        ("会计, 有限元分析", ["会计", "有限元分析"]),
        ("Node.js, ASP.NET, .NET", ["Node.js", "ASP.NET", "NET"]),
        ("I have used many tools in my last three jobs and learned all of them quickly", []),
    ],
)
def test_skills_of_a_line(line, skills):
    assert found(f"Skills\n{line}", "skills") == skills


def test_an_item_broken_by_the_margin_is_one():
    text = f"Skills\n{'Java, ' * 11}Apache\nKafka, Spark"
    assert found(text, "skills") == ["Java", "Apache Kafka", "Spark"]
    assert parsed(text).values[1].span.text == "Apache\nKafka"


@pytest.mark.parametrize(
    ("text", "wishes", "places"),
    [
        ("Objective\nSeeking a role as a Data Engineer in Leeds.", ["Data Engineer"], ["Leeds"]),
        ("求职意向：Java开发工程师 | 上海 | 20-30K | 全职", ["Java开发工程师"], ["上海"]),
        ("求职意向 会计主管\n现居地 成都", ["会计主管"], []),
        ("希望应聘护理主管岗位。", ["护理主管"], []),
        ("Location: 12 High Street, Leeds LS1 4AB", [], []),
        ("Location: Leeds, UK\nPreferred locations: York or Hull", [], ["York", "Hull"]),
    ],
)
def test_wishes_and_places(text, wishes, places):
    assert found(text, "wishes") == wishes
    assert found(text, "places") == places


@pytest.mark.parametrize(
    "line",
    [
        "Write to me at jo@example.org.",
        "Ring 0117 496 0000 or +44 117 4960000.",
        "See www.example.org/jo or linkedin.com/in/jo.",
        "I live at 12 High Street in Leeds.",
        "Born 1988, married, two children.",
        "微信 jo_88，电话 138 0000 1234。",
        "住在朝阳路15号3栋。",
        "Jo Marlowe is a good cook.",
    ],
)
def test_sentences_with_personal_data_are_left_out(line):
    text = f"Jo Marlowe\n\nSummary\nCooks well. {line}"
    assert found(text, "background") in (["Cooks well."], [])


def test_headings_in_two_languages_with_signs_and_spaces():
    for heading in (
        "## SKILLS ##",
        "S K I L L S",
        "【专业技能】",
        "专业技能 / Skills",
        "二、技 能",
        "■ Key Skills:",
    ):
        assert found(f"{heading}\nJava", "skills") == ["Java"]


def test_a_text_without_anything_known_has_no_values():
    assert parsed("lorem ipsum").values == ()
