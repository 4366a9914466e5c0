"""Plans of courses: needs are met in order, nothing is left out, nothing is redundant."""

import time
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streaming.contract.learning.course import SkillLevel
from training.planning.course_graph import CourseOffer
from training.planning.course_plan import plan_courses
from training.planning.level import Level
from training.planning.skill_bits import Levels

B, I, E = Level  # noqa: E741 - the levels, in order

skills = st.sampled_from("abcdefgh")
levels = st.dictionaries(skills, st.sampled_from(Level), max_size=4)
offers = st.lists(
    st.builds(
        CourseOffer,
        course_id=st.sampled_from([f"c{number}" for number in range(30)]),
        needs=levels,
        gives=levels,
        hours=st.none() | st.floats(0, 100),
    ),
    max_size=25,
    unique_by=lambda offer: offer.course_id,
)


def meets(have: Levels, needs: Levels) -> bool:
    return all(have.get(skill, 0) >= level for skill, level in needs.items())


def after(have: Levels, offer: CourseOffer) -> Levels:
    return dict(have) | {
        skill: max(level, have.get(skill, level)) for skill, level in offer.gives.items()
    }


def taken(have: Levels, plan: Sequence[CourseOffer]) -> Levels:
    """Take a plan's courses, leaving out those whose needs are not met."""
    for offer in plan:
        if meets(have, offer.needs):
            have = after(have, offer)
    return have


def closure(have: Levels, courses: Sequence[CourseOffer]) -> Levels:
    """Take courses until nothing is new, in the plainest way."""
    while (more := taken(have, courses)) != have:
        have = more
    return have


@given(offers, levels, levels)
@settings(max_examples=400)
def test_a_plan_keeps_its_promises(courses, have, goal):
    plan = plan_courses(courses, have, goal, rounds=10)
    by_id = {offer.course_id: offer for offer in courses}
    steps = [by_id[course_id] for course_id in plan.courses]

    known = have
    for step in steps:
        assert meets(known, step.needs)
        known = after(known, step)
    most = closure(have, courses)
    missing = {skill: level for skill, level in goal.items() if have.get(skill, 0) < level}
    assert plan.missing == missing
    assert plan.uncovered == {s: level for s, level in missing.items() if most.get(s, 0) < level}
    coverable = {s: level for s, level in missing.items() if s not in plan.uncovered}
    assert meets(known, coverable)
    for step in steps:
        assert not meets(closure(have, [one for one in steps if one != step]), coverable)
    assert len(plan.courses) <= len(plan.greedy_courses)
    assert plan == plan_courses(courses[::-1], have, goal, rounds=10)


@given(offers, levels, levels)
def test_the_greedy_plan_is_one_too(courses, have, goal):
    plan = plan_courses(courses, have, goal, rounds=0)
    by_id = {offer.course_id: offer for offer in courses}

    for course_id in plan.greedy_courses:
        assert meets(have, by_id[course_id].needs)
        have = after(have, by_id[course_id])
    assert meets(have, {s: level for s, level in goal.items() if s not in plan.uncovered})


def offer(course_id: str, needs: Levels, gives: Levels, hours: float | None = None) -> CourseOffer:
    return CourseOffer(course_id=course_id, needs=needs, gives=gives, hours=hours)


def test_nothing_in_nothing_out():
    for courses, have, goal in (
        ([], {}, {}),
        ([], {"a": E}, {"a": B}),
        ([offer("c", {}, {})], {}, {}),
    ):
        plan = plan_courses(courses, have, goal)
        assert (plan.courses, plan.uncovered) == ([], {})
    assert plan_courses([], {}, {"a": B}).uncovered == {"a": B}


def test_a_higher_level_meets_a_lower_need_and_not_the_other_way_round():
    expert, user = offer("expert", {}, {"a": E}), offer("user", {"a": B}, {"b": B})

    assert plan_courses([expert, user], {}, {"b": B}).courses == ["expert", "user"]
    lower = plan_courses([offer("basic", {}, {"a": B})], {}, {"a": I})
    assert (lower.courses, lower.uncovered) == ([], {"a": I})
    assert Level.of(None) is Level.BEGINNER
    assert [Level.of(level) for level in SkillLevel] == list(Level)


def test_courses_that_need_each_other_are_not_taken_and_one_that_needs_itself_is_reported():
    loop = [offer("x", {"a": B}, {"b": B}), offer("y", {"b": B}, {"a": B, "goal": B})]
    own = offer("own", {"d": B}, {"d": B, "e": B})

    plan = plan_courses([*loop, own], {}, {"goal": B, "e": B})
    assert (plan.courses, set(plan.uncovered)) == ([], {"goal", "e"})
    assert plan.needing_themselves == ["own"]
    entered = plan_courses([*loop, own, offer("z", {}, {"b": B})], {"d": B}, {"goal": B, "e": B})
    assert entered.courses == ["own", "z", "y"]
    assert entered.needing_themselves == []


def test_of_equally_many_courses_the_shorter_ones_are_taken_and_ties_go_by_id():
    courses = [offer("long", {}, {"a": B}, 40), offer("short", {}, {"a": B}, 3)]
    assert plan_courses(courses, {}, {"a": B}).courses == ["short"]
    twins = [offer(name, {}, {"a": B}) for name in "dcb"]
    assert plan_courses(twins, {}, {"a": B}).courses == ["b"]


def test_fewer_courses_than_greedy_where_greedy_falls_for_the_largest():
    courses = [
        offer("large", {}, dict.fromkeys("bcdf", B)),
        offer("left", {}, dict.fromkeys("abc", B)),
        offer("right", {}, dict.fromkeys("def", B)),
    ]
    plan = plan_courses(courses, {}, dict.fromkeys("abcdef", B))
    assert plan.courses == ["left", "right"]
    assert len(plan.greedy_courses) == 3


@pytest.mark.timeout(120)
def test_a_long_chain_and_many_courses_end_soon():
    chain = [
        offer(f"{n:05}", {f"s{n}": B} if n else {}, {f"s{n + 1}": B, f"t{n % 7}": I})
        for n in range(300)
    ]
    many = [offer(f"x{n}", {f"s{n % 300}": B}, {f"u{n % 1400}": E}) for n in range(5_000)]
    started = time.process_time()
    plan = plan_courses([*chain, *many], {}, {"s200": B, "u7": E}, rounds=3)

    assert len(plan.courses) == 201
    assert time.process_time() - started < 60
