import re
from collections import Counter
from string import Formatter

import pytest

from infra.simulator import LANGUAGES, occupations
from infra.simulator.population.taxonomy import Taxonomy
from infra.simulator.vocabulary import phrases
from infra.simulator.vocabulary.employer_names import FIRST, INDUSTRIES, SECOND
from infra.simulator.vocabulary.places import CITIES

CHINESE = re.compile(r"[\u4e00-\u9fff]")


def test_there_are_many_occupations_each_with_its_own_key_and_names():
    assert len(occupations()) >= 36
    for names in (
        [occupation.key for occupation in occupations()],
        [occupation.zh.name for occupation in occupations()],
        [occupation.en.name for occupation in occupations()],
    ):
        assert len(set(names)) == len(names)


@pytest.mark.parametrize("occupation", occupations(), ids=lambda occupation: occupation.key)
def test_an_occupation_has_a_real_vocabulary_in_both_languages(occupation):
    for language in LANGUAGES:
        wording = occupation.wording(language)
        assert len(wording.titles) >= 5
        assert 8 <= len(wording.skills) <= 15
        assert len(wording.tasks) >= 5
        assert all(wording.titles + wording.skills + wording.tasks)
        assert len(set(wording.skills)) == len(wording.skills)
    assert not CHINESE.search(
        " ".join(occupation.en.titles + occupation.en.skills + occupation.en.tasks)
    )
    assert all(CHINESE.search(text) for text in occupation.zh.titles + occupation.zh.tasks)
    assert occupation.industries
    assert set(occupation.industries) <= set(INDUSTRIES)


def test_the_profiles_of_the_demonstration_belong_to_their_occupations():
    stated = {occupation.key: occupation.stated("zh") for occupation in occupations()}
    assert stated["java_backend"] == ("软件开发", "Java开发", "Spring框架")
    assert stated["accountant"] == ("会计", "财务报表", "税务")


def test_three_stated_skills_tell_an_occupation_from_the_others():
    for language in LANGUAGES:
        stated = [occupation.stated(language) for occupation in occupations()]
        assert len(set(stated)) == len(stated)
        for occupation in occupations():
            holders = [
                other.key
                for other in occupations()
                if set(occupation.stated(language)) <= set(other.wording(language).skills)
            ]
            assert holders == [occupation.key]


def test_neighbours_exist_and_share_skills_more_often_than_strangers():
    taxonomy = Taxonomy(len(occupations()))
    keys = {occupation.key for occupation in occupations()}
    assert all(
        set(occupation.neighbours) <= keys - {occupation.key} for occupation in occupations()
    )
    assert (taxonomy.near == taxonomy.near.T).all()
    assert taxonomy.near.any(axis=1).all()
    shared = Counter[bool]()
    pairs = Counter[bool]()
    for a, occupation in enumerate(occupations()):
        for b, other in enumerate(occupations()):
            if a != b:
                near = bool(taxonomy.near[a, b])
                pairs[near] += 1
                shared[near] += len(set(occupation.zh.skills) & set(other.zh.skills))
    assert shared[True] / pairs[True] > 4 * shared[False] / pairs[False]


def test_a_skill_is_the_same_pair_of_words_wherever_it_stands():
    for language in LANGUAGES:
        words = Counter(pair[LANGUAGES.index(language)] for pair in set(Taxonomy(38).skills))
        assert [word for word, count in words.items() if count > 1] == []


def test_any_first_few_occupations_make_a_taxonomy():
    for size in range(1, len(occupations()) + 1):
        taxonomy = Taxonomy(size)
        assert taxonomy.employs.any(axis=0).all()
        assert all(len(row) for row in taxonomy.neighbours)


def test_each_language_has_the_same_tables():
    for name, table in vars(phrases).items():
        if name.isupper():
            assert set(table) == set(LANGUAGES)
    assert {city.language for city in CITIES} == set(LANGUAGES)
    assert set(FIRST) == set(SECOND) == set(LANGUAGES)
    for language in LANGUAGES:
        assert len(set(FIRST[language])) == len(FIRST[language])
        assert len(set(SECOND[language])) == len(SECOND[language])


def test_sentences_ask_only_for_what_the_renderers_know():
    known = {"employer", "sector", "term", "title", "city", "skill", "first", "second", "skills"}
    known |= {"education", "years", "industry"}
    for table in (phrases.OPENINGS, phrases.TASKS, phrases.REQUIREMENTS, phrases.TITLE_EXTRAS):
        for sentence in table["zh"] + table["en"]:
            assert {name for _, name, _, _ in Formatter().parse(sentence) if name} <= known
