import re
from collections import Counter
from string import Formatter

import pytest

from infra.simulator import LANGUAGES, occupations
from infra.simulator.landscape import Landscape
from infra.simulator.vocabulary import phrases
from infra.simulator.vocabulary.employers import FIRST, INDUSTRIES, SECOND
from infra.simulator.vocabulary.places import CITIES

CHINESE = re.compile(r"[\u4e00-\u9fff]")


def test_there_are_many_occupations_each_with_its_own_key_and_names():
    assert len(occupations()) >= 36
    for names in (
        [one.key for one in occupations()],
        [one.zh.name for one in occupations()],
        [one.en.name for one in occupations()],
    ):
        assert len(set(names)) == len(names)


@pytest.mark.parametrize("one", occupations(), ids=lambda one: one.key)
def test_an_occupation_has_a_real_vocabulary_in_both_languages(one):
    for language in LANGUAGES:
        wording = one.wording(language)
        assert len(wording.titles) >= 5
        assert 8 <= len(wording.skills) <= 15
        assert len(wording.tasks) >= 5
        assert all(wording.titles + wording.skills + wording.tasks)
        assert len(set(wording.skills)) == len(wording.skills)
    assert not CHINESE.search(" ".join(one.en.titles + one.en.skills + one.en.tasks))
    assert all(CHINESE.search(text) for text in one.zh.titles + one.zh.tasks)
    assert one.industries
    assert set(one.industries) <= set(INDUSTRIES)


def test_the_profiles_of_the_demonstration_belong_to_their_occupations():
    stated = {one.key: one.stated("zh") for one in occupations()}
    assert stated["java_backend"] == ("软件开发", "Java开发", "Spring框架")
    assert stated["accountant"] == ("会计", "财务报表", "税务")


def test_three_stated_skills_tell_an_occupation_from_the_others():
    for language in LANGUAGES:
        stated = [one.stated(language) for one in occupations()]
        assert len(set(stated)) == len(stated)
        for one in occupations():
            holders = [
                other.key
                for other in occupations()
                if set(one.stated(language)) <= set(other.wording(language).skills)
            ]
            assert holders == [one.key]


def test_neighbours_exist_and_share_skills_more_often_than_strangers():
    land = Landscape(len(occupations()))
    keys = {one.key for one in occupations()}
    assert all(set(one.neighbours) <= keys - {one.key} for one in occupations())
    assert (land.near == land.near.T).all()
    assert land.near.any(axis=1).all()
    shared = Counter[bool]()
    pairs = Counter[bool]()
    for a, one in enumerate(occupations()):
        for b, other in enumerate(occupations()):
            if a != b:
                near = bool(land.near[a, b])
                pairs[near] += 1
                shared[near] += len(set(one.zh.skills) & set(other.zh.skills))
    assert shared[True] / pairs[True] > 4 * shared[False] / pairs[False]


def test_a_skill_is_the_same_pair_of_words_wherever_it_stands():
    for language in LANGUAGES:
        words = Counter(pair[LANGUAGES.index(language)] for pair in set(Landscape(38).skills))
        assert [word for word, count in words.items() if count > 1] == []


def test_any_first_few_occupations_make_a_landscape():
    for size in range(1, len(occupations()) + 1):
        land = Landscape(size)
        assert land.employs.any(axis=0).all()
        assert all(len(row) for row in land.neighbours)


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
