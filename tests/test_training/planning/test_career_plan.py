"""The way to an occupation: over others where it helps, with postings in reach after each step."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.simulator.taxonomy_export import embedded_taxonomy
from streaming.contract.learning.course import Course, CourseSkill, SkillLevel
from streaming.taxonomy.concept import Concept, ConceptKind, Label, Taxonomy
from training.planning.career_plan import plan_career
from training.planning.level import Level
from training.planning.occupation_path import MOST_STEPS, OccupationGraph, transitions_of
from training.planning.person import person_of
from training.planning.posting_reach import OpenPostings
from training.planning.skill_keys import SkillKeys
from training.taxonomy.mapper import Mapper


def concept(
    name: str, *skills: str, related=(), broader=(), kind=ConceptKind.OCCUPATION
) -> Concept:
    return Concept(
        concept_id=name,
        kind=kind,
        source="own",
        labels=[Label(text=name, language="en")],
        essential_skills=list(skills),
        related=list(related),
        broader=list(broader),
    )


def skill(name: str) -> Concept:
    return concept(name, kind=ConceptKind.SKILL)


COOK = concept("cook", "cooking", "hygiene", related=["head cook"])
HEAD = concept("head cook", "cooking", "ordering", related=["caterer"])
CATERER = concept("caterer", "ordering", "bookkeeping", "cooking")
LONER = concept("lighthouse keeper", "watching")
SKILLS = [skill(name) for name in ("cooking", "hygiene", "ordering", "bookkeeping", "watching")]
TAXONOMY = Taxonomy.of("own", [COOK, HEAD, CATERER, LONER, *SKILLS])
KEYS = SkillKeys(Mapper.of(TAXONOMY, meanings=False), "en")
PROFILE = {
    "stated": {
        "skills": ["hygiene (expert)", "juggling"],
        "experience": [
            {"title": "head cook", "start_date": "2020-01-01", "end_date": "2021-01-01"},
            {"title": "cook", "start_date": "2022-01-01"},
            {"title": "qqq"},
        ],
        "wishes": ["caterer", "qqq"],
    }
}


def course(course_id: str, needs=(), gives=(), **fields) -> Course:
    return Course(
        course_id=course_id,
        title=course_id,
        needs=[CourseSkill(skill=text) for text in needs],
        gives=[CourseSkill(skill=text) for text in gives],
        **fields,
    )


def test_a_profile_becomes_a_person():
    person = person_of(PROFILE, KEYS)

    assert person.stated == {"hygiene": Level.EXPERT, "text:juggling": Level.BEGINNER}
    assert [own.name for own in person.held] == ["head cook", "cook"]
    assert person.implied == {"cooking": Level.BEGINNER, "ordering": Level.BEGINNER}
    assert [own.name for own in person.wishes] == ["caterer"]
    assert person_of({}, KEYS).have == {}


def test_a_course_gives_at_its_own_level_unless_a_skill_says_otherwise():
    own = course("x", ["cooking"], ["ordering", "new thing"], level=SkillLevel.EXPERT)
    offer = KEYS.offer(own)

    assert offer.needs == {"cooking": Level.BEGINNER}
    assert offer.gives == {"ordering": Level.EXPERT, "text:new thing": Level.EXPERT}
    assert KEYS.name("text:new thing") == "new thing"


def test_postings_are_in_reach_by_their_share():
    postings = OpenPostings.of([["a", "b", "c", "d", "e"], ["a", "a"], [], ["f"]])

    assert (len(postings), postings.without_skills) == (3, 1)
    assert [postings.in_reach(have) for have in ("", "abc", "abcd", "abcdef")] == [0, 1, 2, 3]
    assert postings.demand()["a"] == 2
    assert OpenPostings.of([]).in_reach("a") == 0


def test_a_plan_goes_over_an_occupation_on_the_way():
    person = person_of({"stated": {"experience": [{"title": "cook"}]}}, KEYS)
    offers = [
        KEYS.offer(own)
        for own in (course("buy", [], ["ordering"]), course("book", ["ordering"], ["bookkeeping"]))
    ]
    postings = OpenPostings.of([["ordering"], ["bookkeeping", "ordering"], ["watching"]])
    plan = plan_career(person, [HEAD, CATERER], offers, postings)

    assert [step.course or step.occupation.name for step in plan.steps] == [
        *("buy", "head cook", "book", "caterer")
    ]
    assert [(step.in_reach, step.more) for step in plan.steps] == [(1, 1), (1, 0), (2, 1), (2, 0)]
    assert plan.had == ["cooking"]
    assert [(own.skill, own.postings) for own in plan.missing] == [
        *(("ordering", 2), ("bookkeeping", 1))
    ]


def test_a_way_that_takes_more_courses_or_leads_nowhere_is_left_out():
    person = person_of({"stated": {"skills": ["cooking", "ordering"]}}, KEYS)
    offers = [
        KEYS.offer(course("book", [], ["bookkeeping"])),
        KEYS.offer(course("see", [], ["watching"])),
    ]
    nothing = OpenPostings.of([])

    longer = plan_career(person, [LONER, CATERER], offers, nothing)
    assert [step.course for step in longer.steps] == ["book", None]
    lost = plan_career(person, [LONER, CATERER], offers[:1], nothing)
    assert [step.course for step in lost.steps] == ["book", None]
    reached = plan_career(person, [HEAD], offers, nothing)
    assert reached.is_reached
    uncovered = plan_career(person, [CATERER], [], nothing)
    assert not uncovered.steps
    assert [own.covered for own in uncovered.missing] == [False]


def test_paths_follow_relations_until_enough_people_went_another_way():
    taxonomy = Taxonomy.of("own", [COOK, HEAD, CATERER, LONER])
    relations = OccupationGraph.of(taxonomy, transitions_of([]))
    assert relations.path("cook", "caterer") == ["head cook", "caterer"]
    assert relations.path("cook", "lighthouse keeper") == []
    assert relations.path("cook", "cook") == []

    seen = transitions_of([["cook", "cook", "caterer"]] * 60 + [["cook", "head cook"]])
    assert seen == {("cook", "caterer"): 60, ("cook", "head cook"): 1}
    assert OccupationGraph.of(taxonomy, seen).path("cook", "caterer") == ["caterer"]


def test_occupations_under_one_concept_are_near():
    one, other = concept("a", broader=["g"]), concept("b", broader=["g"])
    graph = OccupationGraph.of(Taxonomy.of("own", [one, other]), transitions_of([]))
    assert graph.path("a", "b") == ["b"]


@given(st.sampled_from(embedded_taxonomy().of_kind(ConceptKind.OCCUPATION)), st.data())
def test_paths_in_the_embedded_taxonomy_end_at_the_goal(start, data):
    taxonomy = embedded_taxonomy()
    goal = data.draw(st.sampled_from(taxonomy.of_kind(ConceptKind.OCCUPATION)))
    graph = OccupationGraph.of(taxonomy, transitions_of([]))
    path = graph.path(start.concept_id, goal.concept_id)

    assert len(path) <= MOST_STEPS
    for before, after in zip([start.concept_id, *path], path, strict=False):
        assert graph.probabilities[before][after] > 0
    assert not path or path[-1] == goal.concept_id
    for own in graph.probabilities.values():
        assert sum(own.values()) == pytest.approx(1)
