"""Part tuning: what each private part of Spark brings to a click and to a backlog.

`hot_path` runs with every part of `spark.tuned`, and with every part but one, in alternating pairs.
"""

from jobs.benchmark.stream.harness.load_generator import OnProgress
from jobs.benchmark.stream.harness.measurement_sandbox import measurement_sandbox
from jobs.benchmark.stream.harness.paired_runs import PairedRuns
from jobs.benchmark.stream.harness.plan import Plan
from jobs.benchmark.stream.harness.statistics import Report, prefixed
from streaming.settings import Settings, Tuning


def measure(given: Settings, plan: Plan, on_progress: OnProgress) -> Report:
    """Measure every part of `spark.tuned`.

    Raises:
        CareerstreamError: a process ended, or takes too long.
    """
    report: Report = {}
    with measurement_sandbox(given, "tuning") as sandbox:
        on_progress("tuning: the catalogue and the baseline", 0.0)
        runs = PairedRuns(sandbox, plan)
        for number, part in enumerate(Tuning):

            def on_pair(pair: int, number: int = number, part: Tuning = part) -> None:
                done = (number * plan.pairs + pair) / (len(Tuning) * plan.pairs)
                on_progress(f"tuning: {part}, pair {pair + 1} of {plan.pairs}", done)

            without = ",".join(sorted({*Tuning} - {part}))
            usual, other = (_tuned(sandbox.settings, tuned) for tuned in ("on", without))
            report |= prefixed(part.value, runs.compare(usual, other, on_pair))
    return prefixed("tuning", report)


def _tuned(settings: Settings, tuned: str) -> Settings:
    spark = settings.spark.model_copy(update={"tuned": tuned})
    return settings.model_copy(update={"spark": spark})
