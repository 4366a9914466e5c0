"""The files of ESCO and O*NET, made here in their layouts, whole and broken."""

import gzip
import json
from pathlib import Path

import pytest

from streaming.errors import InputError
from streaming.taxonomy.concept import ConceptKind
from streaming.taxonomy.files import TaxonomyFiles, read_taxonomy

ESCO = "http://data.europa.eu/esco"
BAKER, COOK, KNEAD, OVEN = (f"{ESCO}/{name}" for name in ("o/1", "o/2", "s/1", "s/2"))


@pytest.fixture
def esco(tmp_path: Path) -> Path:
    """A folder with ESCO's files: two occupations, two skills, in English and in Chinese."""
    header = "conceptType,conceptUri,iscoGroup,preferredLabel,altLabels,hiddenLabels,description\n"
    (tmp_path / "occupations_en.csv").write_text(
        header
        + f'Occupation,{BAKER},7512,baker,"bread baker\nbakery worker",,"Makes bread, rolls."\n'
        + f"Occupation,{COOK},5120,cook,,,\n"
    )
    (tmp_path / "occupations_zh.csv").write_text(header + f"Occupation,{BAKER},7512,面包师,,,\n")
    skills = "conceptType,conceptUri,skillType,preferredLabel,altLabels\n"
    (tmp_path / "skills_en.csv").write_text(
        f"{skills}KnowledgeSkillCompetence,{KNEAD},skill/competence,knead dough,work dough\n"
        f"KnowledgeSkillCompetence,{OVEN},knowledge,ovens,\n"
    )
    (tmp_path / "occupationSkillRelations_en.csv").write_text(
        "occupationUri,relationType,skillType,skillUri\n"
        f"{BAKER},essential,skill/competence,{KNEAD}\n{BAKER},optional,knowledge,{OVEN}\n"
    )
    (tmp_path / "broaderRelationsOccPillar_en.csv").write_text(
        "conceptType,conceptUri,broaderType,broaderUri\n"
        f"ISCOGroup,{ESCO}/isco/C7512,ISCOGroup,{ESCO}/isco/C751\n"
        f"Occupation,{BAKER},ISCOGroup,{ESCO}/isco/C7512\n"
    )
    return tmp_path


def reasons(read: TaxonomyFiles) -> list[str]:
    return [row.text for _, row in read.rejected]


def test_esco_files_are_joined_in_any_order_and_language(esco: Path) -> None:
    files = sorted(esco.glob("*.csv"))
    read = read_taxonomy(files)
    baker = read.taxonomy.by_id[BAKER]

    assert read_taxonomy(files[::-1]).taxonomy.by_id.keys() == read.taxonomy.by_id.keys()
    assert (read.taxonomy.source, read.rows, reasons(read)) == ("ESCO", 9, [])
    assert {(label.text, label.language) for label in baker.labels} == {
        *(("baker", "en"), ("bread baker", "en"), ("bakery worker", "en"), ("面包师", "zh"))
    }
    assert baker.name_in("zh") == "面包师"
    assert (baker.essential_skills, baker.optional_skills) == ([KNEAD], [OVEN])
    assert (baker.code, baker.broader) == ("7512", [f"{ESCO}/isco/C7512"])
    assert len(read.taxonomy.of_kind(ConceptKind.SKILL)) == 2
    assert read.languages[0] == "en"


def test_equal_files_make_equal_versions(esco: Path) -> None:
    files = sorted(esco.glob("*_en.csv"))
    before = read_taxonomy(files).taxonomy.version
    packed = esco / "skills_en.csv.gz"
    packed.write_bytes(gzip.compress((esco / "skills_en.csv").read_bytes()))

    assert read_taxonomy(files).taxonomy.version == before
    unpacked = [file for file in files if file.name != "skills_en.csv"]
    assert read_taxonomy([*unpacked, packed]).taxonomy.version == before
    assert read_taxonomy([*files, esco / "occupations_zh.csv"]).taxonomy.version != before


def test_onet_files(tmp_path: Path) -> None:
    code, other = "11-1011.00", "11-1021.00"
    tables = {
        "Occupation Data.txt": f'O*NET-SOC Code\tTitle\tDescription\n{code}\tChief "Boss"\tLeads.\n'
        f"{other}\tManager\tManages.\n",
        "Alternate Titles.txt": "O*NET-SOC Code\tTitle\tAlternate Title\tShort Title\tSource(s)\n"
        f"{code}\tChief\tChief Executive Officer\tCEO\t08\n{other}\tManager\tHead\tn/a\t08\n",
        "Related Occupations.txt": "O*NET-SOC Code\tRelated O*NET-SOC Code\tRelatedness Tier\n"
        f"{code}\t{other}\tPrimary-Short\n",
        "Job Zones.txt": "O*NET-SOC Code\tJob Zone\tDate\n"
        f"{code}\t5\t08/2023\n{other}\tsix\t08/2023\n",
        "Skills.txt": "O*NET-SOC Code\tElement ID\tElement Name\tScale ID\tData Value\n"
        f"{code}\t2.A.1.a\tReading\tIM\t4.1\n{code}\t2.A.1.a\tReading\tLV\t4.6\n"
        f"{code}\t2.B.1\tRepairing\tIM\t1.2\n",
        "Technology Skills.txt": "O*NET-SOC Code\tExample\tCommodity Title\n"
        f"{code}\tMicrosoft Excel\tSpreadsheets\n",
    }
    for name, text in tables.items():
        (tmp_path / name).write_text(text)
    read = read_taxonomy(sorted(tmp_path.iterdir()))
    chief = read.taxonomy.by_id[f"onet:{code}"]

    assert [label.text for label in chief.labels] == [
        'Chief "Boss"',
        "Chief Executive Officer",
        "CEO",
    ]
    assert (chief.related, chief.job_zone) == ([f"onet:{other}"], 5)
    assert chief.essential_skills == ["onet:2.A.1.a"]
    assert chief.optional_skills == ["onet:technology/microsoft excel"]
    assert reasons(read) == ["Job Zone 'six' is no number from 1 to 5"]


def test_own_json_lines_and_lists_of_skills(tmp_path: Path) -> None:
    concepts, skills = tmp_path / "own.jsonl", tmp_path / "skills.txt"
    own = {"concept_id": "o1", "name": "面包师", "essential_skills": ["和面"]}
    concepts.write_text(
        json.dumps(own, ensure_ascii=False) + '\n\n{"concept_id": "", "name": "x"}\n'
    )
    skills.write_text("和面\n烤箱\n")
    read = read_taxonomy([concepts, skills], language="zh", name="bakery")

    assert read.taxonomy.source == "bakery"
    assert read.languages == ["zh"]
    assert read.taxonomy.by_id["o1"].essential_skills == ["skill:和面"]
    assert len(read.taxonomy.of_kind(ConceptKind.SKILL)) == 2
    assert reasons(read) == ["the concept has no id; give one"]


def test_loops_and_missing_parents_are_rejected_and_the_rest_is_taken(esco: Path) -> None:
    loops = esco / "broaderRelationsSkillPillar_en.csv"
    loops.write_text(
        "conceptType,conceptUri,broaderType,broaderUri\n"
        f"KnowledgeSkillCompetence,{KNEAD},KnowledgeSkillCompetence,{OVEN}\n"
        f"KnowledgeSkillCompetence,{OVEN},KnowledgeSkillCompetence,{KNEAD}\n"
        f"KnowledgeSkillCompetence,{OVEN},KnowledgeSkillCompetence,{OVEN}\n"
        f"KnowledgeSkillCompetence,{OVEN},KnowledgeSkillCompetence,{ESCO}/gone\n"
    )
    read = read_taxonomy([esco / "skills_en.csv", loops])

    assert read.taxonomy.by_id[KNEAD].broader == [OVEN]
    assert read.taxonomy.by_id[OVEN].broader == []
    assert ["above itself" in reason for reason in reasons(read)] == [True, True, False]
    assert "is no concept of these files; add the file" in reasons(read)[2]
    assert [row.line for _, row in read.rejected] == [3, 4, 5]


def test_relations_without_their_concepts_are_refused_as_a_whole(esco: Path) -> None:
    with pytest.raises(InputError, match=r"no occupation and no skill in .*; give the files that"):
        read_taxonomy([esco / "occupationSkillRelations_en.csv"])


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.csv", "one,two\n1,2\n", "which no file of a taxonomy has"),
        ("a.jsonl", '{"a": \n', "line 1, is no JSON object"),
        ("a.csv", "", "is empty"),
        ("b.tsv", "O*NET-SOC Code\tTitle\tDescription\n1\tA\tx\n", r"taxonomy ESCO, .* of O\*NET"),
    ],
)
def test_what_is_no_taxonomy(esco: Path, name: str, text: str, message: str) -> None:
    (esco / name).write_text(text)
    with pytest.raises(InputError, match=message):
        read_taxonomy([esco / "occupations_en.csv", esco / name])


def test_names_that_cannot_be_used_are_rejected(tmp_path: Path) -> None:
    file = tmp_path / "skills_en.csv"
    header = b"conceptUri,skillType,preferredLabel\n"
    file.write_bytes(header + b"u:1,s, \nu:2,s," + b"x" * 501 + b"\nu:3,s,caf\xe9\nu:4,s,ok\n")
    read = read_taxonomy([file])

    assert list(read.taxonomy.by_id) == ["u:4"]
    assert ["is empty" in reasons(read)[0], "longer" in reasons(read)[1]] == [True, True]
    assert "is not UTF-8" in reasons(read)[2]
