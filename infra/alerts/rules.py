"""The table of alerts, and the rules for Prometheus that are made from it.

Queries name metrics through their definitions, so no rule can name one that does not exist.
docs/runbooks.md has a section for each alert.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from textwrap import indent
from typing import Literal

from streaming.metrics.definitions import (
    ACTIVE,
    BATCH_ID,
    DEAD_LETTERS,
    INPUT_ROWS,
    LAG,
    LAST_SEEN,
    LATENCY,
    PARITY_DIFFERENCES,
    PARITY_SHARE,
    RECOMMENDATIONS,
    ROLLOUTS_ABORTED,
    STATE_BYTES,
    Metric,
)

FILE = Path(__file__).with_name("careerstream.rules.yml")
RUNBOOKS = "docs/runbooks.md"
SCRAPE_JOB = "careerstream"
"""The name of the scrape job in docs/metrics.md."""
LAKE_QUERIES = "archive_.*|index_postings"
FOLDING_QUERY = "update_profiles"
"""Also the name of the query of the job hot_path."""


@dataclass(frozen=True, kw_only=True)
class Alert:
    """One alert."""

    name: str
    severity: Literal["critical", "warning"]
    """Critical: people see no lists or old ones. Warning: they will, or something is lost."""
    after: str
    """How long the condition must hold, as Prometheus writes it."""
    query: str
    """PromQL, with $NAME for the full name of each metric in `metrics`."""
    metrics: dict[str, Metric]
    summary: str

    @property
    def expression(self) -> str:
        """The query with the names of the metrics."""
        text = self.query
        for placeholder, metric in self.metrics.items():
            text = text.replace(f"${placeholder}", metric.full_name)
        return text

    @property
    def runbook(self) -> str:
        """The page and the section of the runbook."""
        return f"{RUNBOOKS}#{self.name.lower()}"


ALERTS = (
    Alert(
        name="JobDown",
        severity="critical",
        after="2m",
        query=f'up{{job="{SCRAPE_JOB}"}} == 0 or absent(up{{job="{SCRAPE_JOB}"}})',
        metrics={},
        summary="Prometheus cannot read the metrics of a job; it has probably ended.",
    ),
    Alert(
        name="QueryStopped",
        severity="critical",
        after="1m",
        query="$ACTIVE == 0",
        metrics={"ACTIVE": ACTIVE},
        summary="The query {{ $labels.query }} was stopped or has failed.",
    ),
    Alert(
        name="QueryStalled",
        severity="critical",
        after="1m",
        query="time() - $LAST_SEEN > 300 and $ACTIVE == 1",
        metrics={"LAST_SEEN": LAST_SEEN, "ACTIVE": ACTIVE},
        summary="The query {{ $labels.query }} has reported nothing for five minutes.",
    ),
    Alert(
        name="RecommendationsSlow",
        severity="warning",
        after="10m",
        query="histogram_quantile(0.99, sum by (le) (rate($LATENCY_bucket[5m]))) > 2",
        metrics={"LATENCY": LATENCY},
        summary="One list in a hundred comes {{ $value | humanizeDuration }} after its click.",
    ),
    Alert(
        name="RecommendationsMissing",
        severity="critical",
        after="10m",
        query=(
            f'sum(rate($INPUT_ROWS{{query="{FOLDING_QUERY}"}}[5m])) > 0\n'
            "unless sum(rate($RECOMMENDATIONS[5m])) > 0"
        ),
        metrics={"INPUT_ROWS": INPUT_ROWS, "RECOMMENDATIONS": RECOMMENDATIONS},
        summary="Events are read and no lists are made: no champion, or the model fails.",
    ),
    Alert(
        name="LagGrowing",
        severity="warning",
        after="10m",
        query=(
            "sum by (query, topic) ($LAG) > 1000\n"
            "and sum by (query, topic) ($LAG) > sum by (query, topic) ($LAG offset 10m)"
        ),
        metrics={"LAG": LAG},
        summary="{{ $labels.query }} falls behind on {{ $labels.topic }}: {{ $value }} messages.",
    ),
    Alert(
        name="DeadLetters",
        severity="warning",
        after="1m",
        query="sum by (topic, reason) (increase($DEAD_LETTERS[10m])) > 10",
        metrics={"DEAD_LETTERS": DEAD_LETTERS},
        summary="Messages of {{ $labels.topic }} cannot be read: {{ $labels.reason }}.",
    ),
    Alert(
        name="RolloutAborted",
        severity="warning",
        after="0m",
        query="sum by (rule) (increase($ROLLOUTS_ABORTED[15m])) > 0",
        metrics={"ROLLOUTS_ABORTED": ROLLOUTS_ABORTED},
        summary="A challenger was taken back by the rule {{ $labels.rule }}.",
    ),
    Alert(
        name="ParityBroken",
        severity="warning",
        after="0m",
        query=("sum by (kind) (increase($DIFFERENCES[1h])) > 0 or min by (kind) ($SHARE) < 1"),
        metrics={"DIFFERENCES": PARITY_DIFFERENCES, "SHARE": PARITY_SHARE},
        summary="Some {{ $labels.kind }} are not what is recorded.",
    ),
    Alert(
        name="LakeStalled",
        severity="warning",
        after="10m",
        query=(
            f'changes($BATCH_ID{{query=~"{LAKE_QUERIES}"}}[20m]) == 0\n'
            "and on (query) sum by (query) ($LAG) > 0"
        ),
        metrics={"BATCH_ID": BATCH_ID, "LAG": LAG},
        summary="{{ $labels.query }} has messages to write and has committed nothing for 20 min.",
    ),
    Alert(
        name="StateGrowing",
        severity="warning",
        after="1h",
        query="$STATE_BYTES > 1e9 and $STATE_BYTES > 1.5 * ($STATE_BYTES offset 1d)",
        metrics={"STATE_BYTES": STATE_BYTES},
        summary="The state of {{ $labels.query }} ({{ $labels.where }}) grew by half in a day.",
    ),
)


def text() -> str:
    """Return the file's content."""
    head = (
        "# `python -m infra.alerts` writes this file from infra/alerts/rules.py. Do not edit it.\n"
        "groups:\n  - name: careerstream\n    rules:\n"
    )
    return head + "".join(indent(_rule(alert), " " * 6) for alert in ALERTS)


def _rule(alert: Alert) -> str:
    """Return a rule in YAML; a JSON string is one of YAML, too."""
    return (
        f"- alert: {alert.name}\n"
        f"  expr: |-\n{indent(alert.expression, ' ' * 4)}\n"
        f"  for: {alert.after}\n"
        f"  labels:\n    severity: {alert.severity}\n"
        "  annotations:\n"
        f"    summary: {json.dumps(alert.summary)}\n"
        f"    runbook_url: {alert.runbook}\n"
    )
