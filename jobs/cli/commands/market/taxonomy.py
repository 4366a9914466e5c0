"""careerstream import taxonomy: occupations and skills from ESCO's or O*NET's files."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jobs.cli.commands.invocation import Json, print_json, settings_of, spark_session
from jobs.runtime.terminal import console
from streaming.taxonomy.concept import ConceptKind
from streaming.taxonomy.files import read_taxonomy

if TYPE_CHECKING:
    from jobs.operations.taxonomy_import import TaxonomySummary


def taxonomy(
    context: typer.Context,
    files: Annotated[
        list[Path],
        typer.Argument(help="The files, in any order; .gz is decompressed.", metavar="FILE..."),
    ],
    language: Annotated[
        str | None,
        typer.Option(
            help="Of the names, such as en. Default: the one that ESCO's file names end in."
        ),
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="Of the taxonomy. Default: ESCO, O*NET, or own.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Read occupations and skills into Δ occupations and Δ skills.

    The files are those that ESCO (CSV) and O*NET (tab-separated) publish, or JSON lines with
    concept_id, kind, name and alternative_names. An import replaces what the lake held of the same
    taxonomy. A new model maps titles and skills to it (setting training.taxonomy).
    """
    from jobs.operations.taxonomy_import import UNDERSTOOD, import_taxonomy  # noqa: PLC0415 - pyspark takes a second to load

    settings = settings_of(context)
    with console.status("reading"):
        read = read_taxonomy(files, language=language, name=name)
    with spark_session(settings, "import_taxonomy") as spark, console.status("writing"):
        summary = import_taxonomy(spark, settings, read)
    foreign = [language for language in summary.languages if language not in UNDERSTOOD]
    if as_json:
        print_json(_as_json(summary))
    else:
        _print_summary(summary, foreign)


def _as_json(summary: "TaxonomySummary") -> dict[str, Any]:
    names = ("labels", "languages", "rows", "rejected", "rejects", "versions")
    return {
        "source": summary.taxonomy.source,
        "version": summary.taxonomy.version,
        "occupations": summary.count(ConceptKind.OCCUPATION),
        "skills": summary.count(ConceptKind.SKILL),
    } | {name: getattr(summary, name) for name in names}


def _print_summary(summary: "TaxonomySummary", foreign: list[str]) -> None:
    console.print(
        f"{summary.taxonomy.source} {summary.taxonomy.version}:"
        f" {summary.count(ConceptKind.OCCUPATION):,} occupations,"
        f" {summary.count(ConceptKind.SKILL):,} skills, {summary.labels:,} names"
        f" ({', '.join(summary.languages)})"
    )
    versions = ", ".join(
        f"{table} version {version}" for table, version in summary.versions.items()
    )
    console.print(f"read {summary.rows:,} rows, rejected {summary.rejected:,}; {versions}")
    if summary.rejects:
        console.print(f"  the rejected rows, with reasons: {summary.rejects}")
    if foreign:
        console.print(
            f"  names in {', '.join(foreign)} are compared by their letters alone: postings and"
            " profiles are understood in zh and en; import one of these too, or name the language"
            " with --language"
        )
