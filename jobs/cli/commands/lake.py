"""careerstream maintain and rebuild-profiles: maintenance of the lake, and profiles from it."""

from typing import TYPE_CHECKING, Annotated

import typer

from jobs.cli.commands.invocation import Json, print_json, settings_of, spark_session
from jobs.runtime.tables import Table
from jobs.runtime.terminal import console
from streaming.errors import CareerstreamError, InputError

if TYPE_CHECKING:
    from streaming.profiles.rebuild import Comparison

_DIFFERENCES = {
    "behind": "the lake has not come so far yet",
    "ahead": "the topic lacks them or has older ones",
    "different": "same version, other content",
    "unknown": "nothing of them in the lake",
}
"""Groups of candidates in a `rebuild.Comparison`, and their descriptions."""


def maintain(context: typer.Context, as_json: Json = False) -> None:
    """Compact and vacuum the Delta tables; running jobs need not stop."""
    from jobs.upkeep import maintain as job  # noqa: PLC0415 - pyspark takes a second to load

    settings = settings_of(context)
    with spark_session(settings, "maintain") as spark, console.status("compacting and vacuuming"):
        results = job.maintain(spark, settings)
    if as_json:
        print_json(results)
        return
    table = Table("table", "files before", "files", "bytes", whole=("table",))
    for each in results:
        table.add_row(each.table, f"{each.files_before:,}", f"{each.files:,}", f"{each.bytes:,}")
    console.print(table)
    hours = settings.storage.retention_hours
    console.print(f"files that were replaced stay for {hours:g} hours")


def reshard(context: typer.Context, as_json: Json = False) -> None:
    """Give the state of profiles another number of partitions, that of spark.state_partitions.

    Stop update_profiles or hot_path first. The next start goes on where it stopped.
    """
    from streaming.profiles.moved_state import take_out  # noqa: PLC0415 - pyspark takes a second to load
    from streaming.profiles.profile_operator import JOB  # noqa: PLC0415

    settings = settings_of(context)
    partitions = settings.spark.state_partitions
    with spark_session(settings, "reshard") as spark, console.status("reading the state"):
        taken = take_out(spark, f"{settings.checkpoints}/{JOB}", partitions)
    if as_json:
        print_json(
            {"profiles": taken.profiles, "before": taken.partitions, "partitions": partitions}
        )
        return
    console.print(
        f"took {taken.profiles:,} profiles out of {taken.partitions} partitions; the next start "
        f"lays them out in {partitions}"
    )


def rebuild_profiles(
    context: typer.Context,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; list the profiles that differ.")
    ] = False,
    checkpoint: Annotated[
        bool,
        typer.Option(
            "--checkpoint",
            help="Rebuild a lost checkpoint of update_profiles, which must not run.",
        ),
    ] = False,
    as_json: Json = False,
) -> None:
    """Fold the lake into profiles and publish those that the topic lacks."""
    from jobs.operations import checkpoint_rebuild  # noqa: PLC0415 - pyspark takes a second to load
    from streaming.profiles import rebuild  # noqa: PLC0415

    if check and checkpoint:
        raise InputError("--check writes nothing and --checkpoint writes; choose one")
    settings = settings_of(context)
    with spark_session(settings, rebuild.JOB) as spark, console.status("rebuilding"):
        if checkpoint:
            checkpoint_rebuild.make_checkpoint(spark, settings)
            if as_json:
                print_json({"checkpoint": "made"})
            else:
                console.print("the checkpoint is made; start update_profiles")
            return
        rebuilt = rebuild.rebuild(spark, settings)
        streamed = rebuild.read_streamed(settings.kafka)
        comparison = rebuild.compare(rebuilt.toLocalIterator(), streamed)
        if comparison.ahead and not check:
            rebuild.publish(spark, settings, rebuilt, comparison.ahead)
    if as_json:
        print_json(comparison)
    else:
        _print_comparison(comparison, len(streamed))
    missing = len(comparison.ahead) if check else 0
    if comparison.ahead and not check and not as_json:
        console.print(f"published {len(comparison.ahead):,} profiles")
    if comparison.different or comparison.unknown or missing:
        raise CareerstreamError(
            f"{len(comparison.different)} profiles differ, {len(comparison.unknown)} are unknown "
            f"to the lake, the topic lacks {missing}"
        )


def _print_comparison(comparison: "Comparison", streamed: int) -> None:
    table = Table(
        "rebuilt against the topic", "profiles", "first of them", whole=("first of them",)
    )
    for name, description in _DIFFERENCES.items():
        ids = getattr(comparison, name)
        table.add_row(description, f"{len(ids):,}", "\n".join(ids[:5]))
    console.print(
        f"{comparison.equal:,} of {streamed:,} profiles on the topic equal the rebuilt ones"
    )
    console.print(table)
