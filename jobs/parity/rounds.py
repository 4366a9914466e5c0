"""A round of parity: profiles, lists and training examples, each by a sample.

A round's memory is that of its sample (`parity.sample`): the drawn profiles and lists, the events
of the drawn candidates, and one model over one catalogue. Its work is a sample's, and a pass over
few columns of Δ events, Δ profiles and Δ decisions.
"""

import logging
import math
import time
from collections.abc import Sequence
from dataclasses import replace

from pyspark.sql import SparkSession

from jobs.parity.outcome import KINDS, Outcome
from jobs.parity.published_lists import check_lists
from jobs.parity.published_profiles import check_profiles
from jobs.parity.training_examples import check_examples
from jobs.runtime.terminal import printable
from streaming.lake.erasures import read_fences
from streaming.metrics import definitions as metrics
from streaming.metrics.registry import REGISTRY
from streaming.settings import Settings

JOB = "parity"
log = logging.getLogger(JOB)


def run_round(spark: SparkSession, settings: Settings, number: int) -> list[Outcome]:
    """Compare what a round draws, by its number.

    Raises:
        BrokerError: no broker, or no topic profiles.
        InputError: a table of the lake is missing.
    """
    checks = (check_profiles, check_lists, check_examples)
    outcomes = [check(spark, settings, number) for check in checks]
    if not any(one.differences for one in outcomes):
        return outcomes
    # After everything was read: archive records a fence before it deletes rows.
    erased = {fence.candidate_id for fence in read_fences(spark, settings)}
    return [_without(one, erased) for one in outcomes]


def begin_metrics() -> None:
    """Set the counters to 0: Prometheus sees no increase where a counter begins with 1."""
    for kind in KINDS:
        REGISTRY.add(metrics.PARITY_DIFFERENCES, (kind,), 0)


def publish(outcomes: Sequence[Outcome]) -> None:
    """Write a round's outcomes to the metrics, and its first difference to the log."""
    for one in outcomes:
        REGISTRY.set(metrics.PARITY_SHARE, (one.kind,), one.share)
        REGISTRY.add(metrics.PARITY_DIFFERENCES, (one.kind,), len(one.differences))
        for reason, count in one.apart.items():
            REGISTRY.add(metrics.PARITY_APART, (one.kind, reason), count)
    REGISTRY.set(metrics.PARITY_ROUND, (), time.time())
    differences = [each for one in outcomes for each in one.differences]
    if differences:
        more = f" (and {len(differences) - 1} more)" if len(differences) > 1 else ""
        log.warning("%s%s", printable(differences[0].text), more)


def publish_nothing() -> None:
    """Say in the metrics that nothing was compared."""
    for kind in KINDS:
        REGISTRY.set(metrics.PARITY_SHARE, (kind,), math.nan)


def _without(outcome: Outcome, erased: set[str]) -> Outcome:
    """Count the differences of people who were erased apart.

    What is left of them goes at different moments from topics and tables. So somebody who came back
    after an erasure is compared, and never a difference.
    """
    kept = tuple(one for one in outcome.differences if one.candidate_id not in erased)
    left_out = len(outcome.differences) - len(kept)
    apart = {**outcome.apart, "erased": left_out} if left_out else outcome.apart
    return replace(outcome, differences=kept, apart=apart)
