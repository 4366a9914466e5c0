"""careerstream maintain and rebuild-profiles: the tables, kept small and put to use."""

from typing import Annotated

import typer
from rich.table import Table

from jobs.cli.commands.invocation import settings_of, spark_session
from jobs.runtime.terminal import console
from streaming.errors import CareerstreamError, InputError

_COMPARED = {
    "behind": "the lake has not come so far yet",
    "ahead": "the topic lacks them or has older ones",
    "different": "same version, other content",
    "unknown": "nothing of them in the lake",
}


def maintain(context: typer.Context) -> None:
    """Compact and vacuum the Delta tables; writers go on meanwhile."""
    from jobs import maintain as job  # noqa: PLC0415 - pyspark takes a second

    settings = settings_of(context)
    with spark_session(settings, job.JOB) as spark, console.status("compacting and vacuuming"):
        done = job.run(spark, settings)
    table = Table("table", "files before", "files", "bytes")
    for one in done:
        table.add_row(one.table, f"{one.files_before:,}", f"{one.files:,}", f"{one.bytes:,}")
    console.print(table)
    hours = settings.storage.retention_hours
    console.print(f"files that were replaced stay for {hours:g} hours")


def rebuild_profiles(
    context: typer.Context,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; say which differ from the topic.")
    ] = False,
    checkpoint: Annotated[
        bool,
        typer.Option(
            "--checkpoint", help="Make a lost checkpoint of update_profiles, which must not run."
        ),
    ] = False,
) -> None:
    """Fold the lake into profiles and publish those that the topic lacks."""
    from jobs.operations import checkpoint_rebuild  # noqa: PLC0415 - pyspark takes a second
    from streaming.profiles import rebuild  # noqa: PLC0415

    if check and checkpoint:
        raise InputError("--check writes nothing and --checkpoint writes; choose one")
    settings = settings_of(context)
    with spark_session(settings, rebuild.JOB) as spark, console.status("rebuilding"):
        if checkpoint:
            checkpoint_rebuild.make_checkpoint(spark, settings)
            console.print("the checkpoint is made; start update_profiles")
            return
        rebuilt = rebuild.rebuild(spark, settings)
        found = rebuild.read_streamed(settings.kafka)
        told = rebuild.compare(rebuilt.toLocalIterator(), found)
        if told.ahead and not check:
            rebuild.publish(spark, settings, rebuilt, told.ahead)
    table = Table("rebuilt against the topic", "profiles", "first of them")
    for name, words in _COMPARED.items():
        ids = getattr(told, name)
        table.add_row(words, f"{len(ids):,}", ", ".join(ids[:5]))
    console.print(f"{told.equal:,} of {len(found):,} profiles on the topic equal the rebuilt ones")
    console.print(table)
    if told.ahead and not check:
        console.print(f"published {len(told.ahead):,} profiles")
    if told.different or told.unknown or (told.ahead and check):
        raise CareerstreamError(
            f"{len(told.different)} profiles differ, {len(told.unknown)} are unknown to the lake, "
            f"the topic lacks {0 if not check else len(told.ahead)}"
        )
