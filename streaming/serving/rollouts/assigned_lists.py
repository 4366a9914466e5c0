"""Lists by the models that candidates are assigned to, while a rollout is on.

A canary's challenger makes the lists of its share of the candidates; a shadow's makes lists that
go to a topic of their own. If a challenger fails, these candidates get the champion's lists.
"""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from streaming.contract.records import RolloutArm
from streaming.contract.topics import RECOMMENDATIONS, SHADOW_RECOMMENDATIONS, Topic
from streaming.metrics.scoring_counters import ScoringCounters
from streaming.serving.bundles import Bundle
from streaming.serving.list_values import make_recommendations
from streaming.serving.ranker import Profile
from streaming.serving.rollouts.rollout import Mode, Rollout

Lists = list[dict[str, Any]]


def make_assigned_lists(
    profiles: Sequence[Profile], bundle: Bundle, size: int, counters: ScoringCounters
) -> Iterator[tuple[Topic, dict[str, Any]]]:
    """Yield the lists for some profiles, each with its topic; without a rollout the champion's."""
    for topic, value in _assigned_lists(profiles, bundle, size, counters):
        if value.get("shuffle", {}).get("shuffled"):
            counters.shuffled_lists.add(1)
        yield topic, value


def _assigned_lists(
    profiles: Sequence[Profile], bundle: Bundle, size: int, counters: ScoringCounters
) -> Iterator[tuple[Topic, dict[str, Any]]]:
    rollout, challenger = bundle.versions.rollout, bundle.challenger
    if rollout is None or challenger is None:
        for value in make_recommendations(profiles, bundle, size):
            yield RECOMMENDATIONS, value
        return
    arms = _Arms(rollout, size, counters)
    chosen = [profile for profile in profiles if rollout.includes(profile["candidate_id"])]
    if rollout.mode == Mode.SHADOW:
        for value in arms.attempt(chosen, challenger, RolloutArm.SHADOW) or ():
            yield SHADOW_RECOMMENDATIONS, value
        others: Sequence[Profile] = profiles
    else:
        made = arms.attempt(chosen, challenger, RolloutArm.CHALLENGER)
        if made is None:  # without an assignment, because it is no part of the comparison
            made = make_recommendations(chosen, bundle, size)
        for value in made:
            yield RECOMMENDATIONS, value
        others = [profile for profile in profiles if not rollout.includes(profile["candidate_id"])]
    for value in arms.make(others, bundle, RolloutArm.CHAMPION):
        yield RECOMMENDATIONS, value


class _Arms:
    """Makes the lists of one rollout's arms, and counts lists, seconds and errors of each."""

    def __init__(self, rollout: Rollout, size: int, counters: ScoringCounters) -> None:
        self._rollout, self._size, self._counters = rollout, size, counters

    def attempt(self, profiles: Sequence[Profile], bundle: Bundle, arm: RolloutArm) -> Lists | None:
        """As `make`; None if the model fails, whatever the reason."""
        try:
            return self.make(profiles, bundle, arm)
        except Exception:  # noqa: BLE001 - it is not known what a model may raise
            # What it says may hold what a person wrote, so only the failure is counted.
            self._count(self._counters.rollout_errors, arm, len(profiles))
            return None

    def make(self, profiles: Sequence[Profile], bundle: Bundle, arm: RolloutArm) -> Lists:
        """Make the lists of some profiles by one model."""
        if not profiles:
            return []
        started = time.perf_counter()
        assignment = self._rollout.assignment(arm)
        values = make_recommendations(profiles, bundle, self._size, assignment)
        self._count(self._counters.rollout_seconds, arm, time.perf_counter() - started)
        self._count(self._counters.rollout_lists, arm, len(values))
        return values

    def _count(self, counter: Any, arm: RolloutArm, amount: float) -> None:
        counter.add(Counter({(self._rollout.rollout_id, str(arm)): amount}))
