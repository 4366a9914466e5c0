"""`careerstream benchmark quality`: run, write the report and its page, log both."""

from pathlib import Path
from typing import Any

from jobs.reporting.html_page import page_beside, write_report
from streaming.settings import Settings
from training.benchmark.protocols.training_view import OnProgress
from training.benchmark.run import Request, run


def measure_quality(
    settings: Settings, request: Request, out: Path, on_progress: OnProgress
) -> dict[str, Any]:
    """Measure a preset and the baselines; write `out`, and a page of the same name in HTML.

    Raises:
        InputError: the data cannot be used, or `out` cannot be written.
        SettingsError: there is no such preset.
        TrainingError: a training process died.
        ModelError: a score is not finite, or MLflow cannot be reached.
    """
    page = page_beside(out)
    report = run(request, on_progress)

    # Imports of matplotlib and MLflow take seconds, which a wrong file should not cost.
    from jobs.benchmark.quality import mlflow_record  # noqa: PLC0415
    from jobs.benchmark.quality.page import write  # noqa: PLC0415

    write_report(report, out, write)
    return {**report, "mlflow/run": mlflow_record.log(settings, report, [out, page])}
