"""careerstream import courses: what can be learned, from schema.org/Course, JSON lines or CSV."""

from dataclasses import replace
from typing import Annotated

import typer

from jobs.cli.commands import imports
from jobs.cli.commands.invocation import Json, print_json, settings_of, spark_session
from jobs.runtime.terminal import console


def courses(
    context: typer.Context,
    file: imports.File,
    mapping: imports.Map = None,
    file_format: imports.FormatFlag = "auto",
    encoding: imports.Encoding = "utf-8-sig",
    delimiter: imports.Delimiter = None,
    empty: imports.Empty = None,
    source: Annotated[
        str | None, typer.Option(help="Where the courses come from; kept with each.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Read courses from schema.org/Course lines, JSON lines in our own schema, or CSV.

    They go to Δ courses. A course replaces the one of the same id.
    """
    from jobs.operations.course_import import import_courses, read_course_file  # noqa: PLC0415 - pyspark takes a second to load

    settings = settings_of(context)
    options = imports.read_options(file_format, encoding, delimiter, empty)
    options = replace(options, mapping=tuple(mapping or ()))
    with console.status("reading"):
        read = read_course_file(settings, file, options)
    if source:
        marked = [own.model_copy(update={"source": source}) for own in read.courses]
        read = replace(read, courses=marked)
    with spark_session(settings, "import_courses") as spark, console.status("writing"):
        version = import_courses(spark, settings, read)
    if as_json:
        counts = {"read": read.read, "written": len(read.courses), "repeated": read.repeated}
        rejects = {"rejected": read.rejected, "rejects": read.rejects}
        print_json({**counts, **rejects, "version": version}, indent=None)
        return
    repeated = f", {read.repeated:,} repeated" if read.repeated else ""
    console.print(f"{file.name}: {read.read_as}")
    console.print(
        f"courses: read {read.read:,}, written {len(read.courses):,}, rejected"
        f" {sum(read.rejected.values()):,}{repeated}; version {version}"
    )
    for reason, count in sorted(read.rejected.items()):
        console.print(f"  {reason}: {count:,}")
    if read.rejects:
        console.print(f"  the rejected rows, with reasons: {read.rejects}")
