"""careerstream import courses: what can be learned, from schema.org/Course, JSON lines or CSV."""

from dataclasses import replace
from typing import Annotated

import typer

from jobs.cli.commands import imports
from jobs.cli.commands.invocation import Json, settings_of, spark_session
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
    from jobs.operations.table_import import read_table_file  # noqa: PLC0415 - pyspark takes a second to load
    from streaming.contract.learning.course import Course  # noqa: PLC0415
    from streaming.lake.course_table import write_courses  # noqa: PLC0415

    settings = settings_of(context)
    options = imports.read_options(file_format, encoding, delimiter, empty)
    options = replace(options, mapping=tuple(mapping or ()))
    with console.status("reading"):
        read = read_table_file(settings, file, Course, options)
    if source:
        marked = [own.model_copy(update={"source": source}) for own in read.records]
        read = replace(read, records=marked)
    with spark_session(settings, "import_courses") as spark, console.status("writing"):
        version = write_courses(spark, settings, read.records)
    imports.print_table_import(file, read, version, as_json=as_json)
