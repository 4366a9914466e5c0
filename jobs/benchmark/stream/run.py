"""Runs the parts of `careerstream benchmark stream` and writes the report and its page."""

import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from jobs.benchmark.machine import about_machine
from jobs.benchmark.stream.harness.load_generator import OnProgress
from jobs.benchmark.stream.harness.plan import Plan
from jobs.benchmark.stream.harness.statistics import Report, prefixed
from jobs.benchmark.stream.measurements import (
    backlog,
    broken,
    closing,
    latency,
    matches,
    memory,
    pseudonyms,
    state,
    tuning,
    turns,
)
from jobs.reporting.html_page import page_beside, write_report
from streaming import dependencies
from streaming.settings import Settings

MEASURES: Mapping[str, Callable[[Settings, Plan, OnProgress], Report]] = {
    "latency": latency.measure,
    "backlog": backlog.measure,
    "state": state.measure,
    "memory": memory.measure,
    "broken": broken.measure,
    "closing": closing.measure,
    "tuning": tuning.measure,
    "matches": matches.measure,
    "turns": turns.measure,
    "pseudonyms": pseudonyms.measure,
}
PACKAGES = ("careerstream", "pyspark", "delta-spark", "kafka-python", "mlflow", "torch", "numpy")
"""Packages whose versions a report holds."""
_SETTINGS = {
    "kafka": ("fetch_max_wait_ms", "max_offsets_per_trigger"),
    "spark": ("master", "state_partitions", "driver_memory", "tuned", "conf"),
    "recommend": ("list_size", "refresh_interval_seconds"),
    "match": ("size", "reach", "interval_seconds"),
    "training": ("preset",),
    "jobs": ("lake_interval_seconds", "catalogue_interval_seconds"),
    "metrics": ("interval_seconds",),
}
"""The settings that decide how fast the stream is."""


def measure_stream(
    settings: Settings, plan: Plan, out: Path, on_progress: OnProgress
) -> dict[str, Any]:
    """Run a plan; write `out`, and a page of the same name in HTML.

    The report is written after each part, so that a failure leaves the results before it.

    Raises:
        InputError: `out` cannot be written.
        MissingDependencyError: no Java or no jars.
        CareerstreamError: a process ended, or takes too long.
    """
    page_beside(out)
    for require in (
        dependencies.java,
        dependencies.kafka_jars,
        dependencies.spark_jars,
        dependencies.local_files_jars,
    ):
        require()
    from jobs.benchmark.stream import page  # noqa: PLC0415 - matplotlib takes a second

    report = about(settings, plan)
    for part in plan.parts:
        start, load = time.monotonic(), os.getloadavg()[0]

        def on_stage(text: str, share: float, part: str = part) -> None:
            on_progress(f"{part}, {text}", share)

        report |= MEASURES[part](settings, plan, on_stage)
        report |= prefixed(
            f"{part}/machine",
            {"seconds": round(time.monotonic() - start, 1), "load_before": round(load, 2)},
        )
        write_report(report, out, page.write)
    return report


def about(settings: Settings, plan: Plan) -> Report:
    """Return everything that is needed to repeat a run."""
    values = settings.model_dump(mode="json")
    return {
        **about_machine(PACKAGES),
        "parts": list(plan.parts),
        **prefixed("size", plan.sizes()),
        **{
            f"setting/{section}.{name}": values[section][name]
            for section, names in _SETTINGS.items()
            for name in names
        },
        "version/kafka": dependencies.KAFKA_VERSION,
    }
