"""careerstream import groups: audit groups, apart from profiles."""

from dataclasses import replace

import typer

from jobs.cli.commands import imports
from jobs.cli.commands.invocation import Json, settings_of, spark_session
from jobs.runtime.terminal import console


def groups(
    context: typer.Context,
    file: imports.File,
    mapping: imports.Map = None,
    file_format: imports.FormatFlag = "auto",
    encoding: imports.Encoding = "utf-8-sig",
    delimiter: imports.Delimiter = None,
    empty: imports.Empty = None,
    as_json: Json = False,
) -> None:
    """Read audit groups, such as sex, for fairness alone: a candidate_id and a column for each.

    They go to Δ groups, which no model reads. An empty cell, or `unknown`, leaves things as they
    are.
    """
    from jobs.operations.table_import import read_table_file  # noqa: PLC0415 - pyspark takes a second to load
    from streaming.contract.audit_groups import AuditGroups  # noqa: PLC0415
    from streaming.lake.group_table import write_groups  # noqa: PLC0415

    settings = settings_of(context)
    options = imports.read_options(file_format, encoding, delimiter, empty)
    options = replace(options, mapping=tuple(mapping or ()))
    with console.status("reading"):
        read = read_table_file(settings, file, AuditGroups, options)
    with spark_session(settings, "import_groups") as spark, console.status("writing"):
        version = write_groups(spark, settings, read.records)
    imports.print_table_import(file, read, version, as_json=as_json)
