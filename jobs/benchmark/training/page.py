"""The page of a training report, and what the command prints of it."""

import shlex
from pathlib import Path

from jobs.benchmark.stream.plots import bars_plot
from jobs.benchmark.stream.sections import Section
from jobs.reporting.html_page import Report, number, percent, select, write_page

_TEMPLATE = Path(__file__).parents[1] / "stream" / "page.html.j2"


def write(report: Report, file: Path) -> None:
    """Write the page of a report."""
    write_page(
        file,
        _TEMPLATE,
        title="Speed of training",
        made_at=report["made_at"],
        machine=f"{report['machine/cores']} cores, {report['machine/memory_gib']:.0f} GiB",
        sections=measured_sections(report),
        command=command(report),
        settings=select(report, "size/", "setting/", "version/", "machine/"),
    )


def measured_sections(report: Report) -> list[Section]:
    """Return the sections: the ways, and growth where it was measured."""
    growth = [_growth(report)] if report["size/growth"] else []
    return [_ways(report), *growth]


def command(report: Report) -> str:
    """Return the command that repeats the run."""
    words = ["careerstream", "benchmark", "training"]
    for flag in ("postings", "candidates", "steps", "rounds"):
        words += [f"--{flag}", str(report[f"size/{flag}"])]
    words += [word for times in report["size/growth"] for word in ("--growth", str(times))]
    words += ["--seed", str(report["setting/training.seed"]), "--out", "report.json"]
    return shlex.join(words)


def _ways(report: Report) -> Section:
    rates = {name: report[f"{name}/targets_per_second"] for name in report["ways"]}
    ratios = {k.removeprefix("ratio/"): v for k, v in select(report, "ratio/").items()}
    return Section(
        title="Steps",
        text=f"The encoder-decoder of the preset published, on the CPU, over "
        f"{report['size/postings']:,} postings and {report['events']:,} events; "
        f"{report['examples']:,} examples an epoch. Medians of {report['size/rounds']} rounds of "
        f"{report['size/steps']} steps in which all take turns. The bare loop has the same model "
        "and loss over batches that are ready. Features and shards were prepared before, on one "
        "core.",
        columns=["way", "examples/s", "targets/s", "waiting", "MiB"],
        rows=[
            [
                name,
                number(report[f"{name}/examples_per_second"]),
                number(rates[name]),
                percent(report[f"{name}/waiting"]) if f"{name}/waiting" in report else "",
                number(report[f"{name}/memory_mib"]),
            ]
            for name in report["ways"]
        ],
        tiles={
            "s to prepare features and shards, on one core": number(report["prepare_seconds"], 1),
            "of the bare loop's targets a second": percent(ratios["bare loop"]),
            **{
                f"of one process of two threads, by two of one over {backend}": percent(value)
                for backend, value in ratios.items()
                if backend != "bare loop"
            },
        },
        plots=[bars_plot(rates, "targets a second", "ways", "Targets a second")],
    )


def _growth(report: Report) -> Section:
    sizes = report["size/growth"]
    seconds = {
        times: report[f"growth/{times}/steps_an_epoch"]
        * report[f"growth/{times}/seconds"]
        / report[f"growth/{times}/steps"]
        for times in sizes
    }
    return Section(
        title="Growth",
        text="The events are repeated by other candidates. An epoch is its steps times the seconds "
        f"of one, measured over {report['size/steps']} of them; to read it is to make all its "
        "batches without training on them. Memory is the most that the process had.",
        columns=["events", "steps an epoch", "epoch, s", "to read, s", "MiB"],
        rows=[
            [
                number(report["events"] * times),
                number(report[f"growth/{times}/steps_an_epoch"]),
                number(seconds[times]),
                number(report[f"growth/{times}/read_seconds"], 1),
                number(report[f"growth/{times}/memory_mib"]),
            ]
            for times in sizes
        ],
        tiles={
            f"MiB at {report['events'] * sizes[-1]:,} events": number(
                report[f"growth/{sizes[-1]}/memory_mib"]
            )
        },
        plots=[],
    )
