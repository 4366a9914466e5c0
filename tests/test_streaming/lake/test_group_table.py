"""Audit groups: from files to Δ groups, and read by nobody who makes lists."""

import json

import pytest

from jobs.operations.table_import import read_table_file
from streaming.contract.audit_groups import AuditGroups, GroupMembership
from streaming.errors import InputError
from streaming.importing import ReadOptions
from streaming.lake.group_table import read_groups, write_groups
from streaming.settings import Settings


@pytest.fixture
def settings(tmp_path):
    return Settings(home=tmp_path / "home")


def read(settings, tmp_path, text, *flags, name="groups.csv"):
    file = tmp_path / name
    file.write_text(text, encoding="utf-8")
    return read_table_file(settings, file, AuditGroups, ReadOptions(mapping=flags))


def groups_of(result):
    return {person.candidate_id: person.groups for person in result.records}


def test_every_column_but_the_id_is_an_attribute(settings, tmp_path):
    rows = "candidate_id,sex,race\nc1,female,black\nc2,unknown,white\nc3,NA,\nc1,female,white\n"
    result = read(settings, tmp_path, rows)
    assert groups_of(result) == {
        "c1": {"sex": "female", "race": "white"},
        "c2": {"race": "white"},
        "c3": {},
    }
    assert (result.read, result.repeated, result.table) == (4, 1, "groups")


def test_columns_can_be_mapped_and_a_constant_given(settings, tmp_path):
    result = read(
        settings, tmp_path, "Who;Geschlecht;x\nc1;w;1\n",
        "candidate_id=Who", "sex=Geschlecht", "wave:=2026",
    )  # fmt: skip
    assert groups_of(result) == {"c1": {"sex": "w", "wave": "2026"}}


def test_json_lines_do_the_same_and_bad_rows_are_kept(settings, tmp_path):
    rows = [
        {"candidate_id": "c1", "sex": "male", "race": None},
        {"candidate_id": "c2", "sex": 3},
        {"sex": "male"},
    ]
    result = read(settings, tmp_path, "\n".join(map(json.dumps, rows)), name="groups.jsonl")
    assert groups_of(result) == {"c1": {"sex": "male"}}
    assert sum(result.rejected.values()) == 2
    texts = result.rejects.read_text()
    assert "field sex is '3'" in texts or "field sex is 3" in texts


def test_a_file_without_ids_is_refused(settings, tmp_path):
    with pytest.raises(InputError, match="no column is mapped to candidate_id"):
        read(settings, tmp_path, "sex\nmale\n")


@pytest.mark.spark
def test_groups_are_replaced_by_attribute(spark, settings):
    assert read_groups(spark, settings) == []
    one = AuditGroups(candidate_id="c1", sex="female", race="white")
    first = write_groups(spark, settings, [one, AuditGroups(candidate_id="c2", sex="male")])
    assert write_groups(spark, settings, [one]) == first  # nothing changed
    write_groups(spark, settings, [AuditGroups(candidate_id="c1", sex="diverse")])
    assert read_groups(spark, settings) == [
        GroupMembership(candidate_id=who, attribute=name, group=group)
        for who, name, group in (
            ("c1", "race", "white"), ("c1", "sex", "diverse"), ("c2", "sex", "male"),
        )
    ]  # fmt: skip
