"""careerstream similar and groups: what is like what, by a registered model's own vectors."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from jobs.commands.common import console, settings_of, spark_of
from streaming.errors import SettingsError

if TYPE_CHECKING:
    from streaming.catalogue import Catalogue

app = typer.Typer(no_args_is_help=True, help="What is like what, by the model's own vectors.")

Size = Annotated[int, typer.Option(min=1, help="Most neighbours.")]
By = Annotated[str, typer.Option(help="cosine or euclidean.", metavar="NAME")]
Model = Annotated[str, typer.Option(help="Alias or number of the version.", metavar="VERSION")]
AsOf = Annotated[
    str | None,
    typer.Option(
        help="Only postings open then. Default: all that were not withdrawn.", metavar="TIME"
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command("posting")
def posting(
    context: typer.Context,
    posting_id: Annotated[str, typer.Argument(help="Posting id.", metavar="POSTING")],
    size: Size = 10,
    by: By = "cosine",
    as_of: AsOf = None,
    model: Model = "champion",
    as_json: Json = False,
) -> None:
    """Show the nearest postings of a posting."""
    from jobs import similar as job  # noqa: PLC0415 - torch takes seconds to load

    settings, likeness = settings_of(context), _likeness(by)
    with (
        spark_of(settings, "similar") as spark,
        console.status("comparing"),
        job.open_space(spark, settings, model) as space,
    ):
        found = job.similar_postings(space, posting_id, size=size, by=likeness, as_of=as_of)
    if as_json:
        typer.echo(json.dumps(found, indent=2))
        return
    table = Table("#", "posting", "title", "employer", by, caption=_made_with(found))
    for item in found["items"]:
        what = [item["posting_id"], *_posting(space.catalogue, item["posting_id"])]
        table.add_row(str(item["rank"]), *map(escape, what), f"{item['likeness']:.3f}")
    console.print("like {}, {}:".format(*map(escape, _posting(space.catalogue, posting_id))))
    console.print(table)


@app.command("candidate")
def candidate(
    context: typer.Context,
    candidate_id: Annotated[str, typer.Argument(help="Candidate id.", metavar="CANDIDATE")],
    size: Size = 10,
    by: By = "cosine",
    model: Model = "champion",
    as_json: Json = False,
) -> None:
    """Show the candidates who ask for what a candidate asks for."""
    from jobs import similar as job  # noqa: PLC0415 - torch takes seconds to load

    settings, likeness = settings_of(context), _likeness(by)
    with (
        spark_of(settings, "similar") as spark,
        console.status("comparing"),
        job.open_space(spark, settings, model) as space,
    ):
        profiles = job.newest_profiles(spark, settings)
        found = job.similar_candidates(space, profiles, candidate_id, size=size, by=likeness)
    if as_json:
        typer.echo(json.dumps(found, indent=2))
        return
    table = Table("#", "candidate", "states", "newest posting", by, caption=_made_with(found))
    for item in found["items"]:
        who = item["candidate_id"]
        what = [who, *_profile(space.catalogue, profiles[who])]
        table.add_row(str(item["rank"]), *map(escape, what), f"{item['likeness']:.3f}")
    asked = map(escape, _profile(space.catalogue, profiles[candidate_id]))
    console.print("like {}; {}:".format(*asked))
    console.print(table)


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
    as_json: Json = False,
) -> None:
    """Group the postings by what the work is, and name the groups."""
    from jobs import similar as job  # noqa: PLC0415 - torch takes seconds to load

    settings = settings_of(context)
    with (
        spark_of(settings, "groups") as spark,
        console.status("grouping"),
        job.open_space(spark, settings, model) as space,
    ):
        found = job.group_postings(space, count=count, seed=seed, as_of=as_of, measured=measure)
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False, indent=2))
        return
    table = Table("#", "group", "postings", "for instance", caption=_made_with(found))
    for number, group in enumerate(found["groups"], start=1):
        shown = "\n".join(_posting(space.catalogue, one)[0] for one in group["typical"])
        table.add_row(str(number), escape(group["name"]), f"{group['size']:,}", escape(shown))
    console.print(table)
    if found["ungrouped"]:
        console.print(f"{len(found['ungrouped']):,} postings say nothing that the model knows")
    if measure:
        _tell_quality(found["quality"])


def _tell_quality(quality: Mapping[str, Any]) -> None:
    """Lay agreement and stability out, the model's beside those of TF-IDF."""
    words = {
        "nmi": "agreement with industry (NMI)",
        "nmi/withheld": "the same, industry withheld",
        "stability": "stability over seeds (adjusted Rand)",
    }
    table = Table(f"{quality['groups']} groups, {quality['seeds']} seeds", "model", "TF-IDF")
    for key, said in words.items():
        cells = (quality[f"{prefix}{key}"] for prefix in ("", "tf-idf/"))
        table.add_row(said, *("-" if value is None else f"{value:.3f}" for value in cells))
    console.print(table)
    console.print(
        f"{quality['with_industry']:,} of {quality['postings']:,} postings state one of "
        f"{quality['industries']} industries"
    )


def _likeness(name: str) -> Any:
    from training.neighbours import Likeness  # noqa: PLC0415 - numpy, for a command alone

    if name not in set(Likeness):
        raise SettingsError(f"--by {name} is unknown; choose one of: {', '.join(Likeness)}")
    return Likeness(name)


def _posting(catalogue: "Catalogue", posting_id: str) -> tuple[str, str]:
    """Return the title and the employer of a posting."""
    [found] = catalogue.table.slice(catalogue.rows[posting_id], 1).to_pylist()
    return found["title"] or "?", found["employer"] or "-"


def _profile(catalogue: "Catalogue", profile: Mapping[str, Any]) -> tuple[str, str]:
    """Say in a few words what somebody states, and what they did last."""
    stated = profile.get("stated") or {}
    skills = ", ".join(stated.get("skills") or ()) or "states no skills"
    known = (e["posting_id"] for e in reversed(profile["events"]))
    newest = next((one for one in known if one in catalogue.rows), None)
    title = "nothing yet" if newest is None else _posting(catalogue, newest)[0]
    return skills, title


def _made_with(found: Mapping[str, Any]) -> str:
    return f"{found['model_name']} {found['model_version']}, catalogue {found['catalogue_version']}"
