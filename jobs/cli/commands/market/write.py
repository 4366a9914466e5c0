"""careerstream write and benchmark rewrites: postings in plain words, with checked facts."""

import json
import random
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from jobs.cli.commands import imports
from jobs.cli.commands.invocation import Json, print_json, settings_of
from jobs.runtime.progress import StageProgress
from jobs.runtime.tables import Table
from jobs.runtime.terminal import console
from streaming.errors import InputError
from streaming.importing import ReadOptions
from streaming.language.writing.rewriting import Rewriting
from streaming.language.writing.section_kind import Language

LanguageFlag = Annotated[
    str,
    typer.Option("--language", help="Of the text: same as the posting, en or zh."),
]


def write(
    context: typer.Context,
    posting: Annotated[
        str | None, typer.Argument(help="Id of a posting on its topic.", metavar="POSTING")
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option(help="Rewrite the postings of a file instead; no broker is needed."),
    ] = None,
    mapping: imports.Map = None,
    language: LanguageFlag = "same",
    as_json: Json = False,
) -> None:
    """Write a posting anew: sections, plain and inclusive words, checked facts.

    The posting itself stays as it is.
    """
    from jobs.writing.postings import read_posting, read_posting_file, vocabulary  # noqa: PLC0415
    from streaming.language.models.factory import open_model  # noqa: PLC0415
    from streaming.language.writing.writer import Writer  # noqa: PLC0415

    if (posting is None) == (file is None):
        raise InputError("give the id of a posting, or --file FILE, and not both")
    settings, chosen = settings_of(context), _language(language)
    if file is not None:
        postings = list(read_posting_file(file, ReadOptions(mapping=tuple(mapping or ()))))
    else:
        postings = [read_posting(settings.kafka, posting or "")]
    if not postings:
        raise InputError(
            f"{file} holds no posting; give JSON lines, JSON-LD lines or CSV with --map"
        )
    writer = Writer(
        vocabulary(), open_model(settings), hide_employer=settings.language.hide_employer == "yes"
    )
    written = [writer.write(own, chosen) for own in postings]
    if as_json:
        print_json([vars(own) for own in written])
        return
    for own in written:
        for line in shown_lines(own):
            typer.echo(line)


def shown_lines(written: Rewriting) -> list[str]:
    """Return a rewritten posting as lines for people."""
    lines = [written.text or f"{written.title}: refused, the posting's own text stands", ""]
    lines += [f"problem: {problem}" for problem in written.problems]
    for remark in written.remarks:
        instead = f", instead: {remark.replacement}" if remark.replacement else ""
        lines.append(f"remark: {remark.word!r} {remark.reason}{instead}")
    if written.after is not None:
        before, after = written.before, written.after
        ease = ""
        if before.reading_ease is not None and after.reading_ease is not None:
            ease = (
                f"; reading ease {before.reading_ease:.0f} before, {after.reading_ease:.0f} after"
            )
        lines.append(
            f"words a sentence: {before.sentence_length:.0f} before,"
            f" {after.sentence_length:.0f} after{ease}"
        )
    lines.append(f"written by {written.author}; {written.facts} facts checked")
    if written.notice:
        lines.append(written.notice)
    return [*lines, ""]


def rewrites(
    files: Annotated[list[Path], typer.Argument(help="Files of postings.", metavar="FILE...")],
    mapping: imports.Map = None,
    sample: Annotated[
        int | None, typer.Option(min=1, help="Rewrite so many of each file; default: all.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Chooses the sample.")] = 7,
    out: Annotated[Path, typer.Option(help="Report file.")] = Path("rewrites.json"),
    as_json: Json = False,
) -> None:
    """Rewrite the postings of files: refused, lost and invented, readability before and after."""
    from jobs.writing.benchmark import measure_rewrites  # noqa: PLC0415 - takes a second to load
    from jobs.writing.postings import read_posting_file, vocabulary  # noqa: PLC0415
    from streaming.language.writing.writer import Writer  # noqa: PLC0415

    writer, options = Writer(vocabulary()), ReadOptions()
    reports: dict[str, Any] = {}
    for file in files:
        own = replace(options, mapping=tuple(mapping or ())) if _is_csv(file) else options
        postings = list(read_posting_file(file, own))
        if sample is not None and sample < len(postings):
            postings = random.Random(seed).sample(postings, sample)
        with StageProgress() as progress:
            reports[file.name] = measure_rewrites(
                postings, writer.write, partial(progress.show, file.name)
            )
    out.write_text(json.dumps(reports, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    if as_json:
        print_json(reports)
        return
    table = Table("", *reports)
    for label, text in _ROWS.items():
        table.add_row(label, *(_cell(text, report) for report in reports.values()))
    console.print(table)
    console.print(f"report in {out}")


_ROWS = {
    "postings": "{postings:,}",
    "refused": "{refused:,} ({refused_share:.1%})",
    "facts checked": "{facts_checked:,}",
    "numbers and names lost": "{lost:,}",
    "numbers and names invented": "{invented:,}",
    "words a sentence, before": "{sentence_length[before]:.1f}",
    "words a sentence, after": "{sentence_length[after]:.1f}",
    "reading ease, before": "{reading_ease[before]:.1f}",
    "reading ease, after": "{reading_ease[after]:.1f}",
    "milliseconds a posting": "{milliseconds:.1f}",
}


def _cell(text: str, report: dict[str, Any]) -> str:
    try:
        return text.format(**report)
    except TypeError:  # a measure that this language does not have
        return "-"


def _is_csv(file: Path) -> bool:
    return file.name.removesuffix(".gz").endswith(".csv")


def _language(flag: str) -> Language | None:
    languages: dict[str, Literal["en", "zh"] | None] = {"same": None, "en": "en", "zh": "zh"}
    if flag not in languages:
        raise InputError(f"--language {flag} is unknown; give same, en or zh")
    return languages[flag]
