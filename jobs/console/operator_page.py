"""What the operator sees: jobs, lag, dead letters, champion and challenger.

Everything is read by the functions of `careerstream status`, `dead-letters` and `models`.
"""

import threading
import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from jobs.operations.dead_letter_browser import DeadLetterFilter, summarize
from jobs.operations.dead_letter_replay import count_outcomes, replay
from jobs.operations.status_report import BrokerOffsets, build_report, read_job_statuses
from jobs.runtime.health_monitor import run_folder
from jobs.runtime.tables import COMPARED_MODELS
from streaming.privacy.pseudonyms import pseudonyms_of
from streaming.settings import Settings

if TYPE_CHECKING:
    from mlflow import MlflowClient

NEWEST_LETTERS = 20
REPORT_SECONDS = 0.5
"""Several pages that ask within this time get the same report."""
EVALUATION = "evaluation.json"
"""The report of the gate, among the files of a challenger's run."""


class Operator:
    """Reads and does what the operator's page offers. Any thread may call its methods."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._broker = BrokerOffsets(settings.kafka)
        self._lock = threading.Lock()
        self._report: tuple[float, dict[str, Any]] = (float("-inf"), {})

    def report(self) -> dict[str, Any]:
        """Return the report of `careerstream status`."""
        with self._lock:
            made_at, report = self._report
            if time.monotonic() > made_at + REPORT_SECONDS:
                statuses = read_job_statuses(run_folder(self._settings))
                report = build_report(statuses, *self._broker.read())
                self._report = (time.monotonic(), report)
            return report

    def dead_letters(self) -> dict[str, Any]:
        """Count the dead letters, and list the newest ones.

        Raises:
            BrokerError: no broker answers, or the topic does not exist.
        """
        pseudonyms = pseudonyms_of(self._settings.privacy)
        return summarize(self._settings.kafka, DeadLetterFilter(), NEWEST_LETTERS, pseudonyms)

    def replay(self, keys: frozenset[str]) -> dict[str, int]:
        """Send dead letters to their topics again; count the outcomes.

        Raises:
            InputError: a key is malformed, or another replay runs.
            BrokerError: no broker answers.
        """
        return count_outcomes(replay(self._settings, DeadLetterFilter(keys=keys)))

    def models(self) -> dict[str, Any]:
        """Return the versions, their aliases, the past champions and the gate's last report.

        Raises:
            ModelError: MLflow cannot be reached.
        """
        # The first call takes seconds: MLflow and torch are loaded.
        from streaming.serving.champion import CHAMPION  # noqa: PLC0415
        from training.registry import model_registry, tracking  # noqa: PLC0415

        client = tracking.setup(self._settings)
        with tracking.registry_errors(self._settings):
            versions = model_registry.versions(self._settings, client)
            aliases = {
                alias: reference.version
                for alias in (CHAMPION, model_registry.CHALLENGER)
                if (reference := model_registry.version_of_alias(self._settings, client, alias))
            }
            history = model_registry.history(self._settings) if versions else []
            gated = aliases.get(model_registry.CHALLENGER) or aliases.get(CHAMPION)
            gate = None if gated is None else self._gate(client, versions[0].name, gated)
        return {
            "versions": [
                {"version": each.version, "kind": each.kind, "cut": each.cut, "run": each.run_id}
                for each in reversed(versions)
            ],
            "aliases": aliases,
            "champions": history[::-1],
            "gate": gate,
        }

    def close(self) -> None:
        """Disconnect."""
        with self._lock:
            self._broker.close()

    def _gate(self, client: "MlflowClient", name: str, version: str) -> dict[str, Any] | None:
        """Return what the gate said of a version; None where it was never asked."""
        import mlflow  # noqa: PLC0415

        registered = client.get_model_version(name, version)
        if "gate" not in registered.tags or not registered.run_id:
            return None
        report = mlflow.artifacts.load_dict(f"runs:/{registered.run_id}/{EVALUATION}")
        return {
            "version": version,
            "passed": registered.tags.get("passed") == "true",
            "forced": registered.tags.get("forced") == "true",
            "text": registered.tags["gate"],
            "segments": list(_segments(report)),
        }


def _segments(report: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the quality of each segment of the turns from a promotion's flat report."""
    for path in (key.removesuffix("turns") for key in report if key.endswith("turns")):
        yield {
            "segment": path.rstrip("/") or "all",
            "turns": report[f"{path}turns"],
            "candidates": report[f"{path}candidates"],
            "models": [
                {
                    "model": model,
                    "quality": report[f"{prefix}{path}ndcg@10"],
                    "lead": [
                        report.get(f"{prefix}{path}lead/ndcg@10{end}")
                        for end in ("", "/low", "/high")
                    ]
                    if prefix
                    else None,
                }
                for model, prefix in COMPARED_MODELS.items()
            ],
        }
