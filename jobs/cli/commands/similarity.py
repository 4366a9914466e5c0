"""careerstream similar and groups: nearest neighbours and clusters of a registered model."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jobs.cli.commands.invocation import (
    Json,
    known_candidate,
    print_json,
    settings_of,
    spark_session,
    time_of_flag,
)
from jobs.runtime.tables import Table
from jobs.runtime.terminal import console, json_text
from streaming.errors import InputError, SettingsError
from streaming.timestamps import format_timestamp

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from streaming.settings import Settings
    from training.similarity.embedding_space import EmbeddingSpace
    from training.similarity.nearest_neighbours import Metric

app = typer.Typer(no_args_is_help=True, help="Nearest neighbours by the model's own vectors.")

Result = Mapping[str, Any]
"""What a command prints as JSON."""

Top = Annotated[int, typer.Option(min=1, help="Maximum number of neighbours.")]
MetricName = Annotated[str, typer.Option("--metric", help="cosine or euclidean.", metavar="NAME")]
Model = Annotated[str, typer.Option(help="Alias or number of the version.", metavar="VERSION")]
AsOf = Annotated[
    str | None,
    typer.Option(
        help="Only postings open at this time. Default: all that were not withdrawn.",
        metavar="TIME",
    ),
]
Out = Annotated[Path | None, typer.Option(help="Also write the JSON to a file.", metavar="FILE")]


@app.command("posting")
def posting(
    context: typer.Context,
    posting_id: Annotated[str, typer.Argument(help="Posting id.")],
    top: Top = 10,
    metric: MetricName = "cosine",
    as_of: AsOf = None,
    model: Model = "champion",
    out: Out = None,
    as_json: Json = False,
) -> None:
    """Show the postings that are most similar to a posting."""
    from training.similarity.nearest_neighbours import similar_postings  # noqa: PLC0415 - torch takes seconds to load

    settings, distance = settings_of(context), _metric(metric)
    with _open_space(settings, model, "similar") as (_, space):
        result = similar_postings(space, posting_id, top=top, metric=distance, as_of=_moment(as_of))
    print_result(result, posting_table(result), out, as_json=as_json)


@app.command("candidate")
def candidate(
    context: typer.Context,
    candidate_id: Annotated[str, typer.Argument(help="Candidate id.")],
    top: Top = 10,
    metric: MetricName = "cosine",
    model: Model = "champion",
    out: Out = None,
    as_json: Json = False,
) -> None:
    """Show the candidates with the most similar interests."""
    from streaming.lake.newest_profiles import read_newest_profiles  # noqa: PLC0415 - pyspark takes seconds to load
    from training.similarity.nearest_neighbours import similar_candidates  # noqa: PLC0415 - torch takes seconds to load

    settings, distance = settings_of(context), _metric(metric)
    with _open_space(settings, model, "similar") as (spark, space):
        profiles = read_newest_profiles(spark, settings)
        known = known_candidate(context, candidate_id)
        result = similar_candidates(space, profiles, known, top=top, metric=distance)
    print_result(result, candidate_table(result), out, as_json=as_json)


def groups(
    context: typer.Context,
    count: Annotated[
        int | None,
        typer.Option(
            "--groups",
            min=1,
            help="Number of groups. Default: the root of half the postings, at most 30.",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the clustering.")] = 7,
    as_of: AsOf = None,
    model: Model = "champion",
    measure: Annotated[
        bool,
        typer.Option(
            "--measure",
            help="Measure agreement with industries, against TF-IDF, and stability.",
        ),
    ] = False,
    out: Out = None,
    as_json: Json = False,
) -> None:
    """Cluster the postings by the kind of work, and name the clusters."""
    from training.similarity.posting_clusters import cluster_postings  # noqa: PLC0415 - torch takes seconds to load

    with _open_space(settings_of(context), model, "groups") as (_, space):
        result = cluster_postings(
            space, count=count, seed=seed, as_of=_moment(as_of), measured=measure
        )
    print_result(result, group_table(result), out, as_json=as_json)
    if not as_json:
        if result["ungrouped"]:
            console.print(f"{len(result['ungrouped']):,} postings say nothing that the model knows")
        if measure:
            console.print(quality_table(result["quality"]))


def posting_table(result: Result) -> Table:
    """Lay out the neighbours of a posting."""
    title = f"like {_text(result['title'])}, {_text(result['employer'])}"
    columns = ("#", "posting", "title", "employer", result["metric"])
    table = Table(*columns, whole=("posting",), title=title)
    for item in result["items"]:
        cells = (_text(item[name]) for name in ("posting_id", "title", "employer"))
        table.add_row(str(item["rank"]), *cells, f"{item['likeness']:.3f}")
    return table


def candidate_table(result: Result) -> Table:
    """Lay out the neighbours of a candidate."""
    title = f"like {_text(', '.join(result['skills']))}; {_text(result['newest'])}"
    columns = ("#", "candidate", "states", "newest posting", result["metric"])
    table = Table(*columns, whole=("candidate",), title=title)
    for item in result["items"]:
        cells = (item["candidate_id"], ", ".join(item["skills"]), item["newest"])
        table.add_row(str(item["rank"]), *map(_text, cells), f"{item['likeness']:.3f}")
    return table


def group_table(result: Result) -> Table:
    """Lay out the groups, each with the titles of its typical postings."""
    table = Table("#", "group", "postings", "for instance")
    for number, group in enumerate(result["groups"], start=1):
        titles = "\n".join(dict.fromkeys(_text(item["title"]) for item in group["typical"]))
        table.add_row(str(number), _text(group["name"]), f"{group['size']:,}", titles)
    return table


def quality_table(quality: Result) -> Table:
    """Lay out agreement and stability of the model's groups beside those of TF-IDF."""
    labels = {
        "nmi": "agreement with industry (NMI)",
        "nmi/withheld": "the same, industry withheld",
        "stability": "stability over seeds (adjusted Rand)",
    }
    caption = (
        f"{quality['with_industry']:,} of {quality['postings']:,} postings state one of "
        f"{quality['industries']} industries"
    )
    head = f"{quality['groups']} groups, {quality['seeds']} seeds"
    table = Table(head, "model", "TF-IDF", caption=caption)
    for key, label in labels.items():
        cells = (quality[f"{prefix}{key}"] for prefix in ("", "tf-idf/"))
        table.add_row(label, *("-" if value is None else f"{value:.3f}" for value in cells))
    return table


@contextmanager
def _open_space(
    settings: "Settings", version: str, name: str
) -> Iterator[tuple["SparkSession", "EmbeddingSpace"]]:
    """Open a model's embedding space; an unknown model is an error before Spark starts."""
    from jobs.operations.similarity_inputs import open_embedding_space  # noqa: PLC0415 - torch and pyspark take seconds to load
    from training.registry.model_registry import find_version  # noqa: PLC0415

    model = find_version(settings, version)
    with (
        spark_session(settings, name) as spark,
        console.status("comparing"),
        open_embedding_space(spark, settings, model) as space,
    ):
        yield spark, space


def print_result(result: Result, table: Table, out: Path | None, *, as_json: bool) -> None:
    """Print a result as a table or as JSON, and write the JSON to a file if one is given.

    Raises:
        InputError: the file cannot be written.
    """
    if out is not None:
        try:
            out.write_text(json_text(result) + "\n", encoding="utf-8")
        except OSError as error:
            raise InputError(f"--out {out} cannot be written: {error.strerror}") from error
    if as_json:
        print_json(result)
        return
    console.print(table)
    console.print("by {model_name} {model_version}, catalogue {catalogue_version}".format(**result))


def _moment(as_of: str | None) -> str | None:
    moment = time_of_flag("--as-of", as_of)
    return None if moment is None else format_timestamp(moment)


def _metric(name: str) -> "Metric":
    from training.similarity.nearest_neighbours import Metric  # noqa: PLC0415 - torch takes seconds to load

    if name not in set(Metric):
        raise SettingsError(f"--metric {name} is unknown; choose one of: {', '.join(Metric)}")
    return Metric(name)


def _text(value: str | None) -> str:
    return value or "-"
