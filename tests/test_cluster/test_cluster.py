"""Everything as on a cluster, while its parts are killed: `cluster_run.py` in a process."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from cluster_services import postgresql

pytestmark = [pytest.mark.spark, pytest.mark.kafka, pytest.mark.nightly]
KILLS = 8
"""Three drivers, two workers with their executors and three brokers die once each."""


@pytest.mark.timeout(3_600)
def test_nothing_is_lost_whatever_of_a_cluster_is_killed(tmp_path):
    program = Path(__file__).with_name("cluster_run.py")
    done = subprocess.run(
        [sys.executable, str(program), str(tmp_path), "--kills", str(KILLS)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3_000:]
    report = json.loads(done.stdout)
    assert report["ok"], json.dumps(report, indent=1)[-3_000:]
    assert sorted(report["killed"].values()) == [1] * KILLS
    assert not report["services"]["objects left"]
    assert report["services"]["artefacts"] > 0
    assert report["services"]["database"].startswith("postgresql" if postgresql() else "sqlite")
    assert all(comparison["actual"] for comparison in report["comparisons"])
