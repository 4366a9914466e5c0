"""Part pseudonyms: how much slower a click and a backlog are where ids become pseudonyms.

`hot_path` runs without pseudonyms and with them, in alternating pairs.
"""

import secrets

from jobs.benchmark.stream.harness.load_generator import OnProgress
from jobs.benchmark.stream.harness.measurement_sandbox import measurement_sandbox
from jobs.benchmark.stream.harness.paired_runs import PairedRuns
from jobs.benchmark.stream.harness.plan import Plan
from jobs.benchmark.stream.harness.statistics import Report, prefixed
from streaming.settings import PrivacySettings, Settings

KEY_BYTES = 32


def measure(given: Settings, plan: Plan, on_progress: OnProgress) -> Report:
    """Measure runs without pseudonyms and with them.

    Raises:
        CareerstreamError: a process ended, or takes too long.
    """

    def on_pair(pair: int) -> None:
        on_progress(f"pseudonyms: pair {pair + 1} of {plan.pairs}", pair / plan.pairs)

    with measurement_sandbox(given, "pseudonyms") as sandbox:
        on_progress("pseudonyms: the catalogue and the baseline", 0.0)
        runs = PairedRuns(sandbox, plan)
        key = sandbox.home / "pseudonyms.key"
        key.write_bytes(secrets.token_bytes(KEY_BYTES))
        known, hidden = (
            sandbox.settings.model_copy(update={"privacy": privacy})
            for privacy in (PrivacySettings(), PrivacySettings(pseudonyms="yes", key_file=key))
        )
        return prefixed("pseudonyms", runs.compare(known, hidden, on_pair))
