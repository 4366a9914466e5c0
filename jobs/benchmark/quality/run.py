"""`careerstream benchmark quality`: run, write the report and its page, log both."""

import json
from pathlib import Path
from typing import Any

from streaming.errors import InputError
from streaming.settings import Settings
from training.benchmark.protocols.training_view import OnProgress
from training.benchmark.run import Request, run


def measure_quality(
    settings: Settings, request: Request, out: Path, on_progress: OnProgress
) -> dict[str, Any]:
    """Measure a preset and the baselines; write `out`, and a page of the same name in HTML.

    Raises:
        InputError: the data cannot be used, or `out` cannot be written.
        ModelError: a score is not finite, or MLflow cannot be reached.
    """
    page = out.with_suffix(".html")
    if page == out:
        raise InputError(f"--out {out} is the name of the page; give one that ends in .json")
    if not out.absolute().parent.is_dir():
        raise InputError(f"the folder of --out {out} does not exist; make it, or give another")
    report = run(request, on_progress)

    from jobs.benchmark.quality import mlflow_record  # noqa: PLC0415 - which a wrong file should not cost
    from jobs.benchmark.quality import page as pages  # noqa: PLC0415 - matplotlib and mlflow take seconds,

    try:
        out.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
        pages.write(report, page)
    except OSError as error:
        raise InputError(
            f"{out} cannot be written: {error.strerror}; give another --out"
        ) from error
    return {**report, "mlflow/run": mlflow_record.log(settings, report, [out, page])}
