"""careerstream similar and groups: what is like what, by a registered model's own vectors."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from jobs.cli.commands.invocation import settings_of, spark_session
from jobs.runtime.terminal import console
from streaming.errors import InputError, SettingsError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from streaming.settings import Settings
    from training.similarity.embedding_space import Space
    from training.similarity.nearest_neighbours import Metric

app = typer.Typer(no_args_is_help=True, help="What is like what, by the model's own vectors.")

Found = Mapping[str, Any]

Top = Annotated[int, typer.Option(min=1, help="Most neighbours.")]
By = Annotated[str, typer.Option("--metric", help="cosine or euclidean.", metavar="NAME")]
Model = Annotated[str, typer.Option(help="Alias or number of the version.", metavar="VERSION")]
AsOf = Annotated[
    str | None,
    typer.Option(
        help="Only postings open then. Default: all that were not withdrawn.", metavar="TIME"
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Out = Annotated[Path | None, typer.Option(help="Write the JSON there, too.", metavar="FILE")]


@app.command("posting")
def posting(
    context: typer.Context,
    posting_id: Annotated[str, typer.Argument(help="Posting id.")],
    top: Top = 10,
    metric: By = "cosine",
    as_of: AsOf = None,
    model: Model = "champion",
    out: Out = None,
    as_json: Json = False,
) -> None:
    """Show the nearest postings of a posting."""
    from training.similarity.nearest_neighbours import similar_postings  # noqa: PLC0415 - torch takes seconds to load

    settings, by = settings_of(context), _metric(metric)
    with _space(settings, model, "similar") as (_, space):
        found = similar_postings(space, posting_id, top=top, metric=by, as_of=as_of)
    tell(found, posting_table(found), out, as_json=as_json)


@app.command("candidate")
def candidate(
    context: typer.Context,
    candidate_id: Annotated[str, typer.Argument(help="Candidate id.")],
    top: Top = 10,
    metric: By = "cosine",
    model: Model = "champion",
    out: Out = None,
    as_json: Json = False,
) -> None:
    """Show the candidates who ask for what a candidate asks for."""
    from jobs.operations.similar import newest_profiles  # noqa: PLC0415 - pyspark takes seconds to load
    from training.similarity.nearest_neighbours import similar_candidates  # noqa: PLC0415 - so does torch

    settings, by = settings_of(context), _metric(metric)
    with _space(settings, model, "similar") as (spark, space):
        profiles = newest_profiles(spark, settings)
        found = similar_candidates(space, profiles, candidate_id, top=top, metric=by)
    tell(found, candidate_table(found), out, as_json=as_json)


def groups(
    context: typer.Context,
    count: Annotated[
        int | None,
        typer.Option(
            "--groups", min=1, help="How many. Default: the root of half the postings, at most 30."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Same seed, same groups.")] = 7,
    as_of: AsOf = None,
    model: Model = "champion",
    measure: Annotated[
        bool,
        typer.Option("--measure", help="Agreement with industry, against TF-IDF; stability."),
    ] = False,
    out: Out = None,
    as_json: Json = False,
) -> None:
    """Group the postings by what the work is, and name the groups."""
    from training.similarity.posting_clusters import group_postings  # noqa: PLC0415 - torch takes seconds to load

    with _space(settings_of(context), model, "groups") as (_, space):
        found = group_postings(space, count=count, seed=seed, as_of=as_of, measured=measure)
    tell(found, group_table(found), out, as_json=as_json)
    if not as_json:
        if found["ungrouped"]:
            console.print(f"{len(found['ungrouped']):,} postings say nothing that the model knows")
        if measure:
            console.print(quality_table(found["quality"]))


def posting_table(found: Found) -> Table:
    """Lay the neighbours of a posting out."""
    title = f"like {_text(found['title'])}, {_text(found['employer'])}"
    table = Table("#", "posting", "title", "employer", found["metric"], title=title)
    for item in found["items"]:
        what = (_text(item[name]) for name in ("posting_id", "title", "employer"))
        table.add_row(str(item["rank"]), *what, f"{item['likeness']:.3f}")
    return table


def candidate_table(found: Found) -> Table:
    """Lay the neighbours of a candidate out."""
    title = f"like {_text(', '.join(found['skills']))}; {_text(found['newest'])}"
    table = Table("#", "candidate", "states", "newest posting", found["metric"], title=title)
    for item in found["items"]:
        what = (item["candidate_id"], ", ".join(item["skills"]), item["newest"])
        table.add_row(str(item["rank"]), *map(_text, what), f"{item['likeness']:.3f}")
    return table


def group_table(found: Found) -> Table:
    """Lay groups out, each with the postings in its middle."""
    table = Table("#", "group", "postings", "for instance")
    for number, group in enumerate(found["groups"], start=1):
        shown = "\n".join(dict.fromkeys(_text(one["title"]) for one in group["typical"]))
        table.add_row(str(number), _text(group["name"]), f"{group['size']:,}", shown)
    return table


def quality_table(quality: Found) -> Table:
    """Lay agreement and stability out, the model's beside those of TF-IDF."""
    words = {
        "nmi": "agreement with industry (NMI)",
        "nmi/withheld": "the same, industry withheld",
        "stability": "stability over seeds (adjusted Rand)",
    }
    stated = (
        f"{quality['with_industry']:,} of {quality['postings']:,} postings state one of "
        f"{quality['industries']} industries"
    )
    head = f"{quality['groups']} groups, {quality['seeds']} seeds"
    table = Table(head, "model", "TF-IDF", caption=stated)
    for key, said in words.items():
        cells = (quality[f"{prefix}{key}"] for prefix in ("", "tf-idf/"))
        table.add_row(said, *("-" if value is None else f"{value:.3f}" for value in cells))
    return table


@contextmanager
def _space(settings: "Settings", which: str, name: str) -> Iterator[tuple["SparkSession", "Space"]]:
    """Open a model's space; that there is no such model is said before Spark starts."""
    from jobs.operations.similar import newest_space  # noqa: PLC0415 - torch and pyspark take seconds to load
    from training.registry.model_registry import find  # noqa: PLC0415

    model = find(settings, which)
    with (
        spark_session(settings, name) as spark,
        console.status("comparing"),
        newest_space(spark, settings, model) as space,
    ):
        yield spark, space


def tell(found: Found, table: Table, out: Path | None, *, as_json: bool) -> None:
    """Print a table for people or JSON for programs; write the JSON to `out`, too.

    Raises:
        InputError: `out` cannot be written.
    """
    text = json.dumps(found, ensure_ascii=False, indent=2)
    if out is not None:
        try:
            out.write_text(text + "\n", encoding="utf-8")
        except OSError as error:
            raise InputError(f"--out {out} cannot be written: {error.strerror}") from error
    if as_json:
        typer.echo(text)
        return
    console.print(table)
    console.print("by {model_name} {model_version}, catalogue {catalogue_version}".format(**found))


def _metric(name: str) -> "Metric":
    from training.similarity.nearest_neighbours import Metric  # noqa: PLC0415 - torch takes seconds to load

    if name not in set(Metric):
        raise SettingsError(f"--metric {name} is unknown; choose one of: {', '.join(Metric)}")
    return Metric(name)


def _text(value: str | None) -> str:
    return escape(value or "-")
