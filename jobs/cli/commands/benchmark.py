"""careerstream benchmark: latency of a running stream, speed of the stream, offline quality."""

import inspect
import json
import os
from collections.abc import Callable
from dataclasses import fields
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jobs.benchmark.stream.harness.plan import PARTS, Plan
from jobs.cli.commands.invocation import Json, print_json, settings_of
from jobs.runtime.progress import StageProgress
from jobs.runtime.tables import Table
from jobs.runtime.terminal import console
from streaming.errors import InputError, SettingsError
from streaming.settings import Settings

if TYPE_CHECKING:
    from jobs.benchmark.stream.sections import Section
    from streaming.taxonomy.concept import Taxonomy

app = typer.Typer(no_args_is_help=True, help="Measurements; each writes a report file.")

Out = Annotated[
    Path, typer.Option(help="Report file. The page beside it has the same name and ends in .html.")
]


@app.command("latency")
def latency(
    context: typer.Context,
    out: Annotated[Path, typer.Option(help="Report file.")] = Path("latency.json"),
    count: Annotated[int, typer.Option("--events", min=1, help="Events to send.")] = 600,
    rate: Annotated[float, typer.Option(min=0.1, help="Events a second.")] = 20.0,
    as_json: Json = False,
) -> None:
    """Send events to a running `careerstream up`; measure the time to their recommendations."""
    from jobs.operations.recommendation_latency import measure_latency  # noqa: PLC0415 - numpy and kafka take time to load

    report = measure_latency(settings_of(context), events=count, rate=rate)
    out.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    if as_json:
        print_json(report)
        return
    console.print(
        f"{report['answered']} of {report['sent']} answered, p50 {report['p50_ms']} ms, "
        f"p99 {report['p99_ms']} ms; report in {out}"
    )


@app.command("quality")
def quality(
    context: typer.Context,
    data: Annotated[
        Path,
        typer.Option(help="File in the protocol's layout.", show_default=False, metavar="FILE"),
    ],
    protocol: Annotated[
        str, typer.Option(help="prequential, job-views, stated or sequences.", metavar="NAME")
    ] = "prequential",
    postings: Annotated[
        Path | None,
        typer.Option(
            help="For prequential: postings, where the events do not hold their columns.",
            metavar="FILE",
        ),
    ] = None,
    candidates: Annotated[
        list[Path] | None,
        typer.Option(
            help="For all but sequences: what candidates state; repeatable.", metavar="FILE"
        ),
    ] = None,
    attributes: Annotated[
        Path | None,
        typer.Option(
            help="For sequences: a JSON file that maps items to attribute numbers.", metavar="FILE"
        ),
    ] = None,
    taxonomy: Annotated[
        list[Path] | None,
        typer.Option(
            help="File of a taxonomy to map to; repeatable. Default: the embedded one.",
            metavar="FILE",
        ),
    ] = None,
    preset: Annotated[
        str, typer.Option(help="Preset to train: published or best.", metavar="NAME")
    ] = "best",
    seed: Annotated[int, typer.Option(min=0, help="Seed of everything random.")] = 7,
    seeds: Annotated[
        int, typer.Option(min=1, help="Number of trainings, with consecutive seeds.")
    ] = 1,
    out: Out = Path("quality.json"),
    as_json: Json = False,
) -> None:
    """Train a preset as `train` does, and baselines; ask all for lists before held-out turns."""
    from jobs.benchmark.quality.run import measure_quality  # noqa: PLC0415 - scipy takes a second to load
    from training.benchmark.protocols.protocols import PROTOCOLS  # noqa: PLC0415
    from training.benchmark.protocols.question import QuestionFiles  # noqa: PLC0415
    from training.benchmark.run import Request  # noqa: PLC0415

    if protocol not in PROTOCOLS:
        raise SettingsError(
            f"there is no protocol {protocol!r}; choose one of: {', '.join(PROTOCOLS)}"
        )
    settings = settings_of(context)
    request = Request(
        protocol=protocol,
        files=QuestionFiles(
            data=data,
            postings=postings,
            candidates=tuple(candidates or ()),
            attributes=attributes,
        ),
        training=settings.training.model_copy(update={"preset": preset, "seed": seed}),
        taxonomy=_taxonomy(settings, taxonomy),
        seeds=seeds,
    )
    with StageProgress() as progress:
        report = measure_quality(settings, request, out, progress.show)
    if as_json:
        print_json(report)
    else:
        _print_quality(report, out)


def _taxonomy(settings: Settings, files: list[Path] | None) -> "Taxonomy | None":
    from infra.simulator.taxonomy_export import embedded_taxonomy  # noqa: PLC0415 - rarely needed
    from streaming.taxonomy.files import read_taxonomy  # noqa: PLC0415

    if files:
        return read_taxonomy(files).taxonomy
    return None if settings.training.taxonomy == "none" else embedded_taxonomy()


def _print_quality(report: dict[str, Any], out: Path) -> None:
    console.print(_quality_table(report))
    console.print(
        f"{report['turns']:,} turns of {report['users']:,} candidates, "
        f"{report['seconds/total']:.0f} s in total"
    )
    if "retrieval/turns" in report:
        console.print(
            f"retrieval keeps {report['retrieval/kept']:.1%} of the first ten places and loses "
            f"{report['retrieval/ndcg_lost']:.4f} of NDCG@10"
        )
    if "calibration/error" in report:
        console.print(f"expected calibration error {report['calibration/error']:.4f}")
    if "reasons/turns" in report:
        console.print(
            f"the posting that a reason names keeps the first item in {report['reasons/keeps']:.1%}"
            f" of {report['reasons/turns']:,} lists, a random one in "
            f"{report['reasons/keeps_at_random']:.1%}"
        )
    if "seeds" in report:
        deviations = "/".join(f"{report[f'{m}/deviation']:.4f}" for m in ("hr@10", "ndcg@10"))
        console.print(
            f"{report['preset']}: mean of {report['seeds']} seeds, standard deviation {deviations}"
        )
    console.print(f"report in {out}, page in {out.with_suffix('.html')}")
    console.print(f"MLflow run {report['mlflow/run']}")


def _with_sizes(command: Callable[..., None]) -> Callable[..., None]:
    """Replace the `**sizes` of a command by an option for each size of a `Plan`."""
    signature = inspect.signature(command, eval_str=True)
    sizes = [
        inspect.Parameter(
            size.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=None,
            annotation=Annotated[
                type(size.default) | None,
                typer.Option(
                    min=size.metadata["minimum"],
                    help=f"{size.metadata['description']} Default: {size.default:,.15g}.",
                ),
            ],
        )
        for size in fields(Plan)
        if size.metadata
    ]
    named = list(signature.parameters.values())[:-1]
    command.__signature__ = signature.replace(parameters=[*named, *sizes])  # type: ignore[attr-defined]
    return command


@app.command("stream")
@_with_sizes
def stream(
    context: typer.Context,
    *,
    part: Annotated[
        list[str] | None,
        typer.Option(
            help=f"{', '.join(PARTS)}; repeatable. Default: all but the last four.", metavar="NAME"
        ),
    ] = None,
    quick: Annotated[
        bool, typer.Option(help="Small sizes: a trial run whose numbers mean little.")
    ] = False,
    untrained: Annotated[
        bool, typer.Option(help="Serve the most-popular baseline and train nothing.")
    ] = False,
    quix: Annotated[
        bool, typer.Option("--quix", help="Let Quix Streams process the backlog, too.")
    ] = False,
    out: Out = Path("stream.json"),
    as_json: Json = False,
    **sizes: float | None,
) -> None:
    """Measure how fast the stream is, and compare it with a plain copy of its events."""
    from jobs.benchmark.stream.page import measured_sections  # noqa: PLC0415 - matplotlib takes a second to load
    from jobs.benchmark.stream.run import measure_stream  # noqa: PLC0415 - mlflow takes seconds to load

    plan = (Plan.quick() if quick else Plan()).with_choices(
        parts=tuple(part) if part else None, trained=not untrained, quix=quix, **sizes
    )
    with StageProgress() as progress:
        report = measure_stream(settings_of(context), plan, out, progress.show)
    _print_report(report, measured_sections, out, as_json=as_json)


@app.command("scoring")
def scoring(
    context: typer.Context,
    *,
    postings: Annotated[
        list[int] | None,
        typer.Option(
            min=1, help="Postings to rank; repeatable. Default: 10,000 and 100,000.", metavar="N"
        ),
    ] = None,
    profiles: Annotated[int, typer.Option(min=1, help="People whose lists are made.")] = 1_000,
    processes: Annotated[
        int | None,
        typer.Option(min=1, help="Python processes that score. Default: one for each core."),
    ] = None,
    rounds: Annotated[
        int, typer.Option(min=1, help="How often each way makes all lists, taking turns.")
    ] = 3,
    preset: Annotated[
        str, typer.Option(help="Preset to train: published or best.", metavar="NAME")
    ] = "best",
    # The time of scoring depends on the model's shape and not on its quality.
    epochs: Annotated[int, typer.Option(min=1, help="Epochs of the training.")] = 2,
    seed: Annotated[int, typer.Option(min=0, help="Seed of everything random.")] = 7,
    out: Out = Path("scoring.json"),
    as_json: Json = False,
) -> None:
    """Compare lists a second of the stream's operator, our UDF, MLflow's UDF and bare Python."""
    from jobs.benchmark.scoring.page import measured_sections  # noqa: PLC0415 - matplotlib takes a second to load
    from jobs.benchmark.scoring.run import ScoringPlan, measure_scoring  # noqa: PLC0415 - mlflow takes seconds to load

    settings = settings_of(context)
    chosen = {"preset": preset, "epochs": epochs, "seed": seed}
    settings = settings.model_copy(update={"training": settings.training.model_copy(update=chosen)})
    plan = ScoringPlan(
        postings=tuple(dict.fromkeys(postings or (10_000, 100_000))),
        profiles=profiles,
        processes=processes or len(os.sched_getaffinity(0)),
        rounds=rounds,
    )
    with StageProgress() as progress:
        report = measure_scoring(settings, plan, out, progress.show)
    _print_report(report, measured_sections, out, as_json=as_json)


@app.command("taxonomy")
def taxonomy(
    context: typer.Context,
    files: Annotated[
        list[Path], typer.Option("--taxonomy", help="File of the taxonomy.", metavar="FILE")
    ],
    titles: Annotated[
        Path | None,
        typer.Option(help="CSV file: title, occupation_uri.", metavar="FILE"),
    ] = None,
    sentences: Annotated[
        list[Path] | None,
        typer.Option(help="CSV file: sentence, label of a skill; repeatable.", metavar="FILE"),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the intervals.")] = 7,
    out: Annotated[Path, typer.Option(help="Report file.")] = Path("taxonomy.json"),
    as_json: Json = False,
) -> None:
    """Map titles to occupations and sentences to skills; compare with letters' TF-IDF."""
    from streaming.taxonomy.files import read_taxonomy  # noqa: PLC0415
    from training.benchmark import concept_mapping  # noqa: PLC0415 - scipy takes a second to load
    from training.taxonomy.mapper import Mapper  # noqa: PLC0415

    del context
    if not titles and not sentences:
        raise InputError("there is nothing to map; give --titles FILE or --sentences FILE")
    report: dict[str, Any] = {}
    with StageProgress() as progress:
        mapper = Mapper.of(
            read_taxonomy(files).taxonomy,
            meanings=True,
            on_progress=lambda kind, share: progress.show(f"reading names of {kind}s", share),
        )
        questions = {}
        if titles:
            questions["titles"] = concept_mapping.read_titles(titles, mapper)
        if sentences:
            questions["sentences"] = concept_mapping.read_sentences(sentences, mapper)
        for name, asked in questions.items():
            measured = concept_mapping.measure_mapping(
                mapper, asked, seed, partial(progress.show, f"mapping {name}")
            )
            report |= {f"{name}/{key}": value for key, value in measured.items()}
    out.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    if as_json:
        print_json(report)
        return
    table = Table("", *concept_mapping.METRICS)
    for name in questions:
        for ranker in ("mapper", "letters", "difference"):
            prefix = f"{name}/{ranker}"
            table.add_row(
                prefix, *(_with_interval(report, f"{prefix}/{m}") for m in concept_mapping.METRICS)
            )
    console.print(table)
    console.print(f"report in {out}")


@app.command("languages")
def languages(
    context: typer.Context,
    candidates: Annotated[int, typer.Option(min=1, help="Of the market trained on.")] = 400,
    postings: Annotated[int, typer.Option(min=1, help="Of the market trained on.")] = 3_000,
    people: Annotated[int, typer.Option(min=1, help="Who get lists.")] = 300,
    seed: Annotated[int, typer.Option(min=0, help="Seed of everything random.")] = 7,
    out: Annotated[Path, typer.Option(help="Report file.")] = Path("languages.json"),
    as_json: Json = False,
) -> None:
    """Ask for lists of postings in the people's language and in the other one (zh, en)."""
    from jobs.benchmark.languages import (  # noqa: PLC0415 - torch takes seconds to load
        METRICS,
        LanguagesPlan,
        measure_languages,
        ways,
    )

    settings = settings_of(context)
    plan = LanguagesPlan(
        candidates=candidates,
        postings=postings,
        people=people,
        epochs=settings.training.epochs,
        seed=seed,
    )
    with StageProgress() as progress, TemporaryDirectory(prefix="careerstream-") as folder:
        report = measure_languages(plan, Path(folder), progress.show)
    out.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    if as_json:
        print_json(report)
        return
    columns = [f"{side}/{metric}" for side in ("same", "other") for metric in METRICS]
    table = Table("", *columns, "training s")
    for name in ways():
        values = (_with_interval(report, f"{name}/{column}") for column in columns)
        table.add_row(name, *values, f"{report[f'{name}/seconds']:.0f}")
    console.print(table)
    console.print(f"{report['people']:,} people; report in {out}")


@app.command("matches")
def matches(
    context: typer.Context,
    candidates: Annotated[int, typer.Option(min=1, help="Of each market.")] = 600,
    postings: Annotated[int, typer.Option(min=1, help="Of each market.")] = 1_500,
    out: Annotated[Path, typer.Option(help="Report file.")] = Path("matches.json"),
    as_json: Json = False,
) -> None:
    """Compare matches with one-sided rankings by true mutual fit, on five simulated markets."""
    from jobs.benchmark.matches import RANKINGS, MatchesPlan, measure_matches  # noqa: PLC0415 - torch takes seconds to load

    plan = MatchesPlan(candidates, postings, settings_of(context).training.epochs)
    with StageProgress() as progress, TemporaryDirectory(prefix="careerstream-") as folder:
        report = measure_matches(plan, Path(folder), progress.show)
    out.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    if as_json:
        print_json(report)
        return
    table = Table("ranked by", "mutual fit in the first ten", "both sides against it")
    for ranking in RANKINGS:
        ratio = report.get(f"ratio to {ranking}")
        table.add_row(
            ranking,
            _with_interval(report, f"{ranking}/fit"),
            "" if ratio is None else f"{ratio:.2f} x",
        )
    console.print(table)
    console.print(f"{report['postings']:,} postings; report in {out}")


def _with_interval(report: dict[str, Any], key: str) -> str:
    return f"{report[key]:.3f} [{report[f'{key}/low']:.3f}, {report[f'{key}/high']:.3f}]"


@app.command("training")
def training(
    context: typer.Context,
    *,
    postings: Annotated[int, typer.Option(min=1, help="Postings of the market.")] = 100_000,
    candidates: Annotated[int, typer.Option(min=1, help="People; each has 8 events.")] = 18_000,
    steps: Annotated[int, typer.Option(min=1, help="Measured steps of each way and round.")] = 100,
    rounds: Annotated[int, typer.Option(min=1, help="How often each way takes its turn.")] = 3,
    growth: Annotated[
        list[int] | None,
        typer.Option(min=1, help="Repeat the events so many times; repeatable.", metavar="N"),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of everything random.")] = 7,
    out: Out = Path("training.json"),
    as_json: Json = False,
) -> None:
    """Compare our training loop with a bare one, and groups of processes; measure growth."""
    from jobs.benchmark.training.page import measured_sections  # noqa: PLC0415 - matplotlib takes a second to load
    from jobs.benchmark.training.run import TrainingPlan, measure_training  # noqa: PLC0415 - torch takes seconds to load

    settings = settings_of(context)
    seeded = settings.training.model_copy(update={"seed": seed})
    plan = TrainingPlan(
        postings=postings,
        candidates=candidates,
        steps=steps,
        rounds=rounds,
        growth=tuple(dict.fromkeys(growth or ())),
    )
    with StageProgress() as progress:
        report = measure_training(
            settings.model_copy(update={"training": seeded}), plan, out, progress.show
        )
    _print_report(report, measured_sections, out, as_json=as_json)


def _print_report(
    report: dict[str, Any],
    sections_of: "Callable[[dict[str, Any]], list[Section]]",
    out: Path,
    *,
    as_json: bool,
) -> None:
    if as_json:
        print_json(report)
        return
    for section in sections_of(report):
        table = Table(*section.columns, title=section.title, title_justify="left")
        for row in section.rows:
            table.add_row(*row)
        console.print(table)
        for label, value in section.tiles.items():
            console.print(f"{value}  {label}")
    console.print(f"report in {out}, page in {out.with_suffix('.html')}")


def _quality_table(report: dict[str, Any]) -> Table:
    """Lay out HR@10 and NDCG@10 of the preset and the baselines."""
    from jobs.benchmark.quality.page import GROUPS, rankers  # noqa: PLC0415 - matplotlib takes a second to load

    groups = [group for group in GROUPS if f"{group}hr@10" in report]
    names = (group.rstrip("/") or "all" for group in groups)
    table = Table("HR@10/NDCG@10", *names, "coverage")
    for name, prefix in rankers(report).items():
        pairs = [
            "/".join(f"{report[f'{prefix}{group}{m}']:.4f}" for m in ("hr@10", "ndcg@10"))
            for group in groups
        ]
        table.add_row(name, *pairs, f"{report[f'{prefix}coverage']:.1%}")
    return table
