"""Reads what a plan needs: a profile from its topic; postings, courses, careers from the lake."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from pyspark.sql import SparkSession

from jobs.operations.similarity_inputs import read_newest_profiles
from jobs.runtime.current_taxonomy import current_taxonomy
from streaming.contract.course import Course
from streaming.contract.topics import PROFILES
from streaming.errors import InputError, SettingsError, quote
from streaming.kafka.topic_reader import read_latest
from streaming.lake import tables
from streaming.lake.course_table import read_courses
from streaming.serving.bundles import load_catalogue
from streaming.settings import KafkaSettings, Settings
from streaming.spark.internals.delta_versions import current_version
from streaming.taxonomy.concept import Concept, ConceptKind
from training.planning.career_plan import CareerPlan, plan_career
from training.planning.occupation_path import OccupationGraph, Transitions, transitions_of
from training.planning.person import Person, career_of, person_of
from training.planning.posting_reach import OpenPostings
from training.planning.skill_keys import SkillKeys
from training.taxonomy.mapper import Mapper

_NEAREST = 3
"""Occupations that are offered where a goal is none."""
OnProgress = Callable[[str], None]


@dataclass(frozen=True)
class PlannedCareer:
    """A plan, and what its keys mean."""

    plan: CareerPlan
    person: Person
    keys: SkillKeys
    courses: Mapping[str, Course]
    """By their ids."""


def read_profile(kafka: KafkaSettings, candidate_id: str) -> dict[str, Any]:
    """Return the newest profile of a candidate.

    Raises:
        InputError: there is none.
        BrokerError: no broker answers.
    """
    records = read_latest(kafka, PROFILES, lambda key: key == candidate_id)
    if candidate_id not in records:
        raise InputError(
            f"there is no profile of candidate {candidate_id} on its topic; is the id right, and"
            " does `careerstream up` run?"
        )
    profile: dict[str, Any] = orjson.loads(records[candidate_id].value)
    return profile


def plan_for(
    spark: SparkSession,
    settings: Settings,
    profile: Mapping[str, Any],
    goal: str,
    on_progress: OnProgress,
) -> PlannedCareer:
    """Plan the way of a profile's candidate to a goal, over postings open at the profile's time.

    Raises:
        InputError: the goal names no occupation, one without skills, or there is no table of
            postings.
        SettingsError: there is no taxonomy.
    """
    taxonomy = current_taxonomy(spark, settings)
    if taxonomy is None:
        raise SettingsError(
            "training.taxonomy is none, and a plan needs occupations; set it to auto, or import one"
        )
    on_progress("reading the taxonomy")
    mapper = Mapper.of_training(taxonomy)
    if mapper is None:
        raise SettingsError(f"the taxonomy {taxonomy.source} is empty; import another one")
    keys = SkillKeys(mapper, (profile.get("stated") or {}).get("language"))
    occupation = find_goal(keys, goal)
    person = person_of(profile, keys)
    on_progress("reading postings and courses")
    postings = _open_postings(spark, settings, keys, profile["as_of"])
    courses = {course.course_id: course for course in read_courses(spark, settings)}
    offers = [keys.offer(course) for course in courses.values()]
    on_progress("planning")
    way = _way(spark, settings, person, occupation, keys)
    return PlannedCareer(plan_career(person, way, offers, postings), person, keys, courses)


def find_goal(keys: SkillKeys, goal: str) -> Concept:
    """Return the occupation that a goal names.

    Raises:
        InputError: it names none, or one whose skills the taxonomy does not say.
    """
    mapper = keys.mapper
    found, source = mapper.best(goal, ConceptKind.OCCUPATION), mapper.taxonomy.source
    index = mapper.indices.get(ConceptKind.OCCUPATION)
    if found is None:
        nearest = index.ranked(goal, _NEAREST) if index else []
        names = ", ".join(one.concept.name_in(keys.language) for one in nearest)
        offered = f"did you mean one of these: {names}?" if names else "it has no occupations"
        raise InputError(f"the taxonomy {source} has no occupation {quote(goal)}; {offered}")
    occupation = found.concept
    if not (occupation.essential_skills or occupation.optional_skills):
        raise InputError(
            f"the taxonomy {source} names no skills of {occupation.name}; import the files of its"
            " relations too, or another taxonomy"
        )
    return occupation


def _open_postings(
    spark: SparkSession, settings: Settings, keys: SkillKeys, as_of: str
) -> OpenPostings:
    version = tables.version(spark, settings, tables.POSTINGS)
    catalogue = load_catalogue(spark, settings, version)
    column = catalogue.table.column("skills")
    open_ones = catalogue.open_at(as_of)
    return OpenPostings.of(
        keys.keys(column[row].as_py() or ()) for row in open_ones.nonzero()[0].tolist()
    )


def _way(
    spark: SparkSession, settings: Settings, person: Person, goal: Concept, keys: SkillKeys
) -> list[Concept]:
    """Return the occupations from the newest one that somebody held to the goal."""
    if not person.held or person.held[-1].concept_id == goal.concept_id:
        return [goal]
    taxonomy = keys.mapper.taxonomy
    graph = OccupationGraph.of(taxonomy, _transitions(spark, settings, keys))
    path = graph.path(person.held[-1].concept_id, goal.concept_id)
    return [taxonomy.by_id[one] for one in path] or [goal]


def _transitions(spark: SparkSession, settings: Settings, keys: SkillKeys) -> Transitions:
    if current_version(spark, tables.PROFILES.path(settings)) is None:
        return transitions_of(())
    profiles = read_newest_profiles(spark, settings).values()
    careers = (career_of(profile.get("stated") or {}, keys) for profile in profiles)
    return transitions_of([own.concept_id for own in career] for career in careers)
