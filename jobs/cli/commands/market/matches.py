"""careerstream match and candidates: publish matches again, and show a posting's."""

from typing import Annotated, Any

import orjson
import typer

from jobs.cli.commands.invocation import Json, print_json, settings_of, spark_session
from jobs.runtime.tables import Table
from jobs.runtime.terminal import console
from streaming.errors import InputError
from streaming.settings import KafkaSettings


def match(
    context: typer.Context,
    all_candidates: Annotated[
        bool, typer.Option("--all", help="Score every contactable candidate.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Publish the matches of all postings, made with the newest champion and catalogue.

    The job match must not run meanwhile.
    """
    from streaming.market.matcher import JOB, Matcher  # noqa: PLC0415 - pyspark takes a second to load
    from training.registry.model_registry import champion  # noqa: PLC0415

    if not all_candidates:
        raise InputError("say whom: --all; new profiles are matched by the job (jobs/match.py)")
    settings = settings_of(context)
    champion(settings)  # fails early, and with the command that makes one
    with spark_session(settings, JOB, scores=True) as spark, console.status("matching"):
        count = Matcher(spark, settings).score_all()
    if as_json:
        print_json({"postings": count})
        return
    console.print(f"{count:,} postings have matches")


def candidates(
    context: typer.Context,
    posting: Annotated[str, typer.Argument(help="Posting id.")],
    as_json: Json = False,
) -> None:
    """Show the latest match of a posting: candidates, both halves of their score, and reasons."""
    from streaming.contract.topics import MATCHES, POSTINGS  # noqa: PLC0415 - the Kafka client takes time to load
    from streaming.kafka.topic_reader import read_latest  # noqa: PLC0415

    kafka = settings_of(context).kafka
    with console.status("reading the topics"):
        known = read_latest(kafka, POSTINGS, lambda key: key == posting)
        records = read_latest(kafka, MATCHES, lambda key: key == posting)
        if posting not in known:
            raise InputError(f"there is no open posting {posting} on its topic; is the id right?")
        reason = "" if posting in records else _why_nobody(kafka)
    if posting not in records:
        if as_json:
            print_json({"posting_id": posting, "candidates": [], "reason": reason})
        else:
            console.print(f"nobody is matched with {posting}: {reason}")
        return
    found = orjson.loads(records[posting].value)
    if as_json:
        print_json(found)
    else:
        console.print(match_table(found, orjson.loads(known[posting].value)))


def _why_nobody(kafka: KafkaSettings) -> str:
    from streaming.contract.topics import MATCHES, PROFILES  # noqa: PLC0415 - the Kafka client takes time to load
    from streaming.kafka.topic_reader import read_latest  # noqa: PLC0415
    from streaming.market.reach import is_contactable  # noqa: PLC0415

    profiles = [orjson.loads(message.value) for message in read_latest(kafka, PROFILES).values()]
    contactable = sum(map(is_contactable, profiles))
    if not contactable:
        return (
            f"none of {len(profiles):,} candidates agreed to be shown to employers"
            " (stated.contactable)"
        )
    if not read_latest(kafka, MATCHES):
        return "no match was published yet; run the job match, or `careerstream match --all`"
    return (
        f"it is among the nearest postings (match.reach) of none of the {contactable:,} candidates"
        " who may be shown"
    )


def match_table(found: dict[str, Any], posting: dict[str, Any]) -> Table:
    """Lay out a value of the topic matches."""
    model = f"{found['model_name']} version {found['model_version']}"
    table = Table(
        *("", "candidate", "score", "turns", "meets", "reasons"),
        whole=("candidate",),
        title=f"{posting.get('title', '?')}, {posting.get('employer') or '-'}",
        caption=f"{model}, catalogue {found['catalogue_version']}, as of {found['as_of']}",
    )
    for one in found["candidates"]:
        table.add_row(
            str(one["rank"]),
            one["candidate"],
            f"{one['score']:.4f}",
            f"{one['probability']:.1%}",
            f"{one['requirement']:.0%}",
            "\n".join(reason["text"] for reason in one["reasons"]),
        )
    return table
