"""How active a candidate is: whoever did something lately is likely to turn to a posting soon.

    activity(t) = Σ 2^-((t - tᵢ) / half-life) over the events of the profile

It is a self-exciting point process without a base rate (Hawkes 1971). All activities decay alike,
so their order does not depend on the moment: it is compared by the logarithm at a fixed time, and a
match need not be made again because time passes.
"""

import math
from datetime import datetime

from streaming.serving.ranker import Profile
from streaming.timestamps import parse_timestamp

_DAY = 86_400.0


def log2_activity(profile: Profile, half_life_days: float) -> float:
    """Return the binary logarithm of a candidate's activity as of 1970, which is large.

    That as of a moment is less by the moment's days since 1970 over the half-life. To state
    something counts as an event where there are no others; -inf: nothing is known.
    """
    times = [event["event_time"] for event in profile.get("events") or ()]
    stated = profile.get("stated") or {}
    if not times and "updated_at" in stated:
        times = [stated["updated_at"]]
    logs = [_half_lives(parse_timestamp(time), half_life_days) for time in times]
    if not logs:
        return -math.inf
    newest = max(logs)
    return newest + math.log2(sum(2.0 ** (own - newest) for own in logs))


def activity_at(log2_as_of_1970: float, moment: datetime, half_life_days: float) -> float:
    """Return the activity at a moment that is not before the events: 1 for one event just now."""
    return float(2.0 ** (log2_as_of_1970 - _half_lives(moment, half_life_days)))


def _half_lives(moment: datetime, half_life_days: float) -> float:
    return moment.timestamp() / _DAY / half_life_days
