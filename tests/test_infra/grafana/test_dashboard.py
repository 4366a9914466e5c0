import json

from infra.grafana.dashboard import FILE, dashboard, text
from streaming.metrics.definitions import METRICS


def test_the_dashboard_is_what_the_table_makes():
    assert FILE.read_text("utf-8") == text(), "run `python -m infra.grafana`"


def test_the_dashboard_shows_every_metric_that_has_a_panel_once():
    shown = [panel["title"] for panel in dashboard()["panels"]]
    assert shown == [metric.panel.title for metric in METRICS if metric.panel]
    assert len(shown) == len(set(shown))
    for panel in json.loads(FILE.read_text("utf-8"))["panels"]:
        for target in panel["targets"]:
            assert "careerstream_" in target["expr"]
            assert "NAME" not in target["expr"]
