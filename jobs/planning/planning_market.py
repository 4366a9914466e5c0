"""What all plans are made of: taxonomy, postings, courses and careers, at fixed versions."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from pyspark.sql import SparkSession

from jobs.runtime.current_taxonomy import current_taxonomy
from streaming.contract.learning.course import Course
from streaming.contract.learning.plan import PlanVersions
from streaming.errors import SettingsError
from streaming.lake import tables
from streaming.lake.course_table import read_courses
from streaming.lake.newest_profiles import read_newest_profiles
from streaming.serving.bundles import load_catalogue
from streaming.serving.catalogue import Catalogue
from streaming.settings import Settings
from streaming.spark.internals.delta_versions import current_version
from training.planning.course_graph import CourseOffer
from training.planning.occupation_path import OccupationGraph, transitions_of
from training.planning.person import career_of
from training.planning.posting_reach import OpenPostings
from training.planning.skill_keys import SkillKeys
from training.taxonomy.mapper import Mapper

_SOURCES = (tables.POSTINGS, tables.COURSES, tables.PROFILES, tables.OCCUPATIONS, tables.SKILLS)
_TIMES = 8
"""Times whose open postings are kept in memory."""


@dataclass(frozen=True, kw_only=True, eq=False)
class PlanningMarket:
    """The part of a plan that is the same for everybody."""

    keys: SkillKeys
    """Skills and occupations by texts; the texts of postings and courses are known to it."""
    catalogue: Catalogue
    posting_skills: Sequence[Sequence[str]]
    """Keys of the skills of each posting, by its row in the catalogue."""
    courses: Mapping[str, Course]
    """By their ids."""
    offers: Sequence[CourseOffer]
    """The courses, with keys in place of texts."""
    graph: OccupationGraph
    versions: PlanVersions
    as_of: str
    """The newest time in Δ profiles, canonical; '' where it is empty."""

    @classmethod
    def of(
        cls,
        mapper: Mapper,
        catalogue: Catalogue,
        courses: Sequence[Course],
        profiles: Iterable[Mapping[str, Any]],
        versions: PlanVersions,
    ) -> "PlanningMarket":
        """Map postings, courses and the careers in profiles to the taxonomy."""
        keys, profiles = SkillKeys(mapper, None), list(profiles)
        skills = catalogue.table.column("skills").to_pylist()
        careers = (career_of(profile.get("stated") or {}, keys) for profile in profiles)
        transitions = transitions_of([own.concept_id for own in career] for career in careers)
        return cls(
            keys=keys,
            catalogue=catalogue,
            posting_skills=[keys.keys(texts or ()) for texts in skills],
            courses={course.course_id: course for course in courses},
            offers=[keys.offer(course) for course in courses],
            graph=OccupationGraph.of(mapper.taxonomy, transitions),
            versions=versions,
            as_of=max((profile["as_of"] for profile in profiles), default=""),
        )

    @cached_property
    def open_postings(self) -> Callable[[str], OpenPostings]:
        """Returns the postings that are open at a time."""
        return lru_cache(_TIMES)(self._open_postings)

    def _open_postings(self, as_of: str) -> OpenPostings:
        rows = self.catalogue.open_at(as_of).nonzero()[0].tolist()
        return OpenPostings.of(self.posting_skills[row] for row in rows)


def source_versions(spark: SparkSession, settings: Settings) -> tuple[int | None, ...]:
    """Return the newest versions of the tables that plans are made of; None: there is none."""
    return tuple(current_version(spark, table.path(settings)) for table in _SOURCES)


def read_planning_market(spark: SparkSession, settings: Settings) -> PlanningMarket:
    """Read what plans are made of from the lake, in its newest versions.

    Raises:
        InputError: there is no table of postings.
        SettingsError: there is no taxonomy, or an empty one.
    """
    taxonomy = current_taxonomy(spark, settings)
    if taxonomy is None:
        raise SettingsError(
            "training.taxonomy is none, and a plan needs occupations; set it to auto, or import one"
        )
    mapper = Mapper.of_training(taxonomy)
    if mapper is None or not taxonomy.concepts:
        raise SettingsError(f"the taxonomy {taxonomy.source} is empty; import another one")
    postings = tables.version(spark, settings, tables.POSTINGS)
    profiles = current_version(spark, tables.PROFILES.path(settings))
    known = {} if profiles is None else read_newest_profiles(spark, settings, profiles)
    versions = PlanVersions(
        postings=postings,
        courses=current_version(spark, tables.COURSES.path(settings)),
        profiles=profiles,
        taxonomy=taxonomy.source,
        taxonomy_version=taxonomy.version,
    )
    catalogue = load_catalogue(spark, settings, postings)
    courses = read_courses(spark, settings)
    return PlanningMarket.of(mapper, catalogue, courses, known.values(), versions)
