"""careerstream plan: the way from what a candidate has to an occupation."""

from collections.abc import Iterator
from typing import Annotated, Any

import orjson
import typer

from jobs.cli.commands.invocation import (
    Json,
    known_candidate,
    print_json,
    settings_of,
    spark_session,
)
from jobs.runtime.tables import Table
from jobs.runtime.terminal import Paragraph, console, styled
from streaming.errors import InputError
from streaming.settings import KafkaSettings, Settings


def plan(
    context: typer.Context,
    candidate: Annotated[str, typer.Argument(help="Candidate id.")],
    goal: Annotated[
        str | None,
        typer.Option(
            help="An occupation, in the words of its title; default: the newest plan on its topic.",
            show_default=False,
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Plan the way to an occupation: skills had and missing, courses, postings in reach."""
    settings, known = settings_of(context), known_candidate(context, candidate)
    if goal is None:
        document = published_plan(settings.kafka, known)
    else:
        document = plan_now(settings, known, goal)
    if as_json:
        print_json(document)
        return
    for part in plan_text(document):
        console.print(part)


def published_plan(kafka: KafkaSettings, candidate_id: str) -> dict[str, Any]:
    """Return the newest value of a candidate on the topic plans.

    Raises:
        InputError: there is none.
        BrokerError: no broker answers.
    """
    from streaming.contract.topics import PLANS  # noqa: PLC0415 - the Kafka client takes time to load
    from streaming.kafka.topic_reader import read_latest  # noqa: PLC0415

    records = read_latest(kafka, PLANS, lambda key: key == candidate_id)
    if candidate_id not in records:
        raise InputError(
            f"there is no plan of candidate {candidate_id} on its topic; give --goal, or state a"
            " goal or a wish for an occupation and run the job plan"
        )
    document: dict[str, Any] = orjson.loads(records[candidate_id].value)
    return document


def plan_now(settings: Settings, candidate_id: str, goal: str) -> dict[str, Any]:
    """Return a plan of the newest profile to a goal, as a value of the topic plans.

    Raises:
        InputError: there is no profile, the goal names no occupation or one without skills, or
            there is no table of postings.
        SettingsError: there is no taxonomy.
        BrokerError: no broker answers.
    """
    from jobs.planning.candidate_plan import make_plan  # noqa: PLC0415 - pyspark takes a second to load
    from jobs.planning.planning_market import read_planning_market  # noqa: PLC0415
    from streaming.contract.records import to_json  # noqa: PLC0415

    with console.status("reading the topic") as status:
        stated = stated_part(settings.kafka, candidate_id)
        status.update("starting Spark")
        with spark_session(settings, "plan") as spark:
            status.update("reading taxonomy, postings and courses")
            market = read_planning_market(spark, settings)
            status.update("planning")
            made = make_plan(candidate_id, stated, goal, market)
    if made.trouble in UNUSABLE:
        raise InputError(made.text or made.trouble)
    document: dict[str, Any] = orjson.loads(to_json(made))
    return document


UNUSABLE = {"unknown_goal", "goal_without_skills"}
"""Troubles that are errors of the option --goal."""


def stated_part(kafka: KafkaSettings, candidate_id: str) -> dict[str, Any]:
    """Return the stated part of a candidate's newest profile; without one it states nothing.

    Raises:
        InputError: there is no profile.
        BrokerError: no broker answers.
    """
    from streaming.contract.topics import PROFILES  # noqa: PLC0415 - the Kafka client takes time to load
    from streaming.kafka.topic_reader import read_latest  # noqa: PLC0415

    records = read_latest(kafka, PROFILES, lambda key: key == candidate_id)
    if candidate_id not in records:
        raise InputError(
            f"there is no profile of candidate {candidate_id} on its topic; is the id right, and"
            " does `careerstream up` run?"
        )
    profile: dict[str, Any] = orjson.loads(records[candidate_id].value)
    return profile.get("stated") or {"updated_at": profile["as_of"]}


def plan_text(document: dict[str, Any]) -> Iterator[Table | Paragraph]:
    """Yield a plan as text for a terminal."""
    goal, had, missing = _goal(document), document["had"], document["missing"]
    yield Paragraph(styled(f"{document['candidate_id']}: the way to {goal}", "bold"))
    if document.get("trouble") in UNUSABLE:
        yield Paragraph(f"There is no plan: {document['text']}")
        return
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


def _goal(document: dict[str, Any]) -> str:
    name: str = document["occupation"]["name"] if "occupation" in document else document["goal"]
    return name


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
        about = [text for text in (step.get("provider"), _hours(step.get("hours"))) if text]
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
