"""careerstream plan: the way from what a candidate has to an occupation."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jobs.cli.commands.invocation import Json, print_json, settings_of, spark_session
from jobs.runtime.tables import Table
from jobs.runtime.terminal import Paragraph, console, styled

if TYPE_CHECKING:
    from jobs.operations.career_planning import PlannedCareer
    from training.planning.career_plan import Step


def plan(
    context: typer.Context,
    candidate: Annotated[str, typer.Argument(help="Candidate id.")],
    goal: Annotated[
        str, typer.Option(help="An occupation, in the words of its title.", show_default=False)
    ],
    as_json: Json = False,
) -> None:
    """Plan the way to an occupation: skills had and missing, courses, postings in reach."""
    from jobs.operations.career_planning import plan_for, read_profile  # noqa: PLC0415 - pyspark takes a second to load

    settings = settings_of(context)
    with console.status("reading the topic") as status:
        profile = read_profile(settings.kafka, candidate)
        status.update("starting Spark")
        with spark_session(settings, "plan") as spark:
            planned = plan_for(spark, settings, profile, goal, status.update)
    document = plan_document(candidate, planned)
    if as_json:
        print_json(document)
        return
    for part in plan_text(document):
        console.print(part)


def plan_document(candidate: str, planned: "PlannedCareer") -> dict[str, Any]:
    """Return a plan with names in place of keys."""
    career, keys, person = planned.plan, planned.keys, planned.person
    language = keys.language
    return {
        "candidate_id": candidate,
        "goal": {"id": career.goal.concept_id, "name": career.goal.name_in(language)},
        "held": [own.name_in(language) for own in person.held],
        "wishes": [own.name_in(language) for own in person.wishes],
        "had": [
            {"skill": keys.name(skill), "stated": skill in person.stated} for skill in career.had
        ],
        "missing": [
            {"skill": keys.name(own.skill), "postings": own.postings, "covered": own.covered}
            for own in career.missing
        ],
        "steps": [_step_document(planned, step) for step in career.steps],
        "postings": career.postings,
        "postings_without_skills": career.without_skills,
        "in_reach": career.in_reach,
        "courses": len(planned.courses),
        "needing_themselves": [
            planned.courses[course_id].title for course_id in career.needing_themselves
        ],
    }


def _step_document(planned: "PlannedCareer", step: "Step") -> dict[str, Any]:
    keys = planned.keys
    reach = {"in_reach": step.in_reach, "more": step.more}
    if step.course is None:
        name = step.occupation.name_in(keys.language) if step.occupation else ""
        return {"occupation": name, **reach}
    course = planned.courses[step.course]
    gained = [
        {"skill": keys.name(skill), "level": level.name.lower()}
        for skill, level in sorted(step.gained.items())
    ]
    about = {"provider": course.provider, "hours": course.duration_hours, "url": course.url}
    return {"course_id": step.course, "title": course.title, **about, "gives": gained, **reach}


def plan_text(document: dict[str, Any]) -> Iterator[Table | Paragraph]:
    """Yield a plan as text for a terminal."""
    goal, had, missing = document["goal"]["name"], document["had"], document["missing"]
    yield Paragraph(styled(f"{document['candidate_id']}: the way to {goal}", "bold"))
    names = ", ".join(one["skill"] if one["stated"] else f"{one['skill']}*" for one in had)
    yield Paragraph(f"has {len(had)} of {len(had) + len(missing)} skills: {names or 'none'}")
    if any(not one["stated"] for one in had):
        held = ", ".join(dict.fromkeys(document["held"]))
        yield Paragraph(f"  * not stated; needed as {held}", indent=4)
    yield Paragraph(
        f"in reach: {document['in_reach']:,} of {document['postings']:,} open postings that name"
        " skills, those of whose skills 80 % are had"
    )
    if not missing:
        yield Paragraph("The goal is reached: nothing that it needs is missing.")
        return
    yield from _missing(missing)
    yield from _steps(document)


def _missing(missing: list[dict[str, Any]]) -> Iterator[Table | Paragraph]:
    table = Table("missing", "asked for by", "courses lead to it")
    for one in missing:
        table.add_row(one["skill"], _postings(one["postings"]), "yes" if one["covered"] else "no")
    yield table


def _steps(document: dict[str, Any]) -> Iterator[Table | Paragraph]:
    steps, missing = document["steps"], document["missing"]
    if not document["courses"]:
        yield Paragraph("There are no courses yet; `careerstream import courses` brings them in.")
        return
    for number, step in enumerate(steps, start=1):
        if "occupation" in step:
            way = "the goal" if number == len(steps) else "an occupation on the way"
            yield Paragraph(f"{number}. ", styled(step["occupation"], "bold"), f", {way}", indent=3)
            continue
        about = [text for text in (step["provider"], _hours(step["hours"])) if text]
        gives = ", ".join(f"{one['skill']} ({one['level']})" for one in step["gives"])
        title = step["title"] + (f" ({', '.join(about)})" if about else "")
        yield Paragraph(f"{number}. {title}, gives {gives}", indent=3)
        yield Paragraph(
            f"   with it, {_postings(step['more'], 'more ')} in reach: {step['in_reach']:,}",
            indent=3,
        )
    uncovered = [one["skill"] for one in missing if not one["covered"]]
    if len(uncovered) == len(missing):
        yield Paragraph("No courses lead to any of the missing skills.")
    elif uncovered:
        yield Paragraph(f"No courses lead to: {', '.join(uncovered)}.")
    if document["needing_themselves"]:
        names = ", ".join(document["needing_themselves"])
        yield Paragraph(f"Courses that need what only they give, and are left out: {names}.")


def _postings(count: int, more: str = "") -> str:
    return f"{count:,} {more}posting{'' if count == 1 else 's'}"


def _hours(hours: float | None) -> str:
    return "" if hours is None else f"{hours:,.3g} h"
