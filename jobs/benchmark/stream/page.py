"""The page of a stream report: tables and plots of the parts that were measured, as HTML."""

import shlex
from pathlib import Path

from jobs.benchmark.stream.sections import SECTIONS, Section
from jobs.reporting.html_page import Report, select, write_page


def write(report: Report, file: Path) -> None:
    """Write the page of a report, whichever parts it holds."""
    write_page(
        file,
        Path(__file__).with_name("page.html.j2"),
        title="Speed of the stream",
        made_at=report["made_at"],
        machine=f"{report['machine/cores']} cores, {report['machine/memory_gib']:.0f} GiB, "
        f"Spark {report['setting/spark.master']}",
        sections=measured_sections(report),
        command=command(report),
        settings=select(report, "size/", "setting/", "version/", "machine/"),
    )


def measured_sections(report: Report) -> list[Section]:
    """Return the sections of those parts that a report holds, in the order of the parts."""
    return [
        section(report) for part, section in SECTIONS.items() if f"{part}/machine/seconds" in report
    ]


def command(report: Report) -> str:
    """Return the command that repeats the run, with every size that has an option."""
    words = ["careerstream", "benchmark", "stream"]
    words += [word for part in report["parts"] for word in ("--part", part)]
    for name, value in report.items():
        if not name.startswith("size/"):
            continue
        flag = "--" + name.removeprefix("size/").replace("_", "-")
        if name == "size/trained":
            words += [] if value else ["--untrained"]
        elif isinstance(value, bool):
            words += [flag] if value else []
        else:
            words += [flag, f"{value:g}" if isinstance(value, float) else str(value)]
    return shlex.join([*words, "--out", "report.json"])
