"""The page of a report: tables and plots for people, one file that needs nothing else."""

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined

from jobs.benchmark.stream.report.sections import SECTIONS, Section
from jobs.benchmark.stream.report.template import TEMPLATE
from jobs.demo.template import STYLE
from streaming.timestamps import from_text

Report = Mapping[str, Any]
_SETTINGS = ("size/", "setting/", "version/", "machine/")


def write(report: Report, file: Path) -> None:
    """Write the page of a report, whichever parts it holds."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    sections = measured(report)
    page = environment.from_string(TEMPLATE).render(
        style=STYLE,
        made_at=f"{from_text(report['made_at']):%-d %B %Y, %H:%M} UTC",
        machine=f"{report['machine/cores']} cores, {report['machine/memory_gib']:.0f} GiB, "
        f"Spark {report['setting/spark.master']}",
        tiles=[tile for section in sections for tile in section.tiles],
        sections=sections,
        command=command(report),
        settings={key: report[key] for key in report if key.startswith(_SETTINGS)},
    )
    file.write_text(page, encoding="utf-8")


def measured(report: Report) -> list[Section]:
    """Return the sections of those parts that a report holds, in the order of the parts."""
    done = [part for part in SECTIONS if f"{part}/machine/seconds" in report]
    return [SECTIONS[part](report) for part in done]


def command(report: Report) -> str:
    """Say how the run can be repeated: every size that has an option, whatever chose it."""
    said = ["careerstream", "benchmark", "stream"]
    said += [word for part in report["parts"] for word in ("--part", part)]
    for name, value in report.items():
        if not name.startswith("size/"):
            continue
        flag = "--" + name.removeprefix("size/").replace("_", "-")
        if name == "size/trained":
            said += [] if value else ["--untrained"]
        elif isinstance(value, bool):
            said += [flag] if value else []
        else:
            said += [flag, f"{value:g}" if isinstance(value, float) else str(value)]
    return shlex.join([*said, "--out", "report.json"])
