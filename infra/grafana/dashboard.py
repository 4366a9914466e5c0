"""Makes the dashboard from the table of metrics: one panel a metric, two panels a row.

Follows Grafana's dashboard JSON model, schema version 39 (Grafana 10 and newer).
"""

import json
from itertools import zip_longest
from pathlib import Path
from typing import Any

from streaming.metrics.definitions import METRICS, Metric, Panel

FILE = Path(__file__).with_name("careerstream.json")
WIDTH, HEIGHT = 12, 8
"""Size of a panel; Grafana's grid is 24 wide."""
SOURCE = {"type": "prometheus", "uid": "${source}"}


def dashboard() -> dict[str, Any]:
    """Return the dashboard, ready for JSON."""
    shown = [(metric, metric.panel) for metric in METRICS if metric.panel is not None]
    return {
        "title": "careerstream",
        "uid": "careerstream",
        "description": "From click to recommendation; docs/metrics.md describes the metrics.",
        "schemaVersion": 39,
        "editable": True,
        "refresh": "10s",
        "time": {"from": "now-30m", "to": "now"},
        "templating": {
            "list": [
                {
                    "name": "source",
                    "label": "Data source",
                    "type": "datasource",
                    "query": "prometheus",
                }
            ]
        },
        "panels": [_panel(number, *pair) for number, pair in enumerate(shown)],
    }


def text() -> str:
    """Return the file's content."""
    return json.dumps(dashboard(), indent=2) + "\n"


def _panel(number: int, metric: Metric, panel: Panel) -> dict[str, Any]:
    row, column = divmod(number, 2)
    return {
        "id": number + 1,
        "type": "timeseries",
        "title": panel.title,
        "description": metric.meaning,
        "datasource": SOURCE,
        "gridPos": {"h": HEIGHT, "w": WIDTH, "x": column * WIDTH, "y": row * HEIGHT},
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
        "targets": _targets(metric, panel),
    }


def _targets(metric: Metric, panel: Panel) -> list[dict[str, Any]]:
    """Return one target for each line of the panel's query."""
    queries, legends = panel.query.splitlines(), panel.legend.splitlines()
    return [
        {
            "refId": chr(ord("A") + number),
            "datasource": SOURCE,
            "expr": query.replace("NAME", metric.full_name),
            "legendFormat": legend,
        }
        for number, (query, legend) in enumerate(zip_longest(queries, legends, fillvalue=""))
    ]
