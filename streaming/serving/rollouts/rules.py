"""The rules by which a rollout ends by itself, and what a look at a running one finds."""

import logging
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from streaming.contract.records import RolloutArm
from streaming.metrics import definitions
from streaming.metrics.registry import REGISTRY
from streaming.serving.rollouts.rollout import Mode, Outcome, Rollout, end_rollout
from streaming.settings import RolloutSettings, Settings

log = logging.getLogger(__name__)
_aborted: Counter[tuple[str, ...]] = Counter()
REGISTRY.add_source(definitions.ROLLOUTS_ABORTED, lambda: _aborted)


class Rule(StrEnum):
    """Why a rollout ends by itself."""

    LOAD = "load"
    """The challenger cannot be loaded."""
    ERRORS = "errors"
    """It fails to make lists."""
    TIME = "time"
    """It takes too long."""
    OUTCOMES = "outcomes"
    """People do less with its lists."""
    CHAMPION = "champion"
    """There is a new champion, with which nothing was compared."""


def abort(settings: Settings, rollout: Rollout, rule: Rule, reason: str) -> None:
    """End a rollout by a rule, log it and count it; nothing happens if it has ended already."""
    if end_rollout(settings, rollout, Outcome.ABORTED, f"{rule}: {reason}"):
        _aborted[(str(rule),)] += 1
        log.warning(
            "rollout %s of version %s was aborted, %s: %s",
            rollout.rollout_id, rollout.model_version, rule, reason,
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class ArmFigures:
    """What was counted of one arm since a job started."""

    lists: int
    seconds: float
    errors: int


def arm_figures(
    rollout: Rollout,
    lists: Mapping[tuple[str, ...], float],
    seconds: Mapping[tuple[str, ...], float],
    errors: Mapping[tuple[str, ...], float],
) -> dict[str, ArmFigures]:
    """Return the figures of each arm from counters by rollout id and arm."""
    return {
        str(arm): ArmFigures(
            lists=int(lists.get((rollout.rollout_id, str(arm)), 0)),
            seconds=float(seconds.get((rollout.rollout_id, str(arm)), 0.0)),
            errors=int(errors.get((rollout.rollout_id, str(arm)), 0)),
        )
        for arm in RolloutArm
    }


def broken_rule(
    rollout: Rollout, figures: Mapping[str, ArmFigures], limits: RolloutSettings
) -> tuple[Rule, str] | None:
    """Return the rule on errors or time that a challenger breaks, and what was seen."""
    own = figures[RolloutArm.SHADOW if rollout.mode == Mode.SHADOW else RolloutArm.CHALLENGER]
    champion = figures[RolloutArm.CHAMPION]
    tried = own.lists + own.errors
    if own.errors > limits.max_error_share * tried:
        return Rule.ERRORS, f"{own.errors} of {tried} lists failed"
    if min(own.lists, champion.lists) < limits.min_lists or not champion.seconds:
        return None
    ratio = (own.seconds / own.lists) / (champion.seconds / champion.lists)
    if ratio > limits.max_time_ratio:
        return Rule.TIME, f"a list takes {ratio:.1f} times as long as the champion's"
    return None
