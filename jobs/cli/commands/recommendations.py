"""careerstream recommend and recommendations: publish lists again, and show one."""

from typing import Annotated

import typer

from jobs.cli.commands.invocation import (
    Json,
    known_candidate,
    print_json,
    settings_of,
    spark_session,
)
from jobs.runtime.tables import recommendation_table
from jobs.runtime.terminal import console
from streaming.errors import InputError


def recommend(
    context: typer.Context,
    all_profiles: Annotated[
        bool, typer.Option("--all", help="Score every profile on its topic.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Publish new recommendations, made with the newest champion and catalogue."""
    from streaming.serving.batch_recommendation import recommend_all  # noqa: PLC0415 - pyspark takes a second to load

    if not all_profiles:
        raise InputError(
            "say for whom: --all; new profiles are served by the job (`careerstream up`)"
        )
    settings = settings_of(context)
    with (
        spark_session(settings, "recommend-all", scores=True) as spark,
        console.status("recommending"),
    ):
        count = recommend_all(spark, settings)
    if as_json:
        print_json({"published": count})
        return
    console.print(f"published {count:,} recommendations")


def recommendations(
    context: typer.Context,
    candidate: Annotated[
        str, typer.Argument(help="Candidate id; * for visitors without a profile.")
    ],
    as_json: Json = False,
) -> None:
    """Show the latest recommendation of a candidate, with titles and reasons."""
    from streaming.kafka.topic_reader import read_postings, read_recommendation  # noqa: PLC0415 - the Kafka client takes time to load

    kafka, known = settings_of(context).kafka, known_candidate(context, candidate)
    with console.status("reading the topic"):
        recommendation = read_recommendation(kafka, known)
    if recommendation is None:
        raise InputError(
            f"there is no recommendation for candidate {candidate} on its topic; is the id right, "
            "and does `careerstream up` run?"
        )
    if as_json:
        print_json(recommendation)
        return
    posting_ids = {item["posting_id"] for item in recommendation["items"]}
    console.print(recommendation_table(recommendation, read_postings(kafka, posting_ids)))
