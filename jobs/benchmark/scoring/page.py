"""The page of a scoring report, and what the command prints of it."""

import shlex
from pathlib import Path

from jobs.benchmark.scoring.ways import WAYS
from jobs.benchmark.stream.plots import bars_plot
from jobs.benchmark.stream.sections import Section
from jobs.reporting.html_page import Report, number, percent, select, write_page

_TEMPLATE = Path(__file__).parents[1] / "stream" / "page.html.j2"


def write(report: Report, file: Path) -> None:
    """Write the page of a report, whichever catalogues it holds."""
    write_page(
        file,
        _TEMPLATE,
        title="Speed of scoring",
        made_at=report["made_at"],
        machine=f"{report['machine/cores']} cores, {report['machine/memory_gib']:.0f} GiB",
        sections=measured_sections(report),
        command=command(report),
        settings=select(report, "size/", "setting/", "version/", "machine/"),
    )


def measured_sections(report: Report) -> list[Section]:
    """Return a section for each catalogue that was measured."""
    sizes = [size for size in report["size/postings"] if f"{size}/profiles" in report]
    return [_section(report, size) for size in sizes]


def command(report: Report) -> str:
    """Return the command that repeats the run."""
    words = ["careerstream", "benchmark", "scoring"]
    words += [word for size in report["size/postings"] for word in ("--postings", str(size))]
    for flag in ("profiles", "processes", "rounds"):
        words += [f"--{flag}", str(report[f"size/{flag}"])]
    words += ["--preset", report["setting/training.preset"]]
    words += ["--epochs", str(report["setting/training.epochs"])]
    words += ["--seed", str(report["setting/training.seed"]), "--out", "report.json"]
    return shlex.join(words)


def _section(report: Report, size: int) -> Section:
    rates = {name: report[f"{size}/{name}/per_second"] for name in WAYS}
    limit = next(iter(WAYS))
    return Section(
        title=f"{size:,} postings",
        text=f"Lists for {report[f'{size}/profiles']:,} people with events, by the preset "
        f"{report['setting/training.preset']} in {report['size/processes']} processes; medians of "
        f"{report['size/rounds']} rounds in which all take turns. Start-up counts for itself. "
        "Memory is that of all processes, a JVM among them where there is one.",
        columns=["way", "lists/s", f"of {limit}", "start, s", "MiB", "lists"],
        rows=[
            [
                name,
                number(rates[name], 1),
                percent(report[f"{size}/{name}/ratio"]),
                number(report[f"{size}/{name}/start_seconds"], 1),
                number(report[f"{size}/{name}/memory_mib"]),
                "the same bytes" if report[f"{size}/{name}/same"] else "OTHER LISTS",
            ]
            for name in WAYS
        ],
        tiles={
            f"of the lists a second of {limit}, by recommend_udf over {size:,} postings": percent(
                report[f"{size}/recommend_udf/ratio"]
            )
        },
        plots=[bars_plot(rates, "lists a second", f"postings-{size}", f"Lists, {size:,} postings")],
    )
