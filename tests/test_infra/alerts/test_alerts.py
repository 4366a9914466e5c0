import re
import shutil
import subprocess
from pathlib import Path

import pytest

from infra.alerts.rules import ALERTS, FILE, RUNBOOKS, text
from streaming.metrics.definitions import METRICS

TESTS = Path(__file__).with_name("careerstream.rules.test.yml")
PROJECT = Path(__file__).parents[3]
SUFFIXES = ("", "_bucket", "_count", "_sum")


@pytest.fixture
def promtool() -> str:
    found = shutil.which("promtool")
    if found is None:
        pytest.skip("there is no promtool, which Debian's package prometheus brings")
    return found


def test_the_rules_are_what_the_table_makes() -> None:
    assert FILE.read_text("utf-8") == text(), "run `python -m infra.alerts`"


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert.name)
def test_each_alert_names_metrics_and_labels_that_exist(alert) -> None:
    known = {metric.full_name + suffix for metric in METRICS for suffix in SUFFIXES}
    used = set(re.findall(r"careerstream_\w+", alert.expression))

    assert "$" not in alert.expression
    assert used <= known
    assert bool(used) == bool(alert.metrics)
    labels = {label for metric in alert.metrics.values() for label in metric.labels}
    assert set(re.findall(r"\$labels\.(\w+)", alert.summary)) <= labels


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert.name)
def test_each_alert_has_its_section_in_the_runbooks(alert) -> None:
    page = (PROJECT / RUNBOOKS).read_text("utf-8")
    section = page.partition(f"\n## {alert.name}\n")[2].partition("\n## ")[0]

    assert f"**{alert.severity}**" in section
    for part in ("Means:", "Check:", "Do:"):
        assert part in section


def test_the_runbooks_have_no_section_without_an_alert() -> None:
    headings = re.findall(r"^## (\w+)$", (PROJECT / RUNBOOKS).read_text("utf-8"), re.MULTILINE)

    assert headings == [alert.name for alert in ALERTS]


@pytest.mark.parametrize("check", [("check", "rules", FILE), ("test", "rules", TESTS)])
def test_promtool_agrees(promtool: str, check: tuple[str | Path, ...]) -> None:
    done = subprocess.run([promtool, *check], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "SUCCESS" in done.stdout
